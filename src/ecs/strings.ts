import { WorldloomError } from "../core/errors.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

/**
 * Strings as ids that count from 1; 0 is the empty string. A string is stored once and never removed. The tables in
 * the arena decide; the maps here are a cache of them.
 */
export class Strings {
  readonly store: Store;
  readonly limit: number;
  readonly spans: Table;
  readonly characters: Table;
  #texts: string[] = [];
  #ids = new Map<string, number>();
  #version = -1;
  #charactersVersion = -1;

  constructor(store: Store, limit: number) {
    this.store = store;
    this.limit = limit;
    this.spans = store.find("strings", []) ?? store.addTable("strings", []);
    this.characters = store.find("characters", []) ?? store.addTable("characters", []);
  }

  get count(): number {
    return this.spans.rows;
  }

  /** The text of an id that came from this world. */
  text(id: number): string {
    if (id === 0) return "";
    this.#refresh();
    const text = this.#texts[id - 1];
    if (text !== undefined) return text;
    throw new WorldloomError("bad-argument", `No string has the id ${id} in this world.`, { id });
  }

  /** The id of a text, or -1 when it was never interned. */
  find(text: string): number {
    if (text === "") return 0;
    this.#refresh();
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
    this.#texts.push(text);
    this.#ids.set(text, row + 1);
    return row + 1;
  }

  #refresh(): void {
    if (this.#version === this.spans.version && this.#charactersVersion === this.characters.version) return;
    this.#version = this.spans.version;
    this.#charactersVersion = this.characters.version;
    this.#texts = [];
    this.#ids.clear();
    for (let row = 0, n = this.spans.rows; row < n; row++) {
      const text = this.#read(row);
      this.#texts.push(text);
      this.#ids.set(text, row + 1);
    }
  }

  #read(row: number): string {
    const { memory } = this.store.arena;
    const { shift } = this.store;
    const mask = (1 << shift) - 1;
    const span = (this.spans.blockOf(this.spans.columns[0]!, row >> shift) << 4) + (row & mask) * 2;
    const start = memory.i32[span]!;
    let text = "";
    for (let at = start; at < start + memory.i32[span + 1]!; at++) {
      const block = this.characters.blockOf(this.characters.columns[0]!, at >> shift);
      text += String.fromCharCode(memory.u16[(block << 5) + (at & mask)]!);
    }
    return text;
  }
}

function own(table: Table, row: number): void {
  const column = table.columns[0]!;
  const k = row >> table.shift;
  if (column.owned[k] !== table.store.epoch) table.own(column, k);
}
