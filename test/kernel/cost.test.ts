import { describe, expect, test } from "vitest";
import { Cost } from "../../src/kernel/cost.ts";

const lanes = (count: number, eager = false) => ({ count, eager, runCalls: () => {} });

/** Runs `rows` so often, a row taking so many microseconds alone and spread; returns how often they were spread. */
function run(cost: Cost, runs: number, rows: number, alone: number, spread: number, threads = 2): number {
  let times = 0;
  for (let i = 0; i < runs; i++) {
    const parts = cost.parts(rows, lanes(threads));
    expect(parts).toBeGreaterThanOrEqual(1);
    expect(parts).toBeLessThanOrEqual(threads * 8);
    if (parts > 1) times++;
    cost.ran(rows, rows * (parts > 1 ? spread : alone), parts > 1);
  }
  return times;
}

describe("rows are spread", () => {
  test.for<[what: string, rows: number, alone: number, spread: number, least: number, most: number]>([
    ["where that is faster", 100_000, 0.001, 0.0006, 950, 1000],
    ["always where that is much work", 100_000, 0.1, 0.06, 996, 996],
    ["hardly ever where that is slower", 100_000, 0.001, 0.0012, 1, 15],
    ["hardly ever where that is slower and much work", 100_000, 0.1, 0.12, 1, 15],
    ["never where there is too little work", 30_000, 0.001, 0.0001, 0, 0],
    ["never where there is hardly any", 3, 0.001, 0.0001, 0, 0],
  ])("%s", ([, rows, alone, spread, least, most]) => {
    const times = run(new Cost(), 1000, rows, alone, spread);
    expect(times).toBeGreaterThanOrEqual(least);
    expect(times).toBeLessThanOrEqual(most);
  });

  test("again when it has become faster, and no more when it has become slower", () => {
    const cost = new Cost();
    run(cost, 500, 100_000, 0.001, 0.0012);
    run(cost, 200, 100_000, 0.001, 0.0006);
    expect(run(cost, 100, 100_000, 0.001, 0.0006)).toBeGreaterThan(97);
    run(cost, 20, 100_000, 0.001, 0.003);
    expect(run(cost, 100, 100_000, 0.001, 0.003)).toBeLessThan(3);
  });

  test("even if one run was interrupted", () => {
    const cost = new Cost();
    run(cost, 100, 100_000, 0.001, 0.0006);
    cost.ran(100_000, 50_000, true);
    expect(run(cost, 20, 100_000, 0.001, 0.0006)).toBeGreaterThan(18);
    run(cost, 100, 20_000, 0.001, 0.0006);
    cost.ran(20_000, 50_000, false);
    expect(run(cost, 50, 20_000, 0.001, 0.0006)).toBe(0);
  });

  test("on more than one thread only, and always for tests", () => {
    expect(run(new Cost(), 100, 100_000, 0.1, 0.01, 1)).toBe(0);
    expect(new Cost().parts(1, lanes(3, true))).toBe(24);
    expect(new Cost().rowsMin(lanes(3, true))).toBe(0);
  });
});

describe("runs are timed", () => {
  const timed = (cost: Cost, runs: number, rows: number, rowUs: number): number => {
    let times = 0;
    for (let i = 0; i < runs; i++) {
      if (!cost.asks(rows)) continue;
      times++;
      cost.ran(rows, rows * rowUs, false);
    }
    return times;
  };

  test("at first, and one in sixteen where there is little work", () => {
    const cost = new Cost();
    expect(timed(cost, 4, 1000, 0.001)).toBe(4);
    expect(timed(cost, 160, 1000, 0.001)).toBe(10);
  });

  test("always where there is much, also when it has come to be", () => {
    const cost = new Cost();
    expect(timed(cost, 100, 1000, 0.1)).toBe(100);
    const grown = new Cost();
    timed(grown, 100, 1000, 0.001);
    expect(timed(grown, 100, 100_000, 0.001)).toBe(100);
    timed(grown, 400, 1000, 0.05);
    expect(timed(grown, 100, 1000, 0.05)).toBe(100);
  });
});
