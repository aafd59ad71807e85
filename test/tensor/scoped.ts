import { afterEach, beforeEach, expect, it } from "vitest";
import * as t from "../../src/tensor.ts";
import { of, random } from "./values.ts";

/** No test of the file that calls it leaves a tensor behind. */
export function leaveNothing(): void {
  let live = 0;
  beforeEach(() => {
    live = t.currentArena().live;
  });
  afterEach(() => {
    expect(t.currentArena().live).toBe(live);
  });
}

/** A test in a scope of its own. */
export const test = (name: string, body: () => void) =>
  it(name, () => {
    t.scope(() => {
      body();
      return undefined;
    });
  });

/** Numbers that differ by `tolerance` of the expected one at most, of 1 where that is smaller. */
export const close = (got: readonly number[], expected: readonly number[], tolerance = 1e-12) => {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    if (!(Math.abs(value - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!))))
      expect(value).toBe(expected[i]);
  });
};

/** Seeded noise. */
export const filled = (dims: readonly number[], seed: number) =>
  of(
    random(
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
    dims,
  );
