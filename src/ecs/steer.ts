import { expectInstance, expectNumber } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { STEER_PARAMS_BYTES, STEER_SPAN_WORDS, steerInit } from "../native/steer.ts";
import type { Component } from "./component.ts";
import { FlowGrid } from "./grid.ts";
import { detachFields, markFields } from "./own-fields.ts";
import { Query } from "./query.ts";
import { SpatialIndex } from "./spatial-index.ts";
import type { Term } from "./term.ts";

export interface SteerOptions {
  readonly grid: FlowGrid;
  /** An index that was built from the same query in this tick, with its pushes computed. */
  readonly index: SpatialIndex;
  /** f32 fields `x` and `y`, in cells. */
  readonly position: Component;
  /** f32 fields `x` and `y`, in cells per second; written. */
  readonly velocity: Component;
  /** One field of u8, u16 or u32: the number of the flow field that the entity follows. */
  readonly goal: Component;
  /** Cells per second along the flow field. */
  readonly speed: number;
  /** Velocity per unit of push, and its limit, in cells per second. */
  readonly strength: number;
  readonly pushMax: number;
  /** Seconds. `(speed + pushMax) * dt` is at most one cell. */
  readonly dt: number;
}

/**
 * Gives the entities of a query velocities that follow their flow fields and keep apart, and never lead into a blocked
 * cell. Returns a byte for each running row: 0 moving, 1 at the goal, 2 lost; valid until the index is built again.
 * Throws `bad-argument`, `index-stale`, `job-input`, `arena-full`.
 */
export function steer(query: Query<readonly Term[]>, options: SteerOptions): Uint8Array {
  expectInstance(query, Query, "query", "a query of a world");
  expectInstance(options?.grid, FlowGrid, "grid", "a FlowGrid");
  expectInstance(options.index, SpatialIndex, "index", "a SpatialIndex");
  for (const name of ["speed", "strength", "pushMax", "dt"] as const) expectNumber(options[name], name);
  const { core } = query;
  const { grid, index, position, velocity, goal } = options;
  query.checkUse();
  index.checkBuilt();
  const fieldOf = (component: Component, write: boolean): number => {
    const id = core.schema.idOf(component);
    const at = query.fields.findIndex((field) => field.id === id && (field.write || !write));
    if (at >= 0) return at;
    throw new WorldloomError("bad-argument", `${component.name} must be in the query${write ? ", with write" : ""}.`, {
      component: component.name,
    });
  };
  const [p, v, g] = [fieldOf(position, false), fieldOf(velocity, true), fieldOf(goal, false)];
  const [px, py] = axes(position);
  const [vx, vy] = axes(velocity);
  let spans = 0;
  for (const { table } of query.matches) spans += table.usedChunks;
  const bytes = STEER_PARAMS_BYTES + spans * STEER_SPAN_WORDS * 4;
  core.arena.scratch(bytes);
  detachFields(query.matches, [v]);
  const params = core.arena.scratch(bytes);
  const list = params + STEER_PARAMS_BYTES;
  const { memory } = core.arena;
  steerInit(memory, params, {
    ...options,
    width: grid.width,
    height: grid.height,
    grid: grid.cells,
    fields: grid.table,
    fieldCount: grid.fieldCount,
    pushX: index.pushX,
    pushY: index.pushY,
    arrived: index.flags,
    rows: index.count,
  });
  const words = memory.i32;
  let at = list >>> 2;
  let first = 0;
  for (const { table, columns } of query.matches) {
    const [a, b, c] = [table.columns[columns[p]!]!, table.columns[columns[v]!]!, table.columns[columns[g]!]!];
    for (let k = 0, n = table.usedChunks; k < n; k++) {
      const from = words[a.base + k * 4]! * 64;
      const to = words[b.base + k * 4]! * 64;
      words[at] = from + table.layout(a, k).offsets[px]!;
      words[at + 1] = from + table.layout(a, k).offsets[py]!;
      words[at + 2] = to + table.layout(b, k).offsets[vx]!;
      words[at + 3] = to + table.layout(b, k).offsets[vy]!;
      words[at + 4] = words[c.base + k * 4]! * 64;
      words[at + 5] = goal.columns[0]!.code;
      words[at + 6] = table.rowsOf(k);
      words[at + 7] = first;
      first += table.rowsOf(k);
      at += STEER_SPAN_WORDS;
    }
  }
  core.jobs.steer(memory, list, spans, params);
  // A job that refuses what it is given has written nothing.
  markFields(query.matches, [v]);
  return memory.u8.subarray(index.flags, index.flags + index.count);
}

function axes(component: Component): [number, number] {
  const x = component.columns.findIndex(({ path, kind }) => path === "x" && kind === "f32");
  const y = component.columns.findIndex(({ path, kind }) => path === "y" && kind === "f32");
  if (x >= 0 && y >= 0) return [x, y];
  throw new WorldloomError("bad-argument", `${component.name} must have f32 fields x and y.`, {
    component: component.name,
  });
}
