import { type ChunkBody, component, f32, write } from "../../src/index.ts";

/** Components of the measured worlds: this module is loaded by every thread. */
export const parts = Array.from({ length: 8 }, (_, i) => component(`Part${i}`, { x: f32({ default: i / 8 }), y: f32 }));

export const queries = parts.map((part) => [write(part)] as const);

/** Some 20 operations for each entity. */
function spin({ x, y }: { x: Float32Array; y: Float32Array }, count: number): void {
  for (let i = 0; i < count; i++) {
    let [a, b] = [x[i]!, y[i]!];
    for (let turn = 0; turn < 3; turn++) {
      const length = Math.sqrt(a * a + b * b + 1);
      [a, b] = [b / length + 0.5, a / length - 0.25];
    }
    x[i] = a;
    y[i] = b;
  }
}

type Body = ChunkBody<(typeof queries)[number]>;
const bodyOf =
  (key: string): Body =>
  (chunk) =>
    spin((chunk as unknown as Record<string, { x: Float32Array; y: Float32Array }>)[key]!, chunk.count);

export const spin0 = bodyOf("part0");
export const spin1 = bodyOf("part1");
export const spin2 = bodyOf("part2");
export const spin3 = bodyOf("part3");
export const spin4 = bodyOf("part4");
export const spin5 = bodyOf("part5");
export const spin6 = bodyOf("part6");
export const spin7 = bodyOf("part7");
