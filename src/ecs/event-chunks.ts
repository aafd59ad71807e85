import { WorldloomError } from "../core/errors.ts";
import type { Schema } from "./component.ts";
import type { Core } from "./core.ts";
import { expiring } from "./expiring.ts";
import type { Table } from "./table.ts";
import type { AnyArray, ReadonlyArrayOf, ReadonlyColumns } from "./views.ts";

/** Events of one type that follow each other, as columns: `count` rows of each. */
export interface EventChunk<S extends Schema> {
  readonly count: number;
  /** The tick of each event. */
  readonly ticks: ReadonlyArrayOf<"i32">;
  /** By the name of the field. */
  readonly fields: ReadonlyColumns<S>;
}

interface Chunk {
  count: number;
  ticks: AnyArray | undefined;
  fields: object;
}

/** Reads the events of one type in a world as columns. Its objects are made once, and brought up to date. */
export class EventChunks {
  readonly #core: Core;
  readonly #id: number;
  readonly #all: Chunk[] = [];
  readonly #list: Chunk[] = [];
  /** In checked mode: what was handed out last, what makes it useless, and when and of how many events it was made. */
  #guarded: readonly Chunk[] = [];
  #expire: readonly (() => void)[] = [];
  #made = "";

  constructor(core: Core, id: number) {
    this.#core = core;
    this.#id = id;
  }

  /** The chunks, oldest events first: valid until events come or go. */
  list(): readonly EventChunk<Schema>[] {
    const { store, checked } = this.#core;
    const table = store.find("event", [this.#id]);
    this.#list.length = 0;
    if (table !== undefined) this.#read(table);
    const list = checked ? this.#guard(`${store.tick} ${table?.rows}`) : this.#list;
    return list as unknown as readonly EventChunk<Schema>[];
  }

  #read(table: Table): void {
    const { arena } = this.#core;
    const [ticks, fields] = table.columns;
    for (let k = 0, left = table.rows; left > 0; k++, left -= 1 << table.shift) {
      let chunk = this.#all[k];
      if (chunk === undefined) {
        chunk = { count: 0, ticks: undefined, fields: {} };
        this.#all[k] = chunk;
      }
      chunk.count = Math.min(left, 1 << table.shift);
      chunk.ticks = arena.views(table.blockOf(ticks!, k), table.layout(ticks!, k)).arrays[0];
      if (fields !== undefined) chunk.fields = arena.views(table.blockOf(fields, k), table.layout(fields, k)).columns;
      this.#list.push(chunk);
    }
  }

  #guard(now: string): readonly Chunk[] {
    if (now === this.#made) return this.#guarded;
    this.#made = now;
    for (const expire of this.#expire) expire();
    const refuse = (key: string): never => {
      const { name } = this.#core.schema.component(this.#id);
      throw new WorldloomError(
        "undeclared-write",
        `Events do not change, so ${key} of ${name} cannot be written; emit another one.`,
        { key },
      );
    };
    const guards = this.#list.map((chunk) => expiring({ ...chunk }, () => false, refuse));
    this.#expire = guards.map(({ expire }) => expire);
    this.#guarded = guards.map(({ guarded }) => guarded);
    return this.#guarded;
  }
}

/** What reads the events of a type: made once a world. */
export function eventChunks(core: Core, id: number): EventChunks {
  let chunks = core.eventChunks.get(id);
  if (chunks === undefined) {
    chunks = new EventChunks(core, id);
    core.eventChunks.set(id, chunks);
  }
  return chunks;
}
