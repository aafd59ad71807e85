import {
  type Cumulation,
  type PutKind,
  type Reduction,
  SPACE_MEMORY,
  tensorTypeCode,
} from "../../native/tensor/format.ts";
import type { DType } from "../dtype.ts";
import type { Emitter } from "../emitter.ts";
import type { Graph } from "../graph.ts";
import type { Operand } from "../operand.ts";
import { contiguousStrides, type Shape } from "../shape.ts";
import type { Fused } from "../writer.ts";
import { Buffer, bufferOf, type PlanOperand } from "./buffer.ts";
import type { PlanInstruction } from "./instruction.ts";

/** Records the instructions of a graph inside another: see `Emitter.graph`. */
export type Bodies = (recorder: Recorder, ...parts: Parameters<Emitter["graph"]>) => readonly Operand[];

/** Takes the instructions of lowerings down, to be placed and written later. */
export class Recorder implements Emitter {
  list: PlanInstruction[] = [];
  readonly #bytes: (dtype: DType, dims: Shape) => number;
  readonly #graph: Bodies;

  /** `bytes` for the largest leading number; `graph` records the instructions of a graph. */
  constructor(bytes: (dtype: DType, dims: Shape) => number, graph: Bodies) {
    this.#bytes = bytes;
    this.#graph = graph;
  }

  operand(buffer: Buffer, dtype: DType, dims: Shape): PlanOperand {
    return {
      buffer,
      dtype,
      dims,
      strides: contiguousStrides(dims),
      offset: 0,
      slot: 0,
      space: SPACE_MEMORY,
      rows: false,
    };
  }

  temporary(dtype: DType, dims: Shape): PlanOperand {
    return this.operand(new Buffer("temporary", this.#bytes(dtype, dims)), dtype, dims);
  }

  graph(graph: Graph, inputs: readonly Operand[], outputs: readonly (Operand | undefined)[]): readonly Operand[] {
    return this.#graph(this, graph, inputs, outputs);
  }

  fuse(inputs: readonly Operand[], outputs: readonly Operand[], body: Fused["body"], note = ""): void {
    this.list.push({
      name: "fuse",
      reads: inputs,
      writes: outputs,
      elementwise: true,
      bodies: [],
      note,
      write: (writer, place) => writer.fuse(inputs.map(place), outputs.map(place), body),
    });
  }

  copy(input: Operand, output: Operand): void {
    const cast = input.dtype !== output.dtype;
    this.fuse(
      [input],
      [output],
      (registers, [from]) => [
        cast
          ? registers.step("cast", input.dtype, output.dtype, [from as number], tensorTypeCode[output.dtype])
          : (from as number),
      ],
      cast ? `cast to ${output.dtype}` : "copy",
    );
  }

  fill(output: Operand, value: number): void {
    this.fuse([], [output], (registers) => [registers.constant(value, output.dtype)], `fill ${value}`);
  }

  reduce(kind: Reduction, axes: readonly number[], input: Operand, output: Operand): void {
    this.#add("reduce", [input], [output], (writer, place) => writer.reduce(kind, axes, place(input), place(output)), {
      note: `${kind} over axes ${axes}`,
      axes,
    });
  }

  cumulate(kind: Cumulation, axis: number, reverse: boolean, input: Operand, output: Operand): void {
    this.#add(
      "cumulate",
      [input],
      [output],
      (writer, place) => writer.cumulate(kind, axis, reverse, place(input), place(output)),
      { note: `${kind} along axis ${axis}` },
    );
  }

  dot(a: Operand, b: Operand, output: Operand, accumulate = false): void {
    this.dotWith(a, b, output, undefined, "", accumulate);
  }

  /** The epilogue's register 0 is the result; its inputs follow. */
  dotWith(a: Operand, b: Operand, raw: Operand, epilogue: Fused | undefined, note: string, accumulate = false): void {
    const reads = [a, b, ...(accumulate ? [raw] : []), ...(epilogue?.inputs ?? [])];
    const writes = [raw, ...(epilogue?.outputs ?? [])];
    this.#add(
      "dot",
      reads,
      writes,
      (writer, place) =>
        writer.dotWith(place(a), place(b), place(writes[0] as Operand), {
          accumulate,
          constant: bufferOf(b).kind === "constant",
          ...(epilogue === undefined
            ? {}
            : {
                epilogue: {
                  inputs: epilogue.inputs.map(place),
                  outputs: epilogue.outputs.map(place),
                  body: epilogue.body,
                },
              }),
        }),
      {
        note,
        dot: {
          a,
          b,
          raw,
          separate: () => {
            writes[0] = this.temporary(raw.dtype, raw.dims);
          },
        },
      },
    );
  }

  take(axis: number, source: Operand, indices: Operand, output: Operand): void {
    this.#add(
      "take",
      [source, indices],
      [output],
      (writer, place) => writer.take(axis, place(source), place(indices), place(output)),
      { note: `axis ${axis}` },
    );
  }

  takeAlong(axis: number, source: Operand, indices: Operand, output: Operand): void {
    this.#add(
      "takeAlong",
      [source, indices],
      [output],
      (writer, place) => writer.takeAlong(axis, place(source), place(indices), place(output)),
      { note: `axis ${axis}` },
    );
  }

  put(kind: PutKind, axis: number, target: Operand, indices: Operand, updates: Operand): void {
    this.#add(
      "put",
      [target, indices, updates],
      [target],
      (writer, place) => writer.put(kind, axis, place(target), place(indices), place(updates)),
      { note: `${kind} along axis ${axis}` },
    );
  }

  putAlong(kind: PutKind, axis: number, target: Operand, indices: Operand, updates: Operand): void {
    this.#add(
      "putAlong",
      [target, indices, updates],
      [target],
      (writer, place) => writer.putAlong(kind, axis, place(target), place(indices), place(updates)),
      { note: `${kind} along axis ${axis}` },
    );
  }

  sort(descending: boolean, input: Operand, values: Operand, indices: Operand): void {
    this.#add("sort", [input], [values, indices], (writer, place) =>
      writer.sort(descending, place(input), place(values), place(indices)),
    );
  }

  slice(axis: number, source: Operand, start: Operand, output: Operand): void {
    this.#add(
      "slice",
      [source, start],
      [output],
      (writer, place) => writer.slice(axis, place(source), place(start), place(output)),
      { note: `axis ${axis}` },
    );
  }

  update(axis: number, target: Operand, start: Operand, source: Operand): void {
    this.#add(
      "update",
      [target, start, source],
      [target],
      (writer, place) => writer.update(axis, place(target), place(start), place(source)),
      { note: `axis ${axis}` },
    );
  }

  cholesky(input: Operand, output: Operand): void {
    this.#add("cholesky", [input], [output], (writer, place) => writer.cholesky(place(input), place(output)));
  }

  lu(input: Operand, output: Operand, pivots: Operand): void {
    this.#add("lu", [input], [output, pivots], (writer, place) =>
      writer.lu(place(input), place(output), place(pivots)),
    );
  }

  triangular(upper: boolean, unit: boolean, matrix: Operand, right: Operand, output: Operand): void {
    this.#add("triangular", [matrix, right], [output], (writer, place) =>
      writer.triangular(upper, unit, place(matrix), place(right), place(output)),
    );
  }

  load(columns: number, table: number, output: Operand): void {
    this.#add("load", [], [output], (writer, place) => writer.load(columns, table, place(output)), {
      note: `${columns} columns`,
    });
  }

  store(columns: number, table: number, source: Operand): void {
    this.#add("store", [source], [], (writer, place) => writer.store(columns, table, place(source)), {
      note: `${columns} columns`,
    });
  }

  loop(count: number, counter: Operand, body: () => void): void {
    const inner = this.#inside(body);
    this.#add(
      "loop",
      [],
      [counter],
      (writer, place) => writer.loop(count, place(counter), () => writeAll(inner, writer, place)),
      { bodies: [inner], note: `${count} times` },
    );
  }

  while(condition: Operand, test: () => void, body: () => void): void {
    const [before, inner] = [this.#inside(test), this.#inside(body)];
    this.#add(
      "while",
      [condition],
      [],
      (writer, place) =>
        writer.while(
          place(condition),
          () => writeAll(before, writer, place),
          () => writeAll(inner, writer, place),
        ),
      { bodies: [before, inner] },
    );
  }

  branch(selector: Operand, branches: readonly (() => void)[]): void {
    const bodies = branches.map((branch) => this.#inside(branch));
    this.#add(
      "branch",
      [selector],
      [],
      (writer, place) =>
        writer.branch(
          place(selector),
          bodies.map((body) => () => writeAll(body, writer, place)),
        ),
      { bodies },
    );
  }

  #inside(body: () => void): PlanInstruction[] {
    const outer = this.list;
    this.list = [];
    try {
      body();
      return this.list;
    } finally {
      this.list = outer;
    }
  }

  #add(
    name: PlanInstruction["name"],
    reads: readonly Operand[],
    writes: readonly Operand[],
    write: PlanInstruction["write"],
    more: Partial<PlanInstruction> = {},
  ): void {
    this.list.push({ name, reads, writes, elementwise: false, bodies: [], note: "", write, ...more });
  }
}

/** Writes instructions one after the other. */
function writeAll(
  list: readonly PlanInstruction[],
  writer: Parameters<PlanInstruction["write"]>[0],
  place: Parameters<PlanInstruction["write"]>[1],
): void {
  for (const instruction of list) instruction.write(writer, place);
}
