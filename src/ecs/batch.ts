import { ENTRY_ADDED, ENTRY_WORDS } from "./column.ts";
import { copyRows, copyRun } from "./copies.ts";
import type { Core } from "./core.ts";
import { writeDefaults } from "./element.ts";
import { type Entity, isOwned } from "./entities.ts";
import { locate, matchRows, ownFreed, placeMany, releaseMany } from "./slots.ts";
import type { Edge } from "./structure.ts";
import type { Table } from "./table.ts";

/** Rows of one table that leave it, in the order in which they would leave one at a time. */
export interface Group {
  readonly from: Table;
  /** Where they go; undefined where they end. */
  edge: Edge | undefined;
  /** Of the lists, those that count. Entities that come twice are dropped on the way. */
  count: number;
  /** Whether they are the last rows of the table, in ascending order: no other row moves then, and lists may be empty. */
  tail: boolean;
  readonly rows: Int32Array;
  readonly members: Int32Array;
}

/** Lists that are kept from call to call: nobody else's code runs between their first use and the last. */
let ids = new Int32Array(64);
let found = new Int32Array(64);
let dropped = new Int32Array(64);
let sources = new Int32Array(64);
let targets = new Int32Array(64);
const none = new Int32Array(0);

/**
 * The rows of a list of entities by table, in the order of the list. Valid until the next call. `ending` says that the
 * entities are to end. Throws `entity-stale`, `arena-full`.
 */
export function groupsOf(core: Core, list: ArrayLike<Entity>, count: number, ending = false): Group[] {
  if (count === 0) return [];
  const { entities, store } = core;
  const whole = list instanceof Int32Array ? list : integersOf(core, list, count);
  const tails = tailsOf(core, whole, count, ending);
  if (tails !== undefined) return tails;
  if (ids.length < count) {
    ids = new Int32Array(count * 2);
    found = new Int32Array(count * 2);
  }
  ids.set(whole);
  const number = locate(entities, ids, count, found);
  if (number >= 0)
    return [{ from: store.tables[number]!, edge: undefined, count, tail: false, rows: found, members: ids }];
  const groups: Group[] = [];
  const byTable: (Group | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    const from = entities.tableNumber(ids[i]!);
    let group = byTable[from];
    if (group === undefined) {
      group = {
        from: store.tables[from]!,
        edge: undefined,
        count: 0,
        tail: false,
        rows: new Int32Array(count),
        members: new Int32Array(count),
      };
      byTable[from] = group;
      groups.push(group);
    }
    group.rows[group.count] = found[i]!;
    group.members[group.count++] = ids[i]!;
  }
  return groups;
}

/** The same if the list is nothing but last rows of tables, in order and one table after the other. */
function tailsOf({ entities, store }: Core, list: Int32Array, count: number, ending: boolean): Group[] | undefined {
  const groups: Group[] = [];
  const met: boolean[] = [];
  for (let i = 0; i < count; ) {
    const number = matchRows(entities, list, i, count, ending);
    if (number < 0 || met[number]) return undefined;
    met[number] = true;
    const from = store.tables[number]!;
    const matched = from.rows - entities.row(list[i]!);
    groups.push({ from, edge: undefined, count: matched, tail: true, rows: none, members: none });
    i += matched;
  }
  return groups;
}

/** A copy of a list in which entities may be anything. */
function integersOf({ entities }: Core, list: ArrayLike<Entity>, count: number): Int32Array {
  const copy = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const entity = list[i]!;
    if (typeof entity !== "number" || (entity | 0) !== entity) throw entities.stale(entity);
    copy[i] = entity;
  }
  return copy;
}

/**
 * Moves the rows of groups along their edges, or ends them. Everything that is written is owned first, which may
 * fail and shows nowhere; then nothing can fail. Rows end up exactly where changes one at a time would leave them.
 * Nobody is told. Returns how many entities moved. Throws `arena-full`.
 */
export function moveGroups(core: Core, groups: readonly Group[]): number {
  for (const group of groups) own(core, group);
  let moved = 0;
  for (const group of groups) moved += move(core, group);
  return moved;
}

function isTail({ from, rows, count }: Group): boolean {
  if (count === 0 || rows[0] !== from.rows - count) return false;
  for (let i = 1; i < count; i++) if (rows[i] !== rows[i - 1]! + 1) return false;
  return true;
}

/** The row that a member of a group has. */
export function rowOf({ from, count, tail, rows }: Group, i: number): number {
  return tail ? from.rows - count + i : rows[i]!;
}

/** The chunks of the first `count` rows of a list, some perhaps more than once. */
function chunksOf({ shift }: Table, rows: Int32Array, count: number): number[] {
  const chunks: number[] = [];
  let last = -1;
  for (let i = 0; i < count; i++) {
    const k = rows[i]! >> shift;
    if (k !== last) chunks.push(k);
    last = k;
  }
  return chunks;
}

/**
 * The end of the chunks that count as changed when the last `count` rows leave. One at a time, the first half of them is
 * replaced by the second before that leaves too.
 */
function tailEnd({ rows, shift }: Table, count: number): number {
  return count < 2 ? 0 : ((rows - count + (count >> 1) - 1) >> shift) + 1;
}

/** Makes everything that {@link move} writes writable. The slots of a tail are so already. */
function own(core: Core, group: Group): void {
  const { from, edge, count, rows, members } = group;
  const { entities } = core;
  if (!group.tail) {
    if (edge === undefined) ownFreed(entities, members, count);
    group.tail = isTail(group);
  }
  if (group.tail) {
    for (let k = (from.rows - count) >> from.shift, end = tailEnd(from, count); k < end; k++) from.detachRow(k);
  } else {
    const mask = (1 << from.shift) - 1;
    if (!isOwned(entities.slots)) {
      for (let row = Math.max(0, from.rows - count); row < from.rows; row++)
        entities.ownSlot(core.arena.memory.i32[from.bases[(row >> from.shift) * from.width]! + (row & mask)]!);
    }
    const chunks = chunksOf(from, rows, count);
    if (chunks.length * 2 > from.usedChunks && chunks.length > 1) from.detachAll();
    for (const k of chunks) from.detachRow(k);
  }
  if (edge === undefined) return;
  const { target } = edge;
  target.reserve(target.rows + count);
  for (let l = target.rows >> target.shift; l <= (target.rows + count - 1) >> target.shift; l++) target.detachRow(l);
}

function move(core: Core, group: Group): number {
  const { from, edge, tail } = group;
  const to = edge === undefined ? 0 : edge.target.rows;
  const steps = tail ? 0 : leave(core, group, to);
  if (tail) leaveTail(core, group, to);
  const { count } = group;
  if (edge !== undefined) arrive(core, group, edge, to);
  if (tail) for (let k = (from.rows - count) >> from.shift, end = tailEnd(from, count); k < end; k++) from.ownRow(k);
  else for (const k of chunksOf(from, targets, steps)) from.ownRow(k);
  if (steps > 0) for (let c = 1; c < from.width; c++) copyRows(from, c, sources, from, c, targets, 0, steps);
  carryAdded(core, group, to);
  from.rows -= count;
  from.trim();
  return count;
}

/**
 * Takes members out one after the other, each replaced by the last row, as far as ids and slots are concerned. Lists
 * the rows that others moved to and from; returns how many. Leaves out members that came twice.
 */
function leave(core: Core, group: Group, to: number): number {
  const { from, edge, rows, members } = group;
  const { entities } = core;
  const { i32 } = core.arena.memory;
  const mask = (1 << from.shift) - 1;
  if (dropped.length < group.count) {
    dropped = new Int32Array(group.count * 2);
    sources = new Int32Array(group.count * 2);
    targets = new Int32Array(group.count * 2);
  }
  let steps = 0;
  let count = 0;
  let last = from.rows - 1;
  for (let i = 0; i < group.count; i++) {
    const entity = members[i]!;
    if (entities.tableNumber(entity) !== from.id) continue;
    const row = entities.row(entity);
    if (edge === undefined) entities.release(entity);
    else entities.place(entity, edge.target.id, to + count);
    if (row !== last) {
      const moved = i32[from.bases[(last >> from.shift) * from.width]! + (last & mask)]!;
      i32[from.bases[(row >> from.shift) * from.width]! + (row & mask)] = moved;
      entities.place(moved, from.id, row);
      sources[steps] = last;
      targets[steps++] = row;
    }
    dropped[count] = row;
    members[count] = entity;
    rows[count++] = rows[i]!;
    last--;
  }
  group.count = count;
  return steps;
}

/** The same for the last rows of a table: nobody else moves. */
function leaveTail(core: Core, { from, edge, count }: Group, to: number): void {
  const { entities } = core;
  const { i32 } = core.arena.memory;
  const { shift, rows } = from;
  const mask = (1 << shift) - 1;
  const first = rows - count;
  for (let row = first; row < rows; row = ((row >> shift) + 1) << shift) {
    const at = from.bases[(row >> shift) * from.width]! + (row & mask);
    const part = Math.min(rows - row, mask + 1 - (row & mask));
    if (edge === undefined) releaseMany(entities, i32, at, part);
    else placeMany(entities, i32, at, part, edge.target.id, to + row - first);
  }
}

/** Copies the members' rows, which are still in place, to the end of the table that they go to. */
function arrive(
  core: Core,
  { from, count, rows, members, tail }: Group,
  { target, shared, fresh, id }: Edge,
  to: number,
): void {
  const { memory } = core.arena;
  const { shift, width } = target;
  const mask = (1 << shift) - 1;
  for (let start = to; start < to + count; start = ((start >> shift) + 1) << shift) {
    const l = start >> shift;
    const end = Math.min(to + count, (l + 1) << shift);
    target.ownRow(l);
    if ((start & mask) === 0) target.forgetAdded(l);
    if (!tail) memory.i32.set(members.subarray(start - to, end - to), target.bases[l * width]! + (start & mask));
    if (fresh === 0) continue;
    const column = target.columns[fresh]!;
    target.markAdded(column, l, core.store.tick);
    writeDefaults(
      memory,
      target.layout(column, l),
      target.blockOf(column, l),
      start & mask,
      end - start,
      core.schema.initials[id]!,
    );
  }
  if (tail) {
    copyRun(from, 0, from.rows - count, target, 0, to, count);
    for (let s = 0; s < shared.length; s += 3)
      copyRun(from, shared[s]!, from.rows - count, target, shared[s + 1]!, to, count);
  } else
    for (let s = 0; s < shared.length; s += 3)
      copyRows(from, shared[s]!, rows, target, shared[s + 1]!, undefined, to, count);
  target.rows = to + count;
}

/** Chunks that took rows in gained components as late as the chunks that the rows came from: step by step. */
function carryAdded(core: Core, { from, edge, count, tail }: Group, to: number): void {
  const { i32 } = core.arena.memory;
  const { shift, entries, usedChunks: chunks } = from;
  const full = 1 << shift;
  const mask = full - 1;
  const first = from.rows - count;
  const goal: number[] = [];
  for (let s = 0; edge !== undefined && s < edge.shared.length; s += 3)
    goal[edge.shared[s]!] = edge.target.entries[edge.shared[s + 1]!]! + ENTRY_ADDED;
  for (let c = 1; c < from.width; c++) {
    const at = entries[c]! + ENTRY_ADDED;
    const end = goal[c] ?? -1;
    const added = i32[at]!;
    let same = 1;
    while (same < chunks && i32[at + same * ENTRY_WORDS] === added) same++;
    if (same === chunks) {
      for (let l = to >> shift; end >= 0 && l <= (to + count - 1) >> shift; l++) {
        if (i32[end + l * ENTRY_WORDS]! < added) i32[end + l * ENTRY_WORDS] = added;
      }
      continue;
    }
    // Where all chunks stay the same from row to row, the third row and later ones change nothing.
    let begin = 0;
    let next = tail ? 0 : -1;
    for (let i = 0; i < count; i++) {
      if (i === next) {
        begin = i;
        next += Math.min(full - ((first + i) & mask), ((from.rows - 1 - i) & mask) + 1, full - ((to + i) & mask));
      } else if (tail && i === begin + 2) {
        i = next - 1;
        continue;
      }
      const k = (tail ? Math.min(first + i, from.rows - 1 - i) : dropped[i]!) >> shift;
      const added = i32[at + k * ENTRY_WORDS]!;
      const place = end + ((to + i) >> shift) * ENTRY_WORDS;
      if (end >= 0 && i32[place]! < added) i32[place] = added;
      const m = (from.rows - 1 - i) >> shift;
      if (k !== m && added < i32[at + m * ENTRY_WORDS]!) i32[at + k * ENTRY_WORDS] = i32[at + m * ENTRY_WORDS]!;
    }
  }
}
