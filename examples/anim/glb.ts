const FLOAT = 5126;
const UNSIGNED_SHORT = 5123;
const UNSIGNED_INT = 5125;
const types: Readonly<Record<number, string>> = { 1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4" };

/** Collects the numbers of a model and writes it as a `.glb` file. */
export class GlbWriter {
  readonly #chunks: Uint8Array[] = [];
  readonly #views: object[] = [];
  readonly #accessors: object[] = [];
  #bytes = 0;

  /** Adds elements of `size` numbers; the number of their accessor. Positions and times need `bounds`. */
  add(array: Float32Array | Uint16Array | Uint32Array, size: number, bounds = false): number {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    this.#views.push({ buffer: 0, byteOffset: this.#bytes, byteLength: bytes.length });
    this.#chunks.push(padded);
    this.#bytes += padded.length;
    this.#accessors.push({
      bufferView: this.#views.length - 1,
      componentType:
        array instanceof Float32Array ? FLOAT : array instanceof Uint16Array ? UNSIGNED_SHORT : UNSIGNED_INT,
      type: types[size],
      count: array.length / size,
      ...(bounds && boundsOf(array, size)),
    });
    return this.#accessors.length - 1;
  }

  /** The file, with `json` for all but buffers, their views and accessors. */
  finish(json: object): Uint8Array {
    const all = {
      asset: { version: "2.0" },
      ...json,
      buffers: [{ byteLength: this.#bytes }],
      bufferViews: this.#views,
      accessors: this.#accessors,
    };
    const text = new TextEncoder().encode(JSON.stringify(all));
    const jsonBytes = Math.ceil(text.length / 4) * 4;
    const file = new Uint8Array(12 + 8 + jsonBytes + 8 + this.#bytes);
    const view = new DataView(file.buffer);
    const words = [0x46546c67, 2, file.length, jsonBytes, 0x4e4f534a];
    words.forEach((word, i) => {
      view.setUint32(4 * i, word, true);
    });
    file.fill(0x20, 20, 20 + jsonBytes);
    file.set(text, 20);
    view.setUint32(20 + jsonBytes, this.#bytes, true);
    view.setUint32(24 + jsonBytes, 0x004e4942, true);
    let at = 28 + jsonBytes;
    for (const chunk of this.#chunks) {
      file.set(chunk, at);
      at += chunk.length;
    }
    return file;
  }
}

function boundsOf(array: ArrayLike<number>, size: number): object {
  const min = new Array<number>(size).fill(Infinity);
  const max = new Array<number>(size).fill(-Infinity);
  for (let i = 0; i < array.length; i++) {
    min[i % size] = Math.min(min[i % size]!, array[i]!);
    max[i % size] = Math.max(max[i % size]!, array[i]!);
  }
  return { min, max };
}
