import { expectInstance } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { addMany, despawnMany, removeMany, setMany, spawnMany } from "./bulk.ts";
import type { BulkColumn, BulkItem } from "./bulk-item.ts";
import { Commands, type Ticket } from "./commands.ts";
import type { ColumnSpec } from "./component.ts";
import type { Core } from "./core.ts";
import { despawn } from "./despawn.ts";
import { type Entity, NONE } from "./entities.ts";
import { entitiesAt, entityWords } from "./entity-list.ts";
import { append, appendMany } from "./event.ts";
import { op } from "./op.ts";
import { add, type Item, link, remove, set, setResource, settle, spawn, unrelate } from "./operations.ts";
import { Recorder } from "./recorder.ts";
import { countAlive } from "./slots.ts";
import { type Checked, isList } from "./value.ts";

/** What became of some buffers. */
export interface Applied {
  /** Commands that did something. */
  readonly applied: number;
  /** Commands about entities that no longer existed when their turn came. */
  readonly skipped: number;
  /** The entity that a ticket of a buffer became; without a buffer, of the first one. 0 if it is no ticket of it. */
  entityOf(ticket: Ticket, buffer?: Commands): Entity;
}

/** The same with the commands that take everything back. */
export interface Recorded extends Applied {
  readonly inverse: Commands;
}

/**
 * Applies buffers in the order (source, sequence), all or nothing; buffers of equal source keep the order given.
 * A command about an entity that no longer exists is skipped. Throws what the commands throw.
 */
export function applyCommands(core: Core, buffers: readonly Commands[], record: boolean): Applied & Partial<Recorded> {
  for (const buffer of buffers) {
    expectInstance(buffer, Commands, "commands", "commands made with world.commands()");
    if (buffer.core.schema.fingerprint !== core.schema.fingerprint) {
      throw new WorldloomError("schema-mismatch", "These commands were recorded for a world with another schema.");
    }
  }
  const order = buffers.map((_, i) => i).sort((a, b) => buffers[a]!.source - buffers[b]!.source || a - b);
  const entities: number[][] = buffers.map(() => [NONE]);
  const recorder = record ? new Recorder(new Commands(core, 0)) : undefined;
  let [applied, skipped] = [0, 0];
  core.atomicallyIf(core.guards === 0, () => {
    core.recorder = recorder;
    try {
      for (const b of order) {
        const reader = new Reader(core, buffers[b]!, entities[b]!);
        while (reader.more) {
          if (reader.apply()) applied++;
          else skipped++;
        }
      }
    } finally {
      core.recorder = undefined;
    }
  });
  recorder?.inverse.reverse();
  const entityOf = (ticket: Ticket, buffer = buffers[0]): Entity =>
    entities[buffers.indexOf(buffer!)]?.[-ticket] ?? NONE;
  return recorder === undefined
    ? { applied, skipped, entityOf }
    : { applied, skipped, entityOf, inverse: recorder.inverse };
}

/** Kept from call to call: nobody else's code runs while it is in use. */
let living = new Int32Array(64);

/** Decodes one buffer and applies it command by command. */
class Reader {
  readonly #core: Core;
  readonly #buffer: Commands;
  readonly #entities: number[];
  readonly #end: number;
  #at = 0;

  constructor(core: Core, buffer: Commands, entities: number[]) {
    this.#core = core;
    this.#buffer = buffer;
    this.#entities = entities;
    buffer.seal();
    this.#end = buffer.length;
  }

  get more(): boolean {
    return this.#at < this.#end;
  }

  /** Applies the next command; false if it was about an entity that does not exist. */
  apply(): boolean {
    const core = this.#core;
    const start = this.#at;
    const code = this.#next();
    const next = start + this.#next();
    let done = true;
    switch (code) {
      case op.spawn: {
        const ticket = this.#next();
        this.#entities[-ticket] = spawn(core, this.#related(this.#items()));
        break;
      }
      case op.settle:
      case op.revive: {
        const entity = this.#next();
        settle(core, entity, this.#related(this.#items()), code === op.revive);
        break;
      }
      case op.spawnMany: {
        const count = this.#next();
        const items = Array.from({ length: this.#next() }, () => this.#bulk());
        this.#spawnMany(count, items);
        break;
      }
      case op.despawnMany:
        despawnMany(core, this.#alive());
        break;
      case op.addMany:
      case op.setMany:
      case op.removeMany:
        this.#many(code);
        break;
      case op.emit:
        append(core, this.#item(), core.store.tick);
        break;
      case op.emitMany: {
        const count = this.#next();
        appendMany(core, this.#bulk(), count);
        break;
      }
      case op.input:
        append(core, this.#item(), core.store.tick + 1);
        break;
      case op.setResource:
        setResource(core, this.#item());
        break;
      default:
        done = this.#single(code);
    }
    this.#at = next;
    return done;
  }

  #single(code: number): boolean {
    const core = this.#core;
    const entity = this.#entity();
    if (!core.entities.isAlive(entity)) return false;
    switch (code) {
      case op.despawn:
        despawn(core, entity);
        return true;
      case op.add: {
        const item = this.#item();
        if (!this.#isRelated(item)) return false;
        add(core, entity, item);
        return true;
      }
      case op.remove:
        remove(core, entity, this.#next());
        return true;
      case op.set: {
        const item = this.#item();
        if (!this.#isRelated(item)) return false;
        set(core, entity, item);
        return true;
      }
      case op.relate: {
        const target = this.#entity();
        if (!core.entities.isAlive(target)) return false;
        const item = this.#item();
        if (!core.relations.relation(item.id).relation.exclusive) link(core, item, entity, target);
        else {
          const values: Checked[] = [...(item.values ?? [])];
          values[0] = target;
          add(core, entity, { id: item.id, values });
        }
        return true;
      }
      case op.unrelate: {
        const id = this.#next();
        const target = this.#entity();
        unrelate(core, id, entity, target === NONE ? undefined : target);
        return true;
      }
      default:
        throw new WorldloomError("bad-file", `The commands hold an unknown operation ${code}; they are damaged.`, {
          code,
        });
    }
  }

  /** Spawns many: a row lacks the relations whose targets have gone, so there is a batch for each run of rows alike. */
  #spawnMany(count: number, items: readonly BulkItem[]): void {
    const pairs = items.filter((item) => this.#relates(item));
    if (pairs.length === 0 || count === 0) {
      spawnMany(this.#core, count, items);
      return;
    }
    for (let start = 0, end = 0; start < count; start = end) {
      const gone = pairs.filter((item) => !this.#isRow(item, start));
      do end++;
      while (end < count && pairs.every((item) => this.#isRow(item, end) !== gone.includes(item)));
      const rows = Array.from({ length: end - start }, (_, i) => start + i);
      const kept = items.filter((item) => !gone.includes(item));
      spawnMany(this.#core, rows.length, rows.length === count ? kept : kept.map((item) => this.#rows(item, rows)));
    }
  }

  /** A bulk command: rows of entities that no longer exist, or whose targets do not, are left out. */
  #many(code: number): void {
    const core = this.#core;
    const { entities } = core;
    const given = this.#list();
    let list: ArrayLike<Entity> = given;
    let item = this.#bulk();
    const relates = this.#relates(item);
    // The first that does not exist is a ticket, or left out.
    if (relates || countAlive(entities, given) < given.length) {
      const all = Array.from(given, (entity) => this.#known(entity));
      const isKept = (i: number): boolean => entities.isAlive(all[i]!) && (!relates || this.#isRow(item, i));
      const kept = all.map((_, i) => i).filter(isKept);
      if (kept.length < all.length) item = this.#rows(item, kept);
      list = kept.map((i) => all[i]!);
    }
    if (code === op.addMany) addMany(core, list, item);
    else if (code === op.setMany) setMany(core, list, item);
    else removeMany(core, list, item.id);
  }

  /** The items without relations whose targets have gone in the meantime. */
  #related(items: Item[]): Item[] {
    return this.#core.relations.any ? items.filter((item) => this.#isRelated(item)) : items;
  }

  /** Whether it is not a relation whose target has gone in the meantime. */
  #isRelated({ id, values }: Item): boolean {
    const { relations, schema, entities } = this.#core;
    const target = values?.[0];
    if (typeof target !== "number" || target === NONE || !relations.any) return true;
    return schema.declared[id]!.role !== "relation" || entities.isAlive(target);
  }

  /** Whether the item of a bulk command gives targets. */
  #relates({ id, columns }: BulkItem): boolean {
    const { relations, schema } = this.#core;
    return columns[0] !== undefined && relations.any && schema.declared[id]!.role === "relation";
  }

  /** Whether the target that such an item gives to row `i` has not gone in the meantime. */
  #isRow({ columns }: BulkItem, i: number): boolean {
    const targets = columns[0]!;
    const target = typeof targets === "number" ? targets : targets[i]!;
    return target === NONE || this.#core.entities.isAlive(target);
  }

  /** Some rows of an item of a bulk command. */
  #rows({ id, columns }: BulkItem, kept: readonly number[]): BulkItem {
    return { id, columns: columns.map((values, c) => pick(values, kept, this.#spec(id, c).lanes)) };
  }

  #next(): number {
    return this.#buffer.words[this.#at++]!;
  }

  /** A ticket stands for the entity that it got. */
  #entity(): number {
    return this.#known(this.#next());
  }

  #known(entity: number): number {
    return entity < 0 ? (this.#entities[-entity] ?? NONE) : entity;
  }

  #items(): Item[] {
    const items: Item[] = [];
    for (let n = this.#next(); n > 0; n--) items.push(this.#item());
    return items;
  }

  #item(): Item {
    const id = this.#next();
    const given = this.#next();
    if (given < 0) return { id, values: undefined };
    const values: Checked[] = [];
    for (let g = 0; g < given; g++) {
      const c = this.#next();
      const spec = this.#spec(id, c);
      values[c] = isList(this.#core.schema.component(id), spec)
        ? Array.from({ length: spec.lanes }, () => this.#value(spec))
        : this.#value(spec);
    }
    return { id, values };
  }

  #spec(id: number, c: number): ColumnSpec {
    return this.#core.schema.component(id).columns[c]!;
  }

  #value(spec: ColumnSpec): number | string {
    const word = this.#next();
    if (spec.kind === "str") return this.#buffer.texts[word]!;
    return spec.kind === "entity" && word < 0 ? (this.#entities[-word] ?? NONE) : word;
  }

  /** A list of entities and tickets, in place. */
  #list(): Int32Array {
    const count = this.#next();
    const list = entitiesAt(this.#buffer.words, this.#at, count);
    this.#at += entityWords(count);
    return list;
  }

  /** Those of a list of entities that exist. Valid until the next call. */
  #alive(): Int32Array {
    const list = this.#list();
    const { entities } = this.#core;
    let found = countAlive(entities, list);
    if (found === list.length) return list;
    if (living.length < list.length) living = new Int32Array(list.length * 2);
    living.set(list.subarray(0, found));
    for (let i = found; i < list.length; i++) {
      const entity = this.#known(list[i]!);
      if (entities.isAlive(entity)) living[found++] = entity;
    }
    return living.subarray(0, found);
  }

  #bulk(): BulkItem {
    const id = this.#next();
    const columns: (BulkColumn | undefined)[] = [];
    for (let c = 0, n = this.#next(); c < n; c++) {
      const kind = this.#next();
      const text = this.#spec(id, c).kind === "str";
      const intern = (word: number): number => (text ? this.#core.strings.intern(this.#buffer.texts[word]!) : word);
      if (kind === 0) columns.push(undefined);
      else if (kind === 1) columns.push(intern(this.#next()));
      else {
        const count = this.#next();
        const list = this.#buffer.words.subarray(this.#at, this.#at + count);
        this.#at += count;
        columns.push(text ? list.map(intern) : list);
      }
    }
    return { id, columns };
  }
}

function pick(values: BulkColumn | undefined, kept: readonly number[], lanes: number): BulkColumn | undefined {
  if (values === undefined || typeof values === "number") return values;
  return Float64Array.from(kept.flatMap((i) => Array.from({ length: lanes }, (_, lane) => values[i * lanes + lane]!)));
}
