import {
  BASE_SHIFT_MAX,
  COMPONENT_BITS_MAX,
  KEY_BITS_MAX,
  KEY_READ_BYTES,
  LEAD_SHIFT,
  SEGMENT_SHIFT_MAX,
  VECTOR_FOUR,
} from "../../anim/compressed-format.ts";
import { GROUP_ROWS, LANES } from "../../anim/format.ts";
import type { Memory } from "../../memory.ts";

/** A vector of joints with tracks; offsets are bytes in the memory. */
export interface TrackVector {
  /** 0 translations, 1 rotations, 2 scales. */
  readonly group: number;
  /** Of the first joint. */
  readonly lane: number;
  readonly moving: number;
  readonly steps: number;
  /** Tracks. */
  readonly count: number;
  /** 3 or 4: what its keys hold. */
  readonly components: number;
  /** Its values for the whole clip. */
  readonly constants: number;
  /** Its part of the segment. */
  readonly header: number;
  /** Offset of its keys in the tracks. */
  readonly bits: number;
}

/** Where the tracks of the clip record at `clip` have what `frame` needs. */
export class SegmentLayout {
  readonly stride: number;
  readonly tracks: number;
  readonly bytes: number;
  /** The frame within its segment, and the last frame there is in it. */
  readonly frame: number;
  readonly last: number;
  /** Whether there is a frame after it. */
  readonly hasNext: boolean;
  readonly #u32: Uint32Array;
  readonly #segment: number;

  constructor({ u32 }: Memory, clip: number, frame: number) {
    const [stride, frames, , , tracks, bytes, shift] = u32.subarray(clip / 4 + 3, clip / 4 + 10);
    const length = 1 << shift!;
    this.#u32 = u32;
    this.#segment = Math.min(Math.floor(frame / length), Math.max(1, Math.ceil((frames! - 1) / length)) - 1);
    this.stride = stride!;
    this.tracks = tracks!;
    this.bytes = bytes!;
    this.frame = frame - this.#segment * length;
    this.last = Math.min(length, frames! - 1 - this.#segment * length);
    this.hasNext = frame + 1 < frames!;
  }

  /** The vectors with tracks. Ends early, at `undefined`, where one does not lie in the tracks. */
  *vectors(): Generator<TrackVector | undefined> {
    const { tracks, bytes, stride } = this;
    const u32 = this.#u32;
    const end = tracks + bytes;
    const vectors = stride / LANES;
    let constants = tracks + 4 + GROUP_ROWS.length * vectors * 4;
    if (constants > end) return yield undefined;
    const found: Omit<TrackVector, "header" | "bits" | "components">[] = [];
    for (let v = 0; v < GROUP_ROWS.length * vectors; v++) {
      const group = Math.floor(v / vectors);
      const word = u32[tracks / 4 + 1 + v]!;
      const moving = word & 0xffff;
      const count = ones(moving);
      if (count === 0) continue;
      const lane = (v % vectors) * LANES;
      found.push({ group, lane, moving, steps: word >>> 16, count, constants });
      constants += count * (group === 1 ? 4 : 16);
    }
    const segments = u32[tracks / 4]!;
    const at = tracks + segments + this.#segment * 4;
    if (constants > end || segments % 4 !== 0 || at + 4 > end || u32[at / 4]! % 4 !== 0) return yield undefined;
    let header = tracks + u32[at / 4]!;
    for (const vector of found) {
      if (header + 4 > end) return yield undefined;
      const bits = u32[header / 4]!;
      const flags = bits % 4;
      if (flags > (vector.group === 1 ? VECTOR_FOUR : 0)) return yield undefined;
      const components = 3 + flags;
      const trackBytes = 6 + 2 * components + (vector.group === 1 ? 16 : 0);
      const headerBytes = 4 + Math.ceil((vector.count * trackBytes) / 4) * 4;
      if (header + headerBytes > end) return yield undefined;
      yield { ...vector, components, header, bits: bits - flags };
      header += headerBytes;
    }
  }
}

/**
 * Whether all that a sample at `frame`, which the clip has, reads lies in the tracks of the clip at `clip`, whose range
 * lies in the memory, and is as `compressed-format.ts` says.
 */
export function compressedFits(memory: Memory, clip: number, frame: number): boolean {
  if (memory.u32[clip / 4 + 9]! > SEGMENT_SHIFT_MAX) return false;
  const layout = new SegmentLayout(memory, clip, frame);
  for (const vector of layout.vectors()) {
    if (vector === undefined) return false;
    for (let i = 0; i < vector.count; i++) if (!trackFits(memory, layout, vector, i)) return false;
  }
  return true;
}

function trackFits({ u16, u32 }: Memory, layout: SegmentLayout, vector: TrackVector, i: number): boolean {
  const { header, count, components, bits: first } = vector;
  const { bits, spacing, shift, lead } = storage(u32[header / 4 + 1 + i]!);
  if (spacing > SEGMENT_SHIFT_MAX || shift > BASE_SHIFT_MAX || lead >= 1 << spacing) return false;
  if (bits.some((of, c) => of > (c < components ? COMPONENT_BITS_MAX : 0))) return false;
  if (sum(bits.slice(0, 3)) > KEY_BITS_MAX) return false;
  const bit = u16[header / 2 + 2 + 2 * count + i]! + sum(bits) * keyAtOrAfter(layout.last + lead, spacing);
  return first + Math.floor(bit / 8) + KEY_READ_BYTES <= layout.bytes;
}

/** What the word of a track says; `lead` in frames. */
export function storage(word: number): { bits: number[]; spacing: number; shift: number; lead: number } {
  const bits = [word & 31, (word >>> 5) & 31, (word >>> 10) & 31, (word >>> 15) & 31];
  const spacing = (word >>> 20) & 15;
  return { bits, spacing, shift: (word >>> 24) & 15, lead: (word >>> 28) << Math.max(0, spacing - LEAD_SHIFT) };
}

/** The first key at or after so many frames behind the first key. */
export function keyAtOrAfter(frame: number, spacing: number): number {
  return Math.ceil(frame / (1 << spacing));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ones(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
