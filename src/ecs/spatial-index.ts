import {
  badArgument,
  expectCount,
  expectInstance,
  expectNumber,
  expectNumbers,
  expectOptions,
  type Known,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import {
  SPATIAL_CELLS_MAX,
  SPATIAL_LENGTH_MAX,
  SPATIAL_LENGTH_MIN,
  SPATIAL_SIDE_MAX,
  type SpatialOptions,
  spatialBytes,
  spatialHeader,
  spatialInit,
} from "../native/spatial.ts";
import type { Component } from "./component.ts";
import { Derived } from "./derived.ts";
import type { Entity } from "./entities.ts";
import { Query } from "./query.ts";
import { State } from "./state.ts";
import type { Term } from "./term.ts";
import type { World } from "./world.ts";

export interface SpatialIndexOptions {
  /** Side of a square cell, 2^-30 to 2^30. Best about the radius of the queries. */
  readonly cell: number;
  /** Cells in x and y: 1 to 65,535 each and 2^26 in all. What lies outside belongs to the border cells: slower, never wrong. */
  readonly width: number;
  readonly height: number;
  /** The corner of cell (0, 0). Default 0. */
  readonly minX?: number;
  readonly minY?: number;
}

const KNOWN: Known<SpatialIndexOptions> = { cell: true, width: true, height: true, minX: true, minY: true };

/** Lists of entities, one after the other: that of point i is `entities[offsets[i]]` to `entities[offsets[i + 1] - 1]`. */
export interface Neighbours {
  readonly offsets: Uint32Array;
  readonly entities: Int32Array;
}

/**
 * A uniform grid over the positions of entities. It answers as of its last {@link build}; results are ordered by entity,
 * never by row. Derived memory: build it again after a restore.
 */
export class SpatialIndex {
  readonly world: World;
  readonly options: SpatialIndexOptions;
  readonly #index: Derived;
  #pushes: Derived;
  readonly #work: Derived;
  /**
   * The tables of the last build by number, and the running row of the first row of each, with that behind the last. Rows
   * may have moved since.
   */
  readonly tables: number[] = [];
  readonly slots: number[] = [0];
  /** What {@link Core.places} said at the last build. */
  places = -1;
  #capacity = 0;
  /** {@link Core.attempts} when a system built it, 0 if it was built outside of systems, -1 before. */
  #attempt = -1;
  /** The tick in which it was built, or after which, outside of systems. */
  #tick = 0;
  /** Whether the rows of each cell are in the order of their entities. */
  #isOrdered = true;

  /** Throws `bad-argument`. */
  constructor(world: World, options: SpatialIndexOptions) {
    expectInstance(world, State, "world", "a world");
    checkShape(options);
    const { arena } = world.core;
    this.world = world;
    this.options = options;
    this.#index = new Derived(arena);
    this.#pushes = new Derived(arena);
    this.#work = new Derived(arena);
  }

  /** Entities in the index. */
  get count(): number {
    return this.#capacity === 0
      ? 0
      : this.world.core.arena.memory.u32[(this.#index.offset >>> 2) + spatialHeader.count]!;
  }

  /** Byte offset of the index in the arena, see `spatialHeader`. Moves when it grows. */
  get header(): number {
    return this.#index.offset;
  }

  /** Takes the entities of a query, at the f32 fields `x` and `y` of `position`. Throws `bad-argument`, `arena-full`. */
  build(query: Query<readonly Term[]>, position: Component): void {
    const { core } = this.world;
    expectInstance(query, Query, "query", "a query of a world");
    query.checkUse();
    if (query.core !== core) throw badArgument("query", query, "a query of the world of the index");
    if (position?.is !== "component") throw badArgument("position", position, "a component with f32 fields x and y");
    const field = query.fields.findIndex(({ id }) => id === core.schema.find(position));
    const x = position.columns.findIndex(({ path, kind }) => path === "x" && kind === "f32");
    const y = position.columns.findIndex(({ path, kind }) => path === "y" && kind === "f32");
    if (field < 0 || x < 0 || y < 0) {
      throw new WorldloomError("bad-argument", `${position.name} must be in the query and have f32 fields x and y.`, {
        component: position.name,
      });
    }
    let spans = 0;
    for (const { table } of query.matches) spans += table.usedChunks;
    // Before there is room: making it forgets what the index answers.
    const list = core.arena.scratch(spans * 16);
    this.#reserve(query.count);
    const words = core.arena.memory.i32;
    let at = list >>> 2;
    let rows = 0;
    this.tables.length = 0;
    this.places = core.places();
    this.slots.length = 1;
    for (const { table, columns } of query.matches) {
      this.tables.push(table.id);
      rows += table.rows;
      this.slots.push(rows);
      const column = table.columns[columns[field]!]!;
      for (let k = 0, n = table.usedChunks; k < n; k++) {
        const { offsets } = table.layout(column, k);
        const block = words[column.base + k * 4]! * 64;
        words[at] = block + offsets[x]!;
        words[at + 1] = block + offsets[y]!;
        words[at + 2] = words[table.columns[0]!.base + k * 4]! * 64;
        words[at + 3] = table.rowsOf(k);
        at += 4;
      }
    }
    core.jobs.spatialBuild(core.arena.memory, list, spans, this.#index.offset);
    this.#isOrdered = false;
    this.#attempt = core.running === undefined ? 0 : core.attempts;
    this.#tick = core.store.tick;
  }

  /**
   * To be called before it is used. An index is no part of the world: if a system used what another tick has left, ticks that
   * are run again, or go on elsewhere, would find something else. Throws `index-stale`.
   */
  checkBuilt(): void {
    const { running, attempts, store } = this.world.core;
    // Built outside of systems it is for later ticks, not for those that the world went back to.
    const isOurs = this.#attempt === 0 ? this.#tick < store.tick : this.#attempt === attempts;
    if (running === undefined || isOurs) return;
    const { system } = running.access;
    const when =
      this.#attempt < 0
        ? "was never built"
        : this.#attempt > 0
          ? "was built in another tick"
          : `was built after tick ${this.#tick}, and the world went back`;
    throw new WorldloomError(
      "index-stale",
      `System ${system} uses a spatial index that ${when}: ticks that run again or go on elsewhere would not have it. Build it in a system before ${system}, in each tick in which ${system} runs.`,
      { system },
    );
  }

  /**
   * Puts the rows of each cell in the order of their entities, for who reads the cells of the index itself and must not
   * see the order of rows. No query and no push depends on it. Once after a build; further calls do nothing. Throws
   * `index-stale`.
   */
  order(): void {
    this.checkBuilt();
    if (this.#isOrdered) return;
    this.world.core.jobs.spatialOrder(this.world.core.arena.memory, this.#index.offset);
    this.#isOrdered = true;
  }

  /** The entities within `radius` (inclusive) of a point, ascending. Throws `index-stale`, `bad-argument`. */
  within(x: number, y: number, radius: number): Int32Array {
    expectNumber(x, "x");
    expectNumber(y, "y");
    return this.withinMany([x], [y], radius).entities;
  }

  /** The entities within `radius` of each of many points, in one call. Throws `index-stale`, `bad-argument`. */
  withinMany(x: ArrayLike<number>, y: ArrayLike<number>, radius: number): Neighbours {
    this.checkBuilt();
    expectNumbers(x, "x");
    expectNumbers(y, "y");
    expectDistance(radius, "radius");
    if (x.length !== y.length)
      throw new WorldloomError("bad-argument", `There must be as many y as x: ${x.length}, not ${y.length}.`);
    const { memory } = this.world.core.arena;
    this.#reserve(0);
    let capacity = Math.max(256, x.length * 16);
    for (;;) {
      const [xs, ys, offsets, out] = this.#room(x.length * 4, x.length * 4, x.length * 4 + 4, capacity * 4);
      memory.f32.set(x, xs >>> 2);
      memory.f32.set(y, ys >>> 2);
      const total = this.world.core.jobs.spatialRadius(
        memory,
        this.#index.offset,
        xs,
        ys,
        x.length,
        radius,
        offsets,
        out,
        capacity,
      );
      if (total <= capacity) {
        return {
          offsets: memory.u32.slice(offsets >>> 2, (offsets >>> 2) + x.length + 1),
          entities: memory.i32.slice(out >>> 2, (out >>> 2) + total),
        };
      }
      capacity = total;
    }
  }

  /** The at most `k` (1 to 1,024) entities nearest to a point, within `radius`, ordered by (distance, entity). Throws `index-stale`, `bad-argument`. */
  nearest(x: number, y: number, k: number, radius: number = Number.POSITIVE_INFINITY): Entity[] {
    this.checkBuilt();
    expectCount(k, "k");
    expectNumber(x, "x");
    expectNumber(y, "y");
    expectDistance(radius, "radius");
    const { memory } = this.world.core.arena;
    this.#reserve(0);
    const [xs, ys, entities, distances, count] = this.#room(4, 4, k * 4, k * 4, 4);
    memory.f32[xs >>> 2] = x;
    memory.f32[ys >>> 2] = y;
    this.world.core.jobs.spatialNearest(memory, this.#index.offset, xs, ys, 1, k, radius, entities, distances, count);
    return Array.from(memory.i32.subarray(entities >>> 2, (entities >>> 2) + memory.u32[count >>> 2]!));
  }

  /** All pairs a < b of entities within `distance`, as a, b, a, b, ..., ordered by (a, b). Throws `index-stale`, `bad-argument`. */
  pairs(distance: number): Int32Array {
    this.checkBuilt();
    expectDistance(distance, "distance");
    const { memory } = this.world.core.arena;
    this.#reserve(0);
    let capacity = Math.max(256, this.count * 4);
    for (;;) {
      const [out] = this.#room(capacity * 8);
      const total = this.world.core.jobs.spatialPairs(memory, this.#index.offset, distance, out, capacity);
      if (total <= capacity) return memory.i32.slice(out >>> 2, (out >>> 2) + total * 2);
      capacity = total;
    }
  }

  /**
   * For every entity the sum of pushes away from its neighbours within `radius`, and how many there are. The results are
   * {@link pushX}, {@link pushY} and {@link neighbours}, by the running row of the query that the index was built from. Throws
   * `index-stale`, `bad-argument`.
   */
  separate(radius: number): void {
    this.checkBuilt();
    expectLength(radius, "radius");
    const { core } = this.world;
    this.#reserve(0);
    core.jobs.separate(core.arena.memory, this.#index.offset, radius, this.pushX, this.pushY, this.neighbours);
  }

  /** Byte offsets of f32, f32 and u32 for each running row, written by {@link separate}. */
  get pushX(): number {
    return this.#pushes.offset;
  }
  get pushY(): number {
    return this.#pushes.offset + this.#rowBytes;
  }
  get neighbours(): number {
    return this.#pushes.offset + this.#rowBytes * 2;
  }
  /** Byte offset of a byte for each running row, for what follows. */
  get flags(): number {
    return this.#pushes.offset + this.#rowBytes * 3;
  }

  /** How many neighbours the entity of each running row had in {@link separate}. Valid until the next build. */
  get neighbourCounts(): Uint32Array {
    return this.world.core.arena.memory.u32.subarray(this.neighbours >>> 2, (this.neighbours >>> 2) + this.count);
  }

  dispose(): void {
    this.#index.dispose();
    this.#pushes.dispose();
    this.#work.dispose();
    this.#capacity = 0;
  }

  get #rowBytes(): number {
    return rowBytes(this.#capacity);
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity && this.#capacity > 0) return;
    const capacity = Math.max(64, Math.ceil(rows * 1.25));
    const shape: SpatialOptions = { ...this.options, capacity };
    const { arena } = this.world.core;
    // Room for both, or all stays as it is.
    const pushes = new Derived(arena);
    pushes.reserve(rowBytes(capacity) * 4);
    try {
      this.#index.reserve(spatialBytes(shape));
    } catch (error) {
      pushes.dispose();
      throw error;
    }
    this.#pushes.dispose();
    this.#pushes = pushes;
    this.#capacity = capacity;
    spatialInit(arena.memory, this.#index.offset, shape);
    this.#isOrdered = true;
  }

  /** Room for some arrays, one after the other, in memory that the next call uses again. */
  #room<const B extends readonly number[]>(...bytes: B): { [I in keyof B]: number } {
    this.#work.reserve(bytes.reduce((sum, size) => sum + size + 64, 0));
    let at = this.#work.offset;
    return bytes.map((size) => {
      const start = at;
      at += (size + 63) & ~63;
      return start;
    }) as { [I in keyof B]: number };
  }
}

/** Bytes from one of the arrays of pushes to the next. */
function rowBytes(capacity: number): number {
  return (capacity * 4 + 4095 + 576) & ~63;
}

function expectLength(value: number, name: string): void {
  if (typeof value !== "number" || !(value >= SPATIAL_LENGTH_MIN && value <= SPATIAL_LENGTH_MAX))
    throw badArgument(name, value, "a positive number, from 2^-30 to 2^30");
}

function expectDistance(value: number, name: string): void {
  if (typeof value !== "number" || !(value >= 0)) throw badArgument(name, value, "a number of at least 0");
}

function checkShape(options: SpatialIndexOptions): void {
  expectOptions(options, "options", KNOWN);
  const { cell, width, height, minX, minY } = options;
  expectLength(cell, "cell of a spatial index");
  for (const [name, side] of Object.entries({ width, height }))
    if (!Number.isInteger(side) || side < 1 || side > SPATIAL_SIDE_MAX)
      throw badArgument(`${name} of a spatial index`, side, `a positive integer, up to ${SPATIAL_SIDE_MAX} cells`);
  if (width * height > SPATIAL_CELLS_MAX) {
    throw new WorldloomError(
      "bad-argument",
      `A spatial index has ${SPATIAL_CELLS_MAX} cells at most, not width x height = ${width} x ${height}; make the cells larger, or cover less.`,
      { width, height },
    );
  }
  for (const [name, corner] of Object.entries({ minX, minY }))
    if (corner !== undefined && !(typeof corner === "number" && Number.isFinite(Math.fround(corner))))
      throw badArgument(`${name} of a spatial index`, corner, "a finite number");
}
