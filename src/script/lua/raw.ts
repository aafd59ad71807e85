/** Addresses and sizes in Lua 5.4 of wasmoon 1.16.0: what is read without a call, so that looking changes no byte. */
const STATE_STACK = 28;
const VALUE_BYTES = 16;
const TYPE = 8;
const TABLE_FLAGS = 6;
const TABLE_NODES_LOG2 = 7;
const TABLE_LIMIT = 8;
const TABLE_LIST = 12;
const TABLE_NODES = 16;
const NODE_BYTES = 24;
const NODE_KEY_TYPE = 9;
const NODE_KEY = 16;
const INTEGER = 3;
/** Set in the flags of a table whose limit is not the size of its list: that is the next power of two. */
const LIMIT_IS_HINT = 0x80;
const STRING_SHORT_LENGTH = 7;
const STRING_LONG_LENGTH = 12;
const STRING_TEXT = 16;
const LONG_STRING = 0x54;
const SHORT_STRING = 0x44;

/** What a memory holds: values are addresses. */
export class RawLua {
  readonly #bytes: Uint8Array<ArrayBufferLike>;
  readonly #words: Int32Array<ArrayBufferLike>;

  constructor(bytes: Uint8Array<ArrayBufferLike>, words: Int32Array<ArrayBufferLike>) {
    this.#bytes = bytes;
    this.#words = words;
  }

  /** The object in a slot of a thread's first function, from 1. */
  slot(L: number, index: number): number {
    return this.#words[(this.#words[(L + STATE_STACK) >> 2]! + index * VALUE_BYTES) >> 2]!;
  }

  /** Visits the elements of a table whose keys are integers, in no order: the key, and the address of the value. */
  each(table: number, visit: (key: number, value: number) => void): void {
    const words = this.#words;
    const bytes = this.#bytes;
    const list = words[(table + TABLE_LIST) >> 2]!;
    let limit = words[(table + TABLE_LIMIT) >> 2]!;
    if (bytes[table + TABLE_FLAGS]! & LIMIT_IS_HINT && limit > 1) limit = 1 << (32 - Math.clz32(limit - 1));
    for (let i = 0; i < limit; i++) {
      const value = list + i * VALUE_BYTES;
      if ((bytes[value + TYPE]! & 15) !== 0) visit(i + 1, value);
    }
    const nodes = words[(table + TABLE_NODES) >> 2]!;
    const count = 1 << bytes[table + TABLE_NODES_LOG2]!;
    for (let i = 0; i < count; i++) {
      const node = nodes + i * NODE_BYTES;
      if ((bytes[node + TYPE]! & 15) === 0 || bytes[node + NODE_KEY_TYPE] !== INTEGER) continue;
      visit(words[(node + NODE_KEY) >> 2]!, node);
    }
  }

  /** The lower half of an integer, or the address of an object. */
  word(value: number): number {
    return this.#words[value >> 2]!;
  }

  /** The text of a value that is a string. */
  text(value: number): string {
    const at = this.word(value);
    const type = this.#bytes[value + TYPE]!;
    if (type !== SHORT_STRING && type !== LONG_STRING) return "";
    const length =
      type === SHORT_STRING ? this.#bytes[at + STRING_SHORT_LENGTH]! : this.#words[(at + STRING_LONG_LENGTH) >> 2]!;
    return decoder.decode(this.#bytes.slice(at + STRING_TEXT, at + STRING_TEXT + length));
  }
}

const decoder = new TextDecoder();
