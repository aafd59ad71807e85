import { CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH } from "../../element.ts";
import type { Memory } from "../../memory.ts";
import {
  ELEMENTS_MAX,
  FLAG_ROWS,
  RANK_MAX,
  SPACE_LOCAL,
  tensorTypeBytes,
  tensorTypeCode,
} from "../../tensor/format.ts";

export const { bool: BOOL, u8: U8, i32: I32, f32: F32, f64: F64 } = tensorTypeCode;

/** A typed array over a whole memory: what the elements of a tensor are read through. */
export type Values =
  | Uint8Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>;

/** What a view reads and writes: a `Memory`, or the scratch of the interpreter. */
export type Bytes = Pick<Memory, "u8" | "i32" | "f32" | "f64">;

/** Elements that are addressed by their index: of a whole memory, or of a column or a copy. */
export interface Elements {
  readonly dtype: number;
  /** Of one element. */
  readonly bytes: number;
  readonly values: Values;
  readonly memory: Bytes;
}

/** The `rows` instruction around an operand. */
export interface Cut {
  /** Rows in all, by the leading number of the run. */
  extent: number;
  /** Rows of a block. */
  readonly block: number;
}

export type Refusal = "value" | "range" | "alignment" | "overlap";

/** Axes of positive extent other than 1, neighbours that lie one behind the other taken as one. */
export interface Runs {
  readonly extents: number[];
  readonly strides: number[];
}

/** An operand of a program: which elements of which memory it is, for the leading number and the block at hand. */
export class View implements Elements {
  readonly dtype: number;
  readonly rank: number;
  readonly bytes: number;
  readonly local: boolean;
  readonly slot: number;
  /** The `rows` that cuts the first axis. */
  readonly cut: Cut | undefined;
  readonly written: boolean;
  readonly offset: number;
  /** An axis has the same token in another operand if the extents are equal: -1 where `rows` cuts. */
  readonly tokens: readonly number[];
  readonly extents: number[] = [];
  /** In elements. */
  readonly strides: number[] = [];
  elements = 0;
  /** The first row of the block at hand. */
  first = 0;
  /** Index of the first element in `values`. */
  at = 0;
  values: Values = nothing.u8;
  memory: Bytes = nothing;
  /** The lowest byte that it reaches, and the one behind the highest, from its memory or from its slot; see `elements`. */
  low = 0;
  high = 0;
  readonly #words: readonly number[];
  readonly #flags: number;
  #start = 0;
  #runs: Runs | undefined;

  /** Of the words of an operand but for the first two: offset, and extent and stride of each axis. */
  constructor(word: number, flags: number, words: readonly number[], cut: Cut | undefined, written: boolean) {
    this.written = written;
    this.dtype = word & 0xff;
    this.rank = (word >>> 8) & 0xff;
    this.local = ((word >>> 16) & 0xff) === SPACE_LOCAL;
    this.slot = word >>> 24;
    this.bytes = tensorTypeBytes[this.dtype]!;
    this.cut = (flags & FLAG_ROWS) !== 0 ? cut : undefined;
    this.offset = words[0]!;
    this.#words = words;
    this.#flags = flags;
    const tokens: number[] = [];
    for (let axis = 0; axis < this.rank; axis++) {
      const extent = words[1 + axis * 2]!;
      tokens.push(axis === 0 && this.cut ? -1 : (flags >>> axis) & 1 ? -2 - extent : extent);
    }
    this.tokens = tokens;
  }

  /** Works out extents, strides and reach for a leading number. Returns what is wrong with them. */
  resolve(leading: number, memoryBytes: number, localBytes: number): Refusal | undefined {
    let elements = 1;
    let low = this.offset;
    let high = this.offset + this.bytes;
    for (let axis = 0; axis < this.rank; axis++) {
      let extent = this.#words[1 + axis * 2]! * ((this.#flags >>> axis) & 1 ? leading : 1);
      if (axis === 0 && this.cut) extent = this.local ? Math.min(this.cut.block, this.cut.extent) : this.cut.extent;
      if (extent > ELEMENTS_MAX) return "value";
      const stride = (this.#words[2 + axis * 2]! | 0) * ((this.#flags >>> (RANK_MAX + axis)) & 1 ? leading : 1);
      this.extents[axis] = extent;
      this.strides[axis] = stride;
      elements *= extent;
      const reach = (extent - 1) * stride * this.bytes;
      if (reach < 0) low += reach;
      else high += reach;
    }
    if (elements > ELEMENTS_MAX) return "value";
    this.elements = elements;
    this.#runs = undefined;
    this.low = low;
    this.high = high;
    if (elements > 0 && this.slot === 0 && (low < 0 || high > (this.local ? localBytes : memoryBytes))) return "range";
    if (this.offset % this.bytes !== 0) return "alignment";
    return elements > 0 && this.written && !holdsEachOnce(this.extents, this.strides) ? "overlap" : undefined;
  }

  /** Finds its elements, before a run. `bases` is what the slot table holds, from slot 1 on. */
  bind(memory: Bytes, local: Bytes, bases: readonly number[]): void {
    this.memory = this.local ? local : memory;
    this.values = valuesOf(this.memory, this.dtype);
    this.#start = (this.offset + (this.slot === 0 ? 0 : bases[this.slot - 1]!)) / this.bytes;
    this.at = this.#start;
    this.first = 0;
  }

  /** Goes to the block of `rows` rows from `first` on, if `rows` cuts it. */
  block(first: number, rows: number): void {
    if (this.cut === undefined) return;
    this.first = first;
    if (!this.local) this.at = this.#start + first * this.strides[0]!;
    if (this.extents[0] === rows) return;
    this.extents[0] = rows;
    this.elements = this.extents.reduce((product, extent) => product * extent, 1);
    this.#runs = undefined;
  }

  get runs(): Runs {
    return (this.#runs ??= runsOf(this.extents, this.strides));
  }
}

/** Whether each longer stride steps past all that the shorter ones reach. */
function holdsEachOnce(extents: readonly number[], strides: readonly number[]): boolean {
  const axes = strides.map((stride, axis) => ({ stride: Math.abs(stride), extent: extents[axis]! }));
  let reach = 0;
  return axes
    .filter(({ extent }) => extent > 1)
    .sort((a, b) => a.stride - b.stride)
    .every(({ stride, extent }) => {
      const past = stride > reach;
      reach += stride * (extent - 1);
      return past;
    });
}

/** Memory of the interpreter, a multiple of 8 bytes. */
export function scratch(bytes: number): Bytes {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}

/** The typed array of `memory` for a dtype. */
export function valuesOf(memory: Bytes, dtype: number): Values {
  return dtype === F32 ? memory.f32 : dtype === F64 ? memory.f64 : dtype === I32 ? memory.i32 : memory.u8;
}

export function runsOf(extents: readonly number[], strides: readonly number[]): Runs {
  const runs: Runs = { extents: [], strides: [] };
  for (let axis = 0; axis < extents.length; axis++) {
    const [extent, stride] = [extents[axis]!, strides[axis]!];
    if (extent === 1) continue;
    const last = runs.extents.length - 1;
    if (last >= 0 && runs.strides[last] === extent * stride) {
      runs.extents[last]! *= extent;
      runs.strides[last] = stride;
    } else {
      runs.extents.push(extent);
      runs.strides.push(stride);
    }
  }
  return runs;
}

/** Stores a computed value: a NaN as the canonical one, through integers, because a float store may keep any of its bits. */
export function store(view: Elements, index: number, value: number): void {
  if (value === value || view.dtype < F32) view.values[index] = value;
  else if (view.dtype === F32) view.memory.i32[index] = CANONICAL_NAN_F32;
  else {
    view.memory.i32[index * 2] = 0;
    view.memory.i32[index * 2 + 1] = CANONICAL_NAN_F64_HIGH;
  }
}

/** Copies the bits of one element to a view of the same dtype. */
export function move(to: Elements, toIndex: number, from: Elements, fromIndex: number): void {
  if (to.bytes === 1) to.memory.u8[toIndex] = from.memory.u8[fromIndex]!;
  else if (to.bytes === 4) to.memory.i32[toIndex] = from.memory.i32[fromIndex]!;
  else {
    to.memory.i32[toIndex * 2] = from.memory.i32[fromIndex * 2]!;
    to.memory.i32[toIndex * 2 + 1] = from.memory.i32[fromIndex * 2 + 1]!;
  }
}

const nothing: Bytes = scratch(0);
