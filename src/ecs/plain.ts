import type { Component } from "./component.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import type { Table } from "./table.ts";

/*
 * A short way for single changes of components without further rules, of whose changes nobody is told. Where the short
 * way is not for a change, it returns 0 and nothing happened.
 */

/** Values that were checked and are not written yet, as words, in the order of the items and their columns. */
const words = new Int32Array(64);
const floats = new Float32Array(words.buffer);
/** Counts the calls: getters among the values may cause other calls, which use the same list. */
let calls = 0;

/** The id of a component whose changes concern nobody else and can happen at once; else -1. */
export function plainId(core: Core, component: Component): number {
  if (core.busy !== 0) return -1;
  return core.observers.unwatched[component?.serial] ?? -1;
}

/** A new entity of components, and of pairs of components and all their values; or 0. */
export function spawnPlain(core: Core, items: readonly unknown[]): Entity {
  const { structure } = core;
  const { first } = structure;
  const call = ++calls;
  let count = 0;
  let path = first;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const pair = Array.isArray(item);
    const component = (pair ? item[0] : item) as Component | undefined;
    if (component?.is !== "component") return 0;
    const id = plainId(core, component);
    if (id < 0) return 0;
    let given = 0;
    if (pair && item[1] !== undefined) {
      if (core.schema.plain[id] !== 2) return 0;
      count = checkNumbers(component, item[1], count);
      if (count < 0) return 0;
      given = 1;
    }
    const next = path.next[2 * id + given] ?? structure.with(path, id, given === 1);
    if (next === path) return 0;
    path = next;
  }
  if (calls !== call || core.busy !== 0 || structure.first !== first) return 0;
  const { start } = path;
  if (start !== 0) {
    const made = structure.ways.spawn(start, words, count);
    if (made > 0) return made;
  }
  const entity = structure.spawn(path);
  if (count > 0) writeGiven(core, path.table!, items);
  return entity;
}

/** Gives a component with all its values to an entity that lacks it; or returns 0. Throws `entity-stale`, `arena-full`. */
export function addPlain(core: Core, entity: Entity, component: Component, init: unknown): number {
  const id = plainId(core, component);
  if (id < 0 || core.schema.plain[id] !== 2) return 0;
  const call = ++calls;
  if (checkNumbers(component, init, 0) < 0 || calls !== call || !core.structure.add(entity, id)) return 0;
  writeWords(core, core.store.tables[core.entities.tableNumber(entity)]!, id, component, 0);
  return 1;
}

/** Keeps the values of a component behind `count` others; returns how many there are then, or -1. */
function checkNumbers(component: Component, init: unknown, count: number): number {
  const { columns } = component;
  if (typeof init !== "object" || init === null || count + columns.length > words.length) return -1;
  for (let c = 0; c < columns.length; c++) {
    const { field, code, nan } = columns[c]!;
    const value = (init as Record<string, unknown>)[field];
    if (typeof value !== "number") return -1;
    if (code === 0) {
      if (value !== value && !nan) return -1;
      floats[count + c] = value;
    } else {
      if (code === 6 ? (value | 0) !== value : value >>> 0 !== value) return -1;
      words[count + c] = value | 0;
    }
  }
  let given = 0;
  for (const _ in init) given++;
  return given === columns.length ? count + given : -1;
}

/** Writes kept values of the items of a new entity, in the last row of a table. */
function writeGiven(core: Core, table: Table, items: readonly unknown[]): void {
  let count = 0;
  for (const item of items) {
    if (!Array.isArray(item) || item[1] === undefined) continue;
    const component = item[0] as Component;
    writeWords(core, table, core.schema.idOf(component), component, count);
    count += component.columns.length;
  }
}

/** Writes kept values to the last row of a table, which is owned. */
function writeWords(core: Core, table: Table, id: number, { columns }: Component, from: number): void {
  const { i32 } = core.arena.memory;
  const c = table.columnOf[id]!;
  if (c < 0) return;
  const row = table.rows - 1;
  const k = row >> table.shift;
  const stride = table.capacityOf(k);
  let at = table.bases[k * table.width + c]! + (row & ((1 << table.shift) - 1));
  for (let n = 0; n < columns.length; n++) {
    i32[at] = words[from + n]!;
    at += stride;
  }
}
