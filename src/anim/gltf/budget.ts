import { gltfError } from "./json.ts";

/** Bytes that any file may unpack to, and how many times its own size more. */
const BYTES: number = 2 ** 24;
const FACTOR = 64;

/** Bytes that a file may still unpack to: a small one cannot ask for much memory. */
export class Budget {
  readonly #most: number;
  readonly #limit: number;
  #left: number;

  /** For a file with `bytes` bytes in its buffers; `most` whatever they are. */
  constructor(bytes: number, most: number) {
    this.#most = most;
    this.#left = Math.min(most, BYTES + FACTOR * bytes);
    this.#limit = this.#left;
  }

  /** Takes bytes for an element, before they are allocated. Throws `gltf-input`. */
  take(bytes: number, element: string): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const why =
      this.#limit === this.#most ? "more than bytesMax allows; raise it" : "far more than its size, as no model does";
    throw gltfError(element, `makes the file unpack to more than ${this.#limit} bytes, ${why}`, {
      bytes,
      limit: this.#limit,
    });
  }
}
