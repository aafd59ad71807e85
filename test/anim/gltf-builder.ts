type Elements = Float32Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array;

export interface AccessorOptions {
  readonly normalized?: boolean;
  /** Bytes from one element to the next. */
  readonly stride?: number;
  /** Elements that are replaced: their numbers and values. */
  readonly sparse?: { readonly indices: Uint8Array | Uint16Array | Uint32Array; readonly values: Elements };
  /** Zeros instead of the elements, whose number alone counts. */
  readonly zeros?: boolean;
}

const types: Readonly<Record<number, string>> = { 1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4" };

/** Builds small glTF files for tests: buffers are inside as `data:`. */
export class GltfBuilder {
  readonly accessors: object[] = [];
  readonly #views: object[] = [];
  readonly #bytes: number[] = [];

  /** The number of a new accessor with elements of `size` components. */
  add(array: Elements, size: number, options: AccessorOptions = {}): number {
    const { normalized = false, stride, sparse, zeros = false } = options;
    this.accessors.push({
      componentType: componentType(array),
      type: types[size],
      count: array.length / size,
      normalized,
      ...(!zeros && { bufferView: this.#view(array, size, stride) }),
      ...(sparse && {
        sparse: {
          count: sparse.indices.length,
          indices: { bufferView: this.#view(sparse.indices, 1), componentType: componentType(sparse.indices) },
          values: { bufferView: this.#view(sparse.values, size) },
        },
      }),
    });
    return this.accessors.length - 1;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** The parsed file: `json` with what was added. */
  json(
    json: object,
    uri = `data:application/octet-stream;base64,${Buffer.from(this.#bytes).toString("base64")}`,
  ): object {
    return {
      asset: { version: "2.0" },
      ...json,
      ...(this.#bytes.length > 0 && { buffers: [{ byteLength: this.#bytes.length, uri }] }),
      bufferViews: this.#views,
      accessors: this.accessors,
    };
  }

  file(json: object): Uint8Array {
    return encode(this.json(json));
  }

  #view(array: Elements, size: number, stride?: number): number {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
    const byteOffset = this.#bytes.length;
    const element = size * array.BYTES_PER_ELEMENT;
    for (let i = 0; i < bytes.length; i++) {
      if (stride !== undefined && i > 0 && i % element === 0)
        for (let gap = element; gap < stride; gap++) this.#bytes.push(0xee);
      this.#bytes.push(bytes[i]!);
    }
    const byteLength = this.#bytes.length - byteOffset;
    this.#views.push({ buffer: 0, byteOffset, byteLength, ...(stride !== undefined && { byteStride: stride }) });
    return this.#views.length - 1;
  }
}

export function encode(json: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}

function componentType(array: Elements): number {
  if (array instanceof Float32Array) return 5126;
  if (array instanceof Uint32Array) return 5125;
  if (array instanceof Uint16Array) return 5123;
  if (array instanceof Int16Array) return 5122;
  return array instanceof Int8Array ? 5120 : 5121;
}
