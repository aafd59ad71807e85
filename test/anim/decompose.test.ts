import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { affineOf, decompose, decomposed } from "../../src/anim.ts";

const number = fc.double({ min: -2, max: 2, noNaN: true });
const size = fc.double({ min: 0.1, max: 4, noNaN: true });

describe("a matrix is taken apart", () => {
  test("and put together again, mirrors too, seed 5", () => {
    fc.assert(
      fc.property(
        fc.tuple(number, number, number),
        fc.tuple(number, number, number, number).filter((q) => Math.hypot(...q) > 0.1),
        fc.tuple(size, size, size, fc.boolean()),
        (translation, turn, [sx, sy, sz, mirrored]) => {
          const length = Math.hypot(...turn);
          const matrix = new Float64Array(12);
          const rotation = turn.map((q) => q / length);
          affineOf(matrix, translation, rotation, [mirrored ? -sx : sx, sy, sz]);
          const parts = decompose(matrix, 0, decomposed());
          const again = new Float64Array(12);
          affineOf(again, parts.translation, parts.rotation, parts.scale);
          again.forEach((value, i) => {
            expect(value).toBeCloseTo(matrix[i]!, 9);
          });
          expect(parts.skew).toBeLessThan(1e-9);
          expect(Math.sign(parts.scale[0]!)).toBe(mirrored ? -1 : 1);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });

  test("to a unit quaternion whatever it holds, seed 6", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 14, maxLength: 14 }), (numbers) => {
        const { rotation, scale } = decompose(numbers, 2, decomposed());
        expect(Math.hypot(...rotation)).toBeCloseTo(1, 6);
        expect(scale.every(Number.isFinite)).toBe(true);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  test.each([
    ["flat", [0, 0, 0, 5, 0, 2, 0, 6, 0, 0, 3, 7], [0, 2, 3], 0],
    ["skewed", [1, Math.SQRT1_2, 0, 5, 0, Math.SQRT1_2, 0, 6, 0, 0, 1, 7], [1, 1, 1], Math.SQRT1_2],
  ])("that is %s", (_, matrix, scale, skew) => {
    const parts = decompose(matrix, 0, decomposed());
    expect([...parts.translation]).toEqual([5, 6, 7]);
    expect([...parts.rotation]).toEqual([0, 0, 0, 1]);
    parts.scale.forEach((value, i) => {
      expect(value).toBeCloseTo(scale[i]!, 12);
    });
    expect(parts.skew).toBeCloseTo(skew, 12);
  });
});
