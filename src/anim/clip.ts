import {
  badArgument,
  expectInstance,
  expectNumbers,
  expectOptions,
  expectText,
  type Known,
  said,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { CLIP_COMPRESSED, CLIP_FRAMES, FLAG_ADDITIVE } from "../native/anim/format.ts";
import type { Block } from "../native/block-arena.ts";
import type { AnimArena } from "./arena.ts";
import { AnimAsset } from "./asset.ts";
import { packFrames, readFrames, readSteps } from "./clip-frames.ts";
import { Skeleton } from "./skeleton.ts";

/** Something that happens at a time of a clip: a footstep, a hit. */
export interface ClipEvent {
  /** Seconds from the start. */
  readonly time: number;
  readonly name: string;
}

/** How the morph weights of a mesh move: sampled at the frames of the clip, linear between them. */
export interface MorphTrack {
  /** Name of the mesh, as in its model: that of the node that holds it. */
  readonly node: string;
  /** Morph targets. */
  readonly targets: number;
  /** `frames x targets`. */
  readonly weights: Float32Array;
  /** Whether weights hold from one frame to the next instead. */
  readonly step: boolean;
}

/** What clips of both kinds have besides their frames. */
export interface ClipSettings {
  readonly name: string;
  /** Frames per second. */
  readonly rate: number;
  /** Seconds; `(frames - 1) / rate` unless given. */
  readonly duration?: number;
  /** Whether the frames are differences that additive layers add. */
  readonly additive?: boolean;
  readonly events?: readonly ClipEvent[];
  readonly morphs?: readonly MorphTrack[];
  /** Largest distance from the source in object space, in metres, as measured; 0 for the source itself. */
  readonly error?: number;
}

export interface FramesOptions extends ClipSettings {
  /** Frames one after another, each 10 rows of the skeleton's stride: tx ty tz qx qy qz qw sx sy sz. */
  readonly frames: Float32Array;
  /** 1 where a value holds from frame to frame: translations of all joints, then rotations, then scales (3 x joints). */
  readonly steps?: Uint8Array;
}

const KNOWN: Known<FramesOptions> = {
  name: true,
  rate: true,
  duration: true,
  additive: true,
  events: true,
  morphs: true,
  error: true,
  frames: true,
  steps: true,
};

/** How the joints of a skeleton move: frames at equal distances in time. */
export class Clip extends AnimAsset {
  readonly skeleton: Skeleton;
  readonly kind: "frames" | "compressed";
  /** Frames per second. */
  readonly rate: number;
  /** At least 1. */
  readonly frameCount: number;
  /** Seconds. */
  readonly duration: number;
  readonly additive: boolean;
  /** In order of time. */
  readonly events: readonly ClipEvent[];
  readonly morphs: readonly MorphTrack[];
  /** Metres in object space. */
  readonly error: number;

  /** Over a block that holds a finished record: {@link Clip.fromFrames} and compression make these. */
  constructor(skeleton: Skeleton, block: Block, settings: ClipSettings) {
    super(skeleton.arena, settings.name, block);
    const at = block.offset >>> 2;
    const { u32 } = skeleton.arena.memory;
    this.skeleton = skeleton;
    this.kind = u32[at + 1] === CLIP_COMPRESSED ? "compressed" : "frames";
    this.frameCount = u32[at + 4]!;
    this.additive = (u32[at + 6]! & FLAG_ADDITIVE) !== 0;
    this.rate = settings.rate;
    this.duration = settings.duration ?? (this.frameCount - 1) / settings.rate;
    this.events = [...(settings.events ?? [])].sort((a, b) => a.time - b.time);
    this.morphs = settings.morphs ?? [];
    this.error = settings.error ?? 0;
  }

  /**
   * A clip of the kind `frames`. Quaternions are turned into the hemisphere of the frame before; joints that do not move are kept
   * once. Throws `anim-clip` for numbers that are not finite, zero quaternions and lengths that do not fit, and `bad-argument`.
   */
  static fromFrames(arena: AnimArena, skeleton: Skeleton, options: FramesOptions): Clip {
    if (!(skeleton instanceof Skeleton)) throw badArgument("skeleton", skeleton, "a Skeleton");
    expectOptions(options, "options", KNOWN);
    const { name, rate, duration, events = [], morphs = [] } = options;
    expectInstance(options.frames, Float32Array, "options.frames", "a Float32Array");
    expectText(name, "options.name");
    if (options.steps !== undefined) expectNumbers(options.steps, "options.steps");
    const refuse = (why: string) => new WorldloomError("anim-clip", `Clip "${name}" ${why}.`, { clip: name });
    if (arena !== skeleton.arena) throw refuse(`is not in the arena of its skeleton "${skeleton.name}"`);
    if (!(typeof rate === "number" && rate > 0 && rate <= 1e6))
      throw refuse(`has ${said(rate)} frames per second; give more than 0 and at most a million`);
    for (const [what, list] of Object.entries({ events, morphs })) {
      if (!Array.isArray(list) || !Array.from(list).every((one) => typeof one === "object" && one !== null))
        throw refuse(`has ${what} that are no list of objects`);
    }
    for (const { targets, weights } of morphs)
      if (typeof targets !== "number" || !(weights instanceof Float32Array))
        throw refuse("has morph weights that are no Float32Array, or do not say of how many targets");
    if (events.some(({ time }) => typeof time !== "number")) throw refuse("has an event without a time");
    if (duration !== undefined && typeof duration !== "number") throw refuse("has a duration that is no number");
    const block = packFrames(skeleton, options, options.additive === true ? FLAG_ADDITIVE : 0, refuse);
    const frameCount = arena.memory.u32[(block.offset >>> 2) + 4]!;
    const length = duration ?? (frameCount - 1) / rate;
    const fits =
      length >= 0 && length * rate <= frameCount - 1 + 1e-3
        ? morphs.every(({ targets, weights }) => weights.length === targets * frameCount)
          ? events.every(({ time }) => time >= 0 && time <= length)
            ? ""
            : `has an event outside its ${length} s`
          : `has morph weights that are not ${frameCount} frames`
        : `has ${frameCount} frames at ${rate} per second, too few for ${length} s`;
    if (fits !== "") {
      arena.release(block);
      throw refuse(fits);
    }
    return new Clip(skeleton, block, options);
  }

  /** The frames as {@link Clip.fromFrames} takes them: `frames x 10 x stride`. Throws `anim-clip` for a compressed clip. */
  toFrames(): Float32Array {
    this.#expectFrames();
    return readFrames(this.arena.memory, this.offset, this.skeleton.stride);
  }

  /** Which values hold from frame to frame: 3 x joints, as {@link Clip.fromFrames} takes them. */
  toSteps(): Uint8Array {
    this.#expectFrames();
    return readSteps(this.arena.memory, this.offset, this.skeleton);
  }

  #expectFrames(): void {
    if (this.kind === "frames") return;
    throw new WorldloomError("anim-clip", `Clip "${this.name}" is compressed; use the clip that it was made from.`, {
      clip: this.name,
      kind: CLIP_FRAMES,
    });
  }
}
