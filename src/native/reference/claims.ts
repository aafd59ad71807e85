import { elementBytes } from "../element.ts";
import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";

/**
 * The operands of the running job, checked like the addon checks them: same rules, same order, same errors.
 * A job with a descriptor list claims the list and its fixed operands, calls `keep`, and then for each record
 * `rewind` and the operands of the record.
 */
class Claims {
  #bytes = 0;
  #count = 0;
  #kept = 0;
  readonly #first: number[] = [];
  readonly #end: number[] = [];
  readonly #writes: boolean[] = [];

  /** Starts a job over `memory`. */
  begin(memory: Memory): this {
    if (memory.u8.length === 0) throw jobFault("memory", "memory", -1);
    this.#bytes = memory.u8.length;
    this.#count = 0;
    this.#kept = 0;
    return this;
  }

  /** `count` elements of `elementBytes` at `offset`, to read. `record` is -1 for an argument. */
  read(operand: string, record: number, offset: number, count: number, elementBytes: number): void {
    this.#claim(operand, record, offset, count * elementBytes, elementBytes, false);
  }

  /** The same, to write: it overlaps nothing that is claimed. */
  write(operand: string, record: number, offset: number, count: number, elementBytes: number): void {
    this.#claim(operand, record, offset, count * elementBytes, elementBytes, true);
  }

  /** `bytes` bytes at `offset`, a multiple of `alignment`, to read. */
  bytes(operand: string, record: number, offset: number, bytes: number, alignment: number): void {
    this.#claim(operand, record, offset, bytes, alignment, false);
  }

  /** `count` f32 that are `stride` bytes apart: everything from the first to the last. */
  strided(operand: string, record: number, offset: number, stride: number, count: number, writes: boolean): void {
    if (stride % 4 !== 0) throw jobFault("alignment", operand, record);
    this.#claim(operand, record, offset, stride * (count - 1) + 4, 4, writes);
  }

  /** A descriptor list of `count` records of `words` u32. */
  list(operand: string, offset: number, count: number, words: number): void {
    integer(operand, offset);
    integer(operand, count);
    this.#claim(operand, -1, offset, count * words * 4, 4, false);
  }

  keep(): void {
    this.#kept = this.#count;
  }

  rewind(): void {
    this.#count = this.#kept;
  }

  #claim(operand: string, record: number, first: number, bytes: number, alignment: number, writes: boolean): void {
    const end = first + bytes;
    if (end > this.#bytes) throw jobFault("range", operand, record);
    if (first % alignment !== 0) throw jobFault("alignment", operand, record);
    if (bytes === 0) return;
    for (let i = 0; i < this.#count; i++) {
      if ((writes || this.#writes[i]!) && first < this.#end[i]! && this.#first[i]! < end)
        throw jobFault("overlap", operand, record);
    }
    this.#first[this.#count] = first;
    this.#end[this.#count] = end;
    this.#writes[this.#count++] = writes;
  }
}

/** Jobs do not nest, so one is enough. */
export const claims: Claims = new Claims();

/** Refuses an argument that is not an integer in 0..=2^32-1. */
export function integer(operand: string, value: number): void {
  if (typeof value !== "number" || value !== value >>> 0) throw jobFault("value", operand, -1);
}

/** Bytes of an element of type `code`; refuses a code that is none. */
export function element(operand: string, record: number, code: number): number {
  const bytes = elementBytes[code];
  if (bytes === undefined) throw jobFault("value", operand, record);
  return bytes;
}

/** Refuses an argument that is not a number, and rounds it to f32. */
export function float(operand: string, value: number): number {
  if (typeof value !== "number") throw jobFault("value", operand, -1);
  return Math.fround(value);
}
