import { CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH, elementBytes, elementCode } from "../element.ts";
import type { Memory } from "../memory.ts";
import { claims, element, integer } from "./claims.ts";
import { GOLDEN, mix, ROOT_2, ROOT_3, ROOT_5, ROOT_7, rotate } from "./mix.ts";

/**
 * The digest of one span. Its bytes are little-endian u32 words, the last one padded with zeros; word `i` goes to
 * lane `i % 16`. The word is spread by a shift and an odd product, so that a sign bit weighs as much as any other; then
 * each of the lane's two accumulators takes it by an exclusive or (or a sum), an odd product and a rotation. No step
 * loses anything: a single changed word always changes both. The lanes are folded in halves, count and type are
 * added, and a final mix spreads every bit.
 */
const LANES = 16;
/** Words that are taken lane by lane before the next lane, so that they stay in the first cache. */
const STRIP = 1024;

// Own constants: imported ones keep the loops below from running on plain integers, and cost two thirds of the speed.
const A: number = GOLDEN;
const B: number = ROOT_3;
const SPREAD: number = ROOT_5;
const NAN_F32: number = CANONICAL_NAN_F32;
const NAN_F64_HIGH: number = CANONICAL_NAN_F64_HIGH;

const a = new Int32Array(LANES);
const b = new Int32Array(LANES);

export function hash(memory: Memory, spans: number, spanCount: number, out: number): void {
  claims.begin(memory).list("spans", spans, spanCount, 3);
  integer("out", out);
  claims.write("out", -1, out, spanCount * 2, 4);
  claims.keep();
  const { u32, i32 } = memory;
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 3) {
    const bytes = element("element", i, u32[at + 2]!);
    claims.rewind();
    claims.bytes("values", i, u32[at]!, u32[at + 1]! * bytes, Math.max(bytes, 4));
  }
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 3) {
    hashSpan(i32, u32[at]! >>> 2, u32[at + 1]!, u32[at + 2]!);
    i32[(out >>> 2) + i * 2] = a[0]!;
    i32[(out >>> 2) + i * 2 + 1] = b[0]!;
  }
}

/** Leaves the digest of `count` elements from word `first` on in `a[0]` and `b[0]`. */
function hashSpan(i32: Int32Array, first: number, count: number, code: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    a[lane] = Math.imul(A, lane + 1);
    b[lane] = Math.imul(B, lane + 1);
  }
  const bytes = count * elementBytes[code]!;
  const end = first + (bytes >>> 2);
  for (let strip = first; strip < end; strip += STRIP) {
    const stripEnd = Math.min(strip + STRIP, end);
    if (code === elementCode.f32) takeF32(i32, strip, stripEnd);
    else if (code === elementCode.f64) takeF64(i32, strip, stripEnd);
    else takeWords(i32, strip, stripEnd);
  }
  const rest = bytes & 3;
  if (rest !== 0) take((end - first) % LANES, i32[end]! & ((1 << (rest * 8)) - 1));
  for (let half = LANES / 2; half >= 1; half >>>= 1) {
    for (let i = 0; i < half; i++) {
      a[i] = Math.imul(rotate(a[i]!, 9) ^ a[i + half]!, ROOT_7);
      b[i] = Math.imul(b[i]! + rotate(b[i + half]!, 11), ROOT_2);
    }
  }
  a[0] = mix(a[0]! ^ Math.imul(count, A));
  b[0] = mix((b[0]! + a[0]! + code) | 0);
}

/** One word into one lane. */
function take(lane: number, word: number): void {
  const spread = Math.imul(word ^ (word >>> 16), SPREAD);
  a[lane] = rotate(Math.imul(a[lane]! ^ spread, A), 13);
  b[lane] = Math.imul(rotate((b[lane]! + spread) | 0, 17), B);
}

// The loops below are `take` with the lane's accumulators in registers.

function takeWords(i32: Int32Array, first: number, end: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    let x = a[lane]!;
    let y = b[lane]!;
    for (let i = first + lane; i < end; i += LANES) {
      let word = i32[i]!;
      word = Math.imul(word ^ (word >>> 16), SPREAD);
      x = rotate(Math.imul(x ^ word, A), 13);
      y = Math.imul(rotate((y + word) | 0, 17), B);
    }
    a[lane] = x;
    b[lane] = y;
  }
}

function takeF32(i32: Int32Array, first: number, end: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    let x = a[lane]!;
    let y = b[lane]!;
    for (let i = first + lane; i < end; i += LANES) {
      let word = i32[i]!;
      if ((word & 0x7fffffff) > 0x7f800000) word = NAN_F32;
      word = Math.imul(word ^ (word >>> 16), SPREAD);
      x = rotate(Math.imul(x ^ word, A), 13);
      y = Math.imul(rotate((y + word) | 0, 17), B);
    }
    a[lane] = x;
    b[lane] = y;
  }
}

/** An f64 has its lower half in an even lane and its upper half in the odd lane beside it. */
function takeF64(i32: Int32Array, first: number, end: number): void {
  for (let lane = 0; lane < LANES; lane += 2) {
    let x = a[lane]!;
    let y = b[lane]!;
    let x2 = a[lane + 1]!;
    let y2 = b[lane + 1]!;
    for (let i = first + lane; i < end; i += LANES) {
      let low = i32[i]!;
      let high = i32[i + 1]!;
      const magnitude = high & 0x7fffffff;
      if (magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low !== 0)) {
        low = 0;
        high = NAN_F64_HIGH;
      }
      low = Math.imul(low ^ (low >>> 16), SPREAD);
      high = Math.imul(high ^ (high >>> 16), SPREAD);
      x = rotate(Math.imul(x ^ low, A), 13);
      y = Math.imul(rotate((y + low) | 0, 17), B);
      x2 = rotate(Math.imul(x2 ^ high, A), 13);
      y2 = Math.imul(rotate((y2 + high) | 0, 17), B);
    }
    a[lane] = x;
    b[lane] = y;
    a[lane + 1] = x2;
    b[lane + 1] = y2;
  }
}
