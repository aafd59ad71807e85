import type { Arena } from "./arena.ts";

/** Memory in the arena that is not state: it is neither hashed nor in snapshots, and is rebuilt when needed. */
export class Derived {
  readonly arena: Arena;
  #block = 0;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** Byte offset, divisible by 64. Moves when {@link reserve} has to make room. */
  get offset(): number {
    return this.#block * 64;
  }

  /** Makes room for `bytes`; what it held is lost if it has to move. Returns whether it moved. Throws `arena-full`. */
  reserve(bytes: number): boolean {
    if (this.#block !== 0 && this.arena.payloadBytes(this.#block) >= bytes) return false;
    const larger = this.arena.allocate(bytes);
    this.dispose();
    this.#block = larger;
    return true;
  }

  /** Gives the memory back. */
  dispose(): void {
    if (this.#block !== 0) this.arena.release(this.#block);
    this.#block = 0;
  }
}
