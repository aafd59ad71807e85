import { expectInstance } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { component } from "./component.ts";
import { Derived } from "./derived.ts";
import { f32, vec3, vec4 } from "./field.ts";
import { ownFields } from "./own-fields.ts";
import { type Match, Query } from "./query.ts";
import { ChildOf } from "./relation.ts";
import type { Term } from "./term.ts";

/** Where an entity is relative to its parent by {@link ChildOf}, or in the world if it has none. */
export const Transform = component(
  "Transform",
  { translation: vec3(f32), rotation: vec4(f32, { w: 1 }), scale: vec3(f32({ default: 1 })) },
  { doc: "Translation, rotation as a unit quaternion, scale: relative to the parent." },
);

/** Where an entity is in the world: the rows of an affine matrix of 3 by 4. Written by {@link propagate}. */
export const WorldMatrix = component(
  "WorldMatrix",
  {
    m00: f32({ default: 1 }),
    m01: f32,
    m02: f32,
    m03: f32,
    m10: f32,
    m11: f32({ default: 1 }),
    m12: f32,
    m13: f32,
    m20: f32,
    m21: f32,
    m22: f32({ default: 1 }),
    m23: f32,
  },
  { doc: "Rows of an affine matrix of 3 by 4." },
);

const NO_NODE = 0xffff_ffff;
const NODE_WORDS = 5;

/**
 * Computes the {@link WorldMatrix} of every entity of a query over {@link Transform} and `write(WorldMatrix)`: that of
 * its parent by {@link ChildOf}, if it has one in the query, times its own. Throws `bad-argument`, `arena-full`.
 */
export function propagate(query: Query<readonly Term[]>): void {
  expectInstance(query, Query, "query", "a query of a world");
  const { core } = query;
  query.checkUse();
  const local = query.fields.findIndex(({ id }) => id === core.schema.find(Transform));
  const world = query.fields.findIndex(({ id, write }) => write && id === core.schema.find(WorldMatrix));
  if (local < 0 || world < 0) {
    throw new WorldloomError("bad-argument", "propagate takes a query over Transform and write(WorldMatrix).");
  }
  const count = query.count;
  const work = new Derived(core.arena);
  try {
    work.reserve(count * NODE_WORDS * 4);
    ownFields(query.matches, [world]);
    const order = nodeOrder(query, count);
    writeNodes(query, local, world, order, work.offset);
    core.jobs.propagate(core.arena.memory, work.offset, count);
  } finally {
    work.dispose();
  }
}

interface NodeOrder {
  /** Parent of each running row, as a running row; -1 for none. */
  readonly parents: Int32Array;
  /** Place of each running row in an order with parents before children. */
  readonly places: Int32Array;
}

/** Counting sort by depth. A row's matrix depends on its parent's alone, so the order within a depth does not matter. */
function nodeOrder(query: Query<readonly Term[]>, count: number): NodeOrder {
  const { core } = query;
  const { memory } = core.arena;
  const id = core.schema.find(ChildOf);
  const rowOf = new Int32Array(core.entities.slots.rows).fill(-1);
  const parents = new Int32Array(count).fill(-1);
  eachRow(query, ({ table }, k, i, row) => {
    rowOf[memory.i32[(table.blockOf(table.columns[0]!, k) << 4) + i]! & core.entities.indexMask] = row;
  });
  eachRow(query, ({ table }, k, i, row) => {
    const c = id < 0 ? undefined : table.columnOf[id];
    if (c === undefined) return;
    const parent = memory.i32[(table.blockOf(table.columns[c]!, k) << 4) + i]!;
    if (parent !== 0) parents[row] = rowOf[parent & core.entities.indexMask]!;
  });
  const depths = new Int32Array(count).fill(-1);
  let deepest = 0;
  const path: number[] = [];
  for (let row = 0; row < count; row++) {
    let at = row;
    while (at >= 0 && depths[at]! < 0) {
      path.push(at);
      at = parents[at]!;
    }
    let depth = at < 0 ? -1 : depths[at]!;
    while (path.length > 0) depths[path.pop()!] = ++depth;
    if (depth > deepest) deepest = depth;
  }
  const starts = new Int32Array(deepest + 2);
  for (let row = 0; row < count; row++) starts[depths[row]! + 1]!++;
  for (let depth = 1; depth < starts.length; depth++) starts[depth]! += starts[depth - 1]!;
  const places = new Int32Array(count);
  for (let row = 0; row < count; row++) places[row] = starts[depths[row]!]!++;
  return { parents, places };
}

function writeNodes(
  query: Query<readonly Term[]>,
  local: number,
  world: number,
  { parents, places }: NodeOrder,
  offset: number,
): void {
  const { u32 } = query.core.arena.memory;
  eachRow(query, ({ table, columns }, k, i, row) => {
    const at = (offset >>> 2) + places[row]! * NODE_WORDS;
    const stride = table.capacityOf(k) * 4;
    u32[at] = table.blockOf(table.columns[columns[local]!]!, k) * 64 + i * 4;
    u32[at + 1] = stride;
    u32[at + 2] = table.blockOf(table.columns[columns[world]!]!, k) * 64 + i * 4;
    u32[at + 3] = stride;
    u32[at + 4] = parents[row]! < 0 ? NO_NODE : places[parents[row]!]!;
  });
}

function eachRow(
  query: Query<readonly Term[]>,
  visit: (match: Match, k: number, i: number, row: number) => void,
): void {
  let row = 0;
  for (const match of query.matches) {
    for (let k = 0, n = match.table.usedChunks; k < n; k++) {
      for (let i = 0, rows = match.table.rowsOf(k); i < rows; i++) visit(match, k, i, row++);
    }
  }
}
