import { jobFault } from "../../fault.ts";
import type { Memory } from "../../memory.ts";

interface Written {
  readonly operand: string;
  readonly record: number;
  readonly first: number;
  readonly end: number;
}

/**
 * The ranges of a job that has many: each is checked when it is named, that what is written overlaps nothing else once
 * all of them are known.
 */
export class Operands {
  readonly memory: Memory;
  readonly #reads: [number, number][] = [];
  readonly #writes: Written[] = [];

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** `bytes` bytes at `offset`, to read. */
  read(operand: string, record: number, offset: number, bytes: number, alignment: number): void {
    this.#check(operand, record, offset, bytes, alignment);
    if (bytes !== 0) this.#reads.push([offset, offset + bytes]);
  }

  /** The same, to write. */
  write(operand: string, record: number, offset: number, bytes: number, alignment: number): void {
    this.#check(operand, record, offset, bytes, alignment);
    if (bytes !== 0) this.#writes.push({ operand, record, first: offset, end: offset + bytes });
  }

  /**
   * Refuses the first written range, by its start and then in the order in which they were named, that overlaps one
   * before it or any that is read.
   */
  apart(): void {
    const reads = this.#reads.toSorted((a, b) => a[0] - b[0]);
    let written = 0;
    let next = 0;
    let read = 0;
    for (const { operand, record, first, end } of this.#writes.toSorted((a, b) => a.first - b.first)) {
      // Of the ranges that are read and begin before this one ends, the one that ends last is enough to know.
      for (; next < reads.length && reads[next]![0] < end; next++) read = Math.max(read, reads[next]![1]);
      if (first < written || first < read) throw jobFault("overlap", operand, record);
      written = Math.max(written, end);
    }
  }

  #check(operand: string, record: number, offset: number, bytes: number, alignment: number): void {
    if (offset + bytes > this.memory.u8.length) throw jobFault("range", operand, record);
    if (offset % alignment !== 0) throw jobFault("alignment", operand, record);
  }
}
