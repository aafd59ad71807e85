import { LENGTH2_MIN } from "../../anim/format.ts";
import { CANONICAL_NAN_F32 } from "../../element.ts";
import type { Memory } from "../../memory.ts";

const { fround, sqrt } = Math;
const TOO_SHORT = fround(LENGTH2_MIN);

/** The point or direction at hand. */
export const vector: Float32Array = new Float32Array(3);

/**
 * `vector` becomes as long as 1, where it is not too short for that:
 *
 *     s = (x * x + y * y) + z * z;  s < 1e-30: as it is, else each * (1 / sqrt(s))
 */
export function normalise(): void {
  const [x, y, z] = vector as unknown as [number, number, number];
  const s = fround(fround(fround(x * x) + fround(y * y)) + fround(z * z));
  if (s < TOO_SHORT) return;
  const scale = fround(1 / fround(sqrt(s)));
  for (let c = 0; c < 3; c++) vector[c]! *= scale;
}

/** Writes `vector`, and `last` behind it, to the f32 from `at` on. */
export function store(memory: Memory, at: number, last?: number): void {
  for (let c = 0; c < 3; c++) put(memory, at + c, vector[c]!);
  if (last !== undefined) put(memory, at + 3, last);
}

function put(memory: Memory, at: number, value: number): void {
  if (value !== value) memory.u32[at] = CANONICAL_NAN_F32;
  else memory.f32[at] = value;
}
