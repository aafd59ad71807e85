import { WorldloomError } from "../core/errors.ts";
import { ENTRY_WORDS } from "../ecs/column.ts";
import type { Core } from "../ecs/core.ts";
import { Derived } from "../ecs/derived.ts";
import type { Table } from "../ecs/table.ts";
import type { Memory } from "../native/memory.ts";
import { wasm } from "../native/wasm.ts";
import { elementBytes } from "./emit/column.ts";
import { emitPlacement } from "./emit/placement.ts";
import { locator } from "./frame.ts";
import type { Program } from "./program.ts";

/** A gathered column, as a world knows it: the id of its component and the number of the column. */
export interface GatherPlace {
  readonly id: number;
  readonly column: number;
}

/** For the gathers of one program in one world: locators, or none where they do not pay or cannot be. */
export class LocatorSet {
  readonly #core: Core;
  readonly #gathers: readonly GatherPlace[];
  readonly #locators: readonly Locators[];
  /** Of each gather, if {@link prepare} said so: the byte offset of its locators, and that of its column from what they say. */
  readonly locators: Int32Array;
  /** How many locators there are for each, less one. */
  mask = 0;
  readonly columns: Int32Array;

  constructor(core: Core, gathers: readonly GatherPlace[], program: Program) {
    this.#core = core;
    this.#gathers = gathers;
    this.locators = new Int32Array(gathers.length);
    this.columns = new Int32Array(gathers.length);
    this.#locators = program.gathers.map(({ element, lanes }, g) =>
      locatorsOf(core, gathers[g]!.id, elementBytes(element) * lanes),
    );
  }

  /** Says that `rows` rows will look entities up. Returns whether there are locators for all gathers. */
  prepare(rows: number): boolean {
    let ready = !this.#core.arena.replica;
    for (let g = 0; g < this.#gathers.length && ready; g++) {
      ready = this.#hasOneColumn(g) && (this.locators[g] = this.#locators[g]!.offset(rows)) !== 0;
    }
    if (ready) this.mask = this.#locators[0]!.count - 1;
    return ready;
  }

  /** Whether the column of a gather is as far from the first one in all blocks of its component. */
  #hasOneColumn(g: number): boolean {
    const { tables } = this.#core.store;
    const { id, column } = this.#gathers[g]!;
    let [offset, isOne] = [-1, true];
    for (let t = 0; t < tables.length; t++) {
      const table = tables[t]!;
      const c = columnIn(table, id);
      if (c === undefined || c < 0) continue;
      // If there is more than one chunk, all are of one size.
      const here = table.layout(table.columns[c]!, 0).offsets[column]!;
      if (offset >= 0 && here !== offset) isOne = false;
      offset = here;
    }
    this.columns[g] = Math.max(0, offset);
    return isOne;
  }
}

/**
 * Where the rows of a component's entities are, see {@link locator}: made when looking entities up without has taken about as
 * long as making them does, and kept until some entity is somewhere else.
 */
class Locators {
  readonly #core: Core;
  readonly #component: number;
  readonly #rowBytes: number;
  readonly #memory: Derived;
  /** The version of the slots, and the blocks, that the rows were asked for, and that the locators are of. */
  #version = -1;
  readonly #blocks: number[] = [];
  #made = false;
  /** Rows that were looked up since without them. */
  #asked = 0;

  constructor(core: Core, component: number, rowBytes: number) {
    this.#core = core;
    this.#component = component;
    this.#rowBytes = rowBytes;
    this.#memory = new Derived(core.arena);
    core.derived.push(this.#memory);
  }

  /** Says that `rows` rows will look entities up. Returns the byte offset of locators, or 0. */
  offset(rows: number): number {
    if (this.#hasChanged()) {
      this.#made = false;
      this.#asked = 0;
    }
    if (!this.#made) {
      this.#asked += rows;
      if (this.#asked < this.#core.entities.slots.rows || !this.#reserve()) return 0;
      this.#make();
      this.#made = true;
    }
    return this.#memory.offset;
  }

  /** Whether something is not where it was when this was asked last. */
  #hasChanged(): boolean {
    const { tables } = this.#core.store;
    const version = this.#core.places();
    let changed = version !== this.#version;
    this.#version = version;
    let at = 0;
    for (let t = 0; t < tables.length; t++) {
      const table = tables[t]!;
      const column = columnIn(table, this.#component);
      if (column === undefined) continue;
      for (let k = 0, n = table.usedChunks; k < n; k++, at++) {
        const block = blockOf(table, column, k);
        if (this.#blocks[at] === block) continue;
        this.#blocks[at] = block;
        changed = true;
      }
    }
    return changed;
  }

  /** How many locators there are: a power of two. */
  get count(): number {
    const { rows } = this.#core.entities.slots;
    return rows < 2 ? 1 : 1 << (32 - Math.clz32(rows - 1));
  }

  #reserve(): boolean {
    try {
      this.#memory.reserve(this.count * locator.words * 4);
      return true;
    } catch (error) {
      if (error instanceof WorldloomError && error.code === "arena-full") return false;
      throw error;
    }
  }

  #make(): void {
    const { arena, store } = this.#core;
    const { memory } = arena;
    const { offset } = this.#memory;
    memory.fill(offset, 0, this.count * locator.words * 4);
    // All would be elsewhere than where they are: so says 0 but at the start.
    memory.i32[offset >>> 2] = 1;
    const parameters = arena.scratch(16);
    const word = parameters >>> 2;
    const place = placementOf(memory);
    const { i32 } = memory;
    i32[word] = offset;
    i32[word + 1] = this.count - 1;
    i32[word + 3] = this.#rowBytes;
    for (const table of store.tables) {
      const column = columnIn(table, this.#component);
      if (column === undefined) continue;
      for (let k = 0, n = table.usedChunks; k < n; k++) {
        i32[word + 2] = blockOf(table, column, k) * 64;
        place(blockOf(table, 0, k) * 64, table.rowsOf(k), parameters);
      }
    }
  }
}

/** The column of a component in a table that has entities with it: -1 of a tag, undefined where there are none. */
function columnIn(table: Table, component: number): number | undefined {
  return table.kind === "archetype" && table.rows > 0 ? table.columnOf[component] : undefined;
}

/** The block of a chunk of a column, 0 of a tag. */
function blockOf(table: Table, column: number, k: number): number {
  return column < 0 ? 0 : table.arena.memory.i32[table.columns[column]!.base + k * ENTRY_WORDS]!;
}

/** Writes the locators of `count` entities, whose ids are at byte offset `entities`; see `emitPlacement`. */
type Placement = (entities: number, count: number, parameters: number) => void;

const placements = new WeakMap<Memory, Placement>();
const modules = new Map<boolean, object>();
const known = new WeakMap<Core, Map<string, Locators>>();

/** The locators of a component in a world, for columns with rows of so many bytes. */
function locatorsOf(core: Core, component: number, rowBytes: number): Locators {
  let all = known.get(core);
  if (all === undefined) {
    all = new Map();
    known.set(core, all);
  }
  const key = `${component} ${rowBytes}`;
  let locators = all.get(key);
  if (locators === undefined) {
    locators = new Locators(core, component, rowBytes);
    all.set(key, locators);
  }
  return locators;
}

function placementOf(memory: Memory): Placement {
  let place = placements.get(memory);
  if (place === undefined) {
    let module = modules.get(memory.shared);
    if (module === undefined) {
      module = new wasm.Module(emitPlacement(memory.shared));
      modules.set(memory.shared, module);
    }
    place = new wasm.Instance(module, { m: { m: memory.wasm } }).exports.run as Placement;
    placements.set(memory, place);
  }
  return place;
}
