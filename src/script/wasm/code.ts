import type { Reader } from "./binary.ts";
import { immediatesOf, op, proposalOf, type } from "./opcode.ts";

/** Set in the alignment of a load or store that says which memory. */
export const MEMORY_INDEX = 64;

/** One instruction at a time of a function's code. The fields are those of the last one that {@link next} read. */
export class Instructions {
  readonly #reader: Reader;
  /** See {@link op}. */
  code = 0;
  /** Its bytes are [start, end) of those of the reader. */
  start: number;
  end: number;
  /** The first number behind the instruction: an index, an i32, or the type of a block. */
  first = 0;
  /** The second one. Of loads and stores the memory. */
  second = 0;
  /** Of loads and stores. */
  offset = 0;
  /** Labels of a `br_table`, the default last. */
  targets: readonly number[] = [];

  constructor(reader: Reader) {
    this.#reader = reader;
    this.start = this.end = reader.at;
  }

  /** False at the end. Throws `script-invalid` for what is malformed or belongs to a proposal that is refused. */
  next(): boolean {
    const reader = this.#reader;
    if (reader.done) return false;
    this.start = reader.at;
    this.code = this.#number();
    this.#immediates();
    this.end = reader.at;
    return true;
  }

  #number(): number {
    const reader = this.#reader;
    const first = reader.byte();
    if (first < 0xfb || first > 0xfe) return first;
    const second = reader.u32();
    if (second < 0x100 && (first === 0xfc || first === 0xfd)) return (first << 8) | second;
    return reader.fail(`instructions of ${proposalOf(first)} are refused`, this.start);
  }

  #immediates(): void {
    const reader = this.#reader;
    switch (immediatesOf(this.code)) {
      case "none":
        return;
      case "block":
        this.first = reader.s33();
        if (this.first < 0 && !blockTypes.has(this.first & 0x7f))
          reader.fail("the type of a block is refused", this.start);
        return;
      case "index":
      case "memory":
        this.first = reader.u32();
        return;
      case "two indexes":
        this.first = reader.u32();
        this.second = reader.u32();
        return;
      case "table":
        this.targets = reader.list((r) => r.u32());
        (this.targets as number[]).push(reader.u32());
        return;
      case "types":
        reader.list(valueType);
        return;
      case "reference":
        this.first = valueType(reader);
        return;
      case "access":
        this.#access();
        return;
      case "access and lane":
        this.#access();
        reader.skip(1);
        return;
      case "i32":
        this.first = reader.s32();
        return;
      case "i64":
        reader.skipNumber(10);
        return;
      case "f32":
        reader.skip(4);
        return;
      case "f64":
        reader.skip(8);
        return;
      case "v128":
      case "shuffle":
        reader.skip(16);
        return;
      case "lane":
        reader.skip(1);
        return;
      default:
        reader.fail(`instructions of ${proposalOf(this.code)} are refused`, this.start);
    }
  }

  #access(): void {
    const reader = this.#reader;
    this.first = reader.u32();
    this.second = this.first & MEMORY_INDEX ? reader.u32() : 0;
    this.offset = reader.u32();
  }
}

/** A type of values; those of garbage collection and typed references are refused. */
export function valueType(reader: Reader): number {
  const value = reader.byte();
  if (!valueTypes.has(value)) reader.fail(`the type 0x${value.toString(16)} is refused`, reader.at - 1);
  return value;
}

/** Whether a block, loop or if begins here. */
export function opensBlock(code: number): boolean {
  return code === op.block || code === op.loop || code === op.if;
}

const valueTypes = new Set<number>([type.i32, type.i64, type.f32, type.f64, type.v128, type.funcref, type.externref]);
const blockTypes = new Set<number>([...valueTypes, type.none]);
