import { type PageFunctions, pageFunctions } from "../native/pages.ts";
import type { WasmMemory } from "../native/wasm.ts";
import { type Arena, CONTENT_ROWS, HASH_ROWS, REFERENCES } from "./arena.ts";
import { REGION_PAGE_BYTES } from "./builtin.ts";
import { ENTRY_WORDS, noteWritten } from "./column.ts";
import type { Table } from "./table.ts";

/** A memory of WebAssembly that is not shared, with a maximum. */
export type PageMemory = WasmMemory;

/** WebAssembly's longest memory, in pages of 64 KiB. */
const OUTSIDE = { pagesMax: 65_536, shared: false };
const RECORD_BYTES = 12;
/** The header of a block. */
const HEAD = {
  bytes: -4 * REFERENCES,
  holders: 0,
  cleared: [HASH_ROWS, CONTENT_ROWS].map((word) => 4 * (word - REFERENCES)),
};

/** A region whose bytes are part of a WebAssembly memory: its pages are compared and copied by WebAssembly, all in one call. */
export class OutsidePages {
  readonly #memory: PageMemory;
  readonly #start: number;
  #functions: PageFunctions | undefined;
  #arena: Arena | undefined;

  private constructor(memory: PageMemory, start: number) {
    this.#memory = memory;
    this.#start = start;
  }

  /** Undefined where the bytes are no whole pages of such a memory. */
  static of(memory: PageMemory | undefined, bytes: Uint8Array<ArrayBufferLike>): OutsidePages | undefined {
    if (memory === undefined || memory.buffer !== bytes.buffer || bytes.length % REGION_PAGE_BYTES !== 0)
      return undefined;
    return new OutsidePages(memory, bytes.byteOffset);
  }

  /** Brings the touched pages that differ to the table, and forgets that they were touched. False where it cannot. */
  flush(table: Table, touched: Uint8Array, from: number, to: number): boolean {
    const functions = this.#over(table.arena);
    if (functions === undefined) return false;
    const { arena } = table;
    const column = table.columns[0]!;
    const list = arena.scratch((to - from) * RECORD_BYTES);
    let count = 0;
    const alone = column.ownedEntries === table.store.epoch || arena.exclusive(column.block);
    for (let page = from; page < to; page++)
      if (touched[page] !== 0) this.#note(arena, list, count++, page, table.blockOf(column, page));
    // What nobody else holds is written while it is in the cache.
    if ((alone ? functions.update(list, count) : functions.compare(list, count)) > 0) {
      let left = 0;
      if (alone) column.ownedEntries = table.store.epoch;
      for (let i = 0; i < count; i++) {
        const at = (list >>> 2) + i * 3;
        const { i32, u32 } = arena.memory;
        if (u32[at + 2] === 0) continue;
        const page = (u32[at]! - this.#start) / REGION_PAGE_BYTES;
        if (u32[at + 1] === 0) {
          noteWritten(column, page, i32, table.chunkCount, table.store);
          continue;
        }
        table.own(column, page, false);
        this.#note(arena, list, left++, page, table.blockOf(column, page));
      }
      functions.bring(list, left);
    }
    touched.fill(0, from, to);
    return true;
  }

  /** Brings the pages of the table that are touched, or whose block is not the one in `blocks`, outside. False where it cannot. */
  follow(table: Table, touched: Uint8Array, blocks: Int32Array | undefined): boolean {
    const functions = this.#over(table.arena);
    if (functions === undefined) return false;
    const { arena } = table;
    const list = arena.scratch(touched.length * RECORD_BYTES);
    const now = blocksOf(table, touched.length);
    const { u32 } = arena.memory;
    let at = list >>> 2;
    for (let page = 0; page < touched.length; page++) {
      const block = now[page]!;
      if (blocks !== undefined && blocks[page] === block && touched[page] === 0) continue;
      u32[at++] = this.#start + page * REGION_PAGE_BYTES;
      u32[at++] = block * 64;
      u32[at++] = REGION_PAGE_BYTES;
    }
    functions.send(list, (at - (list >>> 2)) / 3);
    touched.fill(0);
    return true;
  }

  #note({ memory }: Arena, list: number, index: number, page: number, block: number): void {
    const at = (list >>> 2) + index * 3;
    memory.u32[at] = this.#start + page * REGION_PAGE_BYTES;
    memory.u32[at + 1] = block * 64;
    memory.u32[at + 2] = REGION_PAGE_BYTES;
  }

  #over(arena: Arena): PageFunctions | undefined {
    if (this.#arena !== arena) {
      this.#arena = arena;
      this.#functions = pageFunctions(arena.memory, this.#memory, OUTSIDE, HEAD);
    }
    return this.#functions;
  }
}

/** The blocks of the first `pages` pages of a region. */
export function blocksOf(table: Table, pages: number): Int32Array {
  const { i32 } = table.arena.memory;
  const blocks = new Int32Array(pages);
  for (let page = 0, at = table.columns[0]!.base; page < pages; page++, at += ENTRY_WORDS) blocks[page] = i32[at]!;
  return blocks;
}
