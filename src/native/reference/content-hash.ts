import { CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH, elementCode } from "../element.ts";
import type { Memory } from "../memory.ts";
import { claims, element, integer } from "./claims.ts";
import { GOLDEN, mix, ROOT_2, ROOT_3, ROOT_7 } from "./mix.ts";

// Own constants: imported ones keep the loop below from running on plain integers.
const KEY: number = ROOT_3;
const STEP: number = GOLDEN;
const SPREAD: number = ROOT_7;
const { f32: F32, f64: F64, i8: I8, u8: U8, i16: I16, u16: U16 } = elementCode;

let first = 0;
let second = 0;

/**
 * Sums over all cells. A cell is a u32 word `w` in place `j` of its row (an f64 is two words, its lower half first;
 * smaller types are extended with zeros), keyed by the entity and by (key, j):
 *
 *     mask = mask(entity) ^ mask(key, j);  factor = factor(entity) ^ factor(key, j)
 *     v = w ^ mask;  v ^= v >>> 16;  v *= ROOT_7;  v ^= v >>> 15
 *     first += v * (mask | 1);  second += v * (factor | 1)
 *
 * A changed word always changes its terms in both sums.
 */
export function contentHash(memory: Memory, spans: number, spanCount: number, out: number): void {
  claims.begin(memory).list("spans", spans, spanCount, 6);
  integer("out", out);
  claims.write("out", -1, out, spanCount * 2, 4);
  claims.keep();
  const { u32, i32 } = memory;
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 6) {
    const bytes = element("element", i, u32[at + 3]!);
    claims.rewind();
    claims.read("entities", i, u32[at]!, u32[at + 2]!, 4);
    claims.bytes("values", i, u32[at + 1]!, u32[at + 2]! * u32[at + 4]! * bytes, bytes);
  }
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 6) {
    first = 0;
    second = 0;
    const code = u32[at + 3]!;
    const perRow = u32[at + 4]!;
    const words = code === F64 ? 2 : 1;
    const places = u32[at + 2] === 0 ? 0 : perRow * words;
    for (let j = 0; j < places; j++) {
      const half = j % words;
      addPlace(memory, u32[at]!, u32[at + 1]!, u32[at + 2]!, code, perRow, (j - half) / words, half, u32[at + 5]!);
    }
    i32[(out >>> 2) + i * 2] = first;
    i32[(out >>> 2) + i * 2 + 1] = second;
  }
}

/** Adds word `half` of element `j` of every row. */
function addPlace(
  memory: Memory,
  entities: number,
  values: number,
  rows: number,
  code: number,
  perRow: number,
  j: number,
  half: number,
  key: number,
): void {
  const place = code === F64 ? j * 2 + half : j;
  const placeMask = mix(Math.imul(key, KEY) + Math.imul(place + 1, STEP));
  const placeFactor = mix(placeMask + ROOT_2);
  const { i32 } = memory;
  for (let row = 0; row < rows; row++) {
    const entityMask = mix(i32[(entities >>> 2) + row]!);
    const mask = entityMask ^ placeMask;
    const factor = Math.imul(entityMask, STEP) ^ placeFactor;
    let v = word(memory, values, row * perRow + j, code, half) ^ mask;
    v = Math.imul(v ^ (v >>> 16), SPREAD);
    v ^= v >>> 15;
    first = (first + Math.imul(v, mask | 1)) | 0;
    second = (second + Math.imul(v, factor | 1)) | 0;
  }
}

/** Word `half` of element `index` of a column at byte offset `values`, NaNs canonicalised. */
function word(memory: Memory, values: number, index: number, code: number, half: number): number {
  if (code === U8 || code === I8) return memory.u8[values + index]!;
  if (code === U16 || code === I16) return memory.u16[(values >>> 1) + index]!;
  if (code === F64) {
    const value = memory.f64[values / 8 + index]!;
    if (value !== value) return half === 0 ? 0 : CANONICAL_NAN_F64_HIGH;
    return memory.i32[(values >>> 2) + index * 2 + half]!;
  }
  const bits = memory.i32[(values >>> 2) + index]!;
  return code === F32 && (bits & 0x7fffffff) > 0x7f800000 ? CANONICAL_NAN_F32 : bits;
}
