import { WorldloomError } from "../core/errors.ts";
import type { Block } from "../native/block-arena.ts";
import type { AnimArena } from "./arena.ts";

/** Something immutable in an arena, whose record starts its block. */
export class AnimAsset {
  readonly arena: AnimArena;
  readonly name: string;
  readonly #block: Block;
  #disposed = false;

  constructor(arena: AnimArena, name: string, block: Block) {
    this.arena = arena;
    this.name = name;
    this.#block = block;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Byte offset of the record that jobs take. Throws `anim-asset` once the asset is disposed. */
  get offset(): number {
    if (this.#disposed)
      throw new WorldloomError("anim-asset", `"${this.name}" has been disposed; look it up again.`, {
        name: this.name,
      });
    return this.#block.offset;
  }

  /** Bytes that the asset takes in its arena. */
  get bytes(): number {
    return this.#block.bytes;
  }

  /** Gives the memory back. A second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.arena.release(this.#block);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
