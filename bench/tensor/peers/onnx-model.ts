import { layersOf, type Task } from "../task.ts";

/** What an array of a model is called and how it lies. */
interface Value {
  readonly name: string;
  readonly dtype: "f32" | "f64";
  readonly shape: readonly number[];
}

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Whole numbers. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** A model as ONNX Runtime reads it: protocol buffer messages of the ONNX format. */
export interface Model {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Value[];
  readonly output: Value;
}

/** Graph of a task, with weights as constants. Undefined where ONNX has no operator for it. */
export function modelOf(task: Task, arrays: readonly (Float32Array | Float64Array)[]): Model | undefined {
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, dtype, transposed } = task;
      const lead = batch === 1 ? [] : [batch];
      const a: Value = { name: "a", dtype, shape: [...lead, ...(transposed === "a" ? [k, m] : [m, k])] };
      const b: Value = { name: "b", dtype, shape: [...lead, ...(transposed === "b" ? [n, k] : [k, n])] };
      const output: Value = { name: "c", dtype, shape: [...lead, m, n] };
      if (batch > 1 && transposed !== undefined) return undefined;
      const plain = { operator: "MatMul", inputs: ["a", "b"], output: "c" };
      const flag = transposed === "a" ? "transA" : "transB";
      return model([a, b], output, [
        transposed === undefined ? plain : { ...plain, operator: "Gemm", attributes: { [flag]: 1 } },
      ]);
    }
    case "forward": {
      const layers = layersOf(task.widths);
      const nodes: Node[] = [];
      const constants: { value: Value; array: Float32Array }[] = [];
      let last = "x";
      for (const [i, { inputs, outputs }] of layers.entries()) {
        const [weight, bias] = [`w${i}`, `b${i}`];
        constants.push({
          value: { name: weight, dtype: "f32", shape: [inputs, outputs] },
          array: f32(arrays[1 + i * 2]),
        });
        constants.push({ value: { name: bias, dtype: "f32", shape: [outputs] }, array: f32(arrays[2 + i * 2]) });
        nodes.push({ operator: "Gemm", inputs: [last, weight, bias], output: (last = `h${i}`) });
        if (i + 1 < layers.length) nodes.push({ operator: "Relu", inputs: [last], output: (last = `r${i}`) });
      }
      const x: Value = { name: "x", dtype: "f32", shape: [task.batch, task.widths[0]!] };
      return model([x], { name: last, dtype: "f32", shape: [task.batch, task.widths.at(-1)!] }, nodes, constants);
    }
    case "gelu": {
      const shape = [task.count];
      const value = (name: string): Value => ({ name, dtype: "f32", shape });
      return model([value("x")], value("y"), [{ operator: "Gelu", inputs: ["x"], output: "y" }]);
    }
    case "softmax": {
      const value = (name: string): Value => ({ name, dtype: "f32", shape: [task.rows, task.columns] });
      return model([value("x")], value("y"), [
        { operator: "Softmax", inputs: ["x"], output: "y", attributes: { axis: 1 } },
      ]);
    }
    case "add": {
      const value = (name: string): Value => ({ name, dtype: "f32", shape: [task.count] });
      return model([value("a"), value("b")], value("c"), [{ operator: "Add", inputs: ["a", "b"], output: "c" }]);
    }
    case "train":
    case "chain":
      return undefined;
  }
}

const IR_VERSION = 8;
/** The first with Gelu. */
const OPERATORS_VERSION = 20;
const elementTypes = { f32: 1, f64: 11 };
const INT_ATTRIBUTE = 2;

function model(
  inputs: readonly Value[],
  output: Value,
  nodes: readonly Node[],
  constants: readonly { value: Value; array: Float32Array }[] = [],
): Model {
  const graph = [
    ...nodes.map((node) => field(1, nodeMessage(node))),
    field(2, text("graph")),
    ...constants.map(({ value, array }) => field(5, tensorMessage(value, array))),
    ...inputs.map((value) => field(11, valueMessage(value))),
    field(12, valueMessage(output)),
  ].flat();
  const bytes = [...number(1, IR_VERSION), ...field(7, graph), ...field(8, number(2, OPERATORS_VERSION))];
  return { bytes: Uint8Array.from(bytes), inputs, output };
}

function nodeMessage({ operator, inputs, output, attributes = {} }: Node): number[] {
  return [
    ...inputs.flatMap((name) => field(1, text(name))),
    ...field(2, text(output)),
    ...field(4, text(operator)),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      field(5, [...field(1, text(name)), ...number(3, value), ...number(20, INT_ATTRIBUTE)]),
    ),
  ];
}

function tensorMessage({ name, dtype, shape }: Value, array: Float32Array): number[] {
  const raw = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return [
    ...shape.flatMap((size) => number(1, size)),
    ...number(2, elementTypes[dtype]),
    ...field(8, text(name)),
    ...field(9, Array.from(raw)),
  ];
}

function valueMessage({ name, dtype, shape }: Value): number[] {
  const sizes = shape.flatMap((size) => field(1, number(1, size)));
  const tensor = [...number(1, elementTypes[dtype]), ...field(2, sizes)];
  return [...field(1, text(name)), ...field(2, field(1, tensor))];
}

/** Field of a varint. */
function number(id: number, value: number): number[] {
  return [...varint(id * 8), ...varint(value)];
}

/** Field of bytes: a text or a message in a message. */
function field(id: number, content: readonly number[]): number[] {
  return [...varint(id * 8 + 2), ...varint(content.length)].concat(content);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

function text(value: string): number[] {
  return Array.from(new TextEncoder().encode(value));
}

function f32(array: Float32Array | Float64Array | undefined): Float32Array {
  return Float32Array.from(array!);
}
