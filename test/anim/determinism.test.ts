import { expect, test } from "vitest";
import { AnimArena, Clip, compressClip, Skeleton } from "../../src/anim.ts";
import { SOURCE_CLIP } from "../../src/native/anim/format.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { bits } from "../native/anim-scene.ts";
import { addon } from "../native/both.ts";
import { noise } from "./rigs.ts";

const NONE = 0xffffffff;
const JOINTS = 67;
const RATE = 30;
/** 10 seconds. */
const FRAMES = 10 * RATE + 1;
/** Ticks in 10 seconds: more than frames, so that most lie between two of them. */
const TICKS = 600;

/** Arms and legs that swing, in any way that has no end points of its own. */
function clip(arena: AnimArena): Clip {
  const next = noise(3);
  const joints = Array.from({ length: JOINTS }, (_, i) => ({
    name: `joint ${i}`,
    parent: i === 0 ? -1 : Math.max(0, i - 1 - (i % 4)),
    translation: [next() * 0.2, 0.1, next() * 0.1],
  }));
  const skeleton = Skeleton.create(arena, { joints });
  const { stride, rest } = skeleton;
  const frames = new Float32Array(FRAMES * rest.length);
  const [from, to] = [new Float32Array(3 * JOINTS), new Float32Array(3 * JOINTS).map(() => next() * 0.4)];
  for (let frame = 0; frame < FRAMES; frame++) {
    const part = (frame % 20) / 20;
    if (part === 0) {
      from.set(to);
      to.forEach((_, i) => {
        to[i] = next() * 0.4;
      });
    }
    frames.set(rest, frame * rest.length);
    for (let joint = 0; joint < JOINTS; joint++) {
      let left = 1;
      for (let c = 0; c < 3; c++) {
        const value = from[joint * 3 + c]! * (1 - part) + to[joint * 3 + c]! * part;
        frames[frame * rest.length + (3 + c) * stride + joint] = value;
        left -= value * value;
      }
      frames[frame * rest.length + 6 * stride + joint] = Math.sqrt(left);
    }
    frames[frame * rest.length] = frame / RATE;
  }
  return Clip.fromFrames(arena, skeleton, { name: "swing", rate: RATE, frames });
}

/** Digest of all matrices of the first `ticks` ticks. */
function play(jobs: Jobs, { arena, offset, skeleton }: Clip, ticks: number): number[] {
  const { memory } = arena;
  const bytes = skeleton.count * 48;
  const block = arena.allocate(ticks * (48 + 24 + 24 + bytes) + 64);
  const [characters, layers, entries] = [0, 48, 72].map((part) => block.offset + ticks * part);
  const models = block.offset + ticks * 96;
  for (let tick = 0; tick < ticks; tick++) {
    const at = (tick / TICKS) * (FRAMES - 1);
    const frame = Math.floor(at);
    memory.u32.set([offset, SOURCE_CLIP, frame, bits(at - frame), bits(1), 0], entries! / 4 + tick * 6);
    memory.u32.set([entries! + tick * 24, 1, 0, bits(1), NONE, 0], layers! / 4 + tick * 6);
    const record = [skeleton.offset, layers! + tick * 24, 1, NONE, models + tick * bytes, 0, 0, 0, 0, 0, 0, 0];
    memory.u32.set(record, characters! / 4 + tick * 12);
  }
  jobs.animPoses(memory, characters!, ticks);
  memory.u32.set([models, (ticks * bytes) / 4, 0], characters! / 4);
  jobs.hash(memory, characters!, 1, layers!);
  const digest = [memory.u32[layers! / 4]!, memory.u32[layers! / 4 + 1]!];
  arena.release(block);
  return digest;
}

test.skipIf(addon === undefined)("100 runs of 10 seconds give the same bits, compressed or not", () => {
  const arena = new AnimArena();
  const frames = clip(arena);
  for (const one of [frames, compressClip(frames).clip]) {
    const expected = play(addon!, one, TICKS);
    for (let run = 1; run < 100; run++) {
      addon!.threads(1 + (run % 3));
      expect(play(addon!, one, TICKS)).toEqual(expected);
    }
    addon!.threads(1);
    expect(play(addon!, one, 60)).toEqual(play(referenceJobs, one, 60));
    expect(play(addon!, one, 61)).not.toEqual(play(addon!, one, 60));
  }
});
