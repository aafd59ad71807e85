import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

export function prefixSum(memory: Memory, source: number, destination: number, count: number): number {
  claims.begin(memory);
  integer("source", source);
  integer("destination", destination);
  integer("count", count);
  claims.read("source", -1, source, count, 4);
  claims.write("destination", -1, destination, count, 4);
  const { i32 } = memory;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    i32[(destination >>> 2) + i] = sum;
    sum = (sum + i32[(source >>> 2) + i]!) | 0;
  }
  return sum >>> 0;
}
