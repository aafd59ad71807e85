import { CANONICAL_NAN_F32 } from "../element.ts";
import type { Memory } from "../memory.ts";
import { claims, float } from "./claims.ts";

export function integrate(memory: Memory, spans: number, spanCount: number, dt: number): void {
  claims.begin(memory).list("spans", spans, spanCount, 3);
  const step = float("dt", dt);
  claims.keep();
  const { u32 } = memory;
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 3) {
    claims.rewind();
    claims.write("destination", i, u32[at]!, u32[at + 2]!, 4);
    claims.read("source", i, u32[at + 1]!, u32[at + 2]!, 4);
  }
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 3)
    integrateSpan(memory.f32, u32, u32[at]! >>> 2, u32[at + 1]! >>> 2, u32[at + 2]!, step);
}

function integrateSpan(
  f32: Float32Array,
  u32: Uint32Array,
  destination: number,
  source: number,
  count: number,
  dt: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = Math.fround(f32[destination + i]! + Math.fround(f32[source + i]! * dt));
    // Through the integer view: storing a NaN as a float may keep any of its bits.
    if (value !== value) u32[destination + i] = CANONICAL_NAN_F32;
    else f32[destination + i] = value;
  }
}
