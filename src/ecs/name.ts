import { WorldloomError } from "../core/errors.ts";
import { component } from "./component.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import { str } from "./field.ts";
import type { Item } from "./operations.ts";
import { versionsOf } from "./relations.ts";

/** The name of an entity, unique in its world. The empty name is none. Register it to use names. */
export const Name = component("Name", { text: str }, { doc: "A name by which an entity can be found." });

/** Who has which name: a cache over the archetypes with {@link Name}. */
export class Names {
  readonly #core: Core;
  /** The id of {@link Name} in this world, or -1. */
  readonly id: number;
  readonly #entities = new Map<number, Entity>();
  readonly #names = new Map<Entity, number>();
  #adoption = -1;
  /** The versions of the columns that the maps were made from; empty if they missed a change. */
  #fresh = "";

  constructor(core: Core) {
    this.#core = core;
    this.id = core.schema.find(Name);
    if (this.id < 0) return;
    core.observers.intercept(this.id, (entity) => this.#update(entity));
  }

  /** The entity of that name, or 0. */
  find(text: string): Entity {
    if (this.id < 0 || text === "") return 0;
    this.#refresh();
    return this.#entities.get(this.#core.strings.find(text)) ?? 0;
  }

  /** Throws `name-taken` if an item gives the entity (0 for a new one) a name that another has. */
  check(item: Item, entity: Entity): void {
    const text = item.values?.[0];
    if (item.id !== this.id || typeof text !== "string" || text === "") return;
    const owner = this.find(text);
    if (owner === 0 || owner === entity) return;
    throw taken(owner, text);
  }

  /** To be called before names are written that {@link checkWritten} looks at. */
  prepare(): void {
    if (this.id >= 0) this.#refresh();
  }

  /** Throws `name-taken` if the name that was just written to an entity belongs to another. */
  checkWritten(entity: Entity, text: number): void {
    const owner = this.#entities.get(text);
    if (text === 0 || owner === undefined || owner === entity) return;
    throw taken(owner, this.#core.strings.text(text));
  }

  #refresh(): void {
    if (this.#adoption === this.#core.store.adoptions) return;
    this.#adoption = this.#core.store.adoptions;
    const tables = this.#core.store.tables.filter(
      ({ kind, columnOf }) => kind === "archetype" && columnOf[this.id] !== undefined,
    );
    let fresh = `${this.#core.store.removals}`;
    for (const table of tables) fresh += versionsOf(table, table.columnOf[this.id]!);
    if (fresh === this.#fresh) return;
    this.#fresh = fresh;
    this.#entities.clear();
    this.#names.clear();
    for (const table of tables) {
      for (let row = 0; row < table.rows; row++) {
        const block = table.blockOf(table.columns[0]!, row >> table.shift) << 4;
        this.#read(this.#core.arena.memory.i32[block + (row & ((1 << table.shift) - 1))]!);
      }
    }
  }

  #update(entity: Entity): void {
    if (this.#adoption !== this.#core.store.adoptions) {
      this.#fresh = "";
      return;
    }
    const old = this.#names.get(entity);
    if (old !== undefined) {
      this.#names.delete(entity);
      this.#entities.delete(old);
    }
    this.#read(entity);
  }

  #read(entity: Entity): void {
    const { entities, store, arena } = this.#core;
    const number = entities.tableNumber(entity);
    const table = store.tables[number];
    const c = table?.columnOf[this.id];
    if (number < 0 || table === undefined || c === undefined) return;
    const row = entities.row(entity);
    const block = table.blockOf(table.columns[c]!, row >> table.shift) << 4;
    const text = arena.memory.i32[block + (row & ((1 << table.shift) - 1))]!;
    if (text === 0) return;
    this.#names.set(entity, text);
    this.#entities.set(text, entity);
  }
}

function taken(owner: Entity, text: string): WorldloomError {
  return new WorldloomError(
    "name-taken",
    `Entity ${owner} is called ${JSON.stringify(text)} already; choose another name.`,
    { name: text, owner },
  );
}
