import { COLLECTED, KIND_MASK, LIMIT_IS_HINT, luaString, luaValue, node, state, table, variant } from "./offsets.ts";

/** Types of strings, threads and integers in values. */
const SHORT_STRING = variant.shortString | COLLECTED;
const LONG_STRING = variant.longString | COLLECTED;
const THREAD = variant.thread | COLLECTED;

/** What a memory holds, read without a call, so that looking changes no byte: values are addresses. */
export class RawLua {
  readonly #bytes: Uint8Array<ArrayBufferLike>;
  readonly #words: Int32Array<ArrayBufferLike>;

  constructor(bytes: Uint8Array<ArrayBufferLike>, words: Int32Array<ArrayBufferLike>) {
    this.#bytes = bytes;
    this.#words = words;
  }

  /** The object in a slot of a thread's first function, from 1. */
  slot(L: number, index: number): number {
    return this.#words[(this.#words[(L + state.stack) >> 2]! + index * luaValue.bytes) >> 2]!;
  }

  /** The address of the value at an integer key, if that lies in the list of the table; else 0. */
  listed(of: number, key: number): number {
    const index = key - 1;
    if (index < 0 || index >= this.#words[(of + table.limit) >> 2]!) return 0;
    return this.#words[(of + table.list) >> 2]! + index * luaValue.bytes;
  }

  /** An integer; -1 for what is none, or more than 32 bits. */
  integer(value: number): number {
    if (this.#bytes[value + luaValue.type] !== variant.integer || this.#words[(value + 4) >> 2] !== 0) return -1;
    return this.#words[value >> 2]!;
  }

  /** The thread that a value is; 0 if it is none. */
  thread(value: number): number {
    return this.#bytes[value + luaValue.type] === THREAD ? this.#words[value >> 2]! : 0;
  }

  /** The address behind the topmost value of a thread. */
  top(L: number): number {
    return this.#words[(L + state.top) >> 2]!;
  }

  /** Whether a value is that light userdata. */
  isLight(value: number, address: number): boolean {
    return this.#bytes[value + luaValue.type] === variant.lightUserdata && this.#words[value >> 2] === address;
  }

  /** 0 for a thread that ended or has not begun, 1 for one that waits. */
  status(L: number): number {
    return this.#bytes[L + state.status]!;
  }

  /** Visits the elements of a table whose keys are integers, in no order: the key, and the address of the value. */
  each(of: number, visit: (key: number, value: number) => void): void {
    const words = this.#words;
    const bytes = this.#bytes;
    const list = words[(of + table.list) >> 2]!;
    let limit = words[(of + table.limit) >> 2]!;
    if (bytes[of + table.flags]! & LIMIT_IS_HINT && limit > 1) limit = 1 << (32 - Math.clz32(limit - 1));
    for (let i = 0; i < limit; i++) {
      const value = list + i * luaValue.bytes;
      if ((bytes[value + luaValue.type]! & KIND_MASK) !== 0) visit(i + 1, value);
    }
    const nodes = words[(of + table.nodes) >> 2]!;
    const count = 1 << bytes[of + table.nodesLog2]!;
    for (let i = 0; i < count; i++) {
      const at = nodes + i * node.bytes;
      if ((bytes[at + luaValue.type]! & KIND_MASK) === 0 || bytes[at + node.keyType] !== variant.integer) continue;
      visit(words[(at + node.key) >> 2]!, at);
    }
  }

  /** The lower half of an integer, or the address of an object. */
  word(value: number): number {
    return this.#words[value >> 2]!;
  }

  /** The upper half of an integer. */
  upperWord(value: number): number {
    return this.#words[(value + 4) >> 2]!;
  }

  /** The text of a value that is a luaString. */
  text(value: number): string {
    const at = this.word(value);
    const type = this.#bytes[value + luaValue.type]!;
    if (type !== SHORT_STRING && type !== LONG_STRING) return "";
    const length =
      type === SHORT_STRING ? this.#bytes[at + luaString.shortLength]! : this.#words[(at + luaString.longLength) >> 2]!;
    if (length === 0) return "";
    return decoder.decode(this.#bytes.slice(at + luaString.text, at + luaString.text + length));
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
