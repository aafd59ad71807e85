import { WorldloomError } from "../core/errors.ts";
import { type Component, type ComponentOptions, component, type Row, type Schema } from "./component.ts";
import type { Core } from "./core.ts";
import { type Item, ownCell, readRow, writeValues } from "./operations.ts";
import type { Table } from "./table.ts";

export interface EventOptions extends ComponentOptions {
  /** Ticks for which an event can be read, the one in which it was emitted included. Default 2. */
  readonly lifetime?: number;
}

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

/** Declares a type of event. Throws `bad-schema`. */
export function event<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: EventOptions = {},
): EventType<Name, S> {
  const lifetime = options.lifetime ?? 2;
  if (!Number.isInteger(lifetime) || lifetime < 1) {
    throw new WorldloomError(
      "bad-schema",
      `The lifetime of event ${name} is a number of ticks of at least 1, not ${lifetime}.`,
      { lifetime },
    );
  }
  return { is: "event", name, component: happening(name, schema, options), lifetime };
}

/** Declares a type of input. Throws `bad-schema`. */
export function input<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: ComponentOptions = {},
): InputType<Name, S> {
  return { is: "input", name, component: happening(name, schema, options) };
}

function happening<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: ComponentOptions,
): Component<Name, S> {
  if ("tick" in schema)
    throw new WorldloomError("bad-schema", `${name} cannot declare the field tick: it has it.`, { name });
  return component(name, schema, options);
}

function happenings(core: Core, id: number): Table {
  return core.store.find("event", [id]) ?? core.store.addTable("event", [id]);
}

/** Appends an event or input of `tick`. Throws `bad-argument` at the limit, `arena-full`. */
export function append(core: Core, item: Item, tick: number): void {
  const table = happenings(core, item.id);
  const row = table.rows;
  if (row >= core.limits.events) {
    throw new WorldloomError(
      "bad-argument",
      `${core.limits.events} of ${core.schema.component(item.id).name} are alive, as many as may be; raise limits.events or shorten the lifetime.`,
      {
        limit: core.limits.events,
      },
    );
  }
  core.atomicallyIf(hasText(item), () => {
    table.reserve(row + 1);
    for (let c = 0; c < table.columns.length; c++) ownCell(table, c, row);
    writeValues(core, table, 0, row, [tick]);
    if (table.columns.length > 1) {
      const initials = core.schema.initials[item.id]!;
      const columns = table.columns[1]!.component.columns;
      const values = columns.map(
        ({ lanes }, n) =>
          item.values?.[n] ?? (lanes === 1 ? initials[n]! : new Array<number>(lanes).fill(initials[n]!)),
      );
      writeValues(core, table, 1, row, values);
    }
    table.rows = row + 1;
  });
}

function hasText(item: Item): boolean {
  return item.values?.some((value) => typeof value === "string" || Array.isArray(value)) ?? false;
}

/** The events or inputs that are alive, oldest first. */
export function read(core: Core, id: number): Happened<Schema>[] {
  const table = core.store.find("event", [id]);
  const found: Happened<Schema>[] = [];
  if (table === undefined) return found;
  for (let row = 0; row < table.rows; row++) {
    const { tick } = readRow(core, table, 0, row) as { tick: number };
    found.push({ ...(table.columns.length > 1 ? readRow(core, table, 1, row) : {}), tick } as Happened<Schema>);
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
