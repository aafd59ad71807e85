import { WorldloomError } from "../../core/errors.ts";
import type { CommandMark, Commands } from "../../ecs/commands.ts";
import type { Component } from "../../ecs/component.ts";
import type { Core } from "../../ecs/core.ts";
import { eachItem, type SpawnItem } from "../../ecs/item.ts";
import type { Item } from "../../ecs/operations.ts";
import type { Prefab } from "../../ecs/prefab.ts";
import { isRelation } from "../../ecs/relation.ts";
import { type Checked, checkInit } from "../../ecs/value.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields } from "../scope.ts";
import { callsOf, ScriptCall } from "./component-call.ts";
import { idOf } from "./scope-cells.ts";
import type { Target } from "./scope-target.ts";
import type { ScopeTexts } from "./scope-text.ts";

/** Failures of operations that are the script's doing: it may catch them. */
const CAUGHT = new Set([
  "bad-argument",
  "bad-value",
  "nan-forbidden",
  "entity-stale",
  "entity-limit",
  "component-missing",
  "component-unknown",
]);

/** Runs an operation of the ECS; what it refuses is an error of the script's. */
function refusing<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof WorldloomError && CAUGHT.has(error.code)) throw new ScriptError(error.message);
    throw error;
  }
}

/** A call in a later tick that was asked for in this run. */
interface Asked {
  readonly task: number;
  readonly ticket: number;
  readonly script: string;
  readonly owner: Entity;
}

/** How much was recorded. */
export interface RecordMark {
  readonly commands: CommandMark;
  readonly emitted: number;
  readonly asked: number;
}

/**
 * What scripts of one run ask for that waits for the sync point: all of it is checked here, so that applying it cannot fail
 * for what a script did.
 */
export class ScopeRecord {
  readonly #core: Core;
  readonly #texts: ScopeTexts;
  readonly #mark: CommandMark = { count: 0, length: 0, last: 0, tickets: 0, texts: 0 };
  /** Events emitted in this run, and how many of each id. */
  readonly #emitted: number[] = [];
  readonly #counts = new Map<number, number>();
  readonly #asked: Asked[] = [];
  /** Calls that wait by the entity that asked for them, of one script: those of the world, and those of this run. */
  readonly #waiting = new Map<Entity, number>();
  #waitingOf = "";
  #emittedMark = 0;
  #askedMark = 0;
  #commands: Commands | undefined;

  constructor(core: Core, texts: ScopeTexts) {
    this.#core = core;
    this.#texts = texts;
  }

  /** A run begins: what it records goes to these commands. */
  open(commands: Commands): void {
    this.#commands = commands;
    this.#emitted.length = 0;
    this.#counts.clear();
    this.#asked.length = 0;
    this.#waitingOf = "";
    this.begin();
  }

  /** A call begins. */
  begin(): void {
    this.commands.mark(this.#mark);
    this.#emittedMark = this.#emitted.length;
    this.#askedMark = this.#asked.length;
  }

  mark(): RecordMark {
    const commands: CommandMark = { ...this.#mark };
    this.commands.mark(commands);
    return { commands, emitted: this.#emitted.length, asked: this.#asked.length };
  }

  /** Forgets what was recorded since the call began. */
  rewind(): void {
    this.takeBack({ commands: this.#mark, emitted: this.#emittedMark, asked: this.#askedMark });
  }

  /** Forgets what was recorded since the mark. */
  takeBack({ commands, emitted, asked }: RecordMark): void {
    this.commands.rewind(commands);
    while (this.#asked.length > asked) this.#count(this.#asked.pop()!.owner, -1);
    while (this.#emitted.length > emitted) {
      const id = this.#emitted.pop()!;
      this.#counts.set(id, this.#counts.get(id)! - 1);
    }
  }

  get commands(): Commands {
    return this.#commands!;
  }

  /** Whether it stands for an entity that this call has spawned. */
  isTicket(entity: Entity): boolean {
    return entity < 0 && -entity > this.#mark.tickets && -entity <= this.commands.tickets;
  }

  /** Values for the columns of a component, checked; texts get their ids. Throws {@link ScriptError}. */
  values(component: Component, fields: object | undefined, tickets: boolean): Checked[] | undefined {
    if (fields === undefined) return undefined;
    const values: Checked[] = [];
    refusing(() => checkInit(component, fields, values, tickets ? -this.commands.tickets : 0));
    component.columns.forEach(({ kind, path }, n) => {
      if (kind !== "str" && kind !== "entity") return;
      const value = values[n];
      for (const one of typeof value === "object" ? value : [value]) {
        if (typeof one === "string") idOf(this.#texts, one);
        else if (one !== undefined && one < 0 && !this.isTicket(one))
          throw new ScriptError(`${component.name}.${path}: ${one} is no entity that this call has spawned`);
      }
    });
    return values;
  }

  spawn(prefab: Prefab, overrides: readonly (readonly [Target, Fields])[]): number {
    const { entities, names } = this.#core;
    refusing(() => entities.reserve(this.commands.tickets + 1));
    eachItem(prefab.all, (component, init) => {
      if (component.name === "Name" && names.id >= 0)
        throw new ScriptError(`Scripts cannot spawn ${prefab.name}: it has a name, which one entity alone can have`);
      if (isRelation(component)) throw new ScriptError(`Scripts cannot spawn ${prefab.name}: it is related to another`);
      this.values(component, init, false);
    });
    const items: SpawnItem[] = [prefab];
    for (const [{ component }, fields] of overrides) {
      this.values(component, fields, true);
      items.push([component, fields]);
    }
    return refusing(() => this.commands.spawn(...(items as [])));
  }

  despawn(entity: Entity): void {
    refusing(() => this.commands.despawn(entity));
  }

  add(entity: Entity, { id, component }: Target, fields: Fields | undefined): void {
    this.commands.putAdd(entity, { id, values: this.values(component, fields, true) });
  }

  set(entity: Entity, { id, component }: Target, fields: Fields): void {
    this.commands.putSet(entity, { id, values: this.values(component, fields, true) });
  }

  remove(entity: Entity, { component }: Target): void {
    refusing(() => this.commands.remove(entity, component));
  }

  emit({ id, component }: Target, fields: Fields): void {
    const item: Item = { id, values: this.values(component, fields, true) };
    const alive = this.#core.store.find("event", [id])?.rows ?? 0;
    const count = this.#counts.get(id) ?? 0;
    if (alive + count >= this.#core.limits.events)
      throw new ScriptError(`The world has as many events of ${component.name} as it may have`);
    this.#counts.set(id, count + 1);
    this.#emitted.push(id);
    this.commands.putEmit(item);
  }

  /** Asks for a call of a script's function in a later tick, of which an entity may have so many that wait. */
  ask(call: { owner: Entity; script: string; name: string; tick: number; task: number }, most: number): void {
    if (this.#waitingOf !== call.script) {
      this.#waitingOf = call.script;
      this.#waiting.clear();
      for (const { owner } of callsOf(this.#core, call.script)) this.#count(owner, 1);
    }
    if ((this.#waiting.get(call.owner) ?? 0) >= most)
      throw new ScriptError(`Tasks.after: ${most} calls of this entity wait already, as many as may`);
    refusing(() => this.#core.entities.reserve(this.commands.tickets + 1));
    this.values(ScriptCall as unknown as Component, call, false);
    const ticket = refusing(() => this.commands.spawn([ScriptCall, call]));
    this.#asked.push({ task: call.task, ticket, script: call.script, owner: call.owner });
    this.#count(call.owner, 1);
  }

  #count(owner: Entity, change: number): void {
    this.#waiting.set(owner, (this.#waiting.get(owner) ?? 0) + change);
  }

  /** Takes a call back that this run asked for. False if there is none. */
  unask(task: number, script: string, owner: Entity): boolean {
    const found = this.#asked.find((one) => one.task === task && one.script === script && one.owner === owner);
    if (found === undefined) return false;
    this.commands.despawn(found.ticket);
    return true;
  }
}
