import {
  type Cumulation,
  cumulations,
  FLAG_ROWS,
  HEADER_WORDS,
  type Instruction,
  instructions,
  PROGRAM_MAGIC,
  type PutKind,
  putKinds,
  type Reduction,
  reductions,
  type Step,
  steps,
  type TensorType,
  tensorTypeCode,
} from "../../src/native/tensor/format.ts";

/** Words of programs, written by hand: also such as nothing else writes. */

export interface OperandOptions {
  readonly dtype: TensorType;
  readonly extents: readonly number[];
  /** Row-major if left out. */
  readonly strides?: readonly number[];
  readonly offset: number;
  readonly slot?: number;
  readonly local?: boolean;
  readonly rows?: boolean;
  /** Bit i: the extent of axis i is times the leading number; bit 8 + i: its stride. */
  readonly leading?: number;
}

export function operand(options: OperandOptions): number[] {
  const { dtype, extents, offset, slot = 0, local = false, rows = false, leading = 0 } = options;
  const strides = options.strides ?? rowMajor(extents);
  return [
    (tensorTypeCode[dtype] | (extents.length << 8) | ((local ? 1 : 0) << 16) | (slot << 24)) >>> 0,
    leading | (rows ? FLAG_ROWS : 0),
    offset,
    ...extents.flatMap((extent, axis) => [extent, strides[axis]! >>> 0]),
  ];
}

export function rowMajor(extents: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= Math.max(extents[axis]!, 1);
  }
  return strides;
}

export function instruction(
  name: Instruction,
  words: readonly number[],
  ...operands: readonly OperandOptions[]
): number[] {
  const rest = [...words, ...operands.flatMap(operand)];
  return [instructions.indexOf(name), rest.length + 2, ...rest];
}

export interface StepWords {
  readonly words: readonly number[];
}

const number = new DataView(new ArrayBuffer(8));

export function step(
  name: Step,
  dtype: TensorType,
  target: number,
  [a = 0, b = 0, c = 0]: readonly number[] = [],
  extra = 0,
  value = 0,
): StepWords {
  number.setFloat64(0, value, true);
  const head = (steps.indexOf(name) | (tensorTypeCode[dtype] << 8) | (target << 16)) >>> 0;
  const ce = (c | (extra << 16)) >>> 0;
  return { words: [head, (a | (b << 16)) >>> 0, ce, number.getUint32(0, true), number.getUint32(4, true)] };
}

export interface FuseOptions {
  readonly inputs: readonly OperandOptions[];
  readonly outputs: readonly OperandOptions[];
  readonly steps: readonly StepWords[];
  readonly registers: number;
  readonly results: readonly number[];
}

export function fuse({ inputs, outputs, steps, registers, results }: FuseOptions): number[] {
  const rest = [
    ...[inputs.length, outputs.length, steps.length, registers],
    ...[...inputs, ...outputs].flatMap(operand),
    ...steps.flatMap(({ words }) => words),
    ...results,
  ];
  return [instructions.indexOf("fuse"), rest.length + 2, ...rest];
}

export function dot(flags: number, operands: readonly OperandOptions[], epilogue?: FuseOptions): number[] {
  const rest = [flags, ...operands.flatMap(operand), ...(epilogue === undefined ? [0] : fuse(epilogue))];
  return [instructions.indexOf("dot"), rest.length + 2, ...rest];
}

export const reduce = (kind: Reduction, mask: number, input: OperandOptions, output: OperandOptions): number[] =>
  instruction("reduce", [reductions.indexOf(kind), mask], input, output);

export const cumulate = (kind: Cumulation, axis: number, reverse: number, ...operands: OperandOptions[]): number[] =>
  instruction("cumulate", [cumulations.indexOf(kind), axis, reverse], ...operands);

export const put = (name: "put" | "putAlong", axis: number, kind: PutKind, ...operands: OperandOptions[]): number[] =>
  instruction(name, [axis, putKinds.indexOf(kind)], ...operands);

export function rows(extent: number, leading: number, block: number, body: readonly number[]): number[] {
  return [instructions.indexOf("rows"), 6 + body.length, extent, leading, block, body.length, ...body];
}

export function loop(count: number, counter: OperandOptions, body: readonly number[]): number[] {
  const rest = [count, body.length, ...operand(counter), ...body];
  return [instructions.indexOf("loop"), 2 + rest.length, ...rest];
}

export function whileLoop(condition: OperandOptions, test: readonly number[], body: readonly number[]): number[] {
  const rest = [test.length, body.length, ...operand(condition), ...test, ...body];
  return [instructions.indexOf("while"), 2 + rest.length, ...rest];
}

export function branch(selector: OperandOptions, bodies: readonly (readonly number[])[]): number[] {
  const rest = [bodies.length, ...bodies.map(({ length }) => length), ...operand(selector), ...bodies.flat()];
  return [instructions.indexOf("branch"), 2 + rest.length, ...rest];
}

export interface HeaderOptions {
  readonly leadingMax?: number;
  readonly slots?: number;
  readonly slotTable?: number;
  readonly local?: number;
}

export function program(body: readonly number[], options: HeaderOptions = {}): Uint32Array {
  const { leadingMax = 0, slots = 0, slotTable = 0, local = 0 } = options;
  return Uint32Array.from([PROGRAM_MAGIC, HEADER_WORDS + body.length, leadingMax, slots, slotTable, local, ...body]);
}
