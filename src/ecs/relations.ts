import type { Entities, Entity } from "./entities.ts";
import { checkAcyclic, isRelation, LinkRows, type Relation, ReverseIndex, targetIn } from "./relation.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

/** The caches over one relation, and the versions of the tables that they were made from. */
interface RelationCache {
  readonly id: number;
  readonly relation: Relation;
  readonly reverse: ReverseIndex;
  readonly rows: LinkRows;
  adoption: number;
  fresh: string;
}

/** Who is related to whom. The pairs are in tables; what is here finds them from the other side. */
export class Relations {
  readonly store: Store;
  readonly entities: Entities;
  readonly #caches: RelationCache[] = [];
  readonly #byId: (RelationCache | undefined)[] = [];

  constructor(store: Store, entities: Entities) {
    this.store = store;
    this.entities = entities;
    store.schema.declared.forEach(({ component }, id) => {
      if (!isRelation(component)) return;
      const cache = {
        id,
        relation: component,
        reverse: new ReverseIndex(),
        rows: new LinkRows(),
        adoption: -1,
        fresh: "",
      };
      this.#caches.push(cache);
      this.#byId[id] = cache;
    });
  }

  get any(): boolean {
    return this.#caches.length > 0;
  }

  /** The relations of this world, in the order of their ids. */
  get all(): readonly { readonly id: number; readonly relation: Relation }[] {
    return this.#caches;
  }

  relation(id: number): Relation {
    return this.#byId[id]!.relation;
  }

  /** The sources of pairs with `target`, ascending. Do not keep or change it. */
  sources(id: number, target: Entity): Int32Array {
    return this.#fresh(id).reverse.of(target);
  }

  /** The targets of pairs from `source`, ascending. */
  targets(id: number, source: Entity): Entity[] {
    const cache = this.#fresh(id);
    if (!cache.relation.relation.exclusive) return cache.rows.targets(source);
    const target = targetIn(this.entities, this.store.tables, id, source);
    return target === 0 ? [] : [target];
  }

  /** Whether there is such a pair. */
  isRelated(id: number, source: Entity, target: Entity): boolean {
    const { exclusive } = this.relation(id).relation;
    if (!exclusive) return this.linkRow(id, source, target) >= 0;
    return target !== 0 && targetIn(this.entities, this.store.tables, id, source) === target;
  }

  /** Throws `entity-stale`, `hierarchy-cycle`. */
  checkTarget(id: number, source: Entity, target: Entity): void {
    if (target === 0) return;
    this.entities.check(target);
    if (!this.relation(id).relation.acyclic) return;
    // Whom nobody points at is above nobody: the way up may be long, and need not be walked.
    if (source !== target && !this.#fresh(id).reverse.has(source)) return;
    checkAcyclic(this.entities, this.store.tables, id, source, target);
  }

  /** The row of a pair in the links table, or -1. */
  linkRow(id: number, source: Entity, target: Entity): number {
    return this.#fresh(id).rows.row(source, target);
  }

  links(id: number): Table {
    return this.store.find("links", [id]) ?? this.store.addTable("links", [id]);
  }

  /** To be told before a pair is written, so that the cache is fresh when {@link linked} updates it. */
  prepare(id: number): void {
    this.#fresh(id);
  }

  linked(id: number, source: Entity, target: Entity, row = -1): void {
    if (target === 0) return;
    const cache = this.#byId[id]!;
    cache.reverse.add(source, target);
    if (row >= 0) cache.rows.set(source, target, row);
  }

  unlinked(id: number, source: Entity, target: Entity): void {
    if (target === 0) return;
    const cache = this.#byId[id]!;
    cache.reverse.remove(source, target);
    cache.rows.delete(source, target);
  }

  /** A pair moved to another row of its links table. */
  moved(id: number, source: Entity, target: Entity, row: number): void {
    this.#byId[id]!.rows.set(source, target, row);
  }

  #fresh(id: number): RelationCache {
    const cache = this.#byId[id]!;
    if (cache.adoption === this.store.adoptions) return cache;
    cache.adoption = this.store.adoptions;
    const key = this.#key(cache);
    if (cache.fresh === key) return cache;
    cache.reverse.clear();
    cache.rows.clear();
    const { exclusive } = cache.relation.relation;
    for (const table of this.store.tables) if (holds(table, id, exclusive)) readPairs(table, id, cache, exclusive);
    cache.fresh = key;
    return cache;
  }

  /** Versions of the columns that hold pairs; tables that come later bring no pairs with them. */
  #key({ id, relation }: RelationCache): string {
    const { exclusive } = relation.relation;
    let key = `${this.store.removals}`;
    for (const table of this.store.tables) {
      if (holds(table, id, exclusive)) key += versionsOf(table, exclusive ? table.columnOf[id]! : 0);
    }
    return key;
  }
}

/** What a cache over the first column of a table and another one was made from; nothing for tables made since. */
export function versionsOf({ id, columns }: Table, c: number): string {
  const [first, other] = [columns[0]!.version, columns[c]!.version];
  return first + other === 0 ? "" : `,${id}:${first}:${other}`;
}

function holds(table: Table, id: number, exclusive: boolean): boolean {
  if (exclusive) return table.kind === "archetype" && table.columnOf[id] !== undefined;
  return table.kind === "links" && table.components[0] === id;
}

function readPairs(table: Table, id: number, cache: RelationCache, exclusive: boolean): void {
  const { memory } = table.arena;
  const mask = (1 << table.shift) - 1;
  for (let row = 0, n = table.rows; row < n; row++) {
    const k = row >> table.shift;
    const block = table.blockOf(table.columns[0]!, k) << 4;
    const source = memory.i32[block + (row & mask)]!;
    const target = exclusive
      ? memory.i32[(table.blockOf(table.columns[table.columnOf[id]!]!, k) << 4) + (row & mask)]!
      : memory.i32[block + table.capacityOf(k) + (row & mask)]!;
    if (target === 0) continue;
    cache.reverse.add(source, target);
    if (!exclusive) cache.rows.set(source, target, row);
  }
}
