import type { Arena } from "./arena.ts";
import { hiddenColumn } from "./builtin.ts";
import { ENTRY_WORDS } from "./column.ts";
import { type ColumnSpec, type Component, type Layout, layoutOf } from "./component.ts";
import { readElement } from "./element.ts";
import { RECORD, type TableKind, tableKinds } from "./record.ts";
import type { SchemaSet } from "./schema.ts";
import { ROOT } from "./store.ts";

/** A table as one root block describes it. */
export interface SideTable {
  readonly kind: TableKind;
  readonly components: readonly number[];
  readonly rows: number;
  readonly shift: number;
  readonly firstCapacity: number;
  readonly columns: readonly { readonly id: number; readonly component: Component; readonly base: number }[];
}

/** One value of a typed column: a number, boolean or text, or a list of them for a fixed array. */
export type CellValue = number | boolean | string | readonly (number | boolean | string)[];

/** One of the two states that are compared: a root block, read without a world around it. */
export class Side {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  readonly tables: readonly SideTable[];
  readonly tick: number;
  /** Number of strings. */
  readonly strings: number;
  /** Blocks whose contents were read. */
  readonly read: Set<number>;
  readonly #spans: SideTable;
  readonly #characters: SideTable;
  readonly #texts = new Map<number, string>();

  constructor(arena: Arena, schema: SchemaSet, root: number, read: Set<number>) {
    this.arena = arena;
    this.schema = schema;
    this.read = read;
    this.tables = tablesOf(arena, schema, root);
    this.tick = arena.memory.i32[(root << 4) + ROOT.tick]!;
    this.#spans = this.tables.find(({ kind }) => kind === "strings")!;
    this.#characters = this.tables.find(({ kind }) => kind === "characters")!;
    this.strings = this.#spans.rows;
  }

  /** The block of (column, chunk). */
  block(table: SideTable, c: number, k: number): number {
    return this.arena.memory.i32[table.columns[c]!.base + k * ENTRY_WORDS]!;
  }

  layout(table: SideTable, c: number, k: number): Layout {
    return layoutOf(table.columns[c]!.component, k === 0 ? table.firstCapacity : 1 << table.shift);
  }

  /** The value of typed column `n` of column `c` in a row. */
  value(table: SideTable, c: number, n: number, row: number): CellValue {
    const k = row >> table.shift;
    const i = row & ((1 << table.shift) - 1);
    const block = this.block(table, c, k);
    this.read.add(block);
    const { component } = table.columns[c]!;
    const spec = component.columns[n]!;
    const offset = block * 64 + this.layout(table, c, k).offsets[n]!;
    if (component.schema[spec.field]!.shape !== "array") return this.#element(spec, offset, i);
    return Array.from({ length: spec.lanes }, (_, lane) => this.#element(spec, offset, i * spec.lanes + lane));
  }

  /** The values of column `c` in a row as an object of fields. */
  values(table: SideTable, c: number, row: number): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    table.columns[c]!.component.columns.forEach(({ field, axis }, n) => {
      const value = this.value(table, c, n, row);
      if (axis === undefined) values[field] = value;
      else {
        values[field] ??= {};
        (values[field] as Record<string, unknown>)[axis] = value;
      }
    });
    return values;
  }

  text(id: number): string {
    if (id === 0) return "";
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const [start, length] = [this.#word(this.#spans, id - 1, 0), this.#word(this.#spans, id - 1, 1)];
    let text = "";
    for (let at = start; at < start + length; at++) {
      const { shift } = this.#characters;
      const block = this.block(this.#characters, 0, at >> shift);
      text += String.fromCharCode(this.arena.memory.u16[(block << 5) + (at & ((1 << shift) - 1))]!);
    }
    this.#texts.set(id, text);
    return text;
  }

  /** How many ids, from 1 on, mean the same text on both sides. */
  sharedStrings(other: Side): number {
    const count = Math.min(this.strings, other.strings);
    const { shift } = this.#spans;
    for (let id = 1; id <= count; id++) {
      const k = (id - 1) >> shift;
      if (this.block(this.#spans, 0, k) === other.block(other.#spans, 0, k)) id = (k + 1) << shift;
      else if (this.text(id) !== other.text(id)) return id - 1;
    }
    return count;
  }

  #word(table: SideTable, row: number, word: number): number {
    const block = this.block(table, 0, row >> table.shift);
    return this.arena.memory.i32[(block << 4) + (row & ((1 << table.shift) - 1)) * 2 + word]!;
  }

  #element(spec: ColumnSpec, offset: number, index: number): number | boolean | string {
    const value = readElement(this.arena.memory, spec.code, offset, index);
    if (spec.kind === "str") return this.text(value);
    return spec.kind === "bool" ? value !== 0 : value;
  }
}

function tablesOf(arena: Arena, schema: SchemaSet, root: number): SideTable[] {
  const { i32 } = arena.memory;
  let at = (root << 4) + ROOT.words;
  return Array.from({ length: i32[(root << 4) + ROOT.tables]! }, () => {
    const kind = tableKinds[i32[at + RECORD.kind]!]!;
    const columnCount = i32[at + RECORD.columns]!;
    const first = at + RECORD.words + columnCount;
    const components = Array.from(i32.subarray(first, first + i32[at + RECORD.components]!));
    const hidden = hiddenColumn(kind);
    const own = kind === "region" ? [] : components.map((id) => ({ id, component: schema.component(id) }));
    const typed = [
      ...(hidden === undefined ? [] : [{ id: -1, component: hidden }]),
      ...own.filter(({ component }) => component.columns.length > 0),
    ];
    const table: SideTable = {
      kind,
      components,
      rows: i32[at + RECORD.rows]!,
      shift: i32[at + RECORD.shift]!,
      firstCapacity: i32[at + RECORD.firstCapacity]!,
      columns: typed.map((column, c) => ({ ...column, base: i32[at + RECORD.words + c]! << 4 })),
    };
    at = first + components.length;
    return table;
  });
}
