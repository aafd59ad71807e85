import { WorldloomError } from "../core/errors.ts";
import { REGION_PAGE_BYTES } from "./builtin.ts";
import { blocksOf, OutsidePages, type PageMemory } from "./region-pages.ts";
import type { Table } from "./table.ts";

/** What a region asks of the world that it is attached to. */
export interface RegionOwner {
  /** The pages of the region; undefined while it is not attached. */
  tableOf(region: Region): Table | undefined;
  detach(region: Region): void;
}

/** Largest region. */
export const REGION_BYTES_MAX = 1 << 30;

/**
 * Memory that lives elsewhere and is state: the memory of a script's machine, weights in training. The world keeps a
 * copy in pages of 4 KiB; {@link touch} says which of them to compare before the next snapshot, hash, fork, diff or save.
 */
export class Region {
  readonly name: string;
  /** Bytes; the same for as long as the region is attached. */
  readonly length: number;
  readonly #owner: RegionOwner;
  #bytes: Uint8Array<ArrayBufferLike>;
  #pages: OutsidePages | undefined;
  readonly #touched: Uint8Array;
  /** Touched pages lie from the first to before the second. */
  #from = 0;
  #to = 0;
  #all = false;

  /** Made by a world. */
  constructor(owner: RegionOwner, name: string, bytes: Uint8Array<ArrayBufferLike>, memory?: PageMemory) {
    this.#owner = owner;
    this.name = name;
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#pages = OutsidePages.of(memory, bytes);
    this.#touched = new Uint8Array(pagesOf(bytes.length));
  }

  /** The memory itself. Whoever writes to it says so with {@link touch}; a restore writes to it. */
  get bytes(): Uint8Array<ArrayBufferLike> {
    return this.#bytes;
  }

  /**
   * Whether it is part of the world now: a restore to before or after it was attached changes that. Once it was detached it
   * stays so: after a restore to before that, `world.region` gives the region in other memory.
   */
  get attached(): boolean {
    return this.#owner.tableOf(this) !== undefined;
  }

  /** Whether the memory is still where it was: WebAssembly memory that is not shared moves when it grows. */
  get present(): boolean {
    return this.#bytes.length === this.length;
  }

  /** Says that bytes `from` to before `to` may have changed. Throws `bad-argument`. */
  touch(from: number, to: number): void {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > this.length) {
      throw new WorldloomError(
        "bad-argument",
        `Region ${this.name} has bytes 0 to ${this.length}, not ${from} to ${to}.`,
        {
          region: this.name,
          from,
          to,
        },
      );
    }
    if (to === from) return;
    const first = Math.floor(from / REGION_PAGE_BYTES);
    const end = pagesOf(to);
    if (end - first === this.#touched.length) this.#all = true;
    this.#touched.fill(1, first, end);
    this.#from = this.#from === this.#to ? first : Math.min(this.#from, first);
    this.#to = Math.max(this.#to, end);
  }

  /** Says that any byte may have changed. */
  touchAll(): void {
    this.touch(0, this.length);
  }

  /** Whether any byte may have changed. */
  get touchedAll(): boolean {
    return this.#all;
  }

  /**
   * Goes on in other memory of the same length, such as that of a machine made anew, and fills it with what the world
   * holds. `memory` is the WebAssembly memory of which that is a part, if it is one. Throws `bad-argument`.
   */
  bind(bytes: Uint8Array<ArrayBufferLike>, memory?: PageMemory): void {
    const table = this.#owner.tableOf(this);
    if (table === undefined) throw this.#gone();
    this.moveTo(bytes, memory);
    this.follow(table, undefined);
  }

  /** Goes on at another place to which the contents have moved already; all of it counts as touched. Throws `bad-argument`. */
  moveTo(bytes: Uint8Array<ArrayBufferLike>, memory?: PageMemory): void {
    if (!(bytes instanceof Uint8Array) || bytes.length !== this.length) {
      throw new WorldloomError(
        "bad-argument",
        `Region ${this.name} has ${this.length} bytes; give a Uint8Array of that length, or detach and attach it.`,
        { region: this.name, length: this.length },
      );
    }
    this.#bytes = bytes;
    this.#pages = OutsidePages.of(memory, bytes);
    this.touchAll();
  }

  /**
   * Takes the region out of the world; its memory stays as it is. Throws `bad-argument` if it is not attached,
   * `structure-locked` inside a tick.
   */
  detach(): void {
    if (!this.attached) throw this.#gone();
    this.#owner.detach(this);
  }

  /** Copies touched pages that differ to the table. Throws `view-expired` if the memory moved away, `arena-full`. */
  flush(table: Table): void {
    if (!this.present) {
      throw new WorldloomError(
        "view-expired",
        `The memory of region ${this.name} has moved; call its moveTo with where it is now, or detach it.`,
        { region: this.name, length: this.length },
      );
    }
    if (this.#from === this.#to) return;
    const column = table.columns[0]!;
    if (this.#pages?.flush(table, this.#touched, this.#from, this.#to)) {
      this.#forget();
      return;
    }
    const stored = compared(table.arena.memory.u8);
    const live = compared(this.#bytes);
    for (let page = this.#from; page < this.#to; page++) {
      if (this.#touched[page] === 0) continue;
      const start = page * REGION_PAGE_BYTES;
      const end = Math.min(this.length, start + REGION_PAGE_BYTES);
      if (!equal(stored, table.blockOf(column, page) * 64, live, start, end)) {
        table.own(column, page);
        table.arena.memory.u8.set(this.#bytes.subarray(start, end), table.blockOf(column, page) * 64);
      }
      this.#touched[page] = 0;
      this.#from = page + 1;
    }
    this.#forget();
  }

  /** The block of each page. */
  blocks(table: Table): Int32Array {
    return blocksOf(table, this.#touched.length);
  }

  /**
   * Writes back the pages of `table` that are touched, or whose block is not the one in `blocks`, those that the
   * contents equalled. Without `blocks` writes all. Memory that moved away is left alone.
   */
  follow(table: Table, blocks: Int32Array | undefined): void {
    if (!this.present) return;
    const { u8 } = table.arena.memory;
    if (this.#pages?.follow(table, this.#touched, blocks)) {
      this.#forget();
      return;
    }
    for (let page = 0; page < this.#touched.length; page++) {
      const block = table.blockOf(table.columns[0]!, page);
      if (blocks?.[page] === block && this.#touched[page] === 0) continue;
      const start = page * REGION_PAGE_BYTES;
      const bytes = Math.min(this.length - start, REGION_PAGE_BYTES);
      this.#bytes.set(u8.subarray(block * 64, block * 64 + bytes), start);
    }
    this.#touched.fill(0);
    this.#forget();
  }

  /** Nothing is touched any more. */
  #forget(): void {
    this.#from = this.#to = 0;
    this.#all = false;
  }

  #gone(): WorldloomError {
    return new WorldloomError(
      "bad-argument",
      `Region ${this.name} is not attached; attach its memory again, or ask world.region for it where the world holds it.`,
      {
        region: this.name,
      },
    );
  }
}

/** Pages of a region of `bytes` bytes. */
export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / REGION_PAGE_BYTES);
}

/** Node compares bytes ten times as fast as a loop. */
function compared(bytes: Uint8Array<ArrayBufferLike>): Uint8Array<ArrayBufferLike> {
  return typeof Buffer === "undefined"
    ? bytes
    : Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

/** Whether bytes `start` to `end` of `live` equal those at `at` of `stored`; both come from {@link compared}. */
function equal(stored: Uint8Array, at: number, live: Uint8Array, start: number, end: number): boolean {
  if (typeof Buffer !== "undefined") return (stored as Buffer).compare(live, start, end, at, at + end - start) === 0;
  for (let i = start; i < end; i++) if (live[i] !== stored[at + i - start]) return false;
  return true;
}
