import { REDUCE_BLOCK, REDUCE_LANES, type Reduction, reductions } from "../../tensor/format.ts";
import { reductionTypes } from "../../tensor/step-types.ts";
import type { Instruction, Reader } from "./reader.ts";
import { BOOL, F32, F64, I32, type Runs, runsOf, store, U8, type Values, type View } from "./view.ts";
import { gather, Walk } from "./walk.ts";

export function readReduce(reader: Reader): Instruction {
  const code = reader.below(reductions.length);
  const kind = reductions[code]!;
  const mask = reader.word();
  const input = reader.operand();
  const isPlace = kind === "argmax" || kind === "argmin";
  const output = reader.output(isPlace ? I32 : input.dtype);
  reader.check(takes(reductionTypes[code]!, input) && mask < 1 << input.rank);
  const axes = Array.from({ length: input.rank }, (_, axis) => axis);
  const kept = axes.filter((axis) => !((mask >>> axis) & 1));
  const reduced = axes.filter((axis) => (mask >>> axis) & 1);
  for (const axis of reduced) reader.along(input, axis);
  const keptTokens = kept.map((axis) => input.tokens[axis]!);
  reader.same(keptTokens, output.tokens);

  const count = (): number => reduced.reduce((product, axis) => product * input.extents[axis]!, 1);
  const of = (numbers: readonly number[], list: readonly number[]): number[] => list.map((axis) => numbers[axis]!);
  return {
    operands: [input, output],
    fits: () => !isPlace || count() > 0,
    run() {
      const runs = runsOf(of(input.extents, reduced), of(input.strides, reduced));
      const strides = of(input.strides, kept);
      const walk = new Walk(of(input.extents, kept), [input.at, output.at], [strides, output.strides]);
      const n = count();
      const result = isPlace ? place(kind, n) : total(kind, input.dtype, n);
      for (; walk.inside; walk.next()) store(output, walk.at[1]!, result(input.values, walk.at[0]!, runs));
    },
  };
}

type Reduce = (values: Values, at: number, runs: Runs) => number;

const block = new Float64Array(REDUCE_BLOCK);
const lanes = new Float64Array(REDUCE_LANES);

/** Reduces `n` elements from `at` on, in row-major order, in the tree of `format.ts`. */
function total(kind: Reduction, dtype: number, n: number): Reduce {
  const none = identityOf(kind, dtype);
  // Nothing is changed by -0, not even -0.
  const identity = kind === "sum" && (dtype === F32 || dtype === F64) ? -0 : none;
  const combine = combineOf(kind, dtype);
  return (values, at, runs) => {
    if (n === 0) return none;
    let results: number[] = [];
    for (let first = 0; first < n; first += REDUCE_BLOCK) {
      const count = Math.min(REDUCE_BLOCK, n - first);
      gather(values, at, runs, first, count, block);
      results.push(combine(block, count, identity));
    }
    while (results.length > 1) {
      const next: number[] = [];
      for (let first = 0; first < results.length; first += REDUCE_BLOCK) {
        const part = results.slice(first, first + REDUCE_BLOCK);
        block.set(part);
        next.push(combine(block, part.length, identity));
      }
      results = next;
    }
    return results[0]!;
  };
}

type Combine = (elements: Float64Array, count: number, identity: number) => number;

/** Reduces one block: its elements go to the lanes in turn, then the lanes are folded in halves. */
function combineOf(kind: Reduction, dtype: number): Combine {
  const two = pairOf(kind, dtype);
  const take = kind === "sum" && dtype === F32 ? sum32 : undefined;
  return (elements, count, identity) => {
    for (let lane = 0; lane < REDUCE_LANES; lane++) lanes[lane] = lane < count ? elements[lane]! : identity;
    if (take !== undefined) take(elements, count);
    else
      for (let i = REDUCE_LANES; i < count; i++) {
        const lane = i % REDUCE_LANES;
        lanes[lane] = two(lanes[lane]!, elements[i]!);
      }
    for (let half = REDUCE_LANES / 2; half >= 1; half /= 2)
      for (let lane = 0; lane < half; lane++) lanes[lane] = two(lanes[lane]!, lanes[lane + half]!);
    return lanes[0]!;
  };
}

function sum32(elements: Float64Array, count: number): void {
  for (let i = REDUCE_LANES; i < count; i++) {
    const lane = i % REDUCE_LANES;
    lanes[lane] = Math.fround(lanes[lane]! + elements[i]!);
  }
}

/** Takes two elements together. */
export function pairOf(kind: Reduction, dtype: number): (a: number, b: number) => number {
  switch (kind) {
    case "sum":
      if (dtype === F64) return (a, b) => a + b;
      return dtype === F32 ? (a, b) => Math.fround(a + b) : (a, b) => (a + b) | 0;
    case "prod":
      if (dtype === F64) return (a, b) => a * b;
      return dtype === F32 ? (a, b) => Math.fround(a * b) : (a, b) => Math.imul(a, b);
    case "max":
    case "any":
      return (a, b) => Math.max(a, b);
    default:
      return (a, b) => Math.min(a, b);
  }
}

function identityOf(kind: Reduction, dtype: number): number {
  const [least, greatest] = limitsOf(dtype);
  if (kind === "sum" || kind === "any") return 0;
  if (kind === "prod" || kind === "all") return 1;
  return kind === "max" ? least : greatest;
}

function limitsOf(dtype: number): readonly [number, number] {
  if (dtype === BOOL) return [0, 1];
  if (dtype === U8) return [0, 0xff];
  return dtype === I32 ? [-0x80000000, 0x7fffffff] : [-Infinity, Infinity];
}

/** The number of the first element that is the greatest (least), or the first NaN. */
function place(kind: Reduction, n: number): Reduce {
  const greatest = kind === "argmax";
  return (values, at, runs) => {
    let best = 0;
    let found = 0;
    for (let first = 0; first < n; first += REDUCE_BLOCK) {
      const count = Math.min(REDUCE_BLOCK, n - first);
      gather(values, at, runs, first, count, block);
      for (let i = 0; i < count; i++) {
        const value = block[i]!;
        if (value !== value) return first + i;
        if (first + i > 0 && !(greatest ? value > best : value < best)) continue;
        best = value;
        found = first + i;
      }
    }
    return found;
  };
}

/** Whether an operand may be summed and the like, by the masks of types. */
export function takes(mask: number, view: View): boolean {
  return ((mask >>> view.dtype) & 1) === 1;
}
