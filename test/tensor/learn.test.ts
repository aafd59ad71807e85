import { describe, expect, it } from "vitest";
import { randomFloat } from "../../src/core/prng.ts";
import {
  boostedTrees,
  crossValidate,
  currentArena,
  determination,
  meanAbsolutePercentageError,
  nonNegative,
  perceptron,
  type Regressor,
  rankCorrelation,
  ridge,
  rootMeanSquaredError,
  withIntervals,
} from "../../src/tensor.ts";
import { code } from "./code.ts";

const draw = (i: number, j: number): number => randomFloat(9, j, 0, i);
const samples = (count: number, columns: number): number[][] =>
  Array.from({ length: count }, (_, i) => Array.from({ length: columns }, (_, j) => draw(i, j) * 10));

describe("ridge", () => {
  it("finds the weights of a line with a small penalty, and shrinks them with a large one", () => {
    const rows = samples(50, 3);
    const targets = rows.map(([a, b, c]) => 2 * a! - 3 * b! + 0.5 * c! + 7);
    const found = ridge({ penalty: 1e-9 }).fit(rows, targets);
    expect([...found.weights, found.intercept].map((w) => Number(w.toFixed(5)))).toEqual([2, -3, 0.5, 7]);
    expect(found.predict([[1, 1, 2]])[0]).toBeCloseTo(7, 4);
    const shrunk = ridge({ penalty: 10 }).fit(rows, targets);
    for (const [i, w] of shrunk.weights.entries()) expect(Math.abs(w)).toBeLessThan(Math.abs(found.weights[i]!));
    expect([...found.importance].reduce((s, v) => s + v, 0)).toBeCloseTo(1);
    expect(found.importance[1]).toBeGreaterThan(found.importance[2]!);
  });

  it("takes columns that are constant or follow from others", () => {
    const rows = samples(20, 1).map(([a]) => [a!, a! * 2, 4]);
    const found = ridge().fit(
      rows,
      rows.map(([a]) => 3 * a!),
    );
    expect(found.predict([[2, 4, 4]])[0]).toBeCloseTo(6, 1);
  });
});

describe("non-negative least squares", () => {
  it("finds weights that are not negative, and sets the others to zero", () => {
    const rows = samples(40, 4);
    const exact = nonNegative().fit(
      rows,
      rows.map(([a, , c]) => 2 * a! + 5 * c!),
    );
    expect([...exact.weights].map((w) => Number(w.toFixed(8)))).toEqual([2, 0, 5, 0]);
    const forced = nonNegative().fit(
      rows,
      rows.map(([a, b]) => 4 * a! - 3 * b!),
    );
    expect(Math.min(...forced.weights)).toBe(0);
    expect(forced.weights[1]).toBe(0);
  });

  it("is at the optimum: no column at zero could lower the error, the others have no slope (seeded)", () => {
    for (let seed = 0; seed < 30; seed++) {
      const rows = Array.from({ length: 15 }, (_, i) =>
        Array.from({ length: 6 }, (_, j) => randomFloat(seed, j, 1, i) - 0.3),
      );
      const targets = rows.map((_, i) => randomFloat(seed, 99, 1, i) * 4 - 1);
      const { weights } = nonNegative().fit(rows, targets);
      const errors = rows.map((row, i) => targets[i]! - row.reduce((s, x, j) => s + x * weights[j]!, 0));
      for (let j = 0; j < 6; j++) {
        const slope = rows.reduce((s, row, i) => s + row[j]! * errors[i]!, 0);
        if (weights[j]! > 0) expect(Math.abs(slope)).toBeLessThan(1e-8);
        else expect(slope).toBeLessThan(1e-8);
      }
    }
  });

  it("takes columns twice, and an intercept", () => {
    const rows = samples(20, 1).map(([a]) => [a!, a!]);
    const found = nonNegative({ intercept: true }).fit(
      rows,
      rows.map(([a]) => 3 * a! + 2),
    );
    expect(found.predict([[1, 1]])[0]).toBeCloseTo(5, 8);
    expect(found.intercept).toBeCloseTo(2, 8);
  });
});

describe("boosted trees", () => {
  const rows = samples(200, 3);
  const targets = rows.map(([a, b]) => (a! > 5 ? 10 : 0) + (b! > 3 ? (a! > 5 ? 5 : -5) : 0));

  it("learn steps and what goes together", () => {
    const found = boostedTrees({ trees: 200 }).fit(rows, targets);
    expect(
      found
        .predict([
          [6, 4, 0],
          [6, 1, 0],
          [1, 9, 0],
          [1, 1, 0],
        ])
        .map((value) => Math.round(value) + 0),
    ).toEqual(Float64Array.of(15, 10, -5, 0));
    expect(found.importance[2]).toBeLessThan(0.01);
  });

  it("are the same for the same seed, and hold the mean where there is nothing to split", () => {
    const once = boostedTrees({ sample: 0.5, seed: 3 }).fit(rows, targets).predict(rows);
    expect(boostedTrees({ sample: 0.5, seed: 3 }).fit(rows, targets).predict(rows)).toEqual(once);
    expect(boostedTrees({ sample: 0.5, seed: 4 }).fit(rows, targets).predict(rows)).not.toEqual(once);
    expect(
      boostedTrees()
        .fit([[1], [1]], [2, 4])
        .predict([[1]])[0],
    ).toBe(3);
  });
});

describe("perceptron", () => {
  it("learns a curve, the same each time, and leaves no tensor behind", () => {
    const rows = samples(80, 2);
    const targets = rows.map(([a, b]) => Math.sin(a! / 2) * b!);
    const { live } = currentArena();
    const first = perceptron({ epochs: 150, seed: 2 }).fit(rows, targets);
    expect(currentArena().live).toBe(live);
    const predicted = first.predict(rows);
    expect(determination(predicted, targets)).toBeGreaterThan(0.9);
    expect(perceptron({ epochs: 150, seed: 2 }).fit(rows, targets).predict(rows)).toEqual(predicted);
  });
});

describe("scores", () => {
  it("known answers", () => {
    expect(meanAbsolutePercentageError([11, 18], [10, 20])).toBeCloseTo(0.1);
    expect(rootMeanSquaredError([1, 2], [1, 5])).toBeCloseTo(Math.sqrt(4.5));
    expect(determination([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(rankCorrelation([1, 2, 3, 4], [10, 100, 1000, 10000])).toBe(1);
    expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBe(-1);
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(0.9486832980505138);
    expect(code(() => meanAbsolutePercentageError([1], [0]))).toBe("tensor-value");
    expect(code(() => rankCorrelation([1], [1, 2]))).toBe("tensor-shape");
  });
});

describe("validation", () => {
  const rows = samples(120, 2);
  const targets = rows.map(([a, b], i) => 3 * a! + b! + 20 + (draw(i, 50) - 0.5) * 4);

  it("predicts each sample without having seen it", () => {
    const all: number[] = [];
    const spy: Regressor = {
      name: "spy",
      fit: (seen) => {
        all.push(seen.length);
        return {
          importance: new Float64Array(2),
          predict: (others) => Float64Array.from(others, (row) => (seen.includes(row) ? Number.NaN : 1)),
        };
      },
    };
    const { predicted } = crossValidate(spy, rows, targets, { folds: 7 });
    expect([...predicted]).toEqual(rows.map(() => 1));
    expect(all.reduce((sum, one) => sum + one, 0)).toBe(120 * 6);
    const scores = crossValidate(ridge(), rows, targets);
    expect(scores.rankCorrelation).toBeGreaterThan(0.95);
    expect(scores.meanAbsolutePercentageError).toBeLessThan(0.1);
    expect(scores).toEqual(crossValidate(ridge(), rows, targets));
  });

  it("gives intervals that hold about as many new targets as they should", () => {
    const regression = withIntervals(ridge(), rows.slice(0, 80), targets.slice(0, 80), { coverage: 0.8 });
    const ranges = regression.intervals(rows.slice(80));
    const inside = ranges.filter(({ low, high }, i) => low <= targets[80 + i]! && targets[80 + i]! <= high).length;
    expect(inside / 40).toBeGreaterThan(0.65);
    expect(ranges.every(({ low, predicted, high }) => low <= predicted && predicted <= high)).toBe(true);
  });

  it.each([
    ["no samples", () => ridge().fit([], []), "tensor-shape"],
    ["rows of two lengths", () => boostedTrees().fit([[1], [1, 2]], [1, 2]), "tensor-shape"],
    ["too few targets", () => nonNegative().fit([[1], [2]], [1]), "tensor-shape"],
    ["a NaN", () => perceptron().fit([[Number.NaN]], [1]), "tensor-value"],
    ["an infinite target", () => ridge().fit([[1]], [Infinity]), "tensor-value"],
    [
      "another number of columns",
      () =>
        ridge()
          .fit(rows, targets)
          .predict([[1]]),
      "tensor-shape",
    ],
    ["one fold", () => crossValidate(ridge(), rows, targets, { folds: 1 }), "bad-argument"],
    ["no penalty", () => ridge({ penalty: 0 }), "bad-argument"],
    ["a coverage of all", () => withIntervals(ridge(), rows, targets, { coverage: 1 }), "bad-argument"],
  ] as const)("refuses %s", (_, act, expected) => expect(code(act)).toBe(expected));
});
