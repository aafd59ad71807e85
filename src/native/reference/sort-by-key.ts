import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const starts = new Uint32Array(DIGITS);

/** By the lowest digit first, each pass stable; passes go from `order` to the scratch and back. */
export function sortByKey(memory: Memory, keys: number, count: number, order: number, scratch: number): void {
  claims.begin(memory);
  integer("keys", keys);
  integer("count", count);
  integer("order", order);
  integer("scratch", scratch);
  claims.read("keys", -1, keys, count, 4);
  claims.write("order", -1, order, count, 4);
  claims.write("scratch", -1, scratch, count * 3, 4);
  const { u32 } = memory;
  const key = keys >>> 2;
  let from = order >>> 2;
  let to = scratch >>> 2;
  for (let i = 0; i < count; i++) u32[from + i] = i;
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[(u32[key + i]! >>> shift) & (DIGITS - 1)]!++;
    for (let digit = 0, start = 0; digit < DIGITS; digit++) {
      const size = starts[digit]!;
      starts[digit] = start;
      start += size;
    }
    for (let i = 0; i < count; i++) {
      const index = u32[from + i]!;
      u32[to + starts[(u32[key + index]! >>> shift) & (DIGITS - 1)]!++] = index;
    }
    [from, to] = [to, from];
  }
  if (from !== order >>> 2) memory.copy(order, from * 4, count * 4);
}
