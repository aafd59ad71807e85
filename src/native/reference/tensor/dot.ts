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

/** One matrix. Rows of the result are computed side by side with what they read of `b`, copied to be contiguous. */
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
  const [bRow, bColumn] = b.strides.slice(-2) as [number, number];
  const [row, column] = result.strides.slice(-2) as [number, number];
  const isSingle = a.dtype === F32;
  const left = new Float64Array(k);
  const right = new Float64Array(k * COLUMNS);
  const sums = new Float64Array(COLUMNS);
  for (let j = 0; j < n; j += COLUMNS) {
    const width = Math.min(COLUMNS, n - j);
    right.fill(0);
    for (let p = 0; p < k; p++)
      for (let c = 0; c < width; c++) right[p * COLUMNS + c] = b.values[bAt + p * bRow + (j + c) * bColumn]!;
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) left[p] = a.values[aAt + i * aRow + p * aColumn]!;
      const at = resultAt + i * row + j * column;
      for (let c = 0; c < COLUMNS; c++) sums[c] = accumulate && c < width ? result.values[at + c * column]! : 0;
      if (isSingle) chains32(left, right, sums, k);
      else chains64(left, right, sums, k, width);
      for (let c = 0; c < width; c++) store(result, at + c * column, sums[c]!);
    }
  }
}

/** Chains that are computed side by side. */
const COLUMNS = 4;

function chains64(left: Float64Array, right: Float64Array, sums: Float64Array, k: number, width: number): void {
  for (let c = 0; c < width; c++) {
    let sum = sums[c]!;
    for (let p = 0; p < k; p++) sum = fma64(left[p]!, right[p * COLUMNS + c]!, sum);
    sums[c] = sum;
  }
}

/**
 * Four chains of `fma32`, written out, without its care for sums close to the limit of f32: those come out infinite, and
 * are computed again.
 */
function chains32(left: Float64Array, right: Float64Array, sums: Float64Array, k: number): void {
  let [s0, s1, s2, s3] = [sums[0]!, sums[1]!, sums[2]!, sums[3]!];
  for (let p = 0, at = 0; p < k; p++, at += COLUMNS) {
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
  const results = [s0, s1, s2, s3];
  for (let c = 0; c < COLUMNS; c++) {
    let sum = results[c]!;
    if (!Number.isFinite(sum)) {
      sum = sums[c]!;
      for (let p = 0; p < k; p++) sum = fma32(left[p]!, right[p * COLUMNS + c]!, sum);
    }
    sums[c] = sum;
  }
}
