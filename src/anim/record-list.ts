import type { Block } from "../native/block-arena.ts";
import type { AnimArena } from "./arena.ts";

/** Records of a fixed number of u32 words, one after another in a block that doubles when it is full. */
export class RecordList {
  readonly words: number;
  count = 0;
  growths = 0;
  /** Byte offset of the first record. */
  offset = 0;
  readonly #arena: AnimArena;
  #capacity: number;
  #block: Block;

  constructor(arena: AnimArena, words: number, capacity: number) {
    this.#arena = arena;
    this.words = words;
    this.#capacity = Math.max(1, capacity);
    this.#block = arena.allocate(this.#capacity * words * 4);
    this.offset = this.#block.offset;
  }

  /** Word index of a new record, whose words are not set. After a growth the records before are elsewhere. */
  add(): number {
    if (this.count === this.#capacity) this.#grow();
    return (this.offset >>> 2) + this.count++ * this.words;
  }

  #grow(): void {
    const bytes = this.#capacity * this.words * 4;
    const block = this.#arena.allocate(2 * bytes);
    this.#arena.memory.copy(block.offset, this.offset, bytes);
    this.#arena.release(this.#block);
    this.#block = block;
    this.#capacity *= 2;
    this.offset = block.offset;
    this.growths++;
  }

  dispose(): void {
    this.#arena.release(this.#block);
  }
}
