import { WorldloomError } from "../../core/errors.ts";
import type { Component, Schema } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import type { SystemContext } from "../../ecs/system.ts";
import type { World } from "../../ecs/world.ts";
import type { EntityRow, Outcome, StateField, UpdateBatch } from "../engine.ts";
import type { ScriptFault } from "../fault.ts";
import type { Entity } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { callsOf } from "./component-call.ts";
import type { DomainSlot } from "./domain-slot.ts";
import { ScriptFaulted, ScriptResume } from "./events.ts";
import { noteFault, noteResumed } from "./policy.ts";
import { changeVersion } from "./reload.ts";
import { type ChunkRows, Rows } from "./rows.ts";
import type { Caller } from "./scope-caller.ts";
import { book, type Script, status } from "./script.ts";
import { dropAll, dueTasks, noteWaits } from "./tasks.ts";
import type { Version, WorldScripts } from "./world-scripts.ts";

type Numbers = { [row: number]: number };

/** One script in one world in one tick. */
export class Run {
  readonly scripts: WorldScripts;
  readonly script: Script;
  readonly context: SystemContext;
  readonly slot: DomainSlot;
  readonly caller: Caller;
  version: Version;
  program: number;
  /** Entities that stand for waits that are over. */
  readonly places: Entity[] = [];
  /** Instances that are gone, and with them their tasks. */
  readonly dropped = new Set<number>();
  /** Set when the instructions of the tick are used up, or the machine is broken: nothing more is called. */
  spent = false;
  /** Events of faults. */
  #told = 0;
  /** Entities that stand for calls that were made. */
  readonly #made: Entity[] = [];

  constructor(scripts: WorldScripts, script: Script, context: SystemContext) {
    this.scripts = scripts;
    this.script = script;
    this.context = context;
    this.slot = scripts.enter(script, context);
    this.caller = scripts.callerOf(script);
    this.version = scripts.version(script);
    this.program = scripts.program(script, this.slot);
  }

  /** Reloads, starts, events, tasks, updates, in this order. */
  all(): void {
    changeVersion(this);
    this.#resumed();
    if (!this.isWhole()) this.#disown();
    const chunks = this.version.rows.chunks();
    this.#start(chunks);
    this.#events(chunks);
    this.#tasks();
    this.#calls();
    if (this.version.chunk.manifest.hooks.includes("onUpdate")) for (const chunk of chunks) this.#update(chunk);
    this.finish();
  }

  /** Whether there are as many instances as rows that name one: no entity came or went with one. */
  isWhole(): boolean {
    let named = 0;
    for (const { count, columns } of this.version.book.chunks())
      named += positive(columns[0]![book.instance] as Int32Array, count);
    return named === this.slot.domain.instancesOf(this.program);
  }

  /** Rows that were copied, as those of a scene, name an instance of another entity, or none: theirs are made from their state. */
  #disown(): void {
    const owners = new Map<number, Entity>();
    const all = this.slot.domain.instances();
    for (let i = 0; i < all.length; i += 3) if (all[i + 2] === this.program) owners.set(all[i]!, all[i + 1]!);
    for (const { count, entities, columns } of ledgerOf(this.scripts.world, this.script).chunks()) {
      const own = columns[0]! as unknown as readonly Numbers[];
      for (let row = 0; row < count; row++) {
        const instance = own[book.instance]![row]!;
        if (instance <= 0 || owners.get(instance) === entities[row]) continue;
        own[book.instance]![row] = 0;
        if (own[book.status]![row] !== status.running) continue;
        own[book.status]![row] = status.waiting;
        own[book.until]![row] = this.context.tick;
      }
    }
  }

  /** Ends what the calls of this run began. */
  finish(): void {
    const { scope } = this.scripts;
    scope.close();
    if (this.#made.length > 0) this.context.commands.despawnMany(this.#made.splice(0));
    if (this.slot.worn || this.slot.domain.broken === true) return this.#renew();
    noteWaits(this);
    this.slot.settle();
  }

  /** Calls a function of an instance, as one transaction. */
  call(row: EntityRow, instance: number, name: string, values: readonly ScriptValue[]): Outcome {
    this.#begin(row.entity);
    return this.slot.domain.call(this.program, instance, row, name, values);
  }

  /** Makes an instance for a row, as one transaction. */
  instantiate(row: EntityRow): Outcome {
    this.#begin(row.entity);
    return this.slot.domain.instantiate(this.program, row);
  }

  /** Makes instances for the rows of a batch in place of those that they have, each as one transaction. */
  remake(batch: UpdateBatch): void {
    this.#begin(0);
    this.scripts.watchdog.look();
    this.slot.domain.remake!(this.program, batch);
  }

  /** Makes an instance for a row that has none, and calls `onStart` where that `starts` it. False if that failed. */
  make(row: EntityRow, own: readonly ArrayLike<number>[], starts: boolean): boolean {
    if (starts)
      for (const { column, initial } of this.version.state.spares)
        (own[column] as Numbers)[row.row] = firstValue(this.scripts, initial);
    const made = this.instantiate(row);
    if (!made.ok) {
      this.fail(made.fault, own, row.row);
      return false;
    }
    const instance = Number(made.value);
    (own[book.instance] as Numbers)[row.row] = instance;
    (own[book.status] as Numbers)[row.row] = status.running;
    if (!starts) return true;
    const started = this.call(row, instance, "onStart", []);
    if (started.ok) (own[book.started] as Numbers)[row.row] = 1;
    else this.fail(started.fault, own, row.row);
    return started.ok;
  }

  /** Takes back what the call did, gives up the instance's heap, and notes what becomes of the instance. */
  fail(fault: ScriptFault, own: readonly ArrayLike<number>[], row: number, entity = fault.entity): void {
    const { scripts, script, context, slot } = this;
    scripts.scope.rollback(entity);
    const instance = own[book.instance]![row]!;
    if (instance > 0) slot.discard(instance);
    this.dropped.add(instance);
    noteFault(own, row, fault, context.tick, script.policy);
    if (fault.kind === "instructionsPerTick") this.spent = true;
    this.wear(fault);
    this.report(fault);
  }

  /** After a fault that the machine does not outlive: nothing more is called where it is broken. */
  wear({ kind }: ScriptFault): void {
    const { slot } = this;
    if (slot.domain.broken === true) this.spent = true;
    else if (slot.domain.unit === "batch" || (kind !== "work" && kind !== "memory")) return;
    slot.worn = true;
  }

  report(fault: ScriptFault): void {
    const { entity, kind, line } = fault;
    // Where the world has no room for another, those who listen are told all the same.
    const { store, schema, limits } = this.scripts.world.core;
    const alive =
      store.find("event", [schema.find((ScriptFaulted as unknown as { component: Component }).component)])?.rows ?? 0;
    if (alive + this.#told < limits.events) {
      this.#told++;
      this.context.commands.emit(ScriptFaulted, { script: this.script.name, entity, kind, line });
    }
    this.scripts.scripts.faulted(fault, this.scripts.world);
  }

  #begin(entity: Entity): void {
    const { scope } = this.scripts;
    this.slot.touch();
    this.scripts.watchdog.called(this.script.name);
    scope.commit();
    scope.start(this.caller, entity, this.slot.domain.unit === "batch");
  }

  /** Instances that somebody resumed by hand are made again in this tick. */
  #resumed(): void {
    for (const { script, entity } of this.scripts.world.inputs(ScriptResume)) {
      if (script !== this.script.name) continue;
      const row = ledgerOf(this.scripts.world, this.script).rowOf(entity);
      if (row !== undefined) noteResumed(row.columns[0]!, row.row, this.context.tick);
    }
  }

  #start(chunks: readonly ChunkRows[]): void {
    const { tick } = this.context;
    for (const { count, entities, columns } of chunks) {
      const own = columns[0]!;
      const state = own[book.status] as Uint8Array;
      for (let row = idle(state, 0, count); row < count && !this.spent; row = idle(state, row + 1, count)) {
        if (state[row] === status.waiting && own[book.until]![row]! <= tick) state[row] = status.fresh;
        if (state[row] !== status.fresh) continue;
        this.make({ entity: entities[row]!, row, columns: columns.slice(1) }, own, own[book.started]![row] === 0);
      }
    }
  }

  /** Events that were emitted after the tick before began: each is heard once, in the tick after. */
  #events(chunks: readonly ChunkRows[]): void {
    const { hears, hooks } = this.version.chunk.manifest;
    if (!hooks.includes("onEvent")) return;
    const { world, scripts } = this.scripts;
    for (const heard of hears) {
      const [name = "", field] = heard.split(".");
      const type = scripts.types.event(name) as EventType<string, Schema>;
      for (const { tick, ...fields } of world.events(type)) {
        if (tick !== this.context.tick - 1 || this.spent) continue;
        const values = [name, fields as unknown as ScriptValue];
        if (field !== undefined) {
          const row = this.version.rows.rowOf(Number((fields as Record<string, unknown>)[field]));
          if (row === undefined) continue;
          this.#hear({ entity: row.entity, row: row.row, columns: row.rest }, row.columns[0]!, values);
          continue;
        }
        for (const { count, entities, columns } of chunks)
          for (let row = 0; row < count; row++)
            this.#hear({ entity: entities[row]!, row, columns: columns.slice(1) }, columns[0]!, values);
      }
    }
  }

  #hear(row: EntityRow, own: readonly ArrayLike<number>[], values: readonly ScriptValue[]): void {
    if (this.spent || own[book.status]![row.row] !== status.running) return;
    const heard = this.call(row, own[book.instance]![row.row]!, "onEvent", values);
    if (!heard.ok) this.fail(heard.fault, own, row.row);
  }

  #tasks(): void {
    for (const { task, owner, instance, value, place } of dueTasks(this)) {
      if (this.spent) return;
      const row = this.version.rows.rowOf(owner);
      if (row === undefined && this.#lacks(owner)) continue;
      const own = row?.columns[0];
      if (row !== undefined && own![book.instance]![row.row] === instance) {
        if (own![book.status]![row.row] !== status.running) continue;
        this.#begin(owner);
        const at = { entity: owner, row: row.row, columns: row.rest };
        const outcome = this.slot.domain.resume(this.program, task, instance, at, value);
        if (!outcome.ok) this.fail(outcome.fault, own!, row.row);
      }
      this.places.push(place);
    }
    this.places.reverse();
  }

  /** Calls that were asked for with `Tasks.after`. */
  #calls(): void {
    for (const { place, owner, name } of callsOf(this.scripts.world.core, this.script.name, this.context.tick)) {
      if (this.spent) return;
      const row = this.version.rows.rowOf(owner);
      if (row === undefined && this.#lacks(owner)) continue;
      if (row !== undefined) {
        const own = row.columns[0]!;
        if (own[book.status]![row.row] !== status.running) continue;
        const at = { entity: owner, row: row.row, columns: row.rest };
        const outcome = this.call(at, own[book.instance]![row.row]!, name, []);
        if (!outcome.ok) this.fail(outcome.fault, own, row.row);
      }
      this.#made.push(place);
    }
  }

  /** Whether an entity has the script, but lacks a component that it needs: it waits until it has all again. */
  #lacks(entity: Entity): boolean {
    return this.version.book.rowOf(entity) !== undefined;
  }

  #update({ count, entities, columns }: ChunkRows): void {
    const { domain } = this.slot;
    const own = columns[0]!;
    const batch: UpdateBatch = {
      count,
      entities,
      instances: own[book.instance] as Int32Array,
      due: running(own[book.status] as Uint8Array, count),
      columns: columns.slice(1) as UpdateBatch["columns"],
    };
    for (let from = 0; from < count && !this.spent; ) {
      this.#begin(0);
      this.scripts.watchdog.look();
      from = domain.update(this.program, batch, from, this.scripts.scope.delta);
      if (domain.fault === undefined) return;
      if (domain.unit === "batch") return this.#failBatch(domain.fault, own, count);
      this.fail(domain.fault, own, from - 1, entities[from - 1]);
    }
  }

  /** All rows of a batch that failed as one wait alike. */
  #failBatch(fault: ScriptFault, own: readonly ArrayLike<number>[], count: number): void {
    this.scripts.scope.rollback(0);
    for (let row = 0; row < count; row++) {
      if (own[book.status]![row] !== status.running) continue;
      this.slot.discard(own[book.instance]![row]!);
      this.dropped.add(own[book.instance]![row]!);
      noteFault(own, row, fault, this.context.tick, this.script.policy);
    }
    if (fault.kind === "instructionsPerTick") this.spent = true;
    this.report(fault);
  }

  /** The machine starts afresh: instances of all its scripts are made again from their state in the next tick. */
  #renew(): void {
    const { scripts, slot } = this;
    for (const script of scripts.scripts.list) {
      if (script.domain !== slot.domain.name) continue;
      for (const { count, columns } of ledgerOf(scripts.world, script).chunks()) {
        const [instances, state] = [columns[0]![book.instance]!, columns[0]![book.status]!];
        for (let row = 0; row < count; row++) {
          instances[row] = 0;
          if (state[row] === status.running) state[row] = status.waiting;
        }
      }
    }
    dropAll(this);
    slot.renew();
  }
}

/** A script's own columns, to be written, of all entities that have it: those that lack what it needs included. */
export function ledgerOf(world: World, { component }: Script): Rows {
  return new Rows(world, [{ component, write: true }]);
}

/** A field's first value as its column holds it. Throws `string-limit` for a text that the world has no room for. */
export function firstValue({ scope, world }: WorldScripts, initial: StateField["default"]): number {
  if (typeof initial !== "string") return Number(initial);
  const id = scope.texts.intern(initial);
  if (id >= 0) return id;
  const { limit } = world.core.strings;
  throw new WorldloomError(
    "string-limit",
    `The world may hold ${limit} strings and has no room for the first value of a field; raise limits.strings.`,
    { limit },
  );
}

function positive(numbers: Int32Array, count: number): number {
  let found = 0;
  for (let i = 0; i < count; i++) found += numbers[i]! > 0 ? 1 : 0;
  return found;
}

/** The first row from there on that does not run. */
function idle(state: Uint8Array, from: number, count: number): number {
  let row = from;
  while (row < count && state[row] === status.running) row++;
  return row;
}

let due = new Uint8Array(1024);

/** A byte a row, 1 where it runs. Valid until the next call. */
function running(state: Uint8Array, count: number): Uint8Array {
  if (due.length < count) due = new Uint8Array(count);
  const marks = due;
  for (let row = 0; row < count; row++) marks[row] = state[row] === status.running ? 1 : 0;
  return marks;
}
