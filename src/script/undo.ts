import { badArgument } from "../core/argument.ts";
import { PAGE_BYTES } from "../native/memory.ts";
import { type WasmMemory, wasm } from "../native/wasm.ts";

/** Bytes of one entry: [offset u32, bytes u32, old value 8 bytes]. */
export const UNDO_ENTRY_BYTES = 16;
const HEAD_BYTES = 64;
const PAGES_MAX = 32_768;

/**
 * Old values of the cells that a call has written, in a memory of its own, so that WebAssembly can add to it: the first
 * word is the end of the entries in bytes, which start at {@link UndoLog.start}.
 */
export class UndoLog {
  readonly memory: WasmMemory;
  /** Byte offset of the first entry. */
  static readonly start = HEAD_BYTES;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  /** Entries that fit. */
  readonly capacity: number;

  /** For `pages` times 64 KiB of entries. */
  constructor(pages = 16) {
    if (!(Number.isInteger(pages) && pages >= 1 && pages <= PAGES_MAX))
      throw badArgument("pages", pages, `an integer from 1 to ${PAGES_MAX}`);
    this.memory = new wasm.Memory({ initial: pages, maximum: pages });
    this.#words = new Uint32Array(this.memory.buffer);
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.capacity = Math.floor((pages * PAGE_BYTES - HEAD_BYTES) / UNDO_ENTRY_BYTES);
    this.clear();
  }

  get count(): number {
    return (this.#words[0]! - HEAD_BYTES) / UNDO_ENTRY_BYTES;
  }

  clear(): void {
    this.#words[0] = HEAD_BYTES;
  }

  /** Notes the `bytes` (1, 2, 4 or 8) at `offset` of `memory`. False if there is no room. */
  note(memory: Uint8Array<ArrayBufferLike>, offset: number, bytes: number): boolean {
    const at = this.#words[0]!;
    if (at + UNDO_ENTRY_BYTES > this.#bytes.length) return false;
    this.#words[at >>> 2] = offset;
    this.#words[(at >>> 2) + 1] = bytes;
    for (let b = 0; b < bytes; b++) this.#bytes[at + 8 + b] = memory[offset + b]!;
    this.#words[0] = at + UNDO_ENTRY_BYTES;
    return true;
  }

  /**
   * Exchanges the old values with those that are there now, last first; once more with `back`, first first, and all is as it
   * was. In between the memory is as before the call.
   */
  exchange(memory: Uint8Array<ArrayBufferLike>, back: boolean): void {
    const { count } = this;
    for (let i = 0; i < count; i++) {
      const at = HEAD_BYTES + (back ? i : count - 1 - i) * UNDO_ENTRY_BYTES;
      const offset = this.#words[at >>> 2]!;
      const bytes = this.#words[(at >>> 2) + 1]!;
      for (let b = 0; b < bytes; b++) {
        const kept = this.#bytes[at + 8 + b]!;
        this.#bytes[at + 8 + b] = memory[offset + b]!;
        memory[offset + b] = kept;
      }
    }
  }

  /** Writes all old values back, last first, and forgets them. */
  revert(memory: Uint8Array<ArrayBufferLike>): void {
    for (let at = this.#words[0]! - UNDO_ENTRY_BYTES; at >= HEAD_BYTES; at -= UNDO_ENTRY_BYTES) {
      const offset = this.#words[at >>> 2]!;
      const bytes = this.#words[(at >>> 2) + 1]!;
      for (let b = 0; b < bytes; b++) memory[offset + b] = this.#bytes[at + 8 + b]!;
    }
    this.clear();
  }

  /** A copy of the entries, for {@link putBack}. */
  keep(): Uint8Array {
    return this.#bytes.slice(HEAD_BYTES, this.#words[0]!);
  }

  /** Takes entries that were kept for its own; those that it had are gone. */
  putBack(entries: Uint8Array): void {
    this.#bytes.set(entries, HEAD_BYTES);
    this.#words[0] = HEAD_BYTES + entries.length;
  }
}
