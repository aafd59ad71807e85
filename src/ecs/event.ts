import { expectCount, expectOptions, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { writeColumns } from "./bulk.ts";
import { type BulkItem, checkColumns, type Intern } from "./bulk-item.ts";
import { type Component, type ComponentOptions, checkName, component, type Row, type Schema } from "./component.ts";
import type { Core } from "./core.ts";
import { writeDefaults } from "./element.ts";
import { type Item, ownCell, readRow, writeValues, writing } from "./operations.ts";
import type { Table } from "./table.ts";

export interface EventOptions extends ComponentOptions {
  /** Ticks for which an event can be read, the one in which it was emitted included. Default 2. */
  readonly lifetime?: number;
}

const INPUT: Known<ComponentOptions> = { doc: true, category: true };
const EVENT: Known<EventOptions> = { ...INPUT, lifetime: true };

/** Something that happened: read for a fixed number of ticks, then gone. */
export interface EventType<Name extends string = string, S extends Schema = Schema> {
  readonly is: "event";
  readonly name: Name;
  readonly component: Component<Name, S>;
  readonly lifetime: number;
}

/** What comes from outside: queued for the next tick, readable during it, then gone. */
export interface InputType<Name extends string = string, S extends Schema = Schema> {
  readonly is: "input";
  readonly name: Name;
  readonly component: Component<Name, S>;
}

/** An event or input as it is read: its fields and its tick. */
export type Happened<S extends Schema> = Row<S> & { readonly tick: number };

/** Declares a type of event. Throws `bad-schema`, `bad-argument`. */
export function event<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: EventOptions = {},
): EventType<Name, S> {
  checkName(name, "type of event");
  expectOptions(options, `options of event ${name}`, EVENT);
  const { lifetime = 2, ...described } = options;
  if (!Number.isInteger(lifetime) || lifetime < 1) {
    throw new WorldloomError(
      "bad-schema",
      `The lifetime of event ${name} is a number of ticks of at least 1, not ${said(lifetime)}.`,
      { lifetime },
    );
  }
  return { is: "event", name, component: happening(name, schema, described), lifetime };
}

/** Declares a type of input. Throws `bad-schema`, `bad-argument`. */
export function input<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: ComponentOptions = {},
): InputType<Name, S> {
  checkName(name, "type of input");
  expectOptions(options, `options of input ${name}`, INPUT);
  return { is: "input", name, component: happening(name, schema, options) };
}

function happening<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: ComponentOptions,
): Component<Name, S> {
  if (typeof schema === "object" && schema !== null && "tick" in schema)
    throw new WorldloomError("bad-schema", `${name} cannot declare the field tick: it has it.`, { name });
  return component(name, schema, options);
}

function happenings(core: Core, id: number): Table {
  return core.store.find("event", [id]) ?? core.store.addTable("event", [id]);
}

/** Appends an event or input of `tick`. Throws `bad-argument` at the limit, `arena-full`. */
export function append(core: Core, item: Item, tick: number): void {
  const table = happenings(core, item.id);
  checkRoom(core, item.id, table.rows, 1);
  writing(core, [item], () => writeRow(core, table, item, tick));
}

function writeRow(core: Core, table: Table, { id, values }: Item, tick: number): void {
  const row = table.rows;
  table.reserve(row + 1);
  for (let c = 0; c < table.columns.length; c++) ownCell(table, c, row);
  const { memory } = core.arena;
  const [k, i] = [row >> table.shift, row & ((1 << table.shift) - 1)];
  memory.i32[(table.blockOf(table.columns[0]!, k) << 4) + i] = tick;
  if (table.columns.length > 1) {
    const fields = table.columns[1]!;
    const initials = core.schema.initials[id]!;
    writeDefaults(memory, table.layout(fields, k), table.blockOf(fields, k), i, 1, initials);
    if (values !== undefined) writeValues(core, table, 1, row, values);
  }
  table.rows = row + 1;
}

/** Appends `count` events of this tick. Throws the same. */
export function appendMany(core: Core, { id, columns }: BulkItem, count: number): void {
  const table = happenings(core, id);
  const first = table.rows;
  checkRoom(core, id, first, count);
  if (count === 0) return;
  table.reserve(first + count);
  const { memory } = core.arena;
  const mask = (1 << table.shift) - 1;
  for (let start = first; start < first + count; start = (start | mask) + 1) {
    const [k, row, rows] = [
      start >> table.shift,
      start & mask,
      Math.min(first + count - start, mask + 1 - (start & mask)),
    ];
    for (let c = 0; c < table.columns.length; c++) ownCell(table, c, start);
    const ticks = (table.blockOf(table.columns[0]!, k) << 4) + row;
    memory.i32.fill(core.store.tick, ticks, ticks + rows);
    if (table.columns.length === 1) continue;
    const fields = table.columns[1]!;
    const block = table.blockOf(fields, k);
    writeDefaults(memory, table.layout(fields, k), block, row, rows, core.schema.initials[id]!);
    writeColumns(core, table, 1, k, row, rows, start - first, columns);
  }
  table.rows = first + count;
}

/** Checks what `count` events of a type are given, see {@link checkColumns}. Throws `bad-argument`, `bad-value`, `component-unknown`. */
export function checkEvents(core: Core, type: EventType, count: number, values: unknown, intern: Intern): BulkItem {
  const component = type?.component as unknown as Component;
  const id = core.schema.idOfPart(type, "event");
  expectCount(count, "count");
  checkRoom(core, id, 0, count);
  return { id, columns: checkColumns(component, values, count, intern) };
}

/** Throws `bad-argument` if there may not be `more` events or inputs of a type where there are `rows`. */
function checkRoom(core: Core, id: number, rows: number, more: number): void {
  const limit = core.limits.events;
  if (rows + more <= limit) return;
  const { name } = core.schema.component(id);
  throw new WorldloomError(
    "bad-argument",
    `${rows} of ${name} are alive and ${more} came, but ${limit} may be alive at most; raise limits.events or shorten the lifetime.`,
    { limit },
  );
}

/** The events or inputs that are alive, oldest first. */
export function read(core: Core, id: number): Happened<Schema>[] {
  const table = core.store.find("event", [id]);
  const found: Happened<Schema>[] = [];
  if (table === undefined) return found;
  const { i32 } = core.arena.memory;
  const mask = (1 << table.shift) - 1;
  const [ticks, fields] = table.columns;
  for (let row = 0; row < table.rows; row++) {
    const event = fields === undefined ? {} : readRow(core, table, 1, row);
    event["tick"] = i32[(table.blockOf(ticks!, row >> table.shift) << 4) + (row & mask)]!;
    found.push(event as Happened<Schema>);
  }
  return found;
}

/** Drops events whose time is over at `tick`. */
export function expire(core: Core, id: number, lifetime: number, tick: number): void {
  const table = core.store.find("event", [id]);
  if (table === undefined || table.rows === 0) return;
  const mask = (1 << table.shift) - 1;
  let over = 0;
  while (over < table.rows) {
    const block = table.blockOf(table.columns[0]!, over >> table.shift);
    if (core.arena.memory.i32[(block << 4) + (over & mask)]! > tick - lifetime) break;
    over++;
  }
  if (over > 0) dropFirst(table, over);
}

/** Drops every event or input of a type. */
export function dropAll(core: Core, id: number): void {
  const table = core.store.find("event", [id]);
  if (table !== undefined && table.rows > 0) dropFirst(table, table.rows);
}

/** Removes the first rows; the others move up. */
function dropFirst(table: Table, count: number): void {
  const rows = table.rows - count;
  if (rows > 0) for (const column of table.columns) table.ownAll(column);
  const { memory } = table.arena;
  const mask = (1 << table.shift) - 1;
  for (const column of table.columns) {
    column.component.columns.forEach(({ bytes, lanes }, n) => {
      const stride = bytes * lanes;
      for (let to = 0; to < rows; ) {
        const from = to + count;
        const run = Math.min(rows - to, mask + 1 - (to & mask), mask + 1 - (from & mask));
        const [k, l] = [to >> table.shift, from >> table.shift];
        const target = table.blockOf(column, k) * 64 + table.layout(column, k).offsets[n]! + (to & mask) * stride;
        const source = table.blockOf(column, l) * 64 + table.layout(column, l).offsets[n]! + (from & mask) * stride;
        memory.copy(target, source, run * stride);
        to += run;
      }
    });
  }
  table.rows = rows;
  table.trim();
}
