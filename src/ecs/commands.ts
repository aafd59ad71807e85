import { badArgument, expectCount } from "../core/argument.ts";
import { lengthOf } from "./bulk.ts";
import { type BulkColumn, type BulkItem, checkBulk } from "./bulk-item.ts";
import type { Component, RowInit, Schema } from "./component.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import { entityWords } from "./entity-list.ts";
import { checkEvents, type EventType } from "./event.ts";
import { type BulkInit, type BulkItems, eachItem, type SpawnItem, type TypedItem } from "./item.ts";
import { op } from "./op.ts";
import { checkItem, checkValues, type Item } from "./operations.ts";
import type { Relation } from "./relation.ts";
import type { Resource } from "./resource.ts";
import type { Checked } from "./value.ts";

/** An entity that a buffer will spawn: a negative number, valid inside that buffer only. */
export type Ticket = number;

const NOTHING = new Float64Array(0);
const NO_HALVES = new Int32Array(0);
/** Shorter lists are copied number by number: a view costs more. */
const SET_MIN = 48;

/** How much a buffer held at a moment. */
export interface CommandMark {
  count: number;
  length: number;
  last: number;
  tickets: number;
  texts: number;
}

/**
 * Changes that wait for a sync point, where they are applied in the order (source, sequence), all or nothing.
 * Values are checked when they are recorded. A buffer is a stream of numbers and a list of texts, so it can be kept.
 */
export class Commands {
  readonly core: Core;
  /** Buffers are merged in ascending order of their sources. */
  readonly source: number;
  /** Commands recorded. */
  count = 0;
  /** Each command is [op, words, ...operands]. */
  words: Float64Array = NOTHING;
  length = 0;
  readonly texts: string[] = [];
  tickets = 0;

  /** Throws `bad-argument`. */
  constructor(core: Core, source: number) {
    if (!Number.isSafeInteger(source)) throw badArgument("source of commands", source, "an integer");
    this.core = core;
    this.source = source;
  }

  /** Forgets everything; the memory stays for the next use. */
  clear(): void {
    this.count = 0;
    this.length = 0;
    this.tickets = 0;
    // Setting the length is a call into the engine, also where it stays 0.
    if (this.texts.length > 0) this.texts.length = 0;
  }

  /** Spawns an entity and returns its ticket, which later commands of this buffer take as an entity. */
  spawn<const T extends readonly SpawnItem[]>(...items: T & { [I in keyof T]: TypedItem<T[I]> }): Ticket {
    const checked = this.#items(items);
    this.tickets++;
    this.begin(op.spawn, -this.tickets);
    this.putItems(checked);
    return -this.tickets;
  }
  /** Gives a row to an id that was reserved. */
  settle(entity: Entity, items: readonly Item[]): void {
    this.begin(op.settle, entity);
    this.putItems(items);
  }
  /** Spawns an entity with a given id that is free: what takes a despawn back. */
  revive(entity: Entity, items: readonly Item[]): void {
    this.begin(op.revive, entity);
    this.putItems(items);
  }
  despawn(entity: Entity | Ticket): void {
    this.#check(entity);
    this.begin(op.despawn, entity);
  }
  add<S extends Schema>(entity: Entity | Ticket, component: Component<string, S>, values?: RowInit<S>): void {
    this.#check(entity);
    this.putAdd(entity, checkItem(this.core, component as Component, values, -this.tickets));
  }
  remove(entity: Entity | Ticket, component: Component): void {
    this.#check(entity);
    this.begin(op.remove, entity, checkItem(this.core, component, undefined).id);
  }
  set<S extends Schema>(entity: Entity | Ticket, component: Component<string, S>, values: RowInit<S>): void {
    this.#check(entity);
    this.putSet(entity, checkItem(this.core, component as Component, values, -this.tickets));
  }
  relate<S extends Schema>(
    source: Entity | Ticket,
    relation: Relation<string, S>,
    target: Entity | Ticket,
    values?: Omit<RowInit<S>, "target">,
  ): void {
    this.#check(source);
    this.#check(target);
    const id = this.core.schema.idOf(relation as unknown as Component, "relation");
    this.putRelate(source, target, {
      id,
      values: checkValues(relation as unknown as Component, values, -this.tickets),
    });
  }
  /** Ends one pair, or every pair of the source. */
  unrelate(source: Entity | Ticket, relation: Relation, target: Entity | Ticket = 0): void {
    this.#check(source);
    if (!Number.isInteger(target)) throw badArgument("target", target, "an entity, or left out for every pair");
    this.begin(op.unrelate, source, this.core.schema.idOf(relation, "relation"), target);
  }
  /** Spawns many in one archetype. They have no tickets: use `spawn` where they are needed. */
  spawnMany<const C extends readonly unknown[]>(count: number, ...items: BulkItems<C>): void {
    expectCount(count, "count");
    if (count > this.core.limits.entities) this.core.entities.reserve(count);
    const checked: BulkItem[] = [];
    eachItem(items as readonly SpawnItem[], (component, init) => checked.push(this.#bulk(component, init, count)));
    this.begin(op.spawnMany, count, checked.length);
    for (const item of checked) this.#putBulk(item);
  }
  despawnMany(entities: ArrayLike<Entity>): void {
    this.#checkAll(entities);
    this.putDespawns(entities, 0, entities.length);
  }
  addMany<S extends Schema>(entities: ArrayLike<Entity>, component: Component<string, S>, values?: BulkInit<S>): void {
    this.#many(op.addMany, entities, component as Component, values);
  }
  removeMany(entities: ArrayLike<Entity>, component: Component): void {
    this.#many(op.removeMany, entities, component, undefined);
  }
  setMany<S extends Schema>(entities: ArrayLike<Entity>, component: Component<string, S>, values: BulkInit<S>): void {
    this.#many(op.setMany, entities, component as Component, values);
  }
  emit<S extends Schema>(event: EventType<string, S>, values?: RowInit<S>): void {
    const id = this.core.schema.idOfPart(event, "event");
    const item = { id, values: checkValues(event.component as unknown as Component, values, -this.tickets) };
    this.putEmit(item);
  }
  /** Emits `count` events of a type; values are by position: one for all, a function of it, or a list. */
  emitMany<S extends Schema>(event: EventType<string, S>, count: number, values?: BulkInit<S>): void {
    const checked = checkEvents(this.core, event as unknown as EventType, count, values, (text) => this.putText(text));
    this.putEmits(checked, count);
  }
  setResource<S extends Schema>(resource: Resource<string, S>, values: RowInit<S>): void {
    const id = this.core.schema.idOfPart(resource, "resource");
    this.putSetResource({ id, values: checkValues(resource.component as unknown as Component, values, -this.tickets) });
  }

  /** Starts a command with some operands. What follows belongs to it until the next one starts. */
  begin(code: number, a = Number.NaN, b = Number.NaN, c = Number.NaN): void {
    if (this.count > 0) this.words[this.#last + 1] = this.length - this.#last;
    this.#last = this.length;
    this.count++;
    this.#put(code);
    this.#put(0);
    if (a === a) this.#put(a);
    if (b === b) this.#put(b);
    if (c === c) this.#put(c);
  }
  #last = 0;
  /** The words as i32, two each; right where a list was given room in them. */
  #halves: Int32Array = NO_HALVES;

  putAdd(entity: Entity, item: Item): void {
    this.begin(op.add, entity);
    this.#putItem(item);
  }
  putSet(entity: Entity, item: Item): void {
    this.begin(op.set, entity);
    this.#putItem(item);
  }
  putRelate(source: Entity, target: Entity, item: Item): void {
    this.begin(op.relate, source, target);
    this.#putItem(item);
  }
  putSetResource(item: Item): void {
    this.begin(op.setResource);
    this.#putItem(item);
  }
  /** Gives `count` entities of a list that are known to exist, from `first` on, a tag, or takes it from them. */
  putTag(present: boolean, tag: Component, entities: ArrayLike<Entity>, first: number, count: number): void {
    const item = this.#bulk(tag, undefined, count);
    this.begin(present ? op.addMany : op.removeMany);
    this.#putEntities(entities, first, count);
    this.#putBulk(item);
  }
  /** Despawns such entities. */
  putDespawns(entities: ArrayLike<Entity>, first: number, count: number): void {
    this.begin(op.despawnMany);
    this.#putEntities(entities, first, count);
  }
  putEmit(item: Item): void {
    this.begin(op.emit);
    this.#putItem(item);
  }
  /** A text that a later column names by the number that this gives. */
  putText(text: string): number {
    return this.texts.push(text) - 1;
  }
  putEmits(item: BulkItem, count: number): void {
    this.begin(op.emitMany, count);
    this.#putBulk(item);
  }
  /** Queues an input for the tick after the one in which it is applied. */
  putInput(item: Item): void {
    this.begin(op.input);
    this.#putItem(item);
  }
  putItems(items: readonly Item[]): void {
    this.#put(items.length);
    for (const item of items) this.#putItem(item);
  }

  /** Notes in `mark` what the buffer holds. */
  mark(mark: CommandMark): void {
    mark.count = this.count;
    mark.length = this.length;
    mark.last = this.#last;
    mark.tickets = this.tickets;
    mark.texts = this.texts.length;
  }

  /** Forgets what was recorded since a mark of this buffer. */
  rewind(mark: CommandMark): void {
    this.count = mark.count;
    this.length = mark.length;
    this.#last = mark.last;
    this.tickets = mark.tickets;
    this.texts.length = mark.texts;
  }

  /** Ends the last command and returns its start: what {@link take} needs besides the stream. */
  seal(): number {
    if (this.count > 0) this.words[this.#last + 1] = this.length - this.#last;
    return this.#last;
  }

  /** Becomes what another buffer was that was sealed; `words` is not copied. */
  take(words: Float64Array, count: number, last: number, tickets: number, texts: readonly string[]): void {
    this.words = words;
    this.length = words.length;
    this.count = count;
    this.tickets = tickets;
    this.#last = last;
    this.texts.length = 0;
    for (const text of texts) this.texts.push(text);
  }

  /** Start of each command, and the end of the last. */
  offsets(): number[] {
    if (this.count > 0) this.words[this.#last + 1] = this.length - this.#last;
    const starts: number[] = [];
    for (let at = 0; at < this.length; at += this.words[at + 1]!) starts.push(at);
    starts.push(this.length);
    return starts;
  }

  /** Turns the order of the commands around. */
  reverse(): void {
    const starts = this.offsets();
    const turned = new Float64Array(this.words.length);
    let at = 0;
    for (let i = starts.length - 2; i >= 0; i--) {
      turned.set(this.words.subarray(starts[i]!, starts[i + 1]!), at);
      this.#last = at;
      at += starts[i + 1]! - starts[i]!;
    }
    this.#use(turned);
  }

  #items(items: readonly SpawnItem[]): Item[] {
    const checked: Item[] = [];
    eachItem(items, (component, init) => checked.push(checkItem(this.core, component, init, -this.tickets)));
    return checked;
  }

  #bulk(component: Component, init: unknown, count: number): BulkItem {
    return checkBulk(this.core, component, init, count, (text) => this.putText(text));
  }

  #many(code: number, entities: ArrayLike<Entity>, component: Component, values: unknown): void {
    this.#checkAll(entities);
    const item = this.#bulk(component, values, entities.length);
    this.begin(code);
    this.#putEntities(entities, 0, entities.length);
    this.#putBulk(item);
  }

  #check(entity: Entity | Ticket): void {
    if (Number.isInteger(entity) && entity < 0 && entity >= -this.tickets) return;
    if (this.core.entities.tableNumber(entity) === -1) throw this.core.entities.stale(entity);
  }

  #checkAll(entities: ArrayLike<Entity>): void {
    // The first that does not exist is a ticket, or refused.
    const length = lengthOf(entities);
    for (let i = this.core.entities.countTaken(entities); i < length; i++) this.#check(entities[i]!);
  }

  #putItem({ id, values }: Item): void {
    this.#put(id);
    const at = this.length;
    this.#put(values === undefined ? -1 : 0);
    if (values === undefined) return;
    let given = 0;
    for (let c = 0; c < values.length; c++) {
      const value = values[c];
      if (value === undefined) continue;
      given++;
      this.#put(c);
      if (typeof value === "object") for (const element of value) this.#putValue(element);
      else this.#putValue(value);
    }
    this.words[at] = given;
  }

  #putValue(value: Exclude<Checked, undefined | unknown[]>): void {
    this.#put(typeof value === "string" ? this.putText(value) : value);
  }

  #putBulk({ id, columns }: BulkItem): void {
    this.#put(id);
    this.#put(columns.length);
    for (const values of columns) this.#putColumn(values);
  }

  #putColumn(values: BulkColumn | undefined): void {
    if (values === undefined) this.#put(0);
    else if (typeof values === "number") {
      this.#put(1);
      this.#put(values);
    } else {
      this.#put(2);
      this.#putList(values);
    }
  }

  #putList(values: ArrayLike<number>): void {
    this.#put(values.length);
    this.#room(values.length);
    if (ArrayBuffer.isView(values)) this.words.set(values as unknown as Float64Array, this.length);
    else for (let i = 0; i < values.length; i++) this.words[this.length + i] = values[i]!;
    this.length += values.length;
  }

  /** Two entities or tickets a word: half the memory, and nothing is converted. */
  #putEntities(entities: ArrayLike<Entity>, first: number, count: number): void {
    this.#put(count);
    const words = entityWords(count);
    // Words that another buffer has left here are full, so that they are copied.
    this.#room(words + 1);
    // All bits of what is kept follow from the commands, also behind an odd number of entities.
    if (words > 0) this.words[this.length + words - 1] = 0;
    const at = this.length * 2;
    const halves = this.#halves;
    if (count >= SET_MIN && entities instanceof Int32Array) halves.set(entities.subarray(first, first + count), at);
    else for (let i = 0; i < count; i++) halves[at + i] = entities[first + i]!;
    this.length += words;
  }

  #put(word: number): void {
    if (this.length === this.words.length) this.#room(1);
    this.words[this.length++] = word;
  }

  #room(count: number): void {
    if (this.length + count <= this.words.length) return;
    const larger = new Float64Array(Math.max(64, this.words.length * 2, this.length + count));
    larger.set(this.words);
    this.#use(larger);
  }

  #use(words: Float64Array): void {
    this.words = words;
    this.#halves = new Int32Array(words.buffer);
  }
}
