import { WorldloomError } from "../../core/errors.ts";

/** A module that cannot be read: `where` names the part, `at` is the byte of the file. */
export function malformed(what: string, where: string, at: number): WorldloomError {
  return new WorldloomError("script-invalid", `${where}, byte ${at}: ${what}; build the module again`, { where, at });
}

/** Reads the numbers of WebAssembly's binary format. Whatever does not fit throws `script-invalid`. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Byte offset of what is read next. */
  at: number;
  end: number;
  /** The part that is being read, for messages. */
  where: string;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, where = "module") {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.where = where;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  fail(what: string, at = this.at): never {
    throw malformed(what, this.where, at);
  }

  byte(): number {
    if (this.at >= this.end) this.fail("the part ends too early");
    return this.bytes[this.at++]!;
  }

  /** Unsigned, at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 15) this.fail("a number has more than 32 bits", this.at - 1);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return this.fail("a number is too long");
  }

  /** Signed, at most 33 bits, as types of blocks are. */
  s33(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 5; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    return this.fail("a number is too long");
  }

  s32(): number {
    return this.s33() | 0;
  }

  /** Skips a number of at most `bytes` bytes. */
  skipNumber(bytes: number): void {
    for (let count = 0; count < bytes; count++) if (this.byte() < 0x80) return;
    this.fail("a number is too long");
  }

  skip(bytes: number): void {
    if (bytes > this.end - this.at) this.fail("the part ends too early");
    this.at += bytes;
  }

  /** A view of the next bytes. */
  take(bytes: number): Uint8Array {
    const from = this.at;
    this.skip(bytes);
    return this.bytes.subarray(from, this.at);
  }

  name(): string {
    const from = this.at;
    const bytes = this.take(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail("a name is not UTF-8", from);
    }
  }

  /** As many items as the number before them says; each takes a byte at least. */
  list<T>(item: (reader: Reader) => T): T[] {
    const count = this.u32();
    if (count > this.end - this.at) this.fail("a list is longer than its part");
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(item(this));
    return items;
  }
}

/** Bytes that are added to at the end. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** What was written, as a view that the next write may leave behind. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
    return this;
  }

  /** The number of an instruction, with its prefix if it has one, as in `opcode.ts`. */
  op(code: number): this {
    return code < 0x100 ? this.byte(code) : this.byte(code >> 8).u32(code & 0xff);
  }

  bytes(values: ArrayLike<number>): this {
    this.#reserve(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
    return this;
  }

  /** The part [from, to) of `source`. */
  part(source: Uint8Array, from: number, to: number): this {
    this.#reserve(to - from);
    const bytes = this.#bytes;
    // Most parts are a few bytes, for which a view would cost more.
    if (to - from > 32) bytes.set(source.subarray(from, to), this.length);
    else for (let i = from, at = this.length; i < to; i++, at++) bytes[at] = source[i]!;
    this.length += to - from;
    return this;
  }

  u32(value: number): this {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest);
  }

  s32(value: number): this {
    let rest = value | 0;
    for (; rest > 63 || rest < -64; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest & 0x7f);
  }

  name(text: string): this {
    return this.block(new TextEncoder().encode(text));
  }

  /** Bytes with their number before them. */
  block(values: ArrayLike<number>): this {
    return this.u32(values.length).bytes(values);
  }

  list<T>(items: readonly T[], write: (item: T, writer: Writer) => void): this {
    this.u32(items.length);
    for (const item of items) write(item, this);
    return this;
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
