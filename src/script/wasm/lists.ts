import type { AccessLayout, Column, ElementKind, EntityRow, UpdateBatch } from "../engine.ts";
import type { WasmChunk } from "./chunk.ts";
import type { Copies } from "./copies.ts";
import { wrong } from "./manifest.ts";
import type { GuestMemory } from "./values.ts";

/** One column of a guest's lists: which of the columns that the host gives, and what is in it. */
export interface ListColumn {
  readonly access: number;
  readonly field: number;
  /** `Position.x`. */
  readonly name: string;
  readonly kind: ElementKind;
  readonly lanes: number;
  /** Bytes of one element. */
  readonly bytes: number;
  readonly write: boolean;
  readonly nan: boolean;
}

/**
 * The columns of a program, in the order of its lists: those that are named, or all of what it reads, of what it writes, and
 * of its state. Throws `script-invalid` where the world has others.
 */
export function listColumns(
  { file, columns: names, manifest: { reads, writes } }: WasmChunk,
  access: readonly AccessLayout[],
): readonly ListColumn[] {
  const all = access.flatMap(({ name, write, fields }, a) =>
    fields.map(({ name: field, kind, lanes, nan }, f): ListColumn => {
      return { access: a, field: f, name: `${name}.${field}`, kind, lanes, bytes: BYTES[kind], write, nan };
    }),
  );
  return (
    names?.map(({ component, field, kind }) => {
      const column = all.find(({ name }) => name === `${component}.${field}`);
      if (column === undefined) throw wrong(file, `takes column ${component}.${field}, which the world does not have`);
      if (kind !== undefined && kind !== column.kind) {
        throw wrong(file, `takes column ${component}.${field} as ${kind}, but it is ${column.kind}`);
      }
      return column;
    }) ?? [...reads, ...writes, "State"].flatMap((of) => all.filter(({ access: a }) => access[a]!.name === of))
  );
}

/** The rows of a call: `count` from `from` on, or those that are picked. */
export interface Rows {
  /** Of these rows alone. */
  readonly entities: Int32Array;
  /** Empty for an entity that is gone: its columns are zeros, and what is written to them is lost. */
  readonly columns: readonly (readonly Column[])[];
  readonly from: number;
  readonly count: number;
  readonly picked: Int32Array | undefined;
}

export function rowsOf({ entity, row, columns }: EntityRow): Rows {
  return { entities: Int32Array.of(entity), columns, from: row, count: 1, picked: undefined };
}

/** The rows of a batch from `from` on that are due. */
export function dueRows({ count, entities, due, columns }: UpdateBatch, from: number): Rows {
  let last = from;
  while (last < count && due[last] !== 0) last++;
  if (last === count)
    return { entities: entities.subarray(from, count), columns, from, count: count - from, picked: undefined };
  const picked = new Int32Array(count - from);
  let length = 0;
  for (let row = from; row < count; row++) if (due[row] !== 0) picked[length++] = row;
  const rows = picked.subarray(0, length);
  return { entities: rows.map((row) => entities[row]!), columns, from, count: length, picked: rows };
}

/** The memory of a guest in which its lists are: a table of places, the entities, the columns, then texts. */
export class Lists {
  readonly columns: readonly ListColumn[];
  /** Bytes of one row in all lists, and what the rest takes beside texts. */
  readonly rowBytes: number;
  readonly headBytes: number;

  constructor(columns: readonly ListColumn[]) {
    this.columns = columns;
    this.rowBytes = columns.reduce((sum, { bytes, lanes }) => sum + bytes * lanes, 4);
    this.headBytes = (columns.length + 1) * 4 + (columns.length + 2) * ALIGN;
  }

  /** Bytes that `rows` rows and texts of so many bytes need. */
  need(rows: number, textBytes: number): number {
    return this.headBytes + this.rowBytes * rows + textBytes + ALIGN;
  }

  /** Writes table, entities and columns at `at`. Returns the place behind them. */
  copyIn({ entities, columns, from, count, picked }: Rows, at: number, memory: GuestMemory, copies: Copies): number {
    const view = memory.view();
    let place = round(at + (this.columns.length + 1) * 4);
    view.setUint32(at, place, true);
    new Int32Array(memory.u8.buffer, place, count).set(entities);
    place = round(place + count * 4);
    for (let c = 0; c < this.columns.length; c++) {
      const { access, field, bytes, lanes } = this.columns[c]!;
      view.setUint32(at + (c + 1) * 4, place, true);
      const column = columns[access]?.[field];
      const rowBytes = bytes * lanes;
      if (column === undefined) copies.fill(place, count * rowBytes);
      else if (picked === undefined) copies.toGuest(place, column.byteOffset + from * rowBytes, count * rowBytes);
      else gather(elements(memory, place, column, count * lanes), column, picked, lanes);
      place = round(place + count * rowBytes);
    }
    return place;
  }

  /**
   * Checks what the guest wrote: NaNs become the canonical one. Returns what is wrong, empty if nothing is. Columns are where
   * {@link copyIn} put them, whatever the guest did to the table.
   */
  check(at: number, rows: Rows, memory: GuestMemory, copies: Copies, text: (id: number) => string): string {
    const { count } = rows;
    if (rows.columns.length === 0) return "";
    let wrongs = "";
    this.#written(at, count, (column, place) => {
      const { kind, lanes, name, nan } = column;
      const length = count * lanes;
      if (kind === "f32" || kind === "f64") {
        const seen = kind === "f32" ? copies.nan32(place, place + length * 4) : copies.nan64(place, place + length * 8);
        if (seen !== 0 && !nan) wrongs ||= `wrote NaN to ${name}, which forbids it`;
      } else if (kind === "bool") {
        const values = new Uint8Array(memory.u8.buffer, place, length);
        for (let i = 0; i < length; i++)
          if (values[i]! > 1) wrongs ||= `wrote ${values[i]} to ${name}: 0 is false, 1 true`;
      } else if (kind === "entity") {
        const values = new Int32Array(memory.u8.buffer, place, length);
        for (let i = 0; i < length; i++)
          if (values[i]! < 0) wrongs ||= `wrote ${values[i]} to ${name}, which is no entity`;
      } else if (kind === "str") wrongs ||= this.#strange(column, place, rows, memory, text);
    });
    return wrongs;
  }

  /** Copies what the guest wrote back to the world. */
  copyOut(at: number, { columns, from, count, picked }: Rows, memory: GuestMemory, copies: Copies): void {
    if (columns.length === 0) return;
    this.#written(at, count, ({ access, field, bytes, lanes }, place) => {
      const column = columns[access]![field]!;
      const rowBytes = bytes * lanes;
      if (picked === undefined) copies.toWorld(column.byteOffset + from * rowBytes, place, count * rowBytes);
      else scatter(column, elements(memory, place, column, count * lanes), picked, lanes);
    });
  }

  #written(at: number, count: number, use: (column: ListColumn, place: number) => void): void {
    let place = round(round(at + (this.columns.length + 1) * 4) + count * 4);
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c]!;
      if (column.write) use(column, place);
      place = round(place + count * column.bytes * column.lanes);
    }
  }

  /** Ids of texts that changed must be those of texts. */
  #strange(column: ListColumn, place: number, rows: Rows, memory: GuestMemory, text: (id: number) => string): string {
    const { lanes, name } = column;
    const before = rows.columns[column.access]![column.field]!;
    const values = new Int32Array(memory.u8.buffer, place, rows.count * lanes);
    for (let i = 0; i < values.length; i++) {
      const row = rows.picked?.[Math.floor(i / lanes)] ?? rows.from + Math.floor(i / lanes);
      if (values[i] === before[row * lanes + (i % lanes)]) continue;
      try {
        text(values[i]!);
      } catch {
        return `wrote ${values[i]} to ${name}, which is the id of no text`;
      }
    }
    return "";
  }
}

const ALIGN = 16;
const BYTES: Readonly<Record<ElementKind, number>> = {
  f32: 4,
  f64: 8,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  bool: 1,
  entity: 4,
  str: 4,
};

function round(at: number): number {
  return (at + ALIGN - 1) & -ALIGN;
}

/** A view of the guest's memory of the kind of a column. */
function elements(memory: GuestMemory, at: number, like: Column, length: number): Column {
  const kind = like.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => Column;
  return new kind(memory.u8.buffer, at, length);
}

function gather(to: Column, from: Column, picked: Int32Array, lanes: number): void {
  const count = to.length / lanes;
  if (lanes === 1) for (let i = 0; i < count; i++) to[i] = from[picked[i]!]!;
  else
    for (let i = 0; i < count; i++) for (let j = 0; j < lanes; j++) to[i * lanes + j] = from[picked[i]! * lanes + j]!;
}

function scatter(to: Column, from: Column, picked: Int32Array, lanes: number): void {
  const count = from.length / lanes;
  if (lanes === 1) for (let i = 0; i < count; i++) to[picked[i]!] = from[i]!;
  else
    for (let i = 0; i < count; i++) for (let j = 0; j < lanes; j++) to[picked[i]! * lanes + j] = from[i * lanes + j]!;
}
