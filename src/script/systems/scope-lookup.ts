import { ENTRY_WORDS } from "../../ecs/column.ts";
import type { Core } from "../../ecs/core.ts";
import { readElement } from "../../ecs/element.ts";
import type { Table } from "../../ecs/table.ts";
import type { Near, Place } from "../scope.ts";
import { bucketMask, bucketOf, cellOf } from "./cell.ts";

/** Where all entities with a place were when it was made, in cells of one size that hold lists of rows. */
export class Lookup {
  readonly #entities: number[] = [];
  readonly #x: number[] = [];
  readonly #y: number[] = [];
  readonly #z: number[] = [];
  readonly #cell: number;
  /** By bucket: 1 + the last row that is in it; by row: 1 + the next one. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  /** Best where `radius` is about that of the questions. */
  constructor(core: Core, place: Place, radius: number) {
    eachPlaced(core, place, (entity, x, y, z) => {
      this.#entities.push(entity);
      this.#x.push(x);
      this.#y.push(y);
      this.#z.push(z);
    });
    const { length } = this.#entities;
    this.#cell = radius > 0 && radius < Infinity ? radius : 1;
    this.#mask = bucketMask(length);
    this.#heads = new Int32Array(this.#mask + 1);
    this.#next = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      const bucket = this.#bucket(this.#of(this.#x[i]!), this.#of(this.#y[i]!), this.#of(this.#z[i]!));
      this.#next[i] = this.#heads[bucket]!;
      this.#heads[bucket] = i + 1;
    }
  }

  /** About how many cells and entities {@link near} looks at; at most all. */
  cost(x: number, y: number, z: number, radius: number): number {
    const { length } = this.#entities;
    const ranges = this.#ranges(x, y, z, radius);
    if (ranges === undefined) return length;
    let cost = 0;
    eachCell(ranges, (cx, cy, cz) => {
      cost++;
      for (let at = this.#heads[this.#bucket(cx, cy, cz)]!; at > 0; at = this.#next[at - 1]!) cost++;
    });
    return cost;
  }

  /** Ordered by (distance, entity). */
  near(x: number, y: number, z: number, radius: number, count: number): Near[] {
    const found: { entity: number; square: number }[] = [];
    const consider = (i: number): void => {
      const [dx, dy, dz] = [this.#x[i]! - x, this.#y[i]! - y, this.#z[i]! - z];
      const square = dx * dx + dy * dy + dz * dz;
      if (square <= radius * radius) found.push({ entity: this.#entities[i]!, square });
    };
    const ranges = this.#ranges(x, y, z, radius);
    if (ranges === undefined) for (let i = 0; i < this.#entities.length; i++) consider(i);
    else
      eachCell(ranges, (cx, cy, cz) => {
        for (let at = this.#heads[this.#bucket(cx, cy, cz)]!; at > 0; at = this.#next[at - 1]!)
          if (this.#isIn(at - 1, cx, cy, cz)) consider(at - 1);
      });
    found.sort((a, b) => a.square - b.square || a.entity - b.entity);
    if (found.length > count) found.length = count;
    return found.map(({ entity, square }) => ({ entity, distance: Math.sqrt(square) }));
  }

  /** First and last cell on each axis; undefined where it is better to look at all entities. */
  #ranges(x: number, y: number, z: number, radius: number): Ranges | undefined {
    const [x0, x1] = [this.#of(x - radius), this.#of(x + radius)];
    const [y0, y1] = [this.#of(y - radius), this.#of(y + radius)];
    const [z0, z1] = [this.#of(z - radius), this.#of(z + radius)];
    const cells = (x1 - x0 + 1) * (y1 - y0 + 1) * (z1 - z0 + 1);
    return cells < this.#entities.length ? [x0, x1, y0, y1, z0, z1] : undefined;
  }

  /** Buckets are shared by cells: a row counts for its own alone. */
  #isIn(i: number, cx: number, cy: number, cz: number): boolean {
    return this.#of(this.#x[i]!) === cx && this.#of(this.#y[i]!) === cy && this.#of(this.#z[i]!) === cz;
  }

  #of(coordinate: number): number {
    return cellOf(coordinate, this.#cell);
  }

  #bucket(cx: number, cy: number, cz: number): number {
    return bucketOf(cx, cy, cz, this.#mask);
  }
}

type Ranges = readonly [x0: number, x1: number, y0: number, y1: number, z0: number, z1: number];

function eachCell([x0, x1, y0, y1, z0, z1]: Ranges, visit: (cx: number, cy: number, cz: number) => void): void {
  for (let cx = x0; cx <= x1; cx++)
    for (let cy = y0; cy <= y1; cy++) for (let cz = z0; cz <= z1; cz++) visit(cx, cy, cz);
}

/** Calls `visit` for all entities with a place and some other components, in the order of the tables. */
export function eachPlaced(
  core: Core,
  place: Place,
  visit: (entity: number, x: number, y: number, z: number, table: Table, row: number) => void,
  others: readonly number[] = [],
): void {
  const { memory } = core.arena;
  const id = core.schema.named(place.component);
  const { columns } = core.schema.component(id);
  const prefix = place.position === "" ? "" : `${place.position}.`;
  const [nx, ny, nz] = ["x", "y", "z"].map((axis) => columns.findIndex(({ path }) => path === prefix + axis));
  for (const table of core.store.tables) {
    const c = table.columnOf[id];
    if (table.kind !== "archetype" || c === undefined || others.some((other) => table.columnOf[other] === undefined))
      continue;
    const column = table.columns[c]!;
    for (let k = 0; k < table.usedChunks; k++) {
      const { offsets } = table.layout(column, k);
      const start = memory.i32[column.base + k * ENTRY_WORDS]! * 64;
      const ids = memory.i32[table.columns[0]!.base + k * ENTRY_WORDS]! << 4;
      const read = (n: number, i: number): number => readElement(memory, columns[n]!.code, start + offsets[n]!, i);
      for (let i = 0, rows = table.rowsOf(k); i < rows; i++) {
        const z = nz! < 0 ? 0 : read(nz!, i);
        visit(memory.i32[ids + i]!, read(nx!, i), read(ny!, i), z, table, (k << table.shift) + i);
      }
    }
  }
}
