/** Addresses and sizes in Lua 5.4 of wasmoon 1.16.0: what is read without a call, so that looking changes no byte. */
const STATE_STATUS = 6;
const STATE_TOP = 12;
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
const LIGHT = 2;
/** An object that is collected. */
const THREAD = 8 | 0x40;
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

  /** The address of the value at an integer key, if that lies in the list of the table; else 0. */
  listed(table: number, key: number): number {
    const index = key - 1;
    if (index < 0 || index >= this.#words[(table + TABLE_LIMIT) >> 2]!) return 0;
    return this.#words[(table + TABLE_LIST) >> 2]! + index * VALUE_BYTES;
  }

  /** An integer; -1 for what is none, or more than 32 bits. */
  integer(value: number): number {
    if (this.#bytes[value + TYPE] !== INTEGER || this.#words[(value + 4) >> 2] !== 0) return -1;
    return this.#words[value >> 2]!;
  }

  /** The thread that a value is; 0 if it is none. */
  thread(value: number): number {
    return this.#bytes[value + TYPE] === THREAD ? this.#words[value >> 2]! : 0;
  }

  /** The address behind the topmost value of a thread. */
  top(L: number): number {
    return this.#words[(L + STATE_TOP) >> 2]!;
  }

  /** Whether a value is that light userdata. */
  isLight(value: number, address: number): boolean {
    return this.#bytes[value + TYPE] === LIGHT && this.#words[value >> 2] === address;
  }

  /** 0 for a thread that ended or has not begun, 1 for one that waits. */
  status(L: number): number {
    return this.#bytes[L + STATE_STATUS]!;
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
    if (length === 0) return "";
    return decoder.decode(this.#bytes.slice(at + STRING_TEXT, at + STRING_TEXT + length));
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
