import { badRecording } from "./frame.ts";

/** Bytes that grow at their end; numbers are little-endian. The memory is kept when it is cleared. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
    return this;
  }
  f64(value: number): this {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }
  /** The bits of the numbers, NaNs included. */
  f64s(values: Float64Array): this {
    return this.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  /** Length in UTF-16 units, then the units: lone surrogates survive. */
  text(text: string): this {
    this.u32(text.length);
    const at = this.#room(text.length * 2);
    for (let i = 0; i < text.length; i++) this.#view.setUint16(at + i * 2, text.charCodeAt(i), true);
    return this;
  }
  bytes(bytes: Uint8Array<ArrayBufferLike>): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** What was written. Valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
  clear(): this {
    this.length = 0;
    return this;
  }

  #room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Takes bytes apart. Whatever it is asked for, it first checks that they are there. Throws `bad-file`. */
export class ByteReader {
  readonly #bytes: Uint8Array<ArrayBufferLike>;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBufferLike>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }
  u32s(count: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(new Uint8Array(this.bytes(count * 4)).buffer);
  }
  f64s(count: number): Float64Array {
    // A copy, and aligned: `slice` of a Buffer would be neither.
    return new Float64Array(new Uint8Array(this.bytes(count * 8)).buffer);
  }
  text(): string {
    const count = this.u32();
    const at = this.#take(count * 2);
    let text = "";
    for (let i = 0; i < count; i++) text += String.fromCharCode(this.#view.getUint16(at + i * 2, true));
    return text;
  }
  /** A view of the next bytes. */
  bytes(count: number): Uint8Array<ArrayBufferLike> {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.left) throw badRecording(`${count} bytes are missing in a record`);
    this.#at += count;
    return at;
  }
}
