import { ENTRY_WORDS } from "../../ecs/column.ts";
import type { Core } from "../../ecs/core.ts";
import { readElement, writeElement } from "../../ecs/element.ts";
import type { FieldKind } from "../../ecs/field.ts";
import type { Table } from "../../ecs/table.ts";
import type { Checked } from "../../ecs/value.ts";
import { ScriptStop } from "../fault.ts";
import { ScriptError } from "../host.ts";
import type { Fields } from "../scope.ts";
import type { UndoLog } from "../undo.ts";
import type { ScriptValue } from "../value.ts";

/** Texts as ids, those included that are interned later. */
export interface Texts {
  text(id: number): string;
  /** -1 where there is no room for another. */
  intern(text: string): number;
}

/** One row of a table's column. */
export interface CellRow {
  readonly table: Table;
  readonly column: number;
  readonly row: number;
}

/** The fields of a row as scripts see them, or one of them alone. */
export function readFields(core: Core, cell: CellRow, texts: Texts, only?: string): Fields {
  const { table, column: c, row } = cell;
  const { memory } = core.arena;
  const column = table.columns[c]!;
  const k = row >> table.shift;
  const i = row & ((1 << table.shift) - 1);
  const start = memory.i32[column.base + k * ENTRY_WORDS]! * 64;
  const { offsets } = table.layout(column, k);
  const { columns, schema } = column.component;
  const fields: Record<string, ScriptValue> = {};
  for (let n = 0; n < columns.length; n++) {
    const { field, axis, kind, code, lanes } = columns[n]!;
    if (only !== undefined && field !== only) continue;
    const offset = start + offsets[n]!;
    if (axis !== undefined) {
      const vector = (fields[field] ??= {}) as Record<string, ScriptValue>;
      vector[axis] = shownAs(kind, readElement(memory, code, offset, i), texts);
    } else if (schema[field]!.shape !== "array")
      fields[field] = shownAs(kind, readElement(memory, code, offset, i), texts);
    else {
      const list: ScriptValue[] = [];
      for (let lane = 0; lane < lanes; lane++)
        list.push(shownAs(kind, readElement(memory, code, offset, i * lanes + lane), texts));
      fields[field] = list;
    }
  }
  return fields;
}

function shownAs(kind: FieldKind, value: number, texts: Texts): ScriptValue {
  return kind === "str" ? texts.text(value) : kind === "bool" ? value !== 0 : value;
}

/** Writes checked values to a row whose block nobody else holds, and notes what was there. Throws {@link ScriptStop}. */
export function writeCells(
  core: Core,
  { table, column: c, row }: CellRow,
  values: readonly Checked[],
  undo: UndoLog,
  texts: Texts,
): void {
  const { memory } = core.arena;
  const column = table.columns[c]!;
  const k = row >> table.shift;
  const i = row & ((1 << table.shift) - 1);
  const start = memory.i32[column.base + k * ENTRY_WORDS]! * 64;
  const { offsets } = table.layout(column, k);
  const { columns } = column.component;
  for (let n = 0; n < columns.length; n++) {
    const value = values[n];
    if (value === undefined) continue;
    const { code, bytes, lanes } = columns[n]!;
    const offset = start + offsets[n]!;
    const list = typeof value === "object" ? value : undefined;
    for (let j = 0; j < lanes; j++) {
      const element = list === undefined ? (value as number | string) : list[j]!;
      // Whoever checked the values has seen to it that texts have ids.
      const number = typeof element === "string" ? texts.intern(element) : element;
      const at = i * lanes + j;
      if (!undo.note(memory.u8, offset + at * bytes, bytes))
        throw new ScriptStop("memory", `The call writes more than ${undo.capacity} values`);
      writeElement(memory, code, offset, at, number);
    }
  }
}

/** The id of a text. Throws {@link ScriptError} where the world has no room for another. */
export function idOf(texts: Texts, text: string): number {
  const id = texts.intern(text);
  if (id < 0) throw new ScriptError("The world has as many texts as it may have");
  return id;
}

/** Chunks to which a call was the first to write in a tick: that they were written shows when the call is kept. */
export class Touched {
  readonly #chunks: { readonly table: Table; readonly column: number; readonly chunk: number }[] = [];

  /** Makes sure that nobody else holds the block of a row. Throws `arena-full`. */
  detach({ table, column, row }: CellRow): void {
    const chunk = row >> table.shift;
    if (table.columns[column]!.owned[chunk] === table.store.epoch) return;
    table.detach(table.columns[column]!, chunk);
    if (!this.#chunks.some((one) => one.table === table && one.column === column && one.chunk === chunk))
      this.#chunks.push({ table, column, chunk });
  }

  /** The call is kept: its chunks count as written. */
  keep(): void {
    if (this.#chunks.length === 0) return;
    for (const { table, column, chunk } of this.#chunks) table.own(table.columns[column]!, chunk);
    this.#chunks.length = 0;
  }

  /** The call is taken back. */
  forget(): void {
    this.#chunks.length = 0;
  }
}
