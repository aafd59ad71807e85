import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

export function diff(memory: Memory, spans: number, spanCount: number, out: number, outCapacity: number): number {
  claims.begin(memory).list("spans", spans, spanCount, 4);
  integer("out", out);
  integer("outCapacity", outCapacity);
  claims.write("out", -1, out, outCapacity * 2, 4);
  claims.keep();
  const { u8, u32 } = memory;
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 4) {
    if (u32[at + 3] === 0) throw jobFault("value", "rowBytes", i);
    claims.rewind();
    claims.bytes("a", i, u32[at]!, u32[at + 2]! * u32[at + 3]!, 1);
    claims.bytes("b", i, u32[at + 1]!, u32[at + 2]! * u32[at + 3]!, 1);
  }
  let found = 0;
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 4) {
    const rowBytes = u32[at + 3]!;
    let a = u32[at]!;
    let b = u32[at + 1]!;
    for (let row = 0; row < u32[at + 2]!; row++, a += rowBytes, b += rowBytes) {
      if (equalBytes(u8, a, b, rowBytes)) continue;
      if (found < outCapacity) {
        u32[(out >>> 2) + found * 2] = i;
        u32[(out >>> 2) + found * 2 + 1] = row;
      }
      found++;
    }
  }
  return found;
}

function equalBytes(u8: Uint8Array, a: number, b: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (u8[a + i] !== u8[b + i]) return false;
  return true;
}
