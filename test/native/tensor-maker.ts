import { randomBelow } from "../../src/core/prng.ts";
import { type TensorType, tensorTypeBytes, tensorTypeCode, tensorTypes } from "../../src/native/tensor/format.ts";
import type { OperandOptions } from "./tensor-words.ts";

/** An axis of a shape: an extent for the leading number of the maker, written as a multiple of it or as it is. */
export interface Axis {
  readonly extent: number;
  readonly leading?: boolean;
  /** Cut by `rows`. */
  readonly rows?: boolean;
}

export type Shape = readonly Axis[];

/** The `rows` that instructions are made for, with the local tensors that its body has written so far. */
export interface Block {
  readonly rows: Axis;
  readonly block: number;
  readonly locals: { readonly operand: OperandOptions; readonly shape: Shape }[];
}

export const LEADING = 3;
export const BYTES = 1 << 20;
export const SLOTS = 6;

/** Places for the operands of one random program, and values to fill them with. All of it follows from the seed. */
export class Maker {
  readonly fills: { readonly dtype: TensorType; readonly first: number; readonly count: number }[] = [];
  readonly words: [offset: number, word: number][] = [];
  readonly bases: number[] = [];
  local = 0;
  localMax = 0;
  #columns = 64;
  block: Block | undefined;
  readonly #seed: number;
  #drawn = 0;
  #end: number;

  constructor(seed: number, start: number) {
    this.#seed = seed;
    this.#end = start;
    for (let i = 0; i < SLOTS; i++) this.bases.push(this.below(40) * 8);
  }

  below(n: number): number {
    return randomBelow(n, this.#seed, 0, 0, this.#drawn++);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  dtype(): TensorType {
    return this.pick([...tensorTypes, "f32", "f32", "i32"]);
  }

  float(): TensorType {
    return this.chance(65) ? "f32" : "f64";
  }

  /** A shape of `rank` axes; inside `rows` its first axis is cut. */
  shape(rank = this.pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8])): Shape {
    const small = rank > 4 ? 3 : rank > 2 ? 6 : 12;
    const axes: Axis[] = [];
    for (let i = 0; i < rank; i++) {
      if (this.chance(15)) axes.push({ extent: LEADING * (1 + this.below(2)), leading: true });
      else if (this.chance(4)) axes.push({ extent: 0 });
      else if (rank <= 2 && this.chance(10)) axes.push({ extent: 1 + this.below(rank === 1 ? 9000 : 90) });
      else axes.push({ extent: 1 + this.below(small) });
    }
    return this.block === undefined || rank === 0 ? axes : [this.block.rows, ...axes.slice(1)];
  }

  /** A place to read from: elements with values of their type, or what the block has written locally. */
  input(dtype: TensorType, shape: Shape): OperandOptions {
    const local = this.block?.locals.filter((each) => each.operand.dtype === dtype && sameShape(each.shape, shape));
    if (local !== undefined && local.length > 0 && this.chance(60)) return this.pick(local).operand;
    return this.#place(dtype, shape, true);
  }

  output(dtype: TensorType, shape: Shape): OperandOptions {
    const { block } = this;
    if (block === undefined || (shape[0]?.rows && this.chance(50))) return this.#place(dtype, shape, false);
    const operand = this.#localPlace(dtype, shape, block);
    block.locals.push({ operand, shape });
    return operand;
  }

  /** An operand that is read and written: filled, and inside `rows` cut. */
  target(dtype: TensorType, shape: Shape): OperandOptions {
    return this.#place(dtype, shape, false);
  }

  /** Bytes of memory, 8-byte aligned. */
  bytes(count: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + count) / 8) * 8 + this.below(3) * 8;
    if (this.#end > BYTES) throw new Error("a random program needs more memory");
    return at;
  }

  /** Bytes of the memory of columns, 8-byte aligned. */
  column(count: number): number {
    const at = this.#columns;
    this.#columns = Math.ceil((at + count) / 8) * 8;
    return at;
  }

  /** Strides and the first element of a layout: axes in any order, backwards, with gaps, broadcast where only read. */
  #layout(extents: readonly number[], onlyRead: boolean): { strides: number[]; first: number; count: number } {
    const plain = this.chance(50);
    const order = extents.map((_, axis) => axis).reverse();
    if (!plain) order.sort(() => this.below(3) - 1);
    const strides: number[] = extents.map(() => 0);
    let reach = 1;
    let first = 0;
    for (const axis of order) {
      const extent = Math.max(extents[axis]!, 1);
      if (onlyRead && this.chance(plain ? 8 : 15)) continue;
      const stride = reach * (plain || reach * extent > 2000 || this.chance(80) ? 1 : 2);
      reach = stride * extent;
      const backwards = !plain && this.chance(25);
      strides[axis] = backwards ? -stride : stride;
      if (backwards) first += stride * (extent - 1);
    }
    return { strides, first, count: reach };
  }

  #place(dtype: TensorType, shape: Shape, onlyRead: boolean): OperandOptions {
    const extents = shape.map(({ extent }) => extent);
    const { strides, first, count } = this.#layout(extents, onlyRead);
    const size = tensorTypeBytes[tensorTypeCode[dtype]]!;
    const at = this.bytes(count * size);
    this.fills.push({ dtype, first: at / size, count });
    let offset = at + first * size;
    let leading = 0;
    const words = [...extents];
    for (const [axis, { leading: times, rows }] of shape.entries()) {
      if (times) {
        words[axis]! /= LEADING;
        leading |= 1 << axis;
      }
      if (rows && axis === 0) words[axis] = this.below(5);
      if (strides[axis]! % LEADING === 0 && strides[axis] !== 0 && this.chance(15)) {
        strides[axis]! /= LEADING;
        leading |= 1 << (8 + axis);
      }
    }
    let slot = 0;
    if (this.chance(20)) {
      slot = 1 + this.below(SLOTS);
      offset -= this.bases[slot - 1]!;
    }
    const rows = shape[0]?.rows ?? false;
    return { dtype, extents: words, strides, offset, slot, rows, leading };
  }

  #localPlace(dtype: TensorType, shape: Shape, block: Block): OperandOptions {
    const extents = shape.map(({ extent, rows }, axis) =>
      rows && axis === 0 ? Math.min(block.block, Math.max(extent, 1)) : extent,
    );
    const { strides, first, count } = this.#layout(extents, false);
    const size = tensorTypeBytes[tensorTypeCode[dtype]]!;
    const offset = this.local + first * size;
    this.local = Math.ceil((this.local + count * size) / 8) * 8;
    let leading = 0;
    for (const [axis, { leading: times }] of shape.entries()) {
      if (!times) continue;
      extents[axis]! /= LEADING;
      leading |= 1 << axis;
    }
    return { dtype, extents, strides, offset, local: true, rows: shape[0]?.rows ?? false, leading };
  }
}

export function sameShape(a: Shape, b: Shape): boolean {
  return (
    a.length === b.length &&
    a.every((axis, i) => {
      const other = b[i]!;
      if (axis.rows || other.rows) return i === 0 && axis.rows === other.rows;
      return axis.extent === other.extent && (axis.leading ?? false) === (other.leading ?? false);
    })
  );
}

/** What the operand of a scalar in memory is. */
export function scalar(dtype: TensorType, offset: number): OperandOptions {
  return { dtype, extents: [], offset };
}

const wordView = new DataView(new ArrayBuffer(8));

/** The bits of a value of each type: ordinary ones, edges, and NaNs of any bits. */
export function fillValue(maker: Maker, dtype: TensorType): bigint {
  if (dtype === "bool") return BigInt(maker.below(2));
  if (dtype === "u8") return BigInt(maker.below(256));
  if (dtype === "i32") {
    const value = maker.chance(70)
      ? maker.below(21) - 10
      : maker.pick([0x7fffffff, -0x80000000, maker.below(0x7fffffff), -maker.below(0x7fffffff), 1 << 24, -1]);
    return BigInt.asUintN(32, BigInt(value));
  }
  if (maker.chance(30)) return floatBits(dtype, maker.below(17) - 8);
  if (maker.chance(75))
    return floatBits(dtype, ((maker.below(0xffffffff) / 0x80000000) * 2 - 2) * maker.pick([1, 1, 8, 1e-3, 200]));
  if (dtype === "f32")
    return BigInt(
      maker.pick([
        0,
        0x80000000,
        1,
        0x80000001,
        0x7f800000,
        0xff800000,
        0x7fc00000,
        0xffc12345,
        0x7f7fffff,
        0x00800000,
        maker.below(0xffffffff),
      ]),
    );
  return maker.pick([
    0n,
    0x8000000000000000n,
    1n,
    0x7ff0000000000000n,
    0xfff0000000000000n,
    0x7ff8000000000000n,
    0xfff8000000012345n,
    0x7fefffffffffffffn,
    0x0010000000000000n,
    (BigInt(maker.below(0xffffffff)) << 32n) | BigInt(maker.below(0xffffffff)),
  ]);
}

function floatBits(dtype: TensorType, value: number): bigint {
  if (dtype === "f32") {
    wordView.setFloat32(0, value);
    return BigInt(wordView.getUint32(0));
  }
  wordView.setFloat64(0, value);
  return wordView.getBigUint64(0);
}
