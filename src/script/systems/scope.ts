import type { Component } from "../../ecs/component.ts";
import type { Context } from "../../ecs/context.ts";
import type { Core } from "../../ecs/core.ts";
import { read } from "../../ecs/event.ts";
import type { SystemContext } from "../../ecs/system.ts";
import type { Table } from "../../ecs/table.ts";
import type { World } from "../../ecs/world.ts";
import { checkArguments } from "../api/argument.ts";
import { scriptApi } from "../api/index.ts";
import type { ApiNamespace, NumberedFunction } from "../api.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields, Filter, Hit, HostScope, Near, Place, Vec3 } from "../scope.ts";
import { UndoLog } from "../undo.ts";
import type { ScriptValue } from "../value.ts";
import { callsOf, ScriptCall } from "./component-call.ts";
import { DEFAULT_PLACE, placeOf } from "./component-place.ts";
import { calledFunctions } from "./own-api.ts";
import { Collider, Contact } from "./physics-components.ts";
import {
  bytesOf,
  type Caller,
  columnsOf,
  denied,
  type LogLine,
  lanesOf,
  type ScopeMark,
  type ScopeOptions,
  stateOf,
  stop,
  weightOf,
} from "./scope-caller.ts";
import { type CellRow, idOf, readFields, Touched, writeCells } from "./scope-cells.ts";
import { Draws } from "./scope-draws.ts";
import { ScopeRecord } from "./scope-record.ts";
import { Sight } from "./scope-sight.ts";
import { type Target, Targets } from "./scope-target.ts";
import { ScopeTexts } from "./scope-text.ts";
import { knownNames, type ScriptTypes } from "./types.ts";

const TICKETS_PER_TICK = 1 << 20;

/**
 * What scripts do to a world inside one system: what they write happens at once and is noted in the undo log, what changes
 * the structure waits in the system's commands. Between {@link open} and {@link close}, one call after the other: each is
 * started, and then kept or taken back. Everything that is written must be declared by the system.
 */
export class WorldScope implements HostScope {
  readonly world: World;
  readonly api: readonly ApiNamespace[];
  readonly undo: UndoLog;
  readonly delta: number;
  readonly place: Place;
  /** Whose call it is; 0 between calls. */
  entity: Entity = 0;
  readonly #core: Core;
  readonly #functions: readonly NumberedFunction[];
  readonly #types: ScriptTypes;
  readonly #log: (line: LogLine) => void;
  /** Texts, those included that this run brought. */
  readonly texts: ScopeTexts;
  readonly #record: ScopeRecord;
  readonly #draws = new Draws();
  readonly #sight: Sight;
  readonly #touched = new Touched();
  /** Names as each system that runs scripts declared them. */
  readonly #known = new WeakMap<Context, Targets>();
  #targets: Targets | undefined;
  #caller: Caller | undefined;
  #whole = false;
  #hostCalls = 0;
  #spawns = 0;
  #events = 0;
  #outputBytes = 0;
  #textMark = 0;
  /** Numbers given in the tick. */
  #numbers = 0;
  #tick = -1;
  #adoptions = -1;

  /** Throws `bad-argument`. */
  constructor(world: World, options: ScopeOptions) {
    this.world = world;
    this.#core = world.core;
    this.api = options.api ?? scriptApi;
    this.undo = options.undo ?? new UndoLog();
    this.delta = options.delta;
    this.place = placeOf(options.place ?? DEFAULT_PLACE);
    this.#functions = calledFunctions(this.api);
    this.#types = options.types;
    this.#log = options.log ?? (() => {});
    this.texts = new ScopeTexts(world.core);
    this.#record = new ScopeRecord(world.core, this.texts);
    this.#sight = new Sight(world.core, this.place, this.undo, (entities) => this.#charge(entities));
  }

  /** The system begins to run. */
  open(context: SystemContext): void {
    const own = context as unknown as Context;
    this.#targets = this.#known.get(own) ?? new Targets(own, this.#types);
    this.#known.set(own, this.#targets);
    this.texts.truncate(0);
    this.#record.open(context.commands);
    this.#touched.forget();
    this.#sight.forget();
    if (this.#tick !== this.tick || this.#adoptions !== this.#core.store.adoptions) {
      this.#tick = this.tick;
      this.#adoptions = this.#core.store.adoptions;
      this.#draws.restart(this.tick);
      this.#numbers = 0;
    }
    this.entity = 0;
  }

  /** The system has run: texts that scripts brought become the world's. Throws `arena-full`. */
  close(): void {
    this.commit();
    this.texts.settle();
  }

  /**
   * A call begins, or a batch of calls: with `whole` it is kept or taken back as one; else each entity that {@link call}
   * names begins another.
   */
  start(caller: Caller, entity: Entity, whole = false): void {
    this.#touched.keep();
    this.undo.clear();
    this.#caller = caller;
    this.#whole = whole;
    this.#begin(entity);
  }

  /** Runs a function of the API, as numbered. Throws {@link ScriptError}, {@link ScriptStop}. */
  call(index: number, entity: Entity, values: readonly ScriptValue[]): ScriptValue {
    this.#turn(entity);
    const { capabilities: allowed } = this.#caller!;
    this.#hostCalls++;
    const { fullName, function: fn } = this.#functions[index]!;
    this.#charge(weightOf(fn, values));
    if (fn.capability !== undefined && !allowed.has(fn.capability)) throw denied(fullName, fn.capability);
    checkArguments(fullName, fn, values);
    return fn.run(this, ...values);
  }

  /** What the call did stays. */
  commit(): void {
    this.#touched.keep();
    this.entity = 0;
  }

  /** The call of an entity, or the whole batch, is as if it had not been. What calls before it did stays. */
  rollback(entity: Entity): void {
    this.undo.revert(this.#core.arena.memory.u8);
    if (this.#whole || entity === this.entity) {
      this.#touched.forget();
      this.#record.rewind();
      this.texts.truncate(this.#textMark);
    }
    this.commit();
  }

  /** What calls have recorded until now, for {@link takeBack}. */
  mark(): ScopeMark {
    this.commit();
    return {
      record: this.#record.mark(),
      texts: this.texts.count,
      draws: this.#draws.counts(),
      numbers: this.#numbers,
    };
  }
  /** Nothing that was recorded since the mark counts; what was written since is up to the caller. */
  takeBack({ record, texts, draws, numbers }: ScopeMark): void {
    this.commit();
    this.#record.takeBack(record);
    this.texts.truncate(texts);
    this.#draws.setCounts(draws);
    this.#numbers = numbers;
  }

  text(id: number): string {
    return this.texts.text(id);
  }
  intern(text: string, entity = this.entity): number {
    this.#turn(entity);
    return idOf(this.texts, text);
  }

  get tick(): number {
    return this.world.tick;
  }
  get seed(): number {
    return this.#core.store.seed;
  }

  random(): number {
    return this.#draws.next(this.seed, this.tick, this.#caller!.name, this.entity);
  }

  isAlive(entity: Entity): boolean {
    return this.#core.entities.isAlive(entity);
  }
  has(entity: Entity, component: string): boolean {
    this.#mayRead(entity);
    const { id } = component === "State" ? this.#state() : this.#targets!.of(component, "component");
    return this.#tableOf(entity).columnOf[id] !== undefined;
  }
  get(entity: Entity, component: string, only?: string): Fields | undefined {
    this.#mayRead(entity);
    if (component === "State" && this.#caller!.state === undefined) return undefined;
    const target = component === "State" ? this.#state() : this.#targets!.readable(component);
    const table = this.#tableOf(entity);
    const column = table.columnOf[target.id];
    if (column === undefined) return undefined;
    if (column < 0) return {};
    this.#charge(lanesOf(table.columns[column]!.component));
    const cell: CellRow = { table, column, row: this.#core.entities.row(entity) };
    if (component !== "State") return readFields(this.#core, cell, this.texts, only);
    return stateOf(this.#caller!, readFields(this.#core, cell, this.texts));
  }
  set(entity: Entity, component: string, fields: Fields): undefined {
    this.#mayWrite(entity);
    const target = component === "State" ? this.#state() : this.#targets!.writable(component);
    if (this.#record.isTicket(entity)) {
      if (component === "State") throw new ScriptError("An entity that was spawned has no state yet");
      this.#record.set(entity, target, fields);
      return;
    }
    const table = this.#tableOf(entity);
    const column = table.columnOf[target.id];
    if (column === undefined) throw new ScriptError(`Entity ${entity} has no ${component}; add it first`);
    const given = component === "State" ? columnsOf(this.#caller!, fields) : fields;
    const values = this.#record.values(target.component, given, false)!;
    if (column < 0) return;
    const cell: CellRow = { table, column, row: this.#core.entities.row(entity) };
    this.#touched.detach(cell);
    writeCells(this.#core, cell, values, this.undo, this.texts);
  }
  add(entity: Entity, component: string, fields: Fields | undefined): undefined {
    const target = this.#changing(entity, component);
    this.#record.add(entity, target, fields);
  }
  remove(entity: Entity, component: string): undefined {
    const target = this.#changing(entity, component);
    this.#record.remove(entity, target);
  }

  spawn(name: string, components: Readonly<Record<string, Fields>>): number {
    this.#countSpawn();
    const prefab = this.#types.prefab(name);
    if (prefab === undefined)
      throw new ScriptError(
        `Scripts here know no prefab ${JSON.stringify(name.slice(0, 64))} (${knownNames(name, this.#types.prefabs)})`,
      );
    const overrides = Object.entries(components).map(([component, fields]) => {
      if (typeof fields !== "object") throw new ScriptError(`World.spawn: components: ${component} must be a table`);
      return [this.#targets!.writable(component), fields] as const;
    });
    return this.#record.spawn(prefab, overrides);
  }
  despawn(entity: Entity): undefined {
    if (!this.#record.isTicket(entity)) this.#tableOf(entity);
    this.#record.despawn(entity);
  }

  find(name: string): Entity {
    return this.#core.names.find(name);
  }
  withComponents(components: readonly string[], count: number): readonly Entity[] {
    const ids = components.map((name) => this.#targets!.of(name, "component").id);
    return this.#sight.having(ids, count);
  }
  near(x: number, y: number, z: number, radius: number, count: number): readonly Near[] {
    this.#targets!.readable(this.place.component);
    return this.#sight.near(x, y, z, radius, count);
  }
  ray(origin: Vec3, direction: Vec3, length: number, filter: Filter): Hit | undefined {
    this.#expectBodies();
    return this.#sight.ray(origin, direction, length, filter);
  }
  overlap(center: Vec3, size: number | Vec3, filter: Filter, count: number): readonly Entity[] {
    this.#expectBodies();
    return this.#sight.overlap(center, size, filter, count);
  }
  touching(entity: Entity): readonly Entity[] {
    this.#mayRead(entity);
    return this.#sight.touching(entity, this.#targets!.of(Contact.name, "event").id);
  }

  nextNumber(): number {
    return this.tick * TICKETS_PER_TICK + (this.#numbers++ % TICKETS_PER_TICK);
  }
  emit(event: string, fields: Fields): undefined {
    const { budget } = this.#caller!;
    if (++this.#events > budget.events) throw stop("events", budget.events, "events");
    this.#record.emit(this.#targets!.of(event, "event"), fields);
  }
  events(event: string): readonly Fields[] {
    return this.#happened(this.#targets!.of(event, "event").id);
  }
  inputs(input: string): readonly Fields[] {
    return this.#happened(this.#targets!.of(input, "input").id);
  }
  log(level: string, text: string): undefined {
    const { budget, name } = this.#caller!;
    this.#outputBytes += bytesOf(text);
    if (this.#outputBytes > budget.outputBytes) throw stop("outputBytes", budget.outputBytes, "bytes of output");
    this.#log({ level, text, script: name, entity: this.entity, tick: this.tick });
  }
  after(ticks: number, name: string): number {
    this.#countSpawn();
    this.#targets!.own(ScriptCall as unknown as Component);
    const task = this.nextNumber();
    const { name: script, budget } = this.#caller!;
    this.#record.ask({ owner: this.entity, script, name, tick: this.tick + ticks, task }, budget.spawns);
    return task;
  }
  cancel(task: number): boolean {
    const script = this.#caller!.name;
    if (this.#record.unask(task, script, this.entity)) return true;
    const all = callsOf(this.#core, script);
    this.#charge(all.length);
    const found = all.find((call) => call.task === task && call.owner === this.entity);
    if (found !== undefined) this.#record.despawn(found.place);
    return found !== undefined;
  }

  /** Where it is another entity's turn in a batch, its call begins. */
  #turn(entity: Entity): void {
    if (entity === this.entity) return;
    if (this.#whole) {
      this.entity = entity;
      return;
    }
    this.#touched.keep();
    this.#begin(entity);
  }
  #begin(entity: Entity): void {
    this.entity = entity;
    this.#hostCalls = 0;
    this.#spawns = 0;
    this.#events = 0;
    this.#outputBytes = 0;
    this.#textMark = this.texts.count;
    this.#record.begin();
  }

  /** The component that holds the script's state. */
  #state(): Target {
    const { state } = this.#caller!;
    if (state === undefined) throw new ScriptError("This script declares no state");
    return this.#targets!.own(state);
  }
  /** A component that is given or taken. */
  #changing(entity: Entity, component: string): Target {
    this.#mayWrite(entity);
    if (component === "State") throw new ScriptError("The State of a script comes and goes with it");
    const target = this.#targets!.writable(component);
    if (!this.#record.isTicket(entity)) this.#tableOf(entity);
    return target;
  }
  #mayRead(entity: Entity): void {
    if (entity !== this.entity && !this.#caller!.capabilities.has("world")) throw denied("Another entity", "world");
  }
  #mayWrite(entity: Entity): void {
    if (entity === this.entity || this.#record.isTicket(entity)) return;
    if (!this.#caller!.capabilities.has("write")) throw denied("Another entity", "write");
  }

  #tableOf(entity: Entity): Table {
    const number = this.#core.entities.tableNumber(entity);
    if (number >= 0) return this.#core.store.tables[number]!;
    if (this.#record.isTicket(entity))
      throw new ScriptError("An entity that was spawned can be read when the scripts of this tick have run");
    throw new ScriptError(`Entity ${entity} does not exist`);
  }

  #expectBodies(): void {
    this.#targets!.readable(this.place.component);
    this.#targets!.readable(Collider.name);
  }

  /** Events or inputs of a type, oldest first. */
  #happened(id: number): readonly Fields[] {
    this.#charge(this.#core.store.find("event", [id])?.rows ?? 0);
    return read(this.#core, id) as unknown as readonly Fields[];
  }

  /** Each 64 entities, events or values that a call of the host looks at count as one more call. */
  #charge(count: number): void {
    const { hostCalls } = this.#caller!.budget;
    this.#hostCalls += count >>> 6;
    if (this.#hostCalls > hostCalls) throw stop("hostCalls", hostCalls, "calls of the host");
  }

  #countSpawn(): void {
    const { budget } = this.#caller!;
    if (++this.#spawns > budget.spawns) throw stop("spawns", budget.spawns, "entities");
  }
}
