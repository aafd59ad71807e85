import type { Clip } from "../../src/anim/clip.ts";
import {
  CHARACTER_WORDS,
  CLIP_FRAMES,
  CLIP_MAGIC,
  ENTRY_WORDS,
  GROUP_ROWS,
  LANES,
  LAYER_WORDS,
  NONE,
  SKELETON_MAGIC,
  SKIN_MAGIC,
} from "../../src/native/anim/format.ts";
import { IK_WORDS } from "../../src/native/anim/ik-format.ts";
import type { Memory } from "../../src/native/memory.ts";

export type Next = () => number;

/** A skeleton in memory, and the joints above each joint. */
export interface Bones {
  readonly offset: number;
  readonly joints: number;
  readonly stride: number;
  readonly parents: readonly number[];
}

/** Writes what `animPoses` reads, one thing after the other. */
export class Scene {
  readonly memory: Memory;
  readonly next: Next;
  /** Of all words that were written, their places. */
  readonly written: number[] = [];
  #at = 64;

  constructor(memory: Memory, next: Next) {
    this.memory = memory;
    this.next = next;
  }

  place(bytes: number, alignment = 4): number {
    const offset = Math.ceil(this.#at / alignment) * alignment;
    this.#at = offset + bytes;
    if (this.#at > this.memory.u8.length) throw new Error("the memory of the scene is too small");
    return offset;
  }

  words(values: readonly number[], alignment = 4): number {
    const offset = this.place(values.length * 4, alignment);
    this.memory.u32.set(values, offset / 4);
    for (let i = 0; i < values.length; i++) this.written.push(offset / 4 + i);
    return offset;
  }

  floats(values: readonly number[], alignment = 4): number {
    const offset = this.place(values.length * 4, alignment);
    this.memory.f32.set(values, offset / 4);
    return offset;
  }

  /** -1 to 1. */
  unit(): number {
    return this.next() / 2 ** 31 - 1;
  }

  /** Rows of `stride`, joint transforms that a rig might have. */
  pose(stride: number): number {
    const values = Array.from({ length: 10 * stride }, (_, i) => {
      const row = Math.floor(i / stride);
      return row < 3 ? this.unit() : row < 7 ? this.unit() + (row === 6 ? 1 : 0) : 1 + this.unit() * 0.2;
    });
    return this.floats(values, 64);
  }

  /** Every bit pattern, NaNs and infinities among them. */
  wildPose(stride: number): number {
    const offset = this.pose(stride);
    for (let i = 0; i < stride; i++) this.memory.u32[offset / 4 + (this.next() % (10 * stride))] = anyBits(this.next);
    return offset;
  }

  skeleton(joints: number, shape: "chain" | "star" | "tree" = "tree"): Bones {
    const stride = Math.ceil(joints / LANES) * LANES;
    const parents = Array.from({ length: joints }, (_, joint) => {
      if (shape === "chain") return joint - 1;
      if (shape === "star") return Math.min(joint, 1) - 1;
      return joint === 0 || this.next() % 9 === 0 ? -1 : Math.max(0, joint - 1 - (this.next() % 6));
    });
    const rest = this.pose(stride);
    const list = this.words(
      [...parents, ...Array.from({ length: stride - joints }, () => -1)].map((parent) => parent >>> 0),
    );
    return { offset: this.words([SKELETON_MAGIC, joints, stride, rest, list]), joints, stride, parents };
  }

  /** A clip of the kind `frames`. Some vectors of joints do not move, some lanes do not interpolate. */
  clip(
    { joints, stride }: Bones,
    frames: number,
    moves: (group: number) => boolean = () => this.next() % 3 > 0,
  ): number {
    const vectors = stride / LANES;
    const table: number[] = [];
    let floats = 0;
    for (const [group, [, rows]] of GROUP_ROWS.entries()) {
      for (let v = 0; v < vectors; v++) {
        const isMoving = moves(group);
        table.push(isMoving ? floats : NONE, this.next() % 4 === 0 ? this.next() & 0xffff : 0);
        if (isMoving) floats += rows * LANES;
      }
    }
    const values = Array.from({ length: frames * floats }, () => this.unit() + (this.next() % 3) / 2);
    const record = [joints, stride, frames, this.pose(stride), this.next() % 2, this.words(table), floats * 4];
    return this.words([CLIP_MAGIC, CLIP_FRAMES, ...record, this.floats(values, 64)]);
  }

  /** A compressed clip: that of an asset, copied. */
  compressed({ joints, stride }: Bones, clip: Clip): number {
    const { u8, u32 } = clip.arena.memory;
    const [, kind, , , frames, constant, flags, tracks, bytes, shift] = u32.subarray(
      clip.offset / 4,
      clip.offset / 4 + 10,
    );
    const copy = (from: number, size: number) => {
      const to = this.place(size, 64);
      this.memory.u8.set(u8.subarray(from, from + size), to);
      return to;
    };
    const record = [
      joints,
      stride,
      frames!,
      copy(constant!, 40 * stride),
      flags!,
      copy(tracks!, bytes!),
      bytes!,
      shift!,
    ];
    return this.words([CLIP_MAGIC, kind!, ...record]);
  }

  mask(stride: number): number {
    const choices = [0, 1, -0, 1e-40, 0.5, 0.999];
    return this.floats(
      Array.from({ length: stride }, () => (this.next() % 3 === 0 ? (this.unit() + 1) / 2 : choices[this.next() % 6]!)),
      64,
    );
  }

  skin({ joints }: Bones, count: number): number {
    const numbers = this.words(Array.from({ length: count }, () => this.next() % joints));
    const matrices = this.floats(
      Array.from({ length: count * 12 }, () => this.unit()),
      16,
    );
    return this.words([SKIN_MAGIC, count, numbers, matrices]);
  }

  entry(source: number, kind: number, frame: number, alpha: number, weight: number): number[] {
    return [source, kind, frame, bits(alpha), bits(weight), 0];
  }

  layer(entries: readonly number[], mode: number, weight: number, mask: number): number[] {
    return [this.words(entries), entries.length / ENTRY_WORDS, mode, bits(weight), mask, 0];
  }

  character(bones: Bones, parts: CharacterParts): number[] {
    const { layers = [], palettes = [], ik = [] } = parts;
    const local = parts.local === false ? NONE : this.place(40 * bones.stride, 64);
    const model = parts.model === false ? NONE : this.place(48 * bones.joints, 16);
    const pairs = palettes.flatMap(([skin, count]) => [skin, this.place(48 * count, 16)]);
    const record = [bones.offset, this.words(layers), layers.length / LAYER_WORDS, local, model];
    return [...record, this.words(pairs), palettes.length, this.words(ik), ik.length / IK_WORDS, 0, 0, 0];
  }

  /** Gives the arguments of the job. */
  characters(records: readonly number[]): [number, number] {
    return [this.words(records), records.length / CHARACTER_WORDS];
  }
}

export interface CharacterParts {
  readonly layers?: readonly number[];
  readonly local?: boolean;
  readonly model?: boolean;
  /** Skin and how many joints it has. */
  readonly palettes?: readonly (readonly [number, number])[];
  readonly ik?: readonly number[];
}

export function bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

const odd = [0, 0x80000000, 1, 0x007fffff, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001];

function anyBits(next: Next): number {
  return next() % 3 === 0 ? next() : odd[next() % odd.length]!;
}
