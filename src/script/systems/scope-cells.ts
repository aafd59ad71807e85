import { ENTRY_WORDS } from "../../ecs/column.ts";
import type { Core } from "../../ecs/core.ts";
import { readElement, writeElement } from "../../ecs/element.ts";
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

/** The fields of a row as scripts see them. */
export function readFields(core: Core, { table, column: c, row }: CellRow, texts: Texts): Fields {
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
    const offset = start + offsets[n]!;
    const one = (at: number): ScriptValue => {
      const value = readElement(memory, code, offset, at);
      return kind === "str" ? texts.text(value) : kind === "bool" ? value !== 0 : value;
    };
    if (schema[field]!.shape === "array") fields[field] = Array.from({ length: lanes }, (_, j) => one(i * lanes + j));
    else if (axis === undefined) fields[field] = one(i);
    else ((fields[field] ??= {}) as Record<string, ScriptValue>)[axis] = one(i);
  }
  return fields;
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
