import type { Memory } from "../memory.ts";
import { claims } from "./claims.ts";

export function copy(memory: Memory, spans: number, spanCount: number): void {
  claims.begin(memory).list("spans", spans, spanCount, 3);
  claims.keep();
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += 3) {
    const { u32 } = memory;
    claims.rewind();
    claims.write("destination", i, u32[at]!, u32[at + 2]!, 1);
    claims.rewind();
    claims.read("source", i, u32[at + 1]!, u32[at + 2]!, 1);
  }
  memory.copyMany(spans, spanCount);
}
