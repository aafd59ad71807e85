import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crossEvents, crossedEvents, placeFrame, playbackTime, type Wrap, wrapTime } from "../../src/anim.ts";

const clip = { rate: 4, frameCount: 9, duration: 2 };
const wraps: readonly Wrap[] = ["clamp", "loop", "ping-pong"];

describe("time", () => {
  test.each([
    [-0.5, 0, 1.5, 0.5],
    [0, 0, 0, 0],
    [0.5, 0.5, 0.5, 0.5],
    [2, 2, 0, 2],
    [2.5, 2, 0.5, 1.5],
    [3.75, 2, 1.75, 0.25],
    [4, 2, 0, 0],
    [-2, 0, 0, 2],
    [-2.25, 0, 1.75, 1.75],
    [1e9 + 0.25, 2, 0.25, 0.25],
  ])("%d s of a clip of 2 s", (seconds, clamp, loop, pingPong) => {
    expect(wraps.map((wrap) => wrapTime(seconds, 2, wrap))).toEqual([clamp, loop, pingPong]);
  });

  test("a clip without a duration stands still", () => {
    expect(wraps.map((wrap) => wrapTime(3, 0, wrap))).toEqual([0, 0, 0]);
    expect(placeFrame({ frame: 9, alpha: 9 }, { rate: 30, frameCount: 1, duration: 0 }, 3, "loop")).toEqual({
      frame: 0,
      alpha: 0,
    });
  });

  test.each([
    [0, "clamp", 0, 0],
    [0.25, "clamp", 1, 0],
    [0.375, "clamp", 1, 0.5],
    [2, "clamp", 8, 0],
    [9, "clamp", 8, 0],
    [1.9375, "clamp", 7, 0.75],
    [2, "loop", 0, 0],
    [-0.0625, "loop", 7, 0.75],
    [2.0625, "ping-pong", 7, 0.75],
    [Number.NaN, "loop", 0, 0],
    [Infinity, "ping-pong", 0, 0],
  ] as const)("%d s (%s) is frame %d and %d", (seconds, wrap, frame, alpha) => {
    expect(placeFrame({ frame: -1, alpha: -1 }, clip, seconds, wrap)).toEqual({ frame, alpha });
  });

  test("times of frames are these frames exactly, whatever the rate", () => {
    for (const rate of [24, 30, 29.97, 60, 100, 1000 / 3]) {
      const long = { rate, frameCount: 1001, duration: 1000 / rate };
      for (let frame = 0; frame <= 1000; frame++)
        expect(placeFrame({ frame: 0, alpha: 0 }, long, frame / rate, "clamp")).toEqual({ frame, alpha: 0 });
    }
  });

  test("places are in range and move with time", () => {
    const seconds = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(seconds, fc.constantFrom(...wraps), (at, wrap) => {
        const { frame, alpha } = placeFrame({ frame: 0, alpha: 0 }, clip, at, wrap);
        expect(frame >= 0 && frame <= 8 && alpha >= 0 && alpha < 1 && Math.fround(alpha) === alpha).toBe(true);
        const exact = wrapTime(at, 2, wrap) * 4;
        expect(Math.abs(frame + alpha - exact)).toBeLessThan(1e-6);
      }),
      { seed: 7101 },
    );
  });

  test("playback is a function of the tick", () => {
    expect(playbackTime(30, 1 / 30)).toBe(1);
    expect(playbackTime(40, 0.05, { startTick: 20, startSeconds: 3, speed: -2 })).toBe(1);
  });
});

const events = [
  { time: 0, name: "start" },
  { time: 0.5, name: "left" },
  { time: 1.5, name: "right" },
  { time: 2, name: "end" },
];
const stepping = { duration: 2, events };

describe("events", () => {
  test.each([
    ["clamp", 0, 0.5, "left"],
    ["clamp", 0.5, 9, "right end"],
    ["clamp", -1, 0.25, "start"],
    ["clamp", 9, 0.5, "end right left"],
    ["clamp", 0.5, 0.5, ""],
    ["loop", 0, 2, "left right end start"],
    ["loop", 1.75, 2.5, "end start left"],
    ["loop", 0, 4.5, "left right end start left right end start left"],
    ["loop", 2.5, 1.5, "start end right"],
    ["loop", -0.5, 0, "end start"],
    ["ping-pong", 0, 4, "left right end right left start"],
    ["ping-pong", 3.75, 4.25, "start"],
    ["ping-pong", 2.25, 1.75, "end"],
    ["ping-pong", 2, 1.75, ""],
    ["ping-pong", 8, 5, "left right end right"],
  ] as const)("%s from %d to %d: %s", (wrap, from, to, names) => {
    expect(crossedEvents(stepping, from, to, wrap).join(" ")).toBe(names);
  });

  test("a short array gets the first ones, odd times none", () => {
    const out = new Int32Array(2);
    expect(crossEvents(out, stepping, 0, 1e9, "loop")).toBe(2);
    expect([...out]).toEqual([1, 2]);
    for (const [from, to] of [
      [0, Infinity],
      [-Infinity, 0],
      [Number.NaN, 1],
      [0, 1e300],
    ] as const)
      expect(crossEvents(out, stepping, from, to, "loop")).toBe(0);
  });

  test("intervals that follow one another have each event once, forwards and back", () => {
    const cuts = fc.array(fc.double({ min: -7, max: 7, noNaN: true }), { minLength: 2, maxLength: 12 });
    const duration = fc.double({ min: 0.1, max: 3, noNaN: true });
    const times = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        cuts,
        duration,
        times,
        fc.constantFrom(...wraps),
        fc.boolean(),
        (given, length, parts, wrap, back) => {
          const sorted = parts.map((part) => part * length).sort((a, b) => a - b);
          const clip = { duration: length, events: sorted.map((time, i) => ({ time, name: `${i}` })) };
          const stops = [...given].sort((a, b) => (back ? b - a : a - b));
          const pieces = stops.slice(1).flatMap((stop, i) => crossedEvents(clip, stops[i]!, stop, wrap));
          expect(pieces).toEqual(crossedEvents(clip, stops[0]!, stops.at(-1)!, wrap));
        },
      ),
      { seed: 7102, numRuns: 400 },
    );
  });

  test("as many as a naive walk finds", () => {
    const time = fc.double({ min: -6, max: 6, noNaN: true });
    fc.assert(
      fc.property(time, time, (from, to) => {
        let expected = 0;
        for (let cycle = -5; cycle < 5; cycle++) {
          for (const event of events) {
            const at = cycle * 2 + event.time;
            if (from < to ? from < at && at <= to : to <= at && at < from) expected++;
          }
        }
        expect(crossedEvents(stepping, from, to, "loop")).toHaveLength(expected);
      }),
      { seed: 7103 },
    );
  });
});
