import { WorldloomError } from "../core/errors.ts";
import { loadJobs } from "../native/index.ts";
import { type Arena, defaultArena } from "./arena.ts";
import { addMany, checkBulk, despawnMany, removeMany, setMany, spawnMany } from "./bulk.ts";
import type { Component, Row, RowInit, Schema } from "./component.ts";
import { Core, type Limits } from "./core.ts";
import { ENTITIES_MAX, type Entity } from "./entities.ts";
import { contentHashWorld, hashWorld } from "./hash.ts";
import { type BulkInit, eachItem, type SpawnItem, type TypedBulkItem, type TypedItem } from "./item.ts";
import type { ChangeKind, Observer } from "./observer.ts";
import { add, checkItem, checkValues, despawn, get, type Item, link, remove, set, spawn, unlink } from "./operations.ts";
import { Query } from "./query.ts";
import type { Relation } from "./relation.ts";
import { SchemaSet } from "./schema.ts";
import { Snapshot } from "./snapshot.ts";
import { shareRoot } from "./store.ts";
import type { Term } from "./term.ts";

export interface WorldOptions {
  /** Components, tags and relations. */
  readonly components: readonly Component[];
  /** Seed of random numbers: 0 to 2^32 - 1. Default 0. */
  readonly seed?: number;
  /** Rows a chunk: a power of two from 32 to 65,536. Default 1,024. */
  readonly chunkRows?: number;
  readonly limits?: Partial<Limits>;
  /** Where the world lives; one arena for the whole process where it is left out. */
  readonly arena?: Arena;
}

const DEFAULT_LIMITS: Limits = { entities: 1 << 20, queries: 1024, strings: 1 << 20, events: 1 << 20 };

/** Makes an empty world. Throws `bad-argument`, `bad-schema`, `name-taken`, `component-limit`, `arena-full`. */
export function createWorld(options: WorldOptions): World {
  const schema = new SchemaSet(
    options.components.map((component) => ({
      role: "relation" in component ? ("relation" as const) : ("component" as const),
      component,
      rules: JSON.stringify((component as Partial<Relation>).relation ?? null),
    })),
  );
  const seed = options.seed ?? 0;
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) throw badOption("seed", seed, "an integer from 0 to 4294967295");
  const rows = options.chunkRows ?? 1024;
  const shift = 31 - Math.clz32(rows);
  if (rows !== 1 << shift || shift < 5 || shift > 16) throw badOption("chunkRows", rows, "a power of two from 32 to 65536");
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) {
    const most = name === "entities" ? ENTITIES_MAX : 2 ** 30;
    if (!(name in DEFAULT_LIMITS)) throw badOption(`limits.${name}`, value, `one of ${Object.keys(DEFAULT_LIMITS).join(", ")}`);
    if (!Number.isInteger(value) || value < 1 || value > most) throw badOption(`limits.${name}`, value, `an integer from 1 to ${most}`);
  }
  return new World(new Core({ arena: options.arena ?? defaultArena(), schema, jobs: loadJobs(), limits, shift, seed }));
}

/**
 * Entities with components, in shared structure-of-arrays memory. Make one with {@link createWorld}.
 * Every operation either happens or throws a coded error and leaves the world as it was.
 */
export class World {
  /** The parts that this face stands in front of. Not part of the public interface. */
  readonly core: Core;
  readonly #queries = new Map<string, Query>();

  constructor(core: Core) {
    this.core = core;
  }

  get tick(): number {
    return this.core.store.tick;
  }
  get seed(): number {
    return this.core.store.seed;
  }
  /** Entities that exist. */
  get entityCount(): number {
    let count = 0;
    for (const table of this.core.store.tables) if (table.kind === "archetype") count += table.rows;
    return count;
  }

  /** A new entity. Throws `entity-limit`, `arena-full`, `component-unknown`, `bad-value` and what else values can be. */
  spawn<const T extends readonly SpawnItem[]>(...items: T & { [I in keyof T]: TypedItem<T[I]> }): Entity {
    this.core.checkOpen("spawn");
    return this.#tell(spawn(this.core, this.#items(items)));
  }

  /** `count` new entities in one archetype; returns their ids. */
  spawnMany<const T extends readonly SpawnItem[]>(count: number, ...items: T & { [I in keyof T]: TypedBulkItem<T[I]> }): Int32Array {
    this.core.checkOpen("spawnMany");
    if (!Number.isInteger(count) || count < 0) throw badOption("count", count, "an integer of at least 0");
    return this.#tell(
      this.core.atomically(() => {
        const checked: ReturnType<typeof checkBulk>[] = [];
        eachItem(items, (component, init) => checked.push(checkBulk(this.core, component, init, count)));
        return spawnMany(this.core, count, checked);
      }),
    );
  }

  /** Removes an entity, with those that a relation ties to it. Throws `entity-stale`. */
  despawn(entity: Entity): void {
    this.core.checkOpen("despawn");
    this.#tell(despawn(this.core, entity));
  }
  despawnMany(entities: ArrayLike<Entity>): void {
    this.core.checkOpen("despawnMany");
    this.#tell(despawnMany(this.core, entities));
  }

  /** Gives an entity a component, or sets the given fields where it has it. Throws `entity-stale`. */
  add<S extends Schema>(entity: Entity, component: Component<string, S>, values?: RowInit<S>): void {
    this.core.checkOpen("add");
    this.#tell(add(this.core, entity, this.#item(component, values)));
  }
  /** The same for many entities; values are by position in the list. */
  addMany<S extends Schema>(entities: ArrayLike<Entity>, component: Component<string, S>, values?: BulkInit<S>): void {
    this.core.checkOpen("addMany");
    this.#tell(addMany(this.core, entities, checkBulk(this.core, component as Component, values, entities.length)));
  }

  /** Takes a component from an entity; false if it had none. Throws `entity-stale`. */
  remove(entity: Entity, component: Component): boolean {
    this.core.checkOpen("remove");
    return this.#tell(remove(this.core, entity, this.#item(component).id));
  }
  /** Returns how many had it. */
  removeMany(entities: ArrayLike<Entity>, component: Component): number {
    this.core.checkOpen("removeMany");
    return this.#tell(removeMany(this.core, entities, this.#item(component).id));
  }

  /** Sets the given fields of a component. Throws `entity-stale`, `component-missing`. */
  set<S extends Schema>(entity: Entity, component: Component<string, S>, values: RowInit<S>): void {
    this.core.checkOpen("set");
    this.#tell(set(this.core, entity, this.#item(component, values)));
  }
  setMany<S extends Schema>(entities: ArrayLike<Entity>, component: Component<string, S>, values: BulkInit<S>): void {
    this.core.checkOpen("setMany");
    this.#tell(setMany(this.core, entities, checkBulk(this.core, component as Component, values, entities.length)));
  }

  /** The values of a component, as a new object; undefined where the entity lacks it. Throws `entity-stale`. */
  get<S extends Schema>(entity: Entity, component: Component<string, S>): Row<S> | undefined {
    this.core.checkOpen();
    return get(this.core, entity, component as Component) as Row<S> | undefined;
  }
  /** Whether an entity that exists has a component. Throws `entity-stale`. */
  has(entity: Entity, component: Component): boolean {
    this.core.checkOpen();
    const { core } = this;
    return core.store.tables[core.entities.check(entity)]!.columnOf[core.schema.idOf(component)] !== undefined;
  }
  isAlive(entity: Entity): boolean {
    return !this.core.disposed && this.core.entities.isAlive(entity);
  }

  /** The query of some terms, made once and kept. Throws `query-limit`, `component-unknown`, `bad-argument`. */
  query<const T extends readonly Term[]>(...terms: T): Query<T> {
    this.core.checkOpen();
    const key = terms.map(termKey).join();
    const known = this.#queries.get(key);
    if (known !== undefined) return known as unknown as Query<T>;
    if (this.#queries.size >= this.core.limits.queries) {
      throw new WorldloomError("query-limit", `The world keeps ${this.core.limits.queries} queries; raise limits.queries, or do not make terms in a loop.`, {
        limit: this.core.limits.queries,
      });
    }
    const made = new Query(this.core, terms);
    this.#queries.set(key, made as unknown as Query);
    return made;
  }

  /** Makes a pair, or sets its fields; an exclusive relation replaces the target. Throws `entity-stale`, `hierarchy-cycle`. */
  relate<S extends Schema>(source: Entity, relation: Relation<string, S>, target: Entity, values?: Omit<RowInit<S>, "target">): void {
    this.core.checkOpen("relate");
    const { core } = this;
    core.schema.idOf(relation as unknown as Component, "relation");
    core.entities.check(source);
    core.entities.check(target);
    if (relation.relation.exclusive) this.#tell(add(core, source, this.#item(relation, { ...values, target } as unknown as RowInit<S>)));
    else {
      const item: Item = { id: core.schema.idOf(relation as unknown as Component), values: checkValues(relation as unknown as Component, values) };
      this.#tell(link(core, item, source, target));
    }
  }
  /** Ends a pair, or every pair of the source; false if there was none. Throws `entity-stale`. */
  unrelate(source: Entity, relation: Relation, target?: Entity): boolean {
    this.core.checkOpen("unrelate");
    const id = this.core.schema.idOf(relation, "relation");
    this.core.entities.check(source);
    const targets = this.core.relations.targets(id, source).filter((other) => target === undefined || other === target);
    for (const other of targets) {
      if (relation.relation.exclusive) remove(this.core, source, id);
      else unlink(this.core, id, source, other);
    }
    return this.#tell(targets.length > 0);
  }
  /** The targets of an entity, ascending; an exclusive relation has one at most. Throws `entity-stale`. */
  targets(source: Entity, relation: Relation): readonly Entity[] {
    this.core.entities.check(source);
    return this.core.relations.targets(this.core.schema.idOf(relation, "relation"), source);
  }
  /** The entities related to a target, ascending. Throws `entity-stale`. */
  sources(relation: Relation, target: Entity): readonly Entity[] {
    this.core.entities.check(target);
    return Array.from(this.core.relations.sources(this.core.schema.idOf(relation, "relation"), target));
  }

  /** Calls `observer` after changes of one kind to a component. Returns what takes it back. */
  observe(kind: ChangeKind, component: Component, observer: Observer): () => void {
    return this.core.observers.observe(kind, this.core.schema.idOf(component), observer);
  }

  /** The text of an id in a `str` column. */
  string(id: number): string {
    return this.core.strings.text(id);
  }

  /** The world at this moment, sharing its blocks. Throws `arena-full`, `structure-locked`. */
  snapshot(): Snapshot {
    this.core.checkOpen("snapshot");
    return new Snapshot(this.core.arena, this.core.schema, this.core.store.copyRoot());
  }
  /** Continues from a snapshot, which stays valid. Throws `schema-mismatch`, `arena-full`. */
  restore(snapshot: Snapshot): void {
    this.core.checkOpen("restore");
    if (snapshot.arena !== this.core.arena || snapshot.schema.fingerprint !== this.core.schema.fingerprint) {
      throw new WorldloomError("schema-mismatch", "This snapshot is of another arena or schema; use a save file to move between them.");
    }
    this.core.adopt(shareRoot(this.core.arena, snapshot.root));
  }
  /** An independent world that starts as this one is. Observers stay behind. Throws `arena-full`. */
  fork(): World {
    this.core.checkOpen("fork");
    const { arena, schema, jobs, limits, store } = this.core;
    return new World(new Core({ arena, schema, jobs, limits, shift: store.shift, seed: 0, root: store.copyRoot() }));
  }
  /** The state hash, 16 hexadecimal digits: equal hashes mean equal futures. */
  hash(): string {
    this.core.checkOpen("hash");
    return hashWorld(this.core);
  }
  /** The content hash, 16 hexadecimal digits: the same entities with the same values, however they came to be. */
  contentHash(): string {
    this.core.checkOpen("contentHash");
    return contentHashWorld(this.core);
  }

  /** Gives all memory back. Snapshots and forks stay. */
  dispose(): void {
    this.core.dispose();
    this.#queries.clear();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  #item<S extends Schema>(component: Component<string, S>, values?: RowInit<S>): Item {
    return checkItem(this.core, component as Component, values);
  }

  #items(items: readonly SpawnItem[]): Item[] {
    const checked: Item[] = [];
    eachItem(items, (component, init) => checked.push(checkItem(this.core, component, init)));
    return checked;
  }

  #tell<T>(result: T): T {
    this.core.observers.deliver();
    return result;
  }
}

function termKey(term: Term): string {
  switch (term?.is) {
    case "component":
      return `${term.serial}`;
    case "optional":
      return `o${termKey(term.term)}`;
    case "anyOf":
      return `a${term.components.map((component) => component?.serial).join("|")}`;
    case "related":
      return `r${term.relation?.serial}:${term.target}`;
    case "write":
    case "without":
    case "changed":
    case "added":
      return `${term.is[0]}${term.is.length}${term.component?.serial}`;
    default:
      return "?";
  }
}

function badOption(name: string, value: unknown, wanted: string): WorldloomError {
  return new WorldloomError("bad-argument", `${name} must be ${wanted}, not ${String(value)}.`, { [name]: value });
}
