import { describe, expect, test } from "vitest";
import { measurePair, median, type PairOptions, type Side, WorkFault } from "../../bench/pairs.ts";

const options: PairOptions = { work: 3, group: 2, pairs: 3, warmupMs: 1 };

/** A side that adds `step` to a sum for each of `work` items, and keeps the processor busy for that. */
function side(step: number, work = 3): Side & { runs: number; resets: number } {
  let sum = 0;
  return {
    runs: 0,
    resets: 0,
    reset() {
      sum = 0;
      this.resets++;
    },
    run() {
      this.runs++;
      for (let i = 0; i < 1000; i++) sum += Math.fround(i) * 0;
      for (let i = 0; i < work; i++) sum += step;
      return work;
    },
    checksum: () => sum,
  };
}

describe("a pair", () => {
  test("is measured in groups, with a reset before each", () => {
    const [ours, peer] = [side(1), side(1)];
    const { oursMs, peerMs, ratio } = measurePair(ours, peer, options);
    expect([oursMs > 0, peerMs > 0, ratio > 0]).toEqual([true, true, true]);
    expect(ours.runs).toBe(ours.resets * options.group);
    expect(peer.runs).toBe(peer.resets * options.group);
  });

  test.for([
    ["a peer that computes something else", side(1), side(2)],
    ["a peer that does less", side(1), side(1, 2)],
    ["ours doing less", side(1, 2), side(1)],
    ["both doing nothing", side(1, 0), side(1, 0)],
    ["both computing nothing", side(0), side(0)],
    ["both computing no number", side(Number.NaN), side(Number.NaN)],
  ] as const)("is refused with %s", ([, ours, peer]) => {
    expect(() => measurePair(ours, peer, options)).toThrow(WorkFault);
  });

  test("is refused where work goes missing later", () => {
    const ours = side(1);
    const { run } = ours;
    ours.run = function () {
      return this.runs > 20 ? 3 : run.call(this);
    };
    expect(() => measurePair(ours, side(1), { ...options, warmupMs: 5 })).toThrow(WorkFault);
  });
});

test.for([
  [[1], 1],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
] as const)("median of %j", ([values, expected]) => {
  expect(median(values)).toBe(expected);
});
