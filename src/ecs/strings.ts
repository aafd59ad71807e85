import { said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

/** Most units that are passed at once: as arguments they take room on the stack. */
const UNITS_MAX = 1024;
/** More rows than there are: a small integer, as the counts of rows are. */
const ALL_ROWS = 0x3fff_ffff;

/**
 * Strings as ids that count from 1; 0 is the empty string. A string is stored once and never removed. The tables in
 * the arena decide; the maps here are a cache of them.
 */
export class Strings {
  readonly store: Store;
  readonly limit: number;
  readonly spans: Table;
  readonly characters: Table;
  /** By id, from 1 on. Those of a fork are a list of another one, which is only added to as long as it is lent. */
  #texts: string[] = [];
  #lent = false;
  #borrowed = false;
  /** Made when a text is looked for. */
  #ids: Map<string, number> | undefined;
  #version = -1;
  #charactersVersion = -1;

  constructor(store: Store, limit: number) {
    this.store = store;
    this.limit = limit;
    this.spans = store.find("strings", []) ?? store.addTable("strings", []);
    this.characters = store.find("characters", []) ?? store.addTable("characters", []);
  }

  /** Starts with the texts that the strings of a world know of which this is a fork. */
  borrow(from: Strings): void {
    if (!from.#isFresh) return;
    this.#texts = from.#texts;
    this.#borrowed = from.#lent = true;
    this.#noteFresh();
  }

  get count(): number {
    return this.spans.rows;
  }

  /** The text of an id that came from this world. */
  text(id: number): string {
    if (id === 0) return "";
    this.#refresh();
    const text = Number.isInteger(id) ? this.#texts[id - 1] : undefined;
    if (text !== undefined && id <= this.spans.rows) return text;
    throw new WorldloomError("bad-argument", `No string has the id ${said(id)} in this world.`, { id });
  }

  /** The id of a text, or -1 when it was never interned. */
  find(text: string): number {
    if (text === "") return 0;
    this.#refresh();
    if (this.#ids === undefined) {
      this.#ids = new Map();
      for (let row = 0, n = this.spans.rows; row < n; row++) this.#ids.set(this.#texts[row]!, row + 1);
    }
    return this.#ids.get(text) ?? -1;
  }

  /** The id of a text, adding it if need be. Throws `string-limit`, `arena-full`. */
  intern(text: string): number {
    const known = this.find(text);
    if (known >= 0) return known;
    const { spans, characters } = this;
    const row = spans.rows;
    const start = characters.rows;
    if (row >= this.limit) {
      throw new WorldloomError(
        "string-limit",
        `The world may hold ${this.limit} strings and has them all; raise limits.strings.`,
        {
          limit: this.limit,
        },
      );
    }
    spans.reserve(row + 1);
    characters.reserve(start + text.length);
    own(spans, row);
    for (let k = start >> this.store.shift; k << this.store.shift < start + text.length; k++)
      own(characters, k << this.store.shift);
    const { memory } = this.store.arena;
    const mask = (1 << this.store.shift) - 1;
    for (let i = 0; i < text.length; i++) {
      const at = start + i;
      const block = characters.blockOf(characters.columns[0]!, at >> this.store.shift);
      memory.u16[(block << 5) + (at & mask)] = text.charCodeAt(i);
    }
    const span = (spans.blockOf(spans.columns[0]!, row >> this.store.shift) << 4) + (row & mask) * 2;
    memory.i32[span] = start;
    memory.i32[span + 1] = text.length;
    spans.rows = row + 1;
    characters.rows = start + text.length;
    if (this.#borrowed) this.#truncate(row);
    this.#texts.push(text);
    this.#ids!.set(text, row + 1);
    return row + 1;
  }

  get #isFresh(): boolean {
    const { spans, characters } = this;
    return this.#version === spans.columns[0]!.version && this.#charactersVersion === characters.columns[0]!.version;
  }

  #noteFresh(): void {
    const [spans, characters] = [this.spans.columns[0]!, this.characters.columns[0]!];
    spans.kept = characters.kept = ALL_ROWS;
    this.#version = spans.version;
    this.#charactersVersion = characters.version;
  }

  /** Reads what is not as it was. */
  #refresh(): void {
    if (this.#isFresh) return;
    const { spans, characters } = this;
    let kept = Math.min(spans.rows, spans.columns[0]!.kept, this.#texts.length);
    while (kept > 0 && this.#endOf(kept - 1) > characters.columns[0]!.kept) kept--;
    if (this.#ids !== undefined)
      for (let row = kept; row < this.#texts.length; row++) this.#ids.delete(this.#texts[row]!);
    this.#truncate(kept);
    for (let row = kept, n = spans.rows; row < n; row++) {
      const text = this.#read(row);
      this.#texts.push(text);
      this.#ids?.set(text, row + 1);
    }
    this.#noteFresh();
  }

  /** Forgets the texts from a row on. */
  #truncate(rows: number): void {
    if (this.#lent || this.#borrowed) this.#texts = this.#texts.slice(0, rows);
    else this.#texts.length = rows;
    this.#lent = this.#borrowed = false;
  }

  /** The word of a row's span. */
  #spanOf(row: number): number {
    const { shift } = this.store;
    return (this.spans.blockOf(this.spans.columns[0]!, row >> shift) << 4) + (row & ((1 << shift) - 1)) * 2;
  }

  #endOf(row: number): number {
    const span = this.#spanOf(row);
    return this.store.arena.memory.i32[span]! + this.store.arena.memory.i32[span + 1]!;
  }

  #read(row: number): string {
    const { memory } = this.store.arena;
    const { shift } = this.store;
    const mask = (1 << shift) - 1;
    const end = this.#endOf(row);
    let text = "";
    for (let at = memory.i32[this.#spanOf(row)]!; at < end; ) {
      const run = Math.min(end - at, mask + 1 - (at & mask), UNITS_MAX);
      const first = (this.characters.blockOf(this.characters.columns[0]!, at >> shift) << 5) + (at & mask);
      text += String.fromCharCode.apply(null, memory.u16.subarray(first, first + run) as unknown as number[]);
      at += run;
    }
    return text;
  }
}

function own(table: Table, row: number): void {
  const column = table.columns[0]!;
  const k = row >> table.shift;
  if (column.owned[k] !== table.store.epoch) table.own(column, k);
}
