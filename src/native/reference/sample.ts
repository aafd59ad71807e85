import { randomBits } from "../../core/prng.ts";
import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

const words = new Int32Array(2);

export function sample(
  memory: Memory,
  spans: number,
  spanCount: number,
  seed: number,
  stream: number,
  tick: number,
  probability: number,
  out: number,
  capacity: number,
): number {
  claims.begin(memory).list("spans", spans, spanCount, 2);
  integer("seed", seed);
  integer("stream", stream);
  integer("tick", tick);
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1))
    throw jobFault("value", "probability", -1);
  integer("out", out);
  integer("capacity", capacity);
  claims.write("out", -1, out, capacity, 4);
  claims.keep();
  const { i32, u32 } = memory;
  for (let s = 0, rows = 0; s < spanCount; s++) {
    const span = (spans >>> 2) + s * 2;
    claims.rewind();
    claims.read("ids", s, u32[span]!, u32[span + 1]!, 4);
    rows += u32[span + 1]!;
    if (rows > capacity) throw jobFault("capacity", "rows", s);
  }
  const threshold = probability * 2 ** 32;
  let count = 0;
  for (let s = 0; s < spanCount; s++) {
    const span = (spans >>> 2) + s * 2;
    const ids = u32[span]! >>> 2;
    const end = ids + u32[span + 1]!;
    for (let i = ids; i < end; i++) {
      randomBits(words, seed, stream, tick, i32[i]!);
      if (words[0]! >>> 0 < threshold) i32[(out >>> 2) + count++] = i32[i]!;
    }
  }
  return count;
}
