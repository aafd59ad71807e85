import { WorldloomError } from "../core/errors.ts";
import { ENTRY_WORDS } from "./column.ts";
import type { ColumnSpec, Component } from "./component.ts";
import type { Core } from "./core.ts";
import { copyRow, readElement, writeDefaults, writeElement } from "./element.ts";
import { type Entity, NONE } from "./entities.ts";
import { isRelation } from "./relation.ts";
import type { Table } from "./table.ts";
import { type Checked, checkInit, isList } from "./value.ts";

/** A component id and the checked values for its columns, or nothing but defaults. */
export interface Item {
  readonly id: number;
  readonly values: readonly Checked[] | undefined;
}

/** Checks values for a component that is registered. Throws `component-unknown`, `bad-argument`, `bad-value`, `nan-forbidden`. */
export function checkItem(core: Core, component: Component, init: unknown, entityMin = 0): Item {
  const id = core.schema.idOf(component);
  const { role } = core.schema.declared[id]!;
  if (role !== "component" && (role !== "relation" || !isRelation(component) || !component.relation.exclusive)) {
    throw new WorldloomError(
      "bad-argument",
      `${component.name} is ${role === "relation" ? "a relation with many targets; use relate" : `a ${role}`}, not a component of entities.`,
      { component: component.name },
    );
  }
  return { id, values: checkValues(component, init, entityMin) };
}

/** Checks the given fields of a component. Entities may be as low as `entityMin`: tickets are negative. */
export function checkValues(component: Component, init: unknown, entityMin = 0): Checked[] | undefined {
  if (init === undefined) return undefined;
  const values: Checked[] = [];
  checkInit(component, init, values, entityMin);
  return values;
}

/** A new entity with some components; a later item for the same component overrides fields of an earlier one. */
export function spawn(core: Core, items: readonly Item[]): Entity {
  const { structure, relations } = core;
  let path = structure.first;
  for (const { id } of items) path = structure.with(path, id, false);
  const table = structure.archetypeOf(path);
  for (const item of items) checkAllowed(core, item, 0);
  return writing(core, items, () => {
    const entity = structure.spawn(path);
    for (const item of items) writeItem(core, table, entity, item);
    if (relations.any) linkItems(core, table, entity, items);
    core.recorder?.spawned(entity);
    core.observers.noteAll("added", table.components, entity);
    return entity;
  });
}

/** Gives its row to an id that was reserved, or, to `revive` it, is free. Throws `entity-stale` and what spawn throws. */
export function settle(core: Core, entity: Entity, items: readonly Item[], revive: boolean): void {
  const { structure, relations } = core;
  let path = structure.first;
  for (const { id } of items) path = structure.with(path, id, false);
  const table = structure.archetypeOf(path);
  for (const item of items) checkAllowed(core, item, 0);
  core.atomicallyIf(core.guards === 0, () => {
    if (revive) {
      core.entities.reserve(1);
      core.entities.revive(entity);
    }
    structure.settle(entity, table);
    for (const item of items) writeItem(core, table, entity, item);
    if (relations.any) linkItems(core, table, entity, items);
    core.recorder?.spawned(entity);
    core.observers.noteAll("added", table.components, entity);
  });
}

/** Gives an entity a component, or sets the given fields if it has it already. Throws `entity-stale`. */
export function add(core: Core, entity: Entity, item: Item): void {
  const { structure, store } = core;
  const table = store.tables[core.entities.check(entity)]!;
  if (table.columnOf[item.id] !== undefined) return set(core, entity, item);
  checkAllowed(core, item, entity);
  const edge = structure.adding(table, item.id);
  if (item.values === undefined) structure.move(entity, table, edge);
  else {
    writing(core, [item], () => {
      structure.move(entity, table, edge);
      writeItem(core, edge.target, entity, item);
    });
    if (core.relations.any) linkItems(core, edge.target, entity, [item]);
  }
  core.recorder?.added(entity, item.id);
  core.observers.note("added", item.id, entity);
}

/** Takes a component from an entity; returns false if it had none. Throws `entity-stale`. */
export function remove(core: Core, entity: Entity, id: number): boolean {
  const { structure, store } = core;
  const table = store.tables[core.entities.check(entity)]!;
  if (table.columnOf[id] === undefined) return false;
  const target = core.relations.any ? exclusiveTarget(core, table, entity, id) : 0;
  core.recorder?.removing(entity, table, id);
  structure.move(entity, table, structure.removing(table, id));
  if (target !== 0) core.relations.unlinked(id, entity, target);
  core.observers.note("removed", id, entity);
  return true;
}

/** Sets the given fields of a component. Throws `entity-stale`, `component-missing`. */
export function set(core: Core, entity: Entity, item: Item): void {
  const table = core.store.tables[core.entities.check(entity)]!;
  const c = table.columnOf[item.id];
  if (c === undefined) throw missing(core, entity, item.id);
  checkAllowed(core, item, entity);
  const relation = core.relations.any && core.schema.declared[item.id]!.role === "relation";
  const before = relation ? exclusiveTarget(core, table, entity, item.id) : 0;
  if (c >= 0) core.recorder?.setting(entity, table, item.id);
  if (c >= 0 && item.values !== undefined) {
    writing(core, [item], () => {
      ownCell(table, c, core.entities.row(entity));
      writeItem(core, table, entity, item);
    });
  }
  if (relation && item.values?.[0] !== undefined) {
    core.relations.unlinked(item.id, entity, before);
    core.relations.linked(item.id, entity, item.values[0] as number);
  }
  core.observers.note("set", item.id, entity);
}

/** The values of a component as an object; undefined where the entity lacks it. Throws `entity-stale`. */
export function get(core: Core, entity: Entity, component: Component): Record<string, unknown> | undefined {
  const table = core.store.tables[core.entities.check(entity)]!;
  const c = table.columnOf[core.schema.idOf(component)];
  if (c === undefined) {
    expectOneTarget(component);
    return undefined;
  }
  return c < 0 ? {} : readRow(core, table, c, core.entities.row(entity));
}

/** Whether an entity that exists has a component. Throws `entity-stale`. */
export function has(core: Core, entity: Entity, component: Component): boolean {
  const table = core.store.tables[core.entities.check(entity)]!;
  if (table.columnOf[core.schema.idOf(component)] !== undefined) return true;
  expectOneTarget(component);
  return false;
}

/** Throws `bad-argument` for a relation with many targets: entities have pairs of it, and nothing in a column. */
export function expectOneTarget(component: Component): void {
  if (!isRelation(component) || component.relation.exclusive) return;
  throw new WorldloomError(
    "bad-argument",
    `${component.name} is a relation with many targets, no component of entities; ask for related(${component.name}, target), targets or sources.`,
    { component: component.name },
  );
}

/** The values of one row of a table's column as an object. */
export function readRow(core: Core, table: Table, c: number, row: number): Record<string, unknown> {
  const column = table.columns[c]!;
  const { component } = column;
  const k = row >> table.shift;
  const i = row & ((1 << table.shift) - 1);
  const bytes = table.blockOf(column, k) * 64;
  const { offsets } = table.layout(column, k);
  const result: Record<string, unknown> = {};
  for (let n = 0; n < component.columns.length; n++) {
    const spec = component.columns[n]!;
    const { field, axis, lanes } = spec;
    const offset = bytes + offsets[n]!;
    const value = isList(component, spec)
      ? Array.from({ length: lanes }, (_, lane) => readValue(core, spec, offset, i * lanes + lane))
      : readValue(core, spec, offset, i);
    if (axis === undefined) result[field] = value;
    else {
      result[field] ??= {};
      (result[field] as Record<string, unknown>)[axis] = value;
    }
  }
  return result;
}

function readValue({ arena, strings }: Core, { kind, code }: ColumnSpec, offset: number, at: number): unknown {
  const value = readElement(arena.memory, code, offset, at);
  return kind === "str" ? strings.text(value) : kind === "bool" ? value !== 0 : value;
}

function missing(core: Core, entity: Entity, id: number): WorldloomError {
  const { name } = core.schema.component(id);
  return new WorldloomError("component-missing", `Entity ${entity} has no ${name}; add it first.`, {
    entity,
    component: name,
  });
}

/** Makes one row of a column writable and marks it as written. Throws `arena-full`. */
export function ownCell(table: Table, c: number, row: number): void {
  const column = table.columns[c]!;
  const k = row >> table.shift;
  if (column.owned[k] !== table.store.epoch) table.own(column, k);
}

/** Writes the values that an item has to the entity's row, whose blocks are owned. */
function writeItem(core: Core, table: Table, entity: Entity, item: Item): void {
  const c = table.columnOf[item.id]!;
  if (c < 0 || item.values === undefined) return;
  writeValues(core, table, c, core.entities.row(entity), item.values);
}

/** Writes checked values to one row of a column that is owned. */
export function writeValues(core: Core, table: Table, c: number, row: number, values: readonly Checked[]): void {
  const { memory } = core.arena;
  const column = table.columns[c]!;
  const k = row >> table.shift;
  const i = row & ((1 << table.shift) - 1);
  const block = memory.i32[column.base + k * ENTRY_WORDS]!;
  const layout = table.layout(column, k);
  const { columns } = column.component;
  for (let n = 0; n < columns.length; n++) {
    const value = values[n];
    if (value === undefined) continue;
    const offset = block * 64 + layout.offsets[n]!;
    const { code, lanes } = columns[n]!;
    if (typeof value === "number") writeElement(memory, code, offset, i, value);
    else if (typeof value === "string") writeElement(memory, code, offset, i, core.strings.intern(value));
    else {
      for (let lane = 0; lane < lanes; lane++) {
        const element = value[lane]!;
        const bits = typeof element === "string" ? core.strings.intern(element) : element;
        writeElement(memory, code, offset, i * lanes + lane, bits);
      }
    }
  }
}

/** Runs a change that writes checked values; where they hold strings, a failure takes everything back. */
export function writing<T>(core: Core, items: readonly Item[], change: () => T): T {
  for (const { values } of items) {
    if (values === undefined) continue;
    for (const value of values) {
      if (isNewText(core, value)) return core.atomicallyIf(core.guards === 0, change);
    }
  }
  return change();
}

function isNewText(core: Core, value: Checked): boolean {
  if (typeof value === "string") return core.strings.find(value) < 0;
  return Array.isArray(value) && value.some((element) => typeof element === "string" && core.strings.find(element) < 0);
}

/** Throws unless the name or target that an item may give to an entity (0 for a new one) is allowed. */
function checkAllowed(core: Core, item: Item, source: Entity): void {
  if (item.id === core.names.id) core.names.check(item, source);
  const target = item.values?.[0];
  if (typeof target !== "number" || !core.relations.any || core.schema.declared[item.id]!.role !== "relation") return;
  core.relations.prepare(item.id);
  core.relations.checkTarget(item.id, source, target);
}

function linkItems(core: Core, table: Table, entity: Entity, items: readonly Item[]): void {
  for (const { id, values } of items) {
    if (typeof values?.[0] !== "number" || core.schema.declared[id]!.role !== "relation") continue;
    const target = exclusiveTarget(core, table, entity, id);
    core.relations.linked(id, entity, target);
  }
}

/** The target of an exclusive relation that `table` may have, or 0. */
export function exclusiveTarget(core: Core, table: Table, entity: Entity, id: number): Entity {
  const c = table.columnOf[id];
  if (c === undefined || c < 0 || core.schema.declared[id]!.role !== "relation") return 0;
  core.relations.prepare(id);
  const row = core.entities.row(entity);
  const block = table.blockOf(table.columns[c]!, row >> table.shift);
  return core.arena.memory.i32[(block << 4) + (row & ((1 << table.shift) - 1))]!;
}

/** Adds a pair of a relation with many targets, or sets its fields. Throws `entity-stale`, `arena-full`. */
export function link(core: Core, item: Item, source: Entity, target: Entity): void {
  const { relations } = core;
  core.entities.check(source);
  relations.checkTarget(item.id, source, target);
  const links = relations.links(item.id);
  const known = relations.linkRow(item.id, source, target);
  const row = known < 0 ? links.rows : known;
  if (known >= 0) core.recorder?.unlinking(item.id, source, target, links, row);
  else core.recorder?.linked(item.id, source, target);
  writing(core, [item], () => {
    links.reserve(row + 1);
    for (let c = 0; c < links.columns.length; c++) ownCell(links, c, row);
    if (known < 0) {
      const pair = links.columns[0]!;
      const k = row >> links.shift;
      const at = (links.blockOf(pair, k) << 4) + (row & ((1 << links.shift) - 1));
      core.arena.memory.i32[at] = source;
      core.arena.memory.i32[at + links.capacityOf(k)] = target;
      links.rows = row + 1;
    }
    if (links.columns.length > 1) {
      const initials = core.schema.initials[item.id]!;
      const values = known < 0 ? initials.map((initial, n) => item.values?.[n] ?? initial) : (item.values ?? []);
      writeValues(core, links, 1, row, values);
    }
  });
  if (known < 0) relations.linked(item.id, source, target, row);
  core.observers.note(known < 0 ? "added" : "set", item.id, source);
}

/** Ends a pair, or without a target every pair of the source. Returns how many there were. */
export function unrelate(core: Core, id: number, source: Entity, target?: Entity): number {
  const { relations } = core;
  const { exclusive } = relations.relation(id).relation;
  if (!exclusive && target !== undefined) return Number(unlink(core, id, source, target));
  const ended = relations.targets(id, source).filter((other) => target === undefined || other === target);
  core.atomicallyIf(ended.length > 1 && core.guards === 0, () => {
    for (const other of ended) {
      if (exclusive) remove(core, source, id);
      else unlink(core, id, source, other);
    }
  });
  return ended.length;
}

/** Ends a pair; returns false if there was none. */
export function unlink(core: Core, id: number, source: Entity, target: Entity): boolean {
  const { relations } = core;
  const row = relations.linkRow(id, source, target);
  if (row < 0) return false;
  const links = relations.links(id);
  const last = links.rows - 1;
  core.recorder?.unlinking(id, source, target, links, row);
  for (let c = 0; c < links.columns.length; c++) ownCell(links, c, row);
  relations.unlinked(id, source, target);
  if (row !== last) {
    for (let c = 0; c < links.columns.length; c++) moveCell(links, c, last, row);
    const { i32 } = core.arena.memory;
    const k = row >> links.shift;
    const at = (links.blockOf(links.columns[0]!, k) << 4) + (row & ((1 << links.shift) - 1));
    relations.moved(id, i32[at]!, i32[at + links.capacityOf(k)]!, row);
  }
  links.rows = last;
  core.observers.note("removed", id, source);
  return true;
}

/** The table of a resource, with its one row. */
export function resourceTable(core: Core, id: number): Table {
  const known = core.store.find("resource", [id]);
  if (known !== undefined) return known;
  const table = core.store.addTable("resource", [id]);
  table.reserve(1);
  const column = table.columns[0]!;
  table.own(column, 0);
  writeDefaults(core.arena.memory, table.layout(column, 0), table.blockOf(column, 0), 0, 1, core.schema.initials[id]!);
  table.rows = 1;
  return table;
}

/** Sets the given fields of a resource. */
export function setResource(core: Core, item: Item): void {
  const table = resourceTable(core, item.id);
  writing(core, [item], () => {
    core.recorder?.settingResource(item.id, table);
    ownCell(table, 0, 0);
    writeValues(core, table, 0, 0, item.values ?? []);
  });
  core.observers.note("set", item.id, NONE);
}

function moveCell(table: Table, c: number, from: number, to: number): void {
  const column = table.columns[c]!;
  const mask = (1 << table.shift) - 1;
  const [k, l] = [from >> table.shift, to >> table.shift];
  copyRow(
    table.arena.memory,
    table.layout(column, k),
    table.blockOf(column, k),
    from & mask,
    table.layout(column, l),
    table.blockOf(column, l),
    to & mask,
  );
}
