import { instructions } from "../../tensor/format.ts";
import { fma32, fma64, nudge32 } from "./fma.ts";
import { readFuse } from "./fuse.ts";
import type { Instruction, Reader } from "./reader.ts";
import { F32, store, type View } from "./view.ts";
import { Walk } from "./walk.ts";

/**
 * Each element is one chain of fused multiply-adds in ascending k, `sum = fma(a[k], b[k], sum)`, that starts with +0, or
 * with what the result holds where it is added to.
 */
export function readDot(reader: Reader): Instruction {
  const accumulate = (reader.below(4) & 2) !== 0;
  const a = reader.float();
  const b = reader.operand(a.dtype);
  const result = reader.output(a.dtype);
  const { rank } = a;
  reader.check(rank >= 2);
  const [m, k] = a.tokens.slice(-2) as [number, number];
  const n = b.tokens.at(-1)!;
  const batch = a.tokens.slice(0, -2);
  reader.check(k !== -1 && n !== -1);
  reader.same(b.tokens, [...batch, k, n]);
  reader.same(result.tokens, [...batch, m, n]);
  const epilogue = readEpilogue(reader, result);

  return {
    operands: [a, b, result, ...(epilogue?.operands ?? [])],
    run(run) {
      const views = [a, b, result];
      const walk = new Walk(
        a.extents.slice(0, -2),
        views.map(({ at }) => at),
        views.map(({ strides }) => strides),
      );
      for (; walk.inside; walk.next()) {
        const [aAt, bAt, resultAt] = walk.at as [number, number, number];
        multiply(a, aAt, b, bAt, result, resultAt, accumulate);
      }
      epilogue?.run(run);
    },
  };
}

function readEpilogue(reader: Reader, result: View): Instruction | undefined {
  const start = reader.at;
  const opcode = reader.word();
  if (opcode === 0 && reader.at === reader.end) return undefined;
  reader.check(opcode === instructions.indexOf("fuse"));
  reader.check(reader.word() === reader.end - start);
  return readFuse(reader, result);
}

/** Chains that are computed side by side. */
const COLUMNS = 4;
/** A row of `a`; `b` in strips of columns, each with all its k rows; the chains at hand. Kept from call to call. */
let left = new Float64Array(0);
let right = new Float64Array(0);
const sums = new Float64Array(COLUMNS);

/** One matrix. */
function multiply(
  a: View,
  aAt: number,
  b: View,
  bAt: number,
  result: View,
  resultAt: number,
  accumulate: boolean,
): void {
  const [m, k] = a.extents.slice(-2) as [number, number];
  const n = b.extents.at(-1)!;
  const [aRow, aColumn] = a.strides.slice(-2) as [number, number];
  const [row, column] = result.strides.slice(-2) as [number, number];
  if (m === 0 || n === 0) return;
  pack(b, bAt, k, n);
  if (left.length < k) left = new Float64Array(k);
  const chains = a.dtype === F32 ? chains32 : chains64;
  for (let i = 0; i < m; i++) {
    for (let p = 0, at = aAt + i * aRow; p < k; p++, at += aColumn) left[p] = a.values[at]!;
    for (let j = 0; j < n; j += COLUMNS) {
      const width = Math.min(COLUMNS, n - j);
      const at = resultAt + i * row + j * column;
      for (let c = 0; c < COLUMNS; c++) sums[c] = accumulate && c < width ? result.values[at + c * column]! : 0;
      chains(j * k, k);
      for (let c = 0; c < width; c++) store(result, at + c * column, sums[c]!);
    }
  }
}

function pack(b: View, bAt: number, k: number, n: number): void {
  const [bRow, bColumn] = b.strides.slice(-2) as [number, number];
  const strips = Math.ceil(n / COLUMNS);
  if (right.length < strips * COLUMNS * k) right = new Float64Array(strips * COLUMNS * k);
  for (let j = 0; j < strips * COLUMNS; j++) {
    const to = (j - (j % COLUMNS)) * k + (j % COLUMNS);
    for (let p = 0; p < k; p++) right[to + p * COLUMNS] = j < n ? b.values[bAt + p * bRow + j * bColumn]! : 0;
  }
}

/** Goes on with `sums` along `left` and the strip of `right` that begins at `start`. */
function chains64(start: number, k: number): void {
  for (let c = 0; c < COLUMNS; c++) {
    let sum = sums[c]!;
    for (let p = 0, at = start + c; p < k; p++, at += COLUMNS) sum = fma64(left[p]!, right[at]!, sum);
    sums[c] = sum;
  }
}

/**
 * The same by `fma32`, written out, without its care for sums close to the limit of f32: those come out infinite, and are
 * computed again.
 */
function chains32(start: number, k: number): void {
  let s0 = sums[0]!;
  let s1 = sums[1]!;
  let s2 = sums[2]!;
  let s3 = sums[3]!;
  for (let p = 0, at = start; p < k; p++, at += COLUMNS) {
    const x = left[p]!;
    const p0 = x * right[at]!;
    const p1 = x * right[at + 1]!;
    const p2 = x * right[at + 2]!;
    const p3 = x * right[at + 3]!;
    const t0 = p0 + s0;
    const t1 = p1 + s1;
    const t2 = p2 + s2;
    const t3 = p3 + s3;
    let n0 = Math.fround(t0);
    let n1 = Math.fround(t1);
    let n2 = Math.fround(t2);
    let n3 = Math.fround(t3);
    const o0 = n0 + 2 * (t0 - n0);
    const o1 = n1 + 2 * (t1 - n1);
    const o2 = n2 + 2 * (t2 - n2);
    const o3 = n3 + 2 * (t3 - n3);
    if (Math.fround(o0) === o0 && t0 !== n0) n0 = nudge32(p0, s0, t0, n0, o0);
    if (Math.fround(o1) === o1 && t1 !== n1) n1 = nudge32(p1, s1, t1, n1, o1);
    if (Math.fround(o2) === o2 && t2 !== n2) n2 = nudge32(p2, s2, t2, n2, o2);
    if (Math.fround(o3) === o3 && t3 !== n3) n3 = nudge32(p3, s3, t3, n3, o3);
    s0 = n0;
    s1 = n1;
    s2 = n2;
    s3 = n3;
  }
  sums[0] = checked32(s0, 0, start, k);
  sums[1] = checked32(s1, 1, start, k);
  sums[2] = checked32(s2, 2, start, k);
  sums[3] = checked32(s3, 3, start, k);
}

/** The end of chain `c`, which began with what `sums` holds. */
function checked32(end: number, c: number, start: number, k: number): number {
  if (end - end === 0) return end;
  let sum = sums[c]!;
  for (let p = 0, at = start + c; p < k; p++, at += COLUMNS) sum = fma32(left[p]!, right[at]!, sum);
  return sum;
}
