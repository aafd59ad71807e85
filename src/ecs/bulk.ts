import { WorldloomError } from "../core/errors.ts";
import { type Group, groupsOf, moveGroups, rowOf } from "./batch.ts";
import { type BulkColumn, type BulkItem, checkBulk, givesText } from "./bulk-item.ts";
import { ENTRY_ADDED, ENTRY_WORDS } from "./column.ts";
import type { Component } from "./component.ts";
import type { Core } from "./core.ts";
import { despawn } from "./despawn.ts";
import { writeDefaults, writeElement } from "./element.ts";
import type { Entity } from "./entities.ts";
import { eachItem, type SpawnItem } from "./item.ts";
import { remove as removeOne } from "./operations.ts";
import { targetIn } from "./relation.ts";
import { allocateMany } from "./slots.ts";
import type { Table } from "./table.ts";
import { arrayOver } from "./views.ts";

/** The length of a list of entities. Throws `bad-argument` for what is no list. */
export function lengthOf(entities: ArrayLike<Entity>): number {
  const length = typeof entities === "object" && entities !== null ? entities.length : undefined;
  if (typeof length === "number" && Number.isInteger(length) && length >= 0) return length;
  throw new WorldloomError(
    "bad-argument",
    `A list of entities is an array or typed array of them, not ${typeof entities}.`,
  );
}

/** The same from what a caller gives, which may intern strings: then a failure after that takes everything back. */
export function spawnGiven(core: Core, count: number, items: readonly SpawnItem[]): Int32Array {
  const parts: [Component, object | undefined][] = [];
  eachItem(items, (component, init) => parts.push([component, init]));
  const guarded = core.relations.any || parts.some(([component, init]) => givesText(component, init));
  const intern = (text: string): number => core.strings.intern(text);
  return core.atomicallyIf(guarded, () =>
    spawnMany(
      core,
      count,
      parts.map(([component, init]) => checkBulk(core, component, init, count, intern)),
    ),
  );
}

/** New entities in one archetype; returns their ids. Throws `entity-limit`, `arena-full`. */
export function spawnMany(core: Core, count: number, items: readonly BulkItem[], out?: Int32Array): Int32Array {
  const { structure, entities } = core;
  let path = structure.first;
  for (const { id } of items) path = structure.with(path, id, false);
  const table = structure.archetypeOf(path);
  const ids = out ?? new Int32Array(count);
  if (count === 0) return ids;
  const named = table.columnOf[core.names.id] !== undefined;
  if (named) core.names.prepare();
  entities.reserve(count);
  const first = table.rows;
  table.reserve(first + count);
  const lastChunk = (first + count - 1) >> table.shift;
  for (let k = first >> table.shift; k <= lastChunk; k++) table.detachRow(k);
  allocateMany(entities, ids, table.id, first);
  for (let k = first >> table.shift; k <= lastChunk; k++) {
    table.ownRow(k);
    const start = Math.max(first, k << table.shift);
    const end = Math.min(first + count, (k + 1) << table.shift);
    fillRows(core, table, k, start, end, ids, first, items);
  }
  table.rows = first + count;
  if (!named && isSilent(core, table)) return ids;
  if (core.relations.any) for (const item of items) linkMany(core, item, ids);
  for (let i = 0; i < count; i++) {
    if (named) checkName(core, table, ids[i]!);
    core.recorder?.spawned(ids[i]!);
    core.observers.noteAll("added", table.components, ids[i]!);
  }
  return ids;
}

/** Throws `name-taken` if the name in an entity's row belongs to another. */
function checkName(core: Core, table: Table, entity: Entity): void {
  const row = core.entities.row(entity);
  const column = table.columns[table.columnOf[core.names.id]!]!;
  const block = table.blockOf(column, row >> table.shift) << 4;
  core.names.checkWritten(entity, core.arena.memory.i32[block + (row & ((1 << table.shift) - 1))]!);
}

/** Checks the targets that a relation gives to new entities, and adds them to its reverse index. */
function linkMany(core: Core, item: BulkItem, ids: Int32Array): void {
  const { entities, relations, store } = core;
  if (targetOf(core, item, 0) === undefined) return;
  for (let i = 0; i < ids.length; i++) {
    relations.checkTarget(item.id, ids[i]!, targetOf(core, item, i)!);
    relations.linked(item.id, ids[i]!, targetIn(entities, store.tables, item.id, ids[i]!));
  }
}

/** The target that an exclusive relation gives to row `i`; undefined where it gives none or is no relation. */
function targetOf(core: Core, item: BulkItem, i: number): Entity | undefined {
  const targets = item.columns[0];
  if (targets === undefined || !core.relations.any || core.schema.declared[item.id]!.role !== "relation")
    return undefined;
  core.relations.prepare(item.id);
  return typeof targets === "number" ? targets : targets[i]!;
}

function fillRows(
  core: Core,
  table: Table,
  k: number,
  start: number,
  end: number,
  ids: Int32Array,
  first: number,
  items: readonly BulkItem[],
): void {
  const { memory } = core.arena;
  const row = start & ((1 << table.shift) - 1);
  const hidden = table.columns[0]!;
  memory.i32.set(ids.subarray(start - first, end - first), (table.blockOf(hidden, k) << 4) + row);
  memory.i32[hidden.base + k * ENTRY_WORDS + ENTRY_ADDED] = core.store.tick;
  for (const id of table.components) {
    const c = table.columnOf[id]!;
    if (c < 0) continue;
    const column = table.columns[c]!;
    memory.i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED] = core.store.tick;
    const given = items.filter((item) => item.id === id);
    const whole =
      given.length === 1 && given[0]!.columns.length > 0 && given[0]!.columns.every((values) => values !== undefined);
    const block = table.blockOf(column, k);
    if (!whole) writeDefaults(memory, table.layout(column, k), block, row, end - start, core.schema.initials[id]!);
    for (const item of given) writeColumns(core, table, c, k, row, end - start, start - first, item.columns);
  }
}

/** Writes rows `from` to `from + count` of checked columns to consecutive rows of a chunk that is owned. */
export function writeColumns(
  core: Core,
  table: Table,
  c: number,
  k: number,
  row: number,
  count: number,
  from: number,
  columns: readonly (BulkColumn | undefined)[],
): void {
  const { memory } = core.arena;
  const column = table.columns[c]!;
  const layout = table.layout(column, k);
  const block = table.blockOf(column, k);
  for (let n = 0; n < columns.length; n++) {
    const values = columns[n];
    if (values === undefined) continue;
    const { code, lanes, bytes } = column.component.columns[n]!;
    const target = arrayOver(memory, code, block * 64 + layout.offsets[n]! + row * lanes * bytes, count * lanes);
    if (typeof values === "number") target.fill(values);
    else if (ArrayBuffer.isView(values))
      target.set((values as unknown as Float64Array).subarray(from * lanes, (from + count) * lanes));
    else for (let i = 0; i < count * lanes; i++) target[i] = values[from * lanes + i]!;
  }
}

/** Whether nobody has to know of what becomes of rows of a table: no pairs, observers, undo. */
function isSilent(core: Core, table: Table): boolean {
  return (
    !core.relations.any && core.recorder === undefined && table.components.every((id) => core.observers.isQuiet(id))
  );
}

/** Whether the same holds for a component alone. */
function isPlain(core: Core, id: number): boolean {
  return core.recorder === undefined && core.schema.plain[id] !== 0 && core.observers.isQuiet(id);
}

/** Removes many entities; one that is named twice, or ends with an earlier one, is an error only if it was stale before. */
export function despawnMany(core: Core, entities: ArrayLike<Entity>): void {
  const groups = groupsOf(core, entities, lengthOf(entities), true);
  if (groups.every(({ from }) => isSilent(core, from))) {
    moveGroups(core, groups);
    return;
  }
  const list = Int32Array.from(entities);
  core.atomicallyIf(core.guards === 0, () => {
    for (let i = 0; i < list.length; i++) if (core.entities.isAlive(list[i]!)) despawn(core, list[i]!);
  });
}

/** Gives many entities a component with values by position in the list, or sets the given fields where they have it. */
export function addMany(core: Core, entities: ArrayLike<Entity>, item: BulkItem): void {
  const groups = groupsOf(core, entities, lengthOf(entities));
  if (isPlain(core, item.id)) return addPlain(core, entities, groups, item);
  const list = Int32Array.from(entities);
  const { structure, store } = core;
  core.names.prepare();
  core.atomicallyIf(core.guards === 0, () => {
    for (let i = 0; i < list.length; i++) {
      const entity = list[i]!;
      const table = store.tables[core.entities.tableNumber(entity)]!;
      const known = table.columnOf[item.id] !== undefined;
      const target = known ? table : structure.adding(table, item.id).target;
      if (known) core.recorder?.setting(entity, table, item.id);
      else {
        structure.move(entity, table, structure.adding(table, item.id));
        core.recorder?.added(entity, item.id);
      }
      writeRowFrom(core, target, entity, item, i);
      if (item.id === core.names.id) checkName(core, target, entity);
      core.observers.note(known ? "set" : "added", item.id, entity);
    }
  });
}

/** The same where nobody has to know and nothing but memory can be missing. */
function addPlain(core: Core, entities: ArrayLike<Entity>, groups: Group[], item: BulkItem): void {
  const { structure, store } = core;
  const given = item.columns.length > 0;
  const list = given && (groups.length > 1 || !(entities instanceof Int32Array)) ? Int32Array.from(entities) : entities;
  const moving = groups.filter((group) => {
    const { from, count } = group;
    const c = from.columnOf[item.id];
    if (c === undefined) group.edge = structure.adding(from, item.id);
    else if (given && c >= 0)
      for (let i = 0; i < count; i++) from.detach(from.columns[c]!, rowOf(group, i) >> from.shift);
    return c === undefined;
  });
  const moved = moveGroups(core, moving);
  if (!given || list.length === 0) return;
  if (moved < list.length || moving.length > 1) {
    for (let i = 0; i < list.length; i++)
      writeRowFrom(core, store.tables[core.entities.tableNumber(list[i]!)]!, list[i]!, item, i);
    return;
  }
  const table = moving[0]!.edge!.target;
  const c = table.columnOf[item.id]!;
  if (c < 0) return;
  const first = table.rows - moved;
  for (let start = first; start < table.rows; start = ((start >> table.shift) + 1) << table.shift) {
    const end = Math.min(table.rows, ((start >> table.shift) + 1) << table.shift);
    writeColumns(
      core,
      table,
      c,
      start >> table.shift,
      start & ((1 << table.shift) - 1),
      end - start,
      start - first,
      item.columns,
    );
  }
}

/** Takes a component from many entities. Returns how many had it. */
export function removeMany(core: Core, entities: ArrayLike<Entity>, id: number): number {
  const groups = groupsOf(core, entities, lengthOf(entities));
  if (isPlain(core, id)) {
    const moving = groups.filter(({ from }) => from.columnOf[id] !== undefined);
    for (const group of moving) group.edge = core.structure.removing(group.from, id);
    return moveGroups(core, moving);
  }
  const list = Int32Array.from(entities);
  let count = 0;
  core.atomicallyIf(core.guards === 0, () => {
    for (let i = 0; i < list.length; i++) if (removeOne(core, list[i]!, id)) count++;
  });
  return count;
}

/** Sets fields of a component of many entities by position in the list. Throws `component-missing`. */
export function setMany(core: Core, list: ArrayLike<Entity>, item: BulkItem): void {
  const { entities, store } = core;
  for (let i = 0; i < list.length; i++) {
    const table = store.tables[entities.check(list[i]!)]!;
    if (table.columnOf[item.id] !== undefined) continue;
    const { name } = core.schema.component(item.id);
    throw new WorldloomError("component-missing", `Entity ${list[i]} has no ${name}; add it first.`, {
      entity: list[i],
      component: name,
    });
  }
  core.names.prepare();
  core.atomicallyIf(core.guards === 0, () => {
    for (let i = 0; i < list.length; i++) {
      const table = store.tables[entities.tableNumber(list[i]!)]!;
      core.recorder?.setting(list[i]!, table, item.id);
      writeRowFrom(core, table, list[i]!, item, i);
      if (item.id === core.names.id) checkName(core, table, list[i]!);
      core.observers.note("set", item.id, list[i]!);
    }
  });
}

/** Writes row `from` of checked columns to an entity's row. */
function writeRowFrom(core: Core, table: Table, entity: Entity, item: BulkItem, from: number): void {
  const c = table.columnOf[item.id]!;
  if (c < 0 || item.columns.length === 0) return;
  const target = targetOf(core, item, from);
  const before = target === undefined ? 0 : targetIn(core.entities, core.store.tables, item.id, entity);
  if (target !== undefined) core.relations.checkTarget(item.id, entity, target);
  const column = table.columns[c]!;
  const row = core.entities.row(entity);
  const k = row >> table.shift;
  const i = row & ((1 << table.shift) - 1);
  if (column.owned[k] !== core.store.epoch) table.own(column, k);
  const layout = table.layout(column, k);
  const block = table.blockOf(column, k);
  for (let n = 0; n < item.columns.length; n++) {
    const values = item.columns[n];
    if (values === undefined) continue;
    const { code, lanes } = column.component.columns[n]!;
    const offset = block * 64 + layout.offsets[n]!;
    for (let lane = 0; lane < lanes; lane++) {
      const value = typeof values === "number" ? values : values[from * lanes + lane]!;
      writeElement(core.arena.memory, code, offset, i * lanes + lane, value);
    }
  }
  if (target === undefined) return;
  core.relations.unlinked(item.id, entity, before);
  core.relations.linked(item.id, entity, target);
}
