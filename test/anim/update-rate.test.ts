import { describe, expect, test } from "vitest";
import { addMorphWeights, Clip, morphWeights, updateDue, updateEvery } from "../../src/anim.ts";
import { arenaOf, figure, restFrames } from "./rigs.ts";

describe("rates of updates", () => {
  test("halve with each doubling of the distance", () => {
    const every = (distance: number) => updateEvery(distance, { near: 10 });
    expect([0, 10, 10.1, 20, 21, 40, 41, 80, 1e9].map(every)).toEqual([1, 1, 2, 2, 4, 4, 8, 8, 8]);
    expect([5, 1e9].map((distance) => updateEvery(distance, { near: 1, most: 1 }))).toEqual([1, 1]);
    expect(updateEvery(5, { near: 0 })).toBe(1);
    expect(updateEvery(Number.NaN, { near: 1 })).toBe(1);
  });

  test("each character is due once in its interval, and as many as another at each tick", () => {
    for (let index = 0; index < 40; index++) {
      const due = Array.from({ length: 8 }, (_, tick) => updateDue(index, 100 + tick, 8));
      expect(due.filter(Boolean)).toHaveLength(1);
      for (let tick = 0; tick < 64; tick++) if (updateDue(index, tick, 8)) expect(updateDue(index, tick, 4)).toBe(true);
    }
    for (let tick = 0; tick < 20; tick++)
      expect(Array.from({ length: 64 }, (_, i) => updateDue(i, tick, 8)).filter(Boolean)).toHaveLength(8);
  });
});

describe("morph weights", () => {
  const arena = arenaOf();
  const skeleton = figure(arena);
  const track = { node: "face", targets: 2, weights: Float32Array.of(0, 1, 0.5, 0, 1, 0), step: false };
  const clip = Clip.fromFrames(arena, skeleton, {
    ...{ name: "smile", rate: 2, frames: restFrames(skeleton, 3), duration: 1 },
    morphs: [track, { ...track, node: "held", step: true }],
  });

  test("are linear between frames, or hold", () => {
    expect([...morphWeights(clip, "face", 0.25)]).toEqual([0.25, 0.5]);
    expect([...morphWeights(clip, "held", 0.25)]).toEqual([0, 1]);
    expect([...morphWeights(clip, "face", 9, "clamp")]).toEqual([1, 0]);
    expect([...morphWeights(clip, "face", 1.25, "ping-pong")]).toEqual([0.75, 0]);
    expect(() => morphWeights(clip, "foot", 0)).toThrow(expect.objectContaining({ code: "anim-clip" }));
  });

  test("add up by weight", () => {
    const out = [10, 0];
    addMorphWeights(out, track, { frame: 0, alpha: 0.5 }, 2);
    addMorphWeights(out, track, { frame: 2, alpha: 0 }, 1);
    expect(out).toEqual([11.5, 1]);
  });
});
