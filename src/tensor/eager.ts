import { assert, WorldloomError } from "../core/errors.ts";
import { SPACE_MEMORY, tensorTypeCode } from "../native/tensor/format.ts";
import { type Block, currentArena, type TensorArena } from "./arena.ts";
import { bytesOf, type DType } from "./dtype.ts";
import { layoutOf, type Operand, operandAt } from "./operand.ts";
import { type Elementwise, type ElementwiseName, elementwise } from "./primitive/elementwise.ts";
import { cast, expand, op } from "./primitive/exact.ts";
import type { Primitive } from "./primitive/primitive.ts";
import type { Registers } from "./registers.ts";
import { broadcast, isSymbolic, type Shape, sameShape, sizeOf } from "./shape.ts";
import { writeSingle } from "./single.ts";
import { smallElementwise } from "./small.ts";
import { Tensor } from "./tensor.ts";
import { openStage } from "./trace/stage.ts";
import { type Aval, Literal, type Trace, type Value } from "./value.ts";
import { ProgramWriter } from "./writer.ts";

/** Executes a primitive on tensors and literals, at once: a view, or a program of its own. */
export function execute(primitive: Primitive, inputs: readonly Value[], params: never): Value[] {
  if (primitive.execute !== undefined) return primitive.execute(inputs, params);
  const arena = arenaOf(inputs);
  const avals = primitive.shapes(inputs, params);
  if (primitive.view !== undefined) return [viewOf(primitive, inputs[0] as Value, params, arena)];
  // Of constants, but as large as a plan's open extent: it is computed in the plan.
  if (avals.some(({ dims }) => isSymbolic(dims))) return (openStage() as Trace).process(primitive, inputs, params);
  if (isElementwise(primitive))
    return [
      executeElementwise(
        primitive.name,
        inputs,
        inputs.map(({ dtype }) => dtype),
      ),
    ];
  const { steps } = primitive;
  return runProgram(arena, avals, (outputs) => {
    if (steps !== undefined)
      return fuse(inputs, outputs[0] as Operand, (registers, own) => steps(registers, own, params));
    assert(primitive.lower !== undefined, `${primitive.name} cannot be executed`);
    primitive.lower(writer, inputs.map(operandOfInput), outputs, params);
  });
}

/**
 * Executes an elementwise operation on tensors and literals of shapes that broadcast: operand i is read as `types[i]`. One pass
 * over the elements, without intermediates.
 */
export function executeElementwise(name: ElementwiseName, inputs: readonly Value[], types: readonly DType[]): Value {
  const row = elementwise[name];
  let { dims } = inputs[0] as Value;
  for (let i = 1; i < inputs.length; i++) dims = broadcast(name, dims, (inputs[i] as Value).dims);
  const dtype = types[types.length - 1] as DType;
  // The rule of shapes says what is wrong with the type.
  if (((row.types >> tensorTypeCode[dtype]) & 1) === 0)
    row.shapes(
      types.map((own) => ({ dtype: own, dims })),
      undefined,
    );
  const few = smallElementwise(row, inputs, types);
  if (few !== undefined) return few;
  if (isSymbolic(dims)) return exactly(name, inputs, types, dims);
  const arena = arenaOf(inputs);
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input instanceof Tensor) input.check();
  }
  const output = Tensor.empty(row.tests ? "bool" : dtype, dims, arena);
  const { memory, jobs, scratch } = arena;
  try {
    jobs.tensorOnce(memory, scratch.offset, writeSingle(memory.u32, scratch.offset, row, inputs, types, output));
  } catch (error) {
    output.dispose();
    throw error;
  }
  return output;
}

function isElementwise(primitive: Primitive): primitive is Primitive & Elementwise {
  return "step" in primitive;
}

/** Intermediates of the operation that is being executed. */
const blocks: Block[] = [];
let arenaNow: TensorArena;

/** One program at a time is written, so one writer serves all. */
const writer = new ProgramWriter({
  temporary,
  graph: () => {
    assert(false, "operations with graphs have execute()");
  },
});

function runProgram(arena: TensorArena, avals: readonly Aval[], write: (outputs: Operand[]) => void): Tensor[] {
  const outputs: Tensor[] = [];
  arenaNow = arena;
  writer.clear();
  try {
    for (const { dtype, dims } of avals) outputs.push(Tensor.empty(dtype, dims, arena));
    write(outputs.map(operandOf));
    const words = writer.finish();
    const { memory, jobs, scratch } = arena;
    if (words.length <= scratch.words) {
      memory.u32.set(words, scratch.offset >> 2);
      jobs.tensorOnce(memory, scratch.offset, words.length);
    } else {
      const { offset } = temporary("i32", [words.length]);
      memory.u32.set(words, offset >> 2);
      jobs.tensorOnce(memory, offset, words.length);
    }
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw indexError(error);
  } finally {
    for (const block of blocks) arena.release(block);
    blocks.length = 0;
  }
  return outputs;
}

/** What a job reports of indices, as users know it. */
export function indexError(error: unknown): unknown {
  if (!(error instanceof WorldloomError) || error.code !== "job-input" || error.operands["operand"] !== "indices")
    return error;
  return new WorldloomError(
    "tensor-index",
    "An index is outside the axis that it selects from; indices are from -extent to extent - 1.",
    {},
    error,
  );
}

function fuse(
  inputs: readonly Value[],
  output: Operand,
  body: (registers: Registers, inputs: readonly number[]) => number,
): void {
  const tensors = inputs.filter((input) => input instanceof Tensor);
  writer.fuse(
    tensors.map((tensor) => expanded(operandOf(tensor), output.dims)),
    [output],
    (registers, loaded) => {
      let next = 0;
      const own = inputs.map((input) =>
        input instanceof Literal ? registers.constant(input.value, input.dtype) : (loaded[next++] as number),
      );
      return [body(registers, own)];
    },
  );
}

/** With shapes and types made equal before: for what must be computed in a plan. */
function exactly(name: ElementwiseName, inputs: readonly Value[], types: readonly DType[], dims: Shape): Value {
  return op(
    name,
    ...inputs.map((input, i) => {
      const dtype = types[i] as DType;
      if (input instanceof Literal) return new Literal(input.value, dtype);
      const skipped = dims.length - input.dims.length;
      return expand(
        cast(input, dtype),
        dims,
        input.dims.map((_, axis) => skipped + axis),
      );
    }),
  );
}

function operandOfInput(input: Value): Operand {
  if (input instanceof Tensor) return operandOf(input);
  assert(input instanceof Literal, "a tracer reached an executor");
  const operand = temporary(input.dtype, []);
  writer.fill(operand, input.value);
  return operand;
}

function temporary(dtype: DType, dims: Shape): Operand {
  const block = arenaNow.allocate(sizeOf(dims) * bytesOf(dtype));
  blocks.push(block);
  return operandAt(dtype, dims, block.offset);
}

/** The operand that a tensor is. */
export function operandOf(tensor: Tensor): Operand {
  tensor.check();
  const { dtype, dims, strides, offset } = tensor;
  return { dtype, dims, strides, offset, slot: 0, space: SPACE_MEMORY, rows: false };
}

/** An operand broadcast to `dims`. */
function expanded(operand: Operand, dims: Shape): Operand {
  const { dims: own, strides } = operand;
  if (sameShape(own, dims)) return operand;
  const skipped = dims.length - own.length;
  return {
    ...operand,
    dims,
    strides: dims.map((extent, i) =>
      i < skipped || own[i - skipped] !== extent ? 0 : (strides[i - skipped] as number),
    ),
  };
}

function viewOf(primitive: Primitive, input: Value, params: never, arena: TensorArena): Tensor {
  const source = input instanceof Literal ? scalar(input, arena) : (input as Tensor);
  const layout = primitive.view?.(layoutOf(source), params);
  if (layout !== undefined) {
    const out = source.view(layout.dims, layout.strides, source.offset + layout.start * bytesOf(source.dtype));
    if (source !== input) source.dispose();
    return out;
  }
  const [copy] = runProgram(arena, [source], ([output]) => writer.copy(operandOf(source), output as Operand)) as [
    Tensor,
  ];
  const view = primitive.view?.(layoutOf(copy), params);
  assert(view !== undefined, `${primitive.name} needs a copy of a contiguous tensor`);
  const out = copy.view(view.dims, view.strides, copy.offset + view.start * bytesOf(copy.dtype));
  copy.dispose();
  return out;
}

function scalar(literal: Literal, arena: TensorArena): Tensor {
  const tensor = Tensor.empty(literal.dtype, [], arena);
  tensor.elements()[0] = literal.value;
  return tensor;
}

/** The arena that all tensors among the inputs lie in. */
function arenaOf(inputs: readonly Value[]): TensorArena {
  let arena: TensorArena | undefined;
  for (const input of inputs) {
    if (!(input instanceof Tensor) || input.arena === arena) continue;
    if (arena !== undefined)
      throw new WorldloomError(
        "tensor-memory",
        "The operands lie in different arenas; make tensors that belong together inside one useArena().",
        {},
      );
    arena = input.arena;
  }
  return arena ?? currentArena();
}
