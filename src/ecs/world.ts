import { badArgument, expectCount, expectList } from "../core/argument.ts";
import { type Applied, applyCommands, type Recorded } from "./apply.ts";
import { addMany, despawnMany, lengthOf, removeMany, setMany, spawnGiven } from "./bulk.ts";
import { checkBulk, givesText } from "./bulk-item.ts";
import { type ApplyOptions, checkTick, NO_OPTIONS, recordOf } from "./call-options.ts";
import { Commands } from "./commands.ts";
import type { Component, Row, RowInit, Schema } from "./component.ts";
import { Context } from "./context.ts";
import { Core } from "./core.ts";
import { despawn } from "./despawn.ts";
import type { Entity } from "./entities.ts";
import { append, appendMany, checkEvents, type EventType, type Happened, type InputType, read } from "./event.ts";
import { type EventChunk, eventChunks } from "./event-chunks.ts";
import { type BulkInit, type BulkItems, eachItem, type SpawnItem, type TypedItem } from "./item.ts";
import { type WorldMetrics, worldMetrics } from "./metrics.ts";
import { Name } from "./name.ts";
import type { ChangeKind, Observer } from "./observer.ts";
import {
  add,
  checkItem,
  checkValues,
  get,
  has,
  type Item,
  link,
  readRow,
  remove,
  resourceTable,
  set,
  setResource,
  spawn,
  unrelate,
} from "./operations.ts";
import { coreOptions, type WorldOptions } from "./options.ts";
import { addPlain, plainId, spawnPlain } from "./plain.ts";
import type { Query } from "./query.ts";
import { QueryCache } from "./query-cache.ts";
import type { Relation } from "./relation.ts";
import type { Resource } from "./resource.ts";
import { State } from "./state.ts";
import type { System } from "./system.ts";
import type { Term } from "./term.ts";
import { runTick, type TickOptions } from "./tick.ts";
import { Waiting } from "./waiting.ts";

/** Makes an empty world. Throws `bad-argument`, `bad-schema`, `name-taken`, `component-limit`, `arena-full`. */
export function createWorld(options: WorldOptions): World {
  return new World(new Core(coreOptions(options)));
}

/**
 * Entities with components, in shared structure-of-arrays memory. Make one with {@link createWorld}.
 * Every operation either happens or throws a coded error and leaves the world as it was.
 */
export class World extends State {
  readonly #queries: QueryCache;
  readonly #contexts = new Map<System, Context>();
  /** The systems of the last tick, each a stage of its own. */
  readonly #stages: (readonly Context[])[] = [];
  readonly #waiting: Waiting;
  readonly #intern = (text: string): number => this.core.strings.intern(text);

  constructor(core: Core) {
    super(core);
    this.#queries = new QueryCache(core);
    this.#waiting = new Waiting(core);
  }

  /** Entities that exist. */
  get entityCount(): number {
    let count = 0;
    for (const table of this.core.store.tables) if (table.kind === "archetype") count += table.rows;
    return count;
  }

  /** A new entity. Throws `entity-limit`, `arena-full`, `component-unknown`, `bad-value` and what else values can be. */
  spawn<const T extends readonly SpawnItem[]>(...items: T & { [I in keyof T]: TypedItem<T[I]> }): Entity {
    const made = this.core.busy === 0 ? spawnPlain(this.core, items) : 0;
    if (made !== 0) return made;
    this.core.checkOpen();
    const checked = this.#items(items);
    const later = this.#waiting.commands;
    return later === undefined ? this.#tell(spawn(this.core, checked)) : this.#waiting.reserve(later, checked);
  }

  /** `count` new entities in one archetype; returns their ids. */
  spawnMany<const C extends readonly unknown[]>(count: number, ...items: BulkItems<C>): Int32Array {
    this.core.checkOpen("spawnMany");
    expectCount(count, "count");
    if (count > this.core.limits.entities) this.core.entities.reserve(count);
    return this.#tell(spawnGiven(this.core, count, items as readonly SpawnItem[]));
  }

  /** Removes an entity, with those that a relation ties to it. Throws `entity-stale`. */
  despawn(entity: Entity): void {
    const { core } = this;
    if (core.busy === 0 && core.structure.ways.despawn(entity, core.observers.version)) return;
    core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) return later.despawn(entity);
    this.#tell(despawn(this.core, entity));
  }
  despawnMany(entities: ArrayLike<Entity>): void {
    this.core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) return later.despawnMany(entities);
    this.#tell(despawnMany(this.core, entities));
  }

  /** Gives an entity a component, or sets the given fields where it has it. Throws `entity-stale`. */
  add<S extends Schema>(entity: Entity, component: Component<string, S>, values?: RowInit<S>): void {
    if (values === undefined) {
      const plain = plainId(this.core, component as Component);
      if (plain >= 0) {
        this.core.structure.add(entity, plain);
        return;
      }
    } else if (addPlain(this.core, entity, component as Component, values) !== 0) return;
    this.core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) return later.add(entity, component, values);
    this.#tell(add(this.core, entity, this.#item(component, values)));
  }
  /** The same for many entities; values are by position in the list. */
  addMany<S extends Schema>(entities: ArrayLike<Entity>, component: Component<string, S>, values?: BulkInit<S>): void {
    this.core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) return later.addMany(entities, component, values);
    this.#bulk(givesText(component as Component, values), () =>
      addMany(this.core, entities, this.#columns(component as Component, values, lengthOf(entities))),
    );
  }

  /** Takes a component from an entity; false if it had none. Throws `entity-stale`. */
  remove(entity: Entity, component: Component): boolean {
    const plain = plainId(this.core, component);
    if (plain >= 0) return this.core.structure.remove(entity, plain);
    this.core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) {
      later.remove(entity, component);
      return this.has(entity, component);
    }
    return this.#tell(remove(this.core, entity, this.#item(component).id));
  }
  /** Returns how many had it. */
  removeMany(entities: ArrayLike<Entity>, component: Component): number {
    this.core.checkOpen("removeMany");
    return this.#tell(removeMany(this.core, entities, this.#item(component).id));
  }

  /** Sets the given fields of a component. Throws `entity-stale`, `component-missing`. */
  set<S extends Schema>(entity: Entity, component: Component<string, S>, values: RowInit<S>): void {
    this.core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) return later.set(entity, component, values);
    this.#tell(set(this.core, entity, this.#item(component, values)));
  }
  setMany<S extends Schema>(entities: ArrayLike<Entity>, component: Component<string, S>, values: BulkInit<S>): void {
    this.core.checkOpen();
    const later = this.#waiting.commands;
    if (later !== undefined) return later.setMany(entities, component, values);
    this.#bulk(givesText(component as Component, values), () =>
      setMany(this.core, entities, this.#columns(component as Component, values, lengthOf(entities))),
    );
  }

  /** The values of a component, as a new object; undefined where the entity lacks it. Throws `entity-stale`. */
  get<S extends Schema>(entity: Entity, component: Component<string, S>): Row<S> | undefined {
    this.core.checkOpen();
    return get(this.core, entity, component as Component) as Row<S> | undefined;
  }
  /** Whether an entity that exists has a component. Throws `entity-stale`. */
  has(entity: Entity, component: Component): boolean {
    this.core.checkOpen();
    return has(this.core, entity, component);
  }
  isAlive(entity: Entity): boolean {
    return !this.core.disposed && this.core.entities.isAlive(entity);
  }

  /** The query of some terms, made once and kept, but with `related`. Throws `query-limit`, `component-unknown`, `bad-argument`. */
  query<const T extends readonly Term[]>(...terms: T): Query<T> {
    this.core.checkOpen();
    return this.#queries.get(terms) as unknown as Query<T>;
  }

  /** Makes a pair, or sets its fields; an exclusive relation replaces the target. Throws `entity-stale`, `hierarchy-cycle`. */
  relate<S extends Schema>(
    source: Entity,
    relation: Relation<string, S>,
    target: Entity,
    values?: Omit<RowInit<S>, "target">,
  ): void {
    this.core.checkOpen("relate");
    const { core } = this;
    core.schema.idOf(relation as unknown as Component, "relation");
    core.entities.check(source);
    core.entities.check(target);
    if (relation.relation.exclusive)
      this.#tell(add(core, source, this.#item(relation, { ...values, target } as unknown as RowInit<S>)));
    else {
      const item: Item = {
        id: core.schema.idOf(relation as unknown as Component),
        values: checkValues(relation as unknown as Component, values),
      };
      this.#tell(link(core, item, source, target));
    }
  }
  /** Ends a pair, or every pair of the source; false if there was none. Throws `entity-stale`. */
  unrelate(source: Entity, relation: Relation, target?: Entity): boolean {
    this.core.checkOpen("unrelate");
    const id = this.core.schema.idOf(relation, "relation");
    this.core.entities.check(source);
    return this.#tell(unrelate(this.core, id, source, target) > 0);
  }
  /** The targets of an entity, ascending; an exclusive relation has one at most. Throws `entity-stale`. */
  targets(source: Entity, relation: Relation): readonly Entity[] {
    this.core.checkOpen();
    this.core.entities.check(source);
    return this.core.relations.targets(this.core.schema.idOf(relation, "relation"), source);
  }
  /** The entities related to a target, ascending. Throws `entity-stale`. */
  sources(relation: Relation, target: Entity): readonly Entity[] {
    this.core.checkOpen();
    this.core.entities.check(target);
    return Array.from(this.core.relations.sources(this.core.schema.idOf(relation, "relation"), target));
  }

  /** The entity of that name, or 0. Register {@link Name} to use names. */
  find(name: string): Entity {
    this.core.checkOpen();
    return this.core.names.find(name);
  }
  /** Names an entity; the empty name takes its name away. Throws `entity-stale`, `name-taken`. */
  name(entity: Entity, name: string): void {
    this.add(entity, Name, { text: name });
  }

  /** The values of a resource, as a new object. */
  resource<S extends Schema>(resource: Resource<string, S>): Row<S> {
    this.core.checkOpen();
    return readRow(this.core, resourceTable(this.core, this.#resourceId(resource)), 0, 0) as Row<S>;
  }
  /** Sets the given fields of a resource. */
  setResource<S extends Schema>(resource: Resource<string, S>, values: RowInit<S>): void {
    this.core.checkOpen();
    const later = this.core.running?.commands;
    if (later !== undefined) return later.setResource(resource, values);
    const id = this.#resourceId(resource);
    this.#tell(setResource(this.core, { id, values: checkValues(resource.component as unknown as Component, values) }));
  }

  /** Notes an event of this tick. Throws `bad-argument` when too many are alive. */
  emit<S extends Schema>(event: EventType<string, S>, values?: RowInit<S>): void {
    this.core.checkOpen();
    const later = this.core.running?.commands;
    if (later !== undefined) return later.emit(event, values);
    append(this.core, this.#happening(event, "event", values), this.tick);
  }
  /** Notes `count` events at once; values are by position: one for all, a function of it, or a list. */
  emitMany<S extends Schema>(event: EventType<string, S>, count: number, values?: BulkInit<S>): void {
    this.core.checkOpen();
    const later = this.core.running?.commands;
    if (later !== undefined) return later.emitMany(event, count, values);
    const type = event as unknown as EventType;
    this.core.atomicallyIf(givesText(type?.component as unknown as Component, values), () =>
      appendMany(this.core, checkEvents(this.core, type, count, values, this.#intern), count),
    );
  }
  /** The events of a type that are alive, oldest first. */
  events<S extends Schema>(event: EventType<string, S>): readonly Happened<S>[] {
    this.core.checkOpen();
    return read(this.core, this.#happening(event, "event").id) as Happened<S>[];
  }
  /** The same as columns, a chunk after the other; valid until events come or go. A steady loop makes no objects. */
  eventChunks<S extends Schema>(event: EventType<string, S>): readonly EventChunk<S>[] {
    this.core.checkOpen();
    const id = this.core.schema.idOfPart(event, "event");
    return eventChunks(this.core, id).list() as readonly EventChunk<S>[];
  }
  /** Queues an input for the next tick. Throws `structure-locked` inside a tick. */
  input<S extends Schema>(input: InputType<string, S>, values?: RowInit<S>): void {
    this.core.checkOutside("input", "a system emits events instead");
    append(this.core, this.#happening(input, "input", values), this.tick + 1);
  }
  /** The inputs of a type for this tick, in the order in which they came. */
  inputs<S extends Schema>(input: InputType<string, S>): readonly Happened<S>[] {
    this.core.checkOpen();
    return read(this.core, this.#happening(input, "input").id) as Happened<S>[];
  }

  /** A buffer of changes for {@link apply}; buffers are merged in ascending order of `source`. */
  commands(source = 0): Commands {
    this.core.checkOpen();
    return new Commands(this.core, source);
  }
  /**
   * Applies buffers in the order (source, sequence), all or nothing. With `record`, the result holds the commands that
   * take everything back. Throws `bad-argument` and what the commands throw.
   */
  apply(buffers: Commands | readonly Commands[], options: { readonly record: true }): Recorded;
  apply(buffers: Commands | readonly Commands[], options?: ApplyOptions): Applied;
  apply(buffers: Commands | readonly Commands[], options: ApplyOptions = NO_OPTIONS): Applied {
    this.core.checkOpen("apply");
    const record = recordOf(options);
    return this.#tell(applyCommands(this.core, Array.isArray(buffers) ? buffers : [buffers as Commands], record));
  }

  /**
   * One tick: `tick` grows, then each system runs in the order given and its commands are applied. If one fails, the
   * world is as before the tick. Throws `tick-failed`, `bad-argument`, and `nondeterminism` where `twice` finds it.
   */
  step(systems: readonly System[], options: Partial<TickOptions> = NO_OPTIONS): void {
    this.core.checkOpen("step");
    expectList(systems, "systems");
    checkTick(options, false);
    const stages = this.#stages;
    stages.length = Math.min(stages.length, systems.length);
    for (let s = 0; s < systems.length; s++)
      if (systems[s] === undefined || stages[s]?.[0]?.system !== systems[s]) stages[s] = [this.contextOf(systems[s]!)];
    runTick(this.core, stages, options);
    this.core.observers.deliver();
  }

  /** Calls `observer` after changes of one kind to a component. Returns what takes it back. */
  observe(kind: ChangeKind, component: Component, observer: Observer): () => void {
    this.core.checkOpen();
    return this.core.observers.observe(kind, this.core.schema.idOf(component), observer);
  }

  /** Figures for people who watch over worlds. */
  metrics(): WorldMetrics {
    this.core.checkOpen();
    return worldMetrics(this.core, this.#queries.count);
  }

  /** The text of an id in a `str` column. */
  string(id: number): string {
    this.core.checkOpen();
    return this.core.strings.text(id);
  }

  /** An independent world that starts as this one is. Observers stay behind. Throws `arena-full`. */
  fork(): World {
    this.core.checkOpen("fork");
    return new World(this.core.fork(this.core.strings));
  }
  /** Gives all memory back. Snapshots and forks stay. Throws `structure-locked` inside a tick or an iteration. */
  dispose(): void {
    this.core.dispose();
    this.#queries.clear();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What a system works with in this world; made once. Not part of the public interface. */
  contextOf(system: System): Context {
    if (system?.is !== "system") throw badArgument("systems", system, "a list of systems made with system()");
    const known = this.#contexts.get(system);
    if (known !== undefined) return known;
    const made = new Context(this, system);
    this.#contexts.set(system, made);
    return made;
  }

  /** Checked columns may intern strings: a failure after that takes everything back where `guarded`. */
  #bulk<T>(guarded: boolean, change: () => T): T {
    return this.#tell(this.core.atomicallyIf(guarded, change));
  }

  #columns(component: Component, init: unknown, count: number): ReturnType<typeof checkBulk> {
    return checkBulk(this.core, component, init, count, this.#intern);
  }

  #resourceId(resource: { readonly component: unknown }): number {
    return this.core.schema.idOfPart(resource, "resource");
  }

  #happening(type: { readonly component: unknown }, role: "event" | "input", values?: object): Item {
    const component = type?.component as Component;
    return { id: this.core.schema.idOfPart(type, role), values: checkValues(component, values) };
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
