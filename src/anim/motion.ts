import { multiply, normalise, quaternion, rotate } from "./rotation.ts";

/** A move without scale, in f64: first the rotation (4..7: x y z w), then the translation (0..3). */
export type Motion = Float64Array;

/** The move that changes nothing. */
export function motion(): Motion {
  return Float64Array.of(0, 0, 0, 0, 0, 0, 1);
}

/** First `b`, then `a`: where a character at `a` gets by `b`. `out` may be an operand. */
export function composeMotions(out: Motion, a: Motion, b: Motion): Motion {
  rotate(moved, a, b, 3);
  multiply(turned, a, b, 3, 3);
  for (let c = 0; c < 3; c++) out[c] = moved[c]! + a[c]!;
  return putTurn(out);
}

/** The move back. */
export function invertMotion(out: Motion, a: Motion): Motion {
  for (let c = 0; c < 3; c++) turned[c] = -a[3 + c]!;
  turned[3] = a[6]!;
  rotate(moved, turned, a);
  for (let c = 0; c < 3; c++) out[c] = -moved[c]!;
  return putTurn(out);
}

/** `a` made `times` times, an integer; below 0: made back. What is not finite is no times. */
export function repeatMotion(out: Motion, a: Motion, times: number): Motion {
  if (times < 0) invertMotion(base, a);
  else base.set(a);
  result.set(UNMOVED);
  for (let left = Number.isFinite(times) ? Math.abs(times) : 0; left >= 1; left = Math.floor(left / 2)) {
    if (left % 2 === 1) composeMotions(result, result, base);
    composeMotions(base, base, base);
  }
  out.set(result);
  return out;
}

const UNMOVED = motion();
const base = motion();
const result = motion();
const moved = new Float64Array(3);
const turned = quaternion();

function putTurn(out: Motion): Motion {
  // Moves are put together tick after tick: without this the length of the rotation would drift.
  normalise(turned, turned);
  for (let c = 0; c < 4; c++) out[3 + c] = turned[c]!;
  return out;
}
