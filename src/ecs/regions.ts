import { shown } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { NAME_PATTERN } from "./component.ts";
import type { Core } from "./core.ts";
import { pagesOf, REGION_BYTES_MAX, Region, type RegionOwner } from "./region.ts";
import type { PageMemory } from "./region-pages.ts";
import type { Table } from "./table.ts";

/**
 * The block of each page of the regions that follow the world, from before it continued from another root; none for those of
 * which all was touched, and all will be written.
 */
export type RegionBlocks = ReadonlyMap<Region, Int32Array>;

const NO_BLOCKS: RegionBlocks = new Map();

/**
 * The attached regions of a world. Each is a table of pages, known by [id of the name, bytes]; it is attached while it
 * has rows. The memory outside follows: what is here is which memory that is.
 */
export class Regions implements RegionOwner {
  readonly #core: Core;
  readonly #live: Region[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  /** Throws `bad-argument`, `name-taken`, `arena-full`. */
  attach(name: string, bytes: Uint8Array<ArrayBufferLike>, memory?: PageMemory): Region {
    if (typeof name !== "string" || !NAME_PATTERN.test(name)) {
      throw new WorldloomError(
        "bad-argument",
        `${shown(name)} cannot name a region: use a letter, then letters, digits or underscores, at most 64.`,
        {
          name,
        },
      );
    }
    if (!(bytes instanceof Uint8Array) || bytes.length < 1 || bytes.length > REGION_BYTES_MAX) {
      throw new WorldloomError(
        "bad-argument",
        `Region ${name} needs a Uint8Array of 1 to ${REGION_BYTES_MAX} bytes as { bytes }.`,
        { name },
      );
    }
    if (this.#attached(name) !== undefined) {
      throw new WorldloomError(
        "name-taken",
        `Region ${name} is attached already; detach it first, or bind it to other memory.`,
        { name },
      );
    }
    const region = new Region(this, name, bytes, memory);
    this.#core.atomically(() => {
      const { store, strings } = this.#core;
      const key = [strings.intern(name), bytes.length];
      const table = store.find("region", key) ?? store.addTable("region", key, 0);
      const pages = pagesOf(bytes.length);
      table.reserve(pages);
      for (let page = 0; page < pages; page++) {
        table.own(table.columns[0]!, page);
        const at = table.blockOf(table.columns[0]!, page) * 64;
        table.arena.memory.fill(at, 0, table.arena.payloadBytes(at / 64));
      }
      table.rows = pages;
      region.touchAll();
      region.flush(table);
    });
    this.#forget(name, bytes.length);
    this.#live.push(region);
    return region;
  }

  /**
   * Goes on with the region in memory of another length, to which the contents have moved: it is attached anew. Returns the
   * region that takes its place. Throws `bad-argument`, `arena-full`.
   */
  resize(region: Region, bytes: Uint8Array<ArrayBufferLike>, memory?: PageMemory): Region {
    if (bytes.length === region.length) {
      region.moveTo(bytes, memory);
      return region;
    }
    this.#detach(region);
    return this.attach(region.name, bytes, memory);
  }

  /** The region of that name; where the world has its pages and no memory for them yet, in new memory. */
  find(name: string): Region | undefined {
    const table = this.#attached(name);
    if (table === undefined) return undefined;
    const known = this.#live.find((region) => region.name === name && region.length === table.components[1]);
    if (known !== undefined) return known;
    const region = new Region(this, name, new Uint8Array(table.components[1]!));
    region.follow(table, undefined);
    this.#live.push(region);
    return region;
  }

  /** Throws `structure-locked` inside a tick. */
  detach(region: Region): void {
    this.#core.checkOutside("detach", "a tick that fails cannot bring the memory back");
    this.#detach(region);
  }

  #detach(region: Region): void {
    const table = this.tableOf(region)!;
    table.rows = 0;
    table.trim();
    this.#forget(region.name, region.length);
  }

  /**
   * Lets go of the memory of regions of that name, those that a restore could bring back included: it is no longer followed
   * nor written to. What the world holds stays, and {@link find} gives it anew.
   */
  release(name: string, except?: Region): void {
    for (let at = this.#live.length - 1; at >= 0; at--) {
      const region = this.#live[at]!;
      if (region.name === name && region !== except) this.#live.splice(at, 1);
    }
  }

  /** Brings what was touched into the world. Throws `view-expired` where memory moved and `movedAllowed` is not set, `arena-full`. */
  flush(movedAllowed = false): void {
    for (const region of this.#live) {
      const table = this.tableOf(region);
      if (table !== undefined && (region.present || !movedAllowed)) region.flush(table);
    }
  }

  tableOf(region: Region): Table | undefined {
    // One that was let go of is not followed, whatever the world holds.
    if (this.#core.disposed || !this.#live.includes(region)) return undefined;
    const id = this.#core.strings.find(region.name);
    const table = id < 0 ? undefined : this.#core.store.find("region", [id, region.length]);
    return table !== undefined && table.rows > 0 ? table : undefined;
  }

  /** To be asked before the world continues from another root. */
  blocks(): RegionBlocks {
    if (this.#live.length === 0) return NO_BLOCKS;
    const blocks = new Map<Region, Int32Array>();
    for (const region of this.#live) {
      const table = this.tableOf(region);
      if (table !== undefined && !region.touchedAll) blocks.set(region, region.blocks(table));
    }
    return blocks;
  }

  /** Brings the memory of regions to what the world holds, after it continued from another root. */
  follow(blocks: RegionBlocks): void {
    for (const region of this.#live) {
      const table = this.tableOf(region);
      if (table !== undefined) region.follow(table, blocks.get(region));
    }
  }

  #attached(name: string): Table | undefined {
    const id = this.#core.strings.find(name);
    return this.#core.store.tables.find(
      (table) => table.kind === "region" && table.rows > 0 && table.components[0] === id,
    );
  }

  #forget(name: string, length: number): void {
    const at = this.#live.findIndex((region) => region.name === name && region.length === length);
    if (at >= 0) this.#live.splice(at, 1);
  }
}
