import { nowMs } from "../core/clock.ts";
import { ENTRY_WORDS } from "../ecs/column.ts";
import type { Core } from "../ecs/core.ts";
import type { Lanes } from "../ecs/lanes.ts";
import type { Match } from "../ecs/query.ts";
import type { SpatialIndex } from "../ecs/spatial-index.ts";
import type { Table } from "../ecs/table.ts";
import type { Memory } from "../native/memory.ts";
import { Cost } from "./cost.ts";
import { chunkRecord, entityTable, type Frame, gatherPlaces, nearPlaces, range } from "./frame.ts";
import { type GatherPlace, LocatorSet } from "./locators.ts";
import { SEED_UNIFORM, TICK_UNIFORM } from "./lowered.ts";
import type { Unit } from "./modules.ts";
import { aligned, listBytes, Parts, type Places } from "./parts.ts";
import { UNIFORM_BYTES, type Uniform, valueBytes } from "./program.ts";
import { Results } from "./results.ts";

/**
 * One program over the chunks of one world: lays its call out in scratch memory, makes the call, and says where the
 * results are. Everything is valid until scratch memory is used again.
 */
export class Call implements Places {
  readonly core: Core;
  readonly unit: Unit;
  readonly layout: Frame;
  readonly #parts: Parts;
  readonly #cost = new Cost();
  readonly #gathers: readonly GatherPlace[];
  readonly #mark: (matches: readonly Match[]) => void;
  readonly #lookups: LocatorSet;
  /** Whether the program visits neighbours: then it has one list of records, and one partial result a part. */
  readonly #near: boolean;
  /** Whether the program looks at other entities, so that there is an entity table. */
  readonly #looks: boolean;
  /** Whether parts give the bits of the whole. Sums over an index depend on where it is cut. */
  readonly #divisible: boolean;
  /** Byte offset of each list of each append, of the first partial result, of the frame and of those of parts. */
  readonly lists: Int32Array[];
  partials = 0;
  frame = 0;
  frames = 0;
  /** How many partial results there are. */
  results = 0;
  /** Where the entity table starts, if the program {@link #looks}. */
  #entities = 0;
  /** Room for results, if it is a program with neighbours that stores some; where it starts. */
  readonly #results: Results | undefined;
  #buckets = 0;
  /** In how many parts it is made, at most. */
  #wanted = 1;

  /** `mark` is called when all memory has been taken, before anything is written. */
  constructor(core: Core, unit: Unit, gathers: readonly GatherPlace[], mark: (matches: readonly Match[]) => void) {
    const { program } = unit.lowered;
    this.#mark = mark;
    this.core = core;
    this.unit = unit;
    this.#gathers = gathers;
    this.#lookups = new LocatorSet(core, gathers, program);
    this.layout = unit.frame;
    this.#near = unit.near;
    this.#looks = this.#near || program.gathers.length > 0;
    this.#divisible = core.arena.memory.shared && !(this.#near && program.folds.some(({ kind }) => kind === "sum"));
    this.#parts = new Parts(core, unit, this.layout, this.#near);
    this.#results = this.#near && program.stores.length > 0 ? new Results(core, program) : undefined;
    this.lists = program.appends.map(({ values }) => new Int32Array(values.length));
  }

  get near(): boolean {
    return this.#near;
  }

  get bucketStride(): number {
    return this.#results?.stride ?? 0;
  }

  /** How often an append was made. */
  count(append: number): number {
    return this.core.arena.memory.i32[(this.frame + this.layout.appends[append]!) >>> 2]!;
  }

  /**
   * Runs over the rows of `matches`, whose written blocks must be detached; on `lanes`, if there are some and it is worth it.
   * Throws `arena-full`, `lane-failed`.
   */
  run(
    matches: readonly Match[],
    uniforms: Readonly<Record<string, unknown>>,
    index: SpatialIndex | undefined,
    interpreted: boolean,
    lanes: Lanes | undefined,
  ): void {
    let chunks = 0;
    let rows = 0;
    for (let m = 0; m < matches.length; m++) {
      chunks += matches[m]!.table.usedChunks;
      rows += matches[m]!.table.rows;
    }
    const positions = this.#near ? index!.count : rows;
    const measured =
      lanes !== undefined &&
      !interpreted &&
      this.#divisible &&
      (lanes.eager === true || (rows >= ROWS_MIN && this.#cost.asks(rows)));
    let wanted = measured ? this.#cost.parts(rows, lanes) : 1;
    const aside = !interpreted && this.#near && index!.places === this.core.places();
    // Few parts: each goes through all rows when it stores what was put aside.
    if (aside && wanted > 1 && this.#results?.pays(rows)) wanted = Math.min(wanted, lanes!.count);
    this.#wanted = wanted;
    const parts = this.#parts;
    parts.clear();
    const hasLocators = !interpreted && this.#gathers.length > 0 && this.#lookups.prepare(rows);
    const list = this.#layOut(chunks, Math.max(rows, positions), wanted, matches.length, aside);
    this.#mark(matches);
    this.#fillUniforms(uniforms);
    if (this.#looks) this.#fillEntities(this.frame, this.#entities, matches, index);
    this.#fillGathers(hasLocators);
    if (chunks > 0) this.#list(matches, list, Math.ceil(rows / wanted));
    if (this.#near && chunks > 0) this.#cut(list, chunks, positions, wanted);
    this.results = this.#near ? parts.count : chunks;
    const before = measured ? nowMs() : 0;
    if (wanted > 1) parts.spread(this, lanes!, this.#cost.rowsMin(lanes!));
    else parts.run(this.frame, interpreted);
    if (measured) this.#cost.ran(rows, (nowMs() - before) * 1000, wanted > 1);
  }

  /**
   * Takes scratch memory for a call over so many chunks, of which each row (or position of an index) may append, in at least
   * `wanted` parts. Returns where the list of chunks goes.
   */
  #layOut(chunks: number, rows: number, wanted: number, tables: number, aside: boolean): number {
    const { arena, store } = this.core;
    const { program } = this.unit.lowered;
    const { full, part } = this.unit.bindings(store.shift);
    // Where there is no index, a table may end a part before it is as long as it should be.
    const parts = wanted === 1 ? 1 : this.#near ? wanted : wanted + tables;
    const recordBytes = (chunkRecord.pointers + Math.max(full.pointers, part.pointers)) * 4;
    let bytes = (this.layout.bytes + 63) & ~63;
    const frames = bytes;
    if (wanted > 1) bytes += parts * this.#parts.stride;
    const list = bytes;
    bytes = aligned(bytes + chunks * recordBytes);
    const partials = bytes;
    bytes = aligned(bytes + (this.#near ? wanted : chunks) * program.folds.length * 8);
    const entities = bytes;
    if (this.#looks) bytes = aligned(bytes + this.#entityBytes());
    let at = bytes;
    for (const { values } of program.appends) {
      for (const { type } of values) bytes += listBytes(rows * valueBytes(type), parts);
    }
    const buckets = aligned(bytes);
    if (aside && this.#results !== undefined) bytes = buckets + this.#results.plan(rows, chunks, parts, buckets);
    else this.#results?.clear();
    const base = arena.scratch(bytes);
    this.frame = base;
    this.frames = base + frames;
    this.partials = base + partials;
    this.#entities = base + entities;
    this.#buckets = base + buckets;
    const { i32 } = arena.memory;
    i32[(base + this.layout.folds) >>> 2] = this.partials;
    for (let a = 0; a < program.appends.length; a++) {
      const word = (base + this.layout.appends[a]!) >>> 2;
      i32[word] = 0;
      const { values } = program.appends[a]!;
      for (let v = 0; v < values.length; v++) {
        i32[word + 1 + v] = this.lists[a]![v] = base + at;
        at += listBytes(rows * valueBytes(values[v]!.type), parts);
      }
    }
    return base + list;
  }

  #fillUniforms(given: Readonly<Record<string, unknown>>): void {
    const { memory } = this.core.arena;
    const { uniforms } = this.unit.lowered.program;
    for (let u = 0; u < uniforms.length; u++) {
      const at = this.frame + this.layout.uniforms + u * UNIFORM_BYTES;
      writeUniform(memory, at, uniforms[u]!, this.#valueOf(uniforms[u]!, given));
    }
  }

  #valueOf({ name }: Uniform, uniforms: Readonly<Record<string, unknown>>): number {
    if (name === SEED_UNIFORM) return this.core.store.seed;
    return name === TICK_UNIFORM ? this.core.store.tick : Number(uniforms[name]);
  }

  /** Lists the chunks, in parts of about `rowsMax` rows: one for each run of chunks of one size at least. */
  #list(matches: readonly Match[], list: number, rowsMax: number): void {
    const { core, unit, frame } = this;
    const { shift } = core.store;
    const { parameters } = unit.bindings(shift);
    const { i32 } = core.arena.memory;
    const near = this.#near ? i32[((frame + this.layout.index) >>> 2) + nearPlaces.records]! >>> 2 : 0;
    const starts = this.#near ? i32[(i32[(frame + this.layout.entities) >>> 2]! >>> 2) + entityTable.starts]! >>> 2 : 0;
    let word = list >>> 2;
    let start = word;
    let count = 0;
    let rows = 0;
    let wasFull = false;
    for (let m = 0; m < matches.length; m++) {
      const { table, columns } = matches[m]!;
      const used = table.usedChunks;
      // Where the chunks of the table are in the directory of records, if there is one.
      let place = near === 0 ? 0 : near + (i32[starts + table.id]! >>> 2);
      // A chunk that is smaller is the only one of its table.
      const isFull = near === 0 && table.firstCapacity === 1 << shift;
      const { bases, width } = table;
      let left = table.rows;
      for (let k = 0; k < used; k++, left -= 1 << shift) {
        if (count > 0 && near === 0 && (isFull !== wasFull || rows >= rowsMax)) {
          this.#parts.add(start << 2, count, rows, wasFull);
          start = word;
          count = rows = 0;
        }
        wasFull = isFull;
        if (near !== 0) i32[place++] = word << 2;
        const here = Math.min(left, 1 << shift);
        i32[word + chunkRecord.rows] = here;
        i32[word + chunkRecord.entities] = bases[k * width]! * 4;
        word += chunkRecord.pointers;
        if (!isFull) word = this.#listBuffers(table, columns, k, word);
        else {
          for (let p = 0; p < parameters.length; p++) i32[word++] = bases[k * width + columns[parameters[p]!]!]! * 4;
        }
        count++;
        rows += here;
      }
    }
    if (count > 0 && near === 0) this.#parts.add(start << 2, count, rows, wasFull);
  }

  /** Lists where each buffer of chunk `k` starts; returns the word behind. */
  #listBuffers(table: Table, columns: readonly number[], k: number, word: number): number {
    const { i32 } = this.core.arena.memory;
    const { parameterOf } = this.unit;
    const offsets = this.unit.offsets(table.capacityOf(k));
    const { bases } = table;
    const row = k * table.width;
    let at = word;
    for (let b = 0; b < offsets.length; b++) {
      i32[at++] = bases[row + columns[parameterOf[b]!]!]! * 4 + offsets[b]!;
    }
    return at;
  }

  /** Cuts the positions of the index into `wanted` parts. */
  #cut(list: number, chunks: number, positions: number, wanted: number): void {
    const length = (Math.ceil(positions / wanted) + 7) & ~7;
    let first = 0;
    do {
      this.#parts.add(list, chunks, Math.min(length, positions - first), false);
      first += length;
    } while (first < positions);
  }

  #entityBytes(): number {
    const { store, entities } = this.core;
    const { tables } = store;
    let chunks = 1;
    for (let t = 0; t < tables.length; t++) chunks += usedOf(tables[t]!);
    const directories = this.#gathers.length + (this.#near ? 1 : 0);
    return (
      (entityTable.chunks + Math.max(1, entities.slots.usedChunks) + tables.length + directories * chunks) * 4 +
      (this.#near ? RANGES_MAX * range.words * 4 : 0)
    );
  }

  #fillEntities(frame: number, start: number, matches: readonly Match[], index: SpatialIndex | undefined): void {
    const { store, entities, arena } = this.core;
    const { slots } = entities;
    const { i32 } = arena.memory;
    const { tables } = store;
    let word = start >>> 2;
    const column = slots.columns[0]!;
    const used = slots.usedChunks;
    const chunks = word + entityTable.chunks;
    // If there is more than one chunk, all are of one size.
    const [generation, table, row] = slots.layout(column, 0).offsets as readonly [number, number, number];
    i32[(frame + this.layout.entities) >>> 2] = start;
    i32[word + entityTable.indexBits] = entities.indexBits;
    i32[word + entityTable.indices] = slots.rows;
    i32[word + entityTable.shift] = store.shift;
    i32[word + entityTable.tables] = tables.length;
    i32[word + entityTable.table] = table - generation;
    i32[word + entityTable.row] = row - generation;
    i32[chunks] = start;
    for (let k = 0; k < used; k++) i32[chunks + k] = slots.blockOf(column, k) * 64 + generation;
    word = chunks + Math.max(1, used);
    i32[(start >>> 2) + entityTable.starts] = word << 2;
    let chunk = 1;
    for (let t = 0; t < tables.length; t++) {
      i32[word++] = chunk << 2;
      chunk += usedOf(tables[t]!);
    }
    for (let g = 0; g < this.#gathers.length; g++) {
      i32[((frame + this.layout.gathers[g]!) >>> 2) + gatherPlaces.directory] = word << 2;
      this.#fillDirectory(word, this.#gathers[g]!);
      word += chunk;
    }
    if (!this.#near) return;
    const at = (frame + this.layout.index) >>> 2;
    i32[at + nearPlaces.header] = index!.header;
    i32[at + nearPlaces.records] = word << 2;
    i32[at + nearPlaces.ranges] = (word + chunk) << 2;
    i32[at + nearPlaces.first] = 0;
    i32[at + nearPlaces.end] = index!.count;
    i32.fill(0, word, word + chunk);
    this.#fillRanges(at, matches, index!);
  }

  #fillGathers(hasLocators: boolean): void {
    const { i32 } = this.core.arena.memory;
    const { locators, mask, columns } = this.#lookups;
    for (let g = 0; g < this.#gathers.length; g++) {
      const word = (this.frame + this.layout.gathers[g]!) >>> 2;
      i32[word + gatherPlaces.locators] = hasLocators ? locators[g]! : 0;
      i32[word + gatherPlaces.mask] = mask;
      i32[word + gatherPlaces.column] = columns[g]!;
    }
  }

  #fillDirectory(word: number, { id, column }: GatherPlace): void {
    const { i32 } = this.core.arena.memory;
    const { tables } = this.core.store;
    let at = word;
    i32[at++] = 0;
    for (let t = 0; t < tables.length; t++) {
      const table = tables[t]!;
      const used = usedOf(table);
      const c = used === 0 ? undefined : table.columnOf[id];
      if (c === undefined || c < 0) {
        i32.fill(c === undefined ? 0 : PRESENT, at, at + used);
      } else {
        const { base } = table.columns[c]!;
        // If there is more than one chunk, all are of one size.
        const offset = table.layout(table.columns[c]!, 0).offsets[column]!;
        for (let k = 0; k < used; k++) i32[at + k] = i32[base + k * ENTRY_WORDS]! * 64 + offset;
      }
      at += used;
    }
  }

  /** Which running rows of the index had their rows in the list when it was built. */
  #fillRanges(at: number, matches: readonly Match[], index: SpatialIndex): void {
    const { i32 } = this.core.arena.memory;
    let word = i32[at + nearPlaces.ranges]! >>> 2;
    let [count, record, m] = [0, 0, 0];
    for (; m < matches.length && count < RANGES_MAX; m++) {
      const { table } = matches[m]!;
      const built = index.tables.indexOf(table.id);
      if (built >= 0 && table.rows > 0) {
        i32[word + range.slot] = index.slots[built]!;
        i32[word + range.rows] = Math.min(table.rows, index.slots[built + 1]! - index.slots[built]!);
        i32[word + range.record] = record;
        word += range.words;
        count++;
      }
      record += table.usedChunks;
    }
    i32[at + nearPlaces.rangeCount] = count;
    const still = m === matches.length && index.places === this.core.places();
    i32[at + nearPlaces.still] = Number(still);
    this.#results?.fill(at, this.#buckets, this.#wanted, still);
  }
}

/** Of fewer rows nobody asks the clock what they cost. */
const ROWS_MIN = 256;

/** Most tables whose rows of an index are found without the entity table. */
const RANGES_MAX = 8;

/** Chunks of a table that an entity may be in. */
function usedOf(table: Table): number {
  return table.kind === "archetype" ? table.usedChunks : 0;
}

/** Not 0: the table has the component. A tag has no blocks that anybody would read. */
const PRESENT = 64;

function writeUniform(memory: Memory, offset: number, { type }: Uniform, value: number): void {
  if (type === "f32") memory.f32[offset >>> 2] = value;
  else if (type === "f64") memory.f64[offset >>> 3] = value;
  else memory.i32[offset >>> 2] = value;
}
