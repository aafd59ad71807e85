import { randomBits } from "../../core/prng.ts";
import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

const words = new Int32Array(2);

export function random(
  memory: Memory,
  out: number,
  ids: number,
  count: number,
  seed: number,
  stream: number,
  tick: number,
): void {
  claims.begin(memory);
  integer("out", out);
  integer("ids", ids);
  integer("count", count);
  integer("seed", seed);
  integer("stream", stream);
  integer("tick", tick);
  claims.write("out", -1, out, count * 2, 4);
  claims.read("ids", -1, ids, count, 4);
  const { i32 } = memory;
  for (let i = 0; i < count; i++) {
    randomBits(words, seed, stream, tick, i32[(ids >>> 2) + i]!);
    i32[(out >>> 2) + i * 2] = words[0]!;
    i32[(out >>> 2) + i * 2 + 1] = words[1]!;
  }
}
