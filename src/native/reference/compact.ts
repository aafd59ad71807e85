import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

export function compact(memory: Memory, mask: number, count: number, out: number): number {
  claims.begin(memory);
  integer("mask", mask);
  integer("count", count);
  integer("out", out);
  claims.read("mask", -1, mask, count, 1);
  claims.write("out", -1, out, count, 4);
  const { u8, u32 } = memory;
  let found = 0;
  for (let i = 0; i < count; i++) if (u8[mask + i] !== 0) u32[(out >>> 2) + found++] = i;
  return found;
}
