import { badArgument, expectFunction } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { checkAccess, refuseBeyond } from "./checked.ts";
import type { Component, Layout } from "./component.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import { ChunkIterator, type ChunkView, type VisitRow } from "./iterator.ts";
import { Name } from "./name.ts";
import { expectOneTarget } from "./operations.ts";
import { compareSignatures, nounOf } from "./schema.ts";
import type { Table } from "./table.ts";
import type { ChunkOf, Term } from "./term.ts";

/** A component whose columns a query hands out. */
export interface QueryField {
  readonly id: number;
  readonly key: string;
  readonly write: boolean;
}

/** A table that matches, with the column of each field (-1 where it is lacking or a tag) and cached chunk views. */
export interface Match {
  readonly table: Table;
  readonly columns: readonly number[];
  readonly changed: readonly number[];
  readonly added: readonly number[];
  readonly views: ChunkView[];
  /** Moves of the store up to which each chunk's view is right. */
  fresh: Int32Array;
  /** The blocks that the views were made over: one for each field, and that of the entities, a chunk. */
  blocks: Int32Array;
  /** State of the arena's views, and rows of the first chunk, then. */
  viewsEpoch: number;
  firstCapacity: number;
  /** Epoch of the store at which every used chunk of the written columns was owned. */
  ownedEpoch: number;
  /** The layouts of the fields' columns then. More than one chunk have all the same. */
  layouts: (Layout | undefined)[];
}

/** The row of an entity that has the pairs that a query asks for. */
export interface PairedRow {
  readonly entity: Entity;
  readonly match: Match;
  readonly row: number;
}

/** For `integrate`: which field is written and which is read, and how many columns they have. */
export interface Integration {
  readonly to: number;
  readonly from: number;
  readonly columns: number;
}

/**
 * The archetypes that match some terms, kept up to date as archetypes appear. Chunks come in the order of the
 * archetypes' signatures (component ids, compared one by one), then rows; entities in the same order.
 */
export class Query<T extends readonly Term[] = readonly Term[]> {
  readonly core: Core;
  readonly terms: T;
  readonly fields: readonly QueryField[];
  /** Kept here by `integrate` once it has found that it can take this query. */
  integration: Integration | undefined;
  readonly #required: number[] = [];
  readonly #excluded: number[] = [];
  readonly #anyOf: number[][] = [];
  readonly #changed: number[] = [];
  readonly #added: number[] = [];
  readonly #related: { id: number; target: Entity }[] = [];
  #matches: Match[] = [];
  #seen = 0;
  #removals = 0;
  readonly #idle: ChunkIterator[] = [];

  /** Throws `component-unknown`, `bad-argument`. */
  constructor(core: Core, terms: T) {
    this.core = core;
    this.terms = terms;
    const fields: QueryField[] = [];
    for (const term of terms) this.#compile(term, fields);
    this.fields = fields;
    const twice = fields.find((field, i) => fields.findIndex((other) => other.id === field.id) < i);
    if (twice !== undefined) {
      throw new WorldloomError(
        "bad-argument",
        `A query names ${core.schema.component(twice.id).name} twice; name it once, with write if it is written.`,
        {
          component: core.schema.component(twice.id).name,
        },
      );
    }
  }

  /** Tables that match, in order. */
  get matches(): readonly Match[] {
    const { store } = this.core;
    if (store.removals !== this.#removals) {
      this.#removals = store.removals;
      this.#matches = [];
      this.#seen = 0;
    }
    if (this.#seen < store.tables.length) {
      const known = this.#matches.length;
      for (; this.#seen < store.tables.length; this.#seen++) {
        const match = this.#matchOf(store.tables[this.#seen]!);
        if (match !== undefined) this.#matches.push(match);
      }
      if (this.#matches.length > known)
        this.#matches.sort((a, b) => compareSignatures(a.table.components, b.table.components));
    }
    return this.#matches;
  }

  /**
   * Iterates chunks. Each hands out typed-array columns, which expire when the iteration goes on; the blocks of
   * `write` terms are marked as written, those of an archetype all at once where no `since` is given. `since` is the tick after which `changed` and `added` look.
   * Structural changes wait until the iteration ends.
   */
  chunks(since = -1): IterableIterator<ChunkOf<T>> {
    this.checkUse();
    if (typeof since !== "number") throw badArgument("since", since, "a tick");
    const iterator = this.#idle.pop() ?? new ChunkIterator(this as unknown as Query, (done) => this.#idle.push(done));
    iterator.start(since);
    return iterator as unknown as IterableIterator<ChunkOf<T>>;
  }

  /** Calls `visit` for each chunk. The same as a loop over {@link chunks}. */
  eachChunk(visit: (chunk: ChunkOf<T>) => void, since = -1): void {
    expectFunction(visit, "visit");
    for (const chunk of this.chunks(since)) visit(chunk);
  }

  /** Calls `visit` for each entity, with its chunk and its row there. Slower than {@link chunks}. */
  each(visit: (entity: Entity, chunk: ChunkOf<T>, row: number) => void, since = -1): void {
    expectFunction(visit, "visit");
    if (this.#related.length > 0) {
      this.#checkAccess();
      new ChunkIterator(this as unknown as Query, () => {}).visit(this.#sources(since), visit as VisitRow);
      return;
    }
    for (const chunk of this.chunks(since)) {
      for (let row = 0; row < chunk.count; row++) visit((chunk.entities as unknown as Int32Array)[row]!, chunk, row);
    }
  }

  /** The entities that match, as a list of their own. */
  entities(since = -1): Int32Array {
    this.core.checkOpen();
    if (typeof since !== "number") throw badArgument("since", since, "a tick");
    if (this.#related.length > 0) return Int32Array.from(this.#sources(since), ({ entity }) => entity);
    const result = new Int32Array(this.matches.reduce((sum, { table }) => sum + table.rows, 0));
    let count = 0;
    for (const match of this.matches) {
      const { table } = match;
      for (let k = 0; k < table.usedChunks; k++) {
        if (!passes(match, k, since)) continue;
        const from = table.blockOf(table.columns[0]!, k) << 4;
        const rows = table.rowsOf(k);
        result.set(this.core.arena.memory.i32.subarray(from, from + rows), count);
        count += rows;
      }
    }
    return count < result.length ? result.slice(0, count) : result;
  }

  /** The same for those who have pairs, from the shortest list of them: no other tables are looked at than theirs. */
  #sources(since: number): PairedRow[] {
    const { entities, relations, store } = this.core;
    const lists = this.#related.map(({ id, target }) => relations.sources(id, target));
    const fewest = lists.reduce((least, list) => (list.length < least.length ? list : least));
    const others = this.#related.filter((_, i) => lists[i] !== fewest);
    const matches = new Map<number, Match | undefined>();
    const found: PairedRow[] = [];
    for (const entity of fewest) {
      const number = entities.tableNumber(entity);
      if (number < 0) continue;
      if (!matches.has(number)) matches.set(number, this.#matchOf(store.tables[number]!));
      const match = matches.get(number);
      if (match === undefined || !others.every(({ id, target }) => relations.isRelated(id, entity, target))) continue;
      const row = entities.row(entity);
      if (passes(match, row >> store.shift, since)) found.push({ entity, match, row });
    }
    return found.sort((a, b) => compareSignatures(a.match.table.components, b.match.table.components) || a.row - b.row);
  }

  /**
   * The entities whose byte of `flags` is not 0, in the order of the chunks: one byte a row, counted over all chunks. A list of
   * its own. Throws `bad-argument` unless there are as many bytes as rows.
   */
  flagged(flags: Uint8Array<ArrayBufferLike>): Int32Array {
    this.checkUse();
    const { arena, jobs } = this.core;
    let total = 0;
    for (const { table } of this.matches) total += table.rows;
    if (!(flags instanceof Uint8Array) || flags.length !== total)
      throw badArgument("flags", flags, `a Uint8Array of ${total} bytes, one a row`);
    const mask = arena.scratch(total * 5 + 64);
    const out = (mask + total + 63) & ~63;
    arena.memory.u8.set(flags, mask);
    const count = jobs.compact(arena.memory, mask, total, out);
    const { i32 } = arena.memory;
    const found = new Int32Array(count);
    let [i, first] = [0, 0];
    for (const { table } of this.matches) {
      const [ids, full] = [table.columns[0]!, (1 << table.shift) - 1];
      for (; i < count && i32[(out >>> 2) + i]! < first + table.rows; i++) {
        const row = i32[(out >>> 2) + i]! - first;
        found[i] = i32[(table.blockOf(ids, row >> table.shift) << 4) + (row & full)]!;
      }
      first += table.rows;
    }
    return found;
  }

  /** How many entities match. */
  get count(): number {
    this.core.checkOpen();
    if (this.#related.length > 0) return this.entities().length;
    let count = 0;
    for (const { table } of this.matches) count += table.rows;
    return count;
  }

  /** Whether an entity matches. A stale one does not. */
  has(entity: Entity): boolean {
    this.core.checkOpen();
    const number = this.core.entities.tableNumber(entity);
    if (number < 0 || !this.#takes(this.core.store.tables[number]!)) return false;
    if (this.#related.length === 0) return true;
    return this.#related.every(({ id, target }) => this.core.relations.isRelated(id, entity, target));
  }

  /** Throws unless the chunks of this query can be handed out now. */
  checkUse(): void {
    this.core.checkOpen();
    if (this.#related.length > 0) {
      throw new WorldloomError(
        "bad-argument",
        "A query with related(...) is iterated by entity: use entities() or each().",
      );
    }
    this.#checkAccess();
  }

  #checkAccess(): void {
    if (!this.core.checked || this.core.running === undefined) return;
    const { running } = this.core;
    for (const { id, write } of this.fields) checkAccess(running, this.core.schema.component(id).name, id, write);
    if (this.fields.length > 0 && running.bounded && !running.asking && !this.#isWithin(running.query))
      refuseBeyond(running.access);
  }

  /** Whether this asks for all that another query asks for. */
  #isWithin(other: Query): boolean {
    return (
      other.#required.every((id) => this.#required.includes(id)) &&
      other.#excluded.every((id) => this.#excluded.includes(id))
    );
  }

  #compile(term: Term, fields: QueryField[]): void {
    const { schema } = this.core;
    const field = (component: Component, write: boolean): void => {
      if (write && component === (Name as unknown))
        throw new WorldloomError("bad-argument", "Write names with world.name: they have an index.");
      fields.push({ id: this.#idOf(component), key: component.key, write });
    };
    switch (term?.is) {
      case "component":
        this.#required.push(this.#idOf(term));
        field(term, false);
        break;
      case "write":
        this.#required.push(this.#idOf(term.component));
        field(term.component, true);
        break;
      case "optional":
        if (term.term?.is === "write") field(term.term.component, true);
        else field(term.term, false);
        break;
      case "without":
        this.#excluded.push(this.#idOf(term.component));
        break;
      case "anyOf":
        this.#anyOf.push(term.components.map((component) => this.#idOf(component)));
        break;
      case "changed":
      case "added": {
        const id = this.#idOf(term.component);
        if (!this.#required.includes(id)) {
          this.#required.push(id);
          if (!this.terms.some((other) => nameOf(other) === term.component)) field(term.component, false);
        }
        (term.is === "changed" ? this.#changed : this.#added).push(id);
        break;
      }
      case "related": {
        const id = schema.idOf(term.relation, "relation");
        if (term.relation.relation.exclusive) this.#required.push(id);
        this.#related.push({ id, target: term.target });
        break;
      }
      default:
        throw badArgument(
          "a term of a query",
          term,
          `a component, or write, without, optional, anyOf, changed, added or related${Array.isArray(term) ? "; give terms one by one, without a list around them" : ""}`,
        );
    }
  }

  #idOf(component: Component): number {
    const id = this.core.schema.idOf(component);
    const { role } = this.core.schema.declared[id]!;
    if (role === "relation") expectOneTarget(component);
    if (role === "component" || role === "relation") return id;
    throw new WorldloomError("bad-argument", `${component.name} is ${nounOf(role)}; queries are over components.`, {
      component: component.name,
    });
  }

  #takes(table: Table): boolean {
    if (table.kind !== "archetype") return false;
    const { columnOf } = table;
    for (let i = 0; i < this.#required.length; i++) if (columnOf[this.#required[i]!] === undefined) return false;
    for (let i = 0; i < this.#excluded.length; i++) if (columnOf[this.#excluded[i]!] !== undefined) return false;
    for (let i = 0; i < this.#anyOf.length; i++)
      if (!this.#anyOf[i]!.some((id) => columnOf[id] !== undefined)) return false;
    return true;
  }

  #matchOf(table: Table): Match | undefined {
    if (!this.#takes(table)) return undefined;
    return {
      table,
      columns: this.fields.map(({ id }) => table.columnOf[id] ?? -1),
      changed: this.#changed.map((id) => table.columnOf[id]!).filter((c) => c >= 0),
      added: this.#added.map((id) => table.columnOf[id]!).filter((c) => c >= 0),
      views: [],
      fresh: new Int32Array(0),
      blocks: new Int32Array(0),
      viewsEpoch: -1,
      firstCapacity: 0,
      ownedEpoch: -1,
      layouts: [],
    };
  }
}

/** The component whose columns a term hands out by name, alone or to write. */
function nameOf(term: Term): Component | undefined {
  return term?.is === "component" ? term : term?.is === "write" ? term.component : undefined;
}

/** Whether a chunk was changed, and gained rows, after tick `since` as the query asks. */
export function passes(match: Match, k: number, since: number): boolean {
  const { table, changed, added } = match;
  const words = table.arena.memory.i32;
  for (let i = 0; i < changed.length; i++)
    if (words[table.columns[changed[i]!]!.base + k * 4 + 1]! <= since) return false;
  for (let i = 0; i < added.length; i++) if (words[table.columns[added[i]!]!.base + k * 4 + 2]! <= since) return false;
  return true;
}
