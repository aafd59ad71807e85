import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnimArena, type Clip, compressClip } from "../../src/anim.ts";
import { LAYER_OVERRIDE, SOURCE_CLIP } from "../../src/native/anim/format.ts";
import type { Memory } from "../../src/native/memory.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { type MotionOptions, motionClip, motionKinds } from "../anim/motions.ts";
import { Scene } from "./anim-scene.ts";
import { alone, expectSame } from "./both.ts";
import { noise } from "./parts.ts";

const PAGES = 8;

/** A compressed clip that lies in no memory of a test yet. */
interface Record {
  readonly joints: number;
  readonly frames: number;
  /** Words of the record, its constant pose and its tracks. */
  readonly words: number[];
  readonly constant: number[];
  readonly tracks: Uint32Array;
}

function compressed(options: MotionOptions): Record {
  const arena = new AnimArena({ jobs: referenceJobs, bytesMax: 1 << 24 });
  const clip: Clip = compressClip(motionClip(arena, options), { error: 1e-3 }).clip;
  const { u32, f32 } = arena.memory;
  const words = [...u32.subarray(clip.offset / 4, clip.offset / 4 + 10)];
  const { stride } = clip.skeleton;
  return {
    joints: options.joints,
    frames: options.frames,
    words,
    constant: [...f32.subarray(words[5]! / 4, words[5]! / 4 + 10 * stride)],
    tracks: u32.slice(words[7]! / 4, (words[7]! + words[8]!) / 4),
  };
}

/** Gives the offset of the record and of its tracks. */
function placeRecord(scene: Scene, { words, constant, tracks }: Record): [number, number] {
  const at = scene.place(tracks.byteLength, 64);
  scene.memory.u32.set(tracks, at / 4);
  const [magic, kind, joints, stride, frames, , flags, , bytes, shift] = words;
  const record = [magic!, kind!, joints!, stride!, frames!, scene.floats(constant, 64), flags!, at, bytes!, shift!];
  return [scene.words(record), at];
}

/** One character for each place, all with that clip; gives the arguments of the job. */
function play(
  scene: Scene,
  record: Record,
  places: readonly (readonly [number, number])[],
  spoil?: Spoil,
): [number, number] {
  const bones = scene.skeleton(record.joints, "chain");
  const [clip, tracks] = placeRecord(scene, record);
  const characters = places.flatMap(([frame, alpha]) => {
    const layers = scene.layer(scene.entry(clip, SOURCE_CLIP, frame, alpha, 1), LAYER_OVERRIDE, 1, 0xffffffff);
    return scene.character(bones, { layers });
  });
  const list = scene.characters(characters);
  spoil?.(scene.memory, clip, tracks);
  return list;
}

type Spoil = (memory: Memory, clip: number, tracks: number) => void;

const motions = fc.record<MotionOptions>({
  joints: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 15, max: 36 })),
  frames: fc.oneof(fc.constantFrom(1, 2, 17, 65), fc.integer({ min: 1, max: 70 })),
  seed: fc.nat(1_000_000),
  kind: fc.constantFrom(...motionKinds),
});

describe.skipIf(alone)("compressed clips in the addon", () => {
  test("give the bits of the reference at any place", { timeout: 60_000 }, () => {
    const alphas = [0, 1, 0.5, 1e-40, 0.99999994];
    fc.assert(
      fc.property(motions, fc.nat(1000), (options, seed) => {
        const record = compressed(options);
        const next = noise(seed);
        const places = Array.from({ length: 12 }, (_, i) => {
          const frame = i === 0 ? options.frames - 1 : next() % options.frames;
          return [frame, i % 2 === 0 ? alphas[next() % 5]! : next() / 2 ** 32] as const;
        });
        let list: [number, number] = [0, 0];
        const outcome = expectSame(
          PAGES,
          (memory) => {
            list = play(new Scene(memory, noise(1)), record, places);
          },
          (jobs, memory) => jobs.animPoses(memory, ...list),
        );
        expect(outcome).toEqual({ result: undefined });
      }),
      { seed: 72, numRuns: 40 },
    );
  });

  test("with any word replaced are refused alike, or give the same bits", { timeout: 60_000 }, () => {
    const hostile = [
      0, 1, 3, 4, 8, 0x7f, 0x8000, 0xffff, 0x10000, 0x7f800001, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
    ];
    for (const kind of ["smooth", "spinning", "scaled"] as const) {
      const record = compressed({ joints: 5, frames: 20, seed: 4, kind });
      const next = noise(9);
      let refused = 0;
      let list: [number, number] = [0, 0];
      const attempt = (spoil: Spoil) => {
        const outcome = expectSame(
          PAGES,
          (memory) => {
            list = play(new Scene(memory, noise(1)), record, [[next() % 19, 0.25]], spoil);
          },
          (jobs, memory) => jobs.animPoses(memory, ...list),
        );
        if ("refused" in outcome) refused++;
      };
      for (const value of hostile) {
        for (let word = 0; word < 10; word++) {
          attempt((memory, clip) => {
            memory.u32[clip / 4 + word] = value;
          });
        }
        for (let word = 0; word < Math.min(record.tracks.length, 60); word++) {
          attempt((memory, _, tracks) => {
            memory.u32[tracks / 4 + word] = value;
          });
        }
      }
      expect(refused).toBeGreaterThan(100);
    }
  });

  test("at any bit flipped are refused alike, or give the same bits", { timeout: 60_000 }, () => {
    const record = compressed({ joints: 20, frames: 30, seed: 6, kind: "noisy" });
    const next = noise(10);
    let list: [number, number] = [0, 0];
    for (let round = 0; round < 1500; round++) {
      const [word, bit] = [next() % record.tracks.length, next() % 32];
      expectSame(
        PAGES,
        (memory) => {
          list = play(new Scene(memory, noise(1)), record, [[next() % 30, 0.75]], ({ u32 }, _, tracks) => {
            u32[tracks / 4 + word]! ^= 1 << bit;
          });
        },
        (jobs, memory) => jobs.animPoses(memory, ...list),
      );
    }
  });
});

test("tracks that end too early are refused by name", () => {
  const record = compressed({ joints: 3, frames: 9, seed: 1, kind: "smooth" });
  const memory = new AnimArena({ jobs: referenceJobs, bytesMax: 1 << 22 });
  memory.memory.grow(PAGES);
  const scene = new Scene(memory.memory, noise(1));
  const list = play(scene, record, [[3, 0.5]], ({ u32 }, clip) => {
    u32[clip / 4 + 8]! -= 32;
  });
  expect(() => referenceJobs.animPoses(memory.memory, ...list)).toThrow(
    expect.objectContaining({ code: "job-input", operands: { operand: "tracks", reason: "value", span: 0 } }),
  );
});
