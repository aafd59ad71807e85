import { KEY_READ_BYTES, VECTOR_FOUR } from "../../native/anim/compressed-format.ts";
import { CLIP_COMPRESSED, CLIP_MAGIC, FLAG_ADDITIVE, LANES, POSE_ROWS } from "../../native/anim/format.ts";
import type { Block } from "../../native/block-arena.ts";
import type { Encoded, EncodedTrack } from "./encode.ts";
import { GROUP_NUMBERS, type Source } from "./source.ts";

const HEADER_BYTES = 64;
/** Behind the last key: as much as is read with it. */
const TAIL_BYTES = KEY_READ_BYTES;
const BITS_MAX = 65_535;

/** The tracks as `compressed-format.ts` has them; `undefined` if a segment has more bits than its offsets can say. */
export function packTracks(source: Source, { tracks, shift }: Encoded): Uint8Array | undefined {
  const vectors = source.clip.skeleton.stride / LANES;
  const byVector: EncodedTrack[][] = Array.from({ length: 3 * vectors }, () => []);
  for (const track of tracks) byVector[track.group * vectors + Math.floor(track.joint / LANES)]!.push(track);
  const moving = byVector.filter((vector) => vector.length > 0);
  const segments = Math.max(1, Math.ceil((source.frames - 1) / (1 << shift)));
  let bytes = 4 + 3 * vectors * 4 + segments * 4;
  for (const vector of moving) {
    bytes += vector.length * (vector[0]!.group === 1 ? 4 : 16);
    for (let segment = 0; segment < segments; segment++)
      bytes += headerBytes(vector, segment) + keyBytes(vector, segment);
  }
  const out = new Uint8Array(bytes + TAIL_BYTES);
  const view = new DataView(out.buffer);
  byVector.forEach((vector, i) => {
    view.setUint32(4 + i * 4, lanes(vector, true) | (lanes(vector, false) << 16), true);
  });
  let at = 4 + 3 * vectors * 4;
  for (const vector of moving) at = packConstants(vector, view, at);
  const table = at;
  view.setUint32(0, table, true);
  at += segments * 4;
  for (let segment = 0; segment < segments; segment++) {
    view.setUint32(table + segment * 4, at, true);
    let bits = moving.reduce((sum, vector) => sum + headerBytes(vector, segment), at);
    for (const vector of moving) {
      if (!packSegment(vector, segment, view, at, bits)) return undefined;
      at += headerBytes(vector, segment);
      bits += keyBytes(vector, segment);
    }
    at = bits;
  }
  return out;
}

/** A block with the record of a clip, its constant pose and these tracks. */
export function packClip(source: Source, shift: number, tracks: Uint8Array): Block {
  const { arena, count, stride } = source.clip.skeleton;
  const constant = new Float32Array(POSE_ROWS * stride).fill(1, 6 * stride);
  for (const { joint, group, middle } of source.tracks) {
    const [row, rows] = GROUP_NUMBERS[group];
    for (let c = 0; c < rows; c++) constant[(row + c) * stride + joint] = middle[c]!;
  }
  const tracksAt = HEADER_BYTES + constant.byteLength;
  const block = arena.allocate(tracksAt + tracks.length);
  const { offset } = block;
  const { memory } = arena;
  memory.u8.fill(0, offset, offset + block.bytes);
  const flags = source.clip.additive ? FLAG_ADDITIVE : 0;
  const record = [CLIP_MAGIC, CLIP_COMPRESSED, count, stride, source.frames, offset + HEADER_BYTES, flags];
  memory.u32.set([...record, offset + tracksAt, tracks.length, shift], offset / 4);
  memory.f32.set(constant, (offset + HEADER_BYTES) / 4);
  memory.u8.set(tracks, offset + tracksAt);
  return block;
}

function headerBytes(vector: readonly EncodedTrack[], segment: number): number {
  const { group, segments } = vector[0]!;
  const track = 6 + 2 * segments[segment]!.components + (group === 1 ? 16 : 0);
  return 4 + Math.ceil((vector.length * track) / 4) * 4;
}

/** Bytes of all keys of the vector in a segment: whole words. */
function keyBytes(vector: readonly EncodedTrack[], segment: number): number {
  let sum = 0;
  for (const { segments } of vector) {
    const { numbers, bits, components } = segments[segment]!;
    sum += (numbers.length / components) * total(bits);
  }
  return Math.ceil(sum / 32) * 4;
}

function total(bits: Int32Array): number {
  return bits.reduce((sum, of) => sum + of, 0);
}

function lanes(vector: readonly EncodedTrack[], all: boolean): number {
  return vector.reduce((mask, { joint, holds }) => (all || holds ? mask | (1 << (joint % LANES)) : mask), 0);
}

function packConstants(vector: readonly EncodedTrack[], view: DataView, from: number): number {
  let at = from;
  const float = (value: number) => {
    view.setFloat32(at, value, true);
    at += 4;
  };
  const isRotation = vector[0]!.group === 1;
  for (let c = 0; c < 3 && !isRotation; c++) for (const { origin } of vector) float(origin[c]!);
  for (const { step } of vector) float(step);
  return at;
}

/** Writes the vector's part of a segment at `at` and its keys at `bitsAt`; false if they are too many for their offsets. */
function packSegment(
  vector: readonly EncodedTrack[],
  segment: number,
  view: DataView,
  at: number,
  bitsAt: number,
): boolean {
  const count = vector.length;
  const { components } = vector[0]!.segments[segment]!;
  view.setUint32(at, bitsAt | (components === 4 ? VECTOR_FOUR : 0), true);
  let bit = 0;
  for (const [i, { segments, group, axes }] of vector.entries()) {
    const { spacing, lead, numbers, bases, bits, baseShift } = segments[segment]!;
    if (bit > BITS_MAX) return false;
    let word = (spacing << 20) | (baseShift << 24) | (lead << 28);
    bits.forEach((of, c) => {
      word |= of << (5 * c);
    });
    view.setUint32(at + 4 + 4 * i, word, true);
    view.setUint16(at + 4 + 4 * count + 2 * i, bit, true);
    bases.forEach((base, c) => {
      view.setInt16(at + 4 + (6 + 2 * c) * count + 2 * i, base, true);
    });
    if (group === 1) {
      [...axes[segment]!.left, ...axes[segment]!.right].forEach((value, c) => {
        view.setInt16(at + 4 + (6 + 2 * components + 2 * c) * count + 2 * i, value, true);
      });
    }
    numbers.forEach((number, k) => {
      const c = k % components;
      writeBits(view, bitsAt * 8 + bit, number - bases[c]! * (1 << baseShift), bits[c]!);
      bit += bits[c]!;
    });
  }
  return true;
}

function writeBits(view: DataView, at: number, value: number, count: number): void {
  for (let i = 0, place = at; i < count; ) {
    const byte = Math.floor(place / 8);
    const take = Math.min(8 - (place % 8), count - i);
    const part = (value >>> i) & ((1 << take) - 1);
    view.setUint8(byte, view.getUint8(byte) | (part << (place % 8)));
    i += take;
    place += take;
  }
}
