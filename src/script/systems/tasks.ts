import { WorldloomError } from "../../core/errors.ts";
import { component, type Schema } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import { entity, i32, str, u32 } from "../../ecs/field.ts";
import type { Wait } from "../engine.ts";
import type { ScriptFault } from "../fault.ts";
import type { Entity } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { noteFault } from "./policy.ts";
import type { Run } from "./run.ts";
import { book } from "./script.ts";

/**
 * A task of a script that waits, an entity of its own: what waits costs a comparison in each tick. `until` is the tick in
 * which it goes on, 0 where it waits for an event alone.
 */
export const ScriptTask = component(
  "ScriptTask",
  { script: str, owner: entity, instance: i32, task: i32, until: u32, event: str },
  { category: "script" },
);

export interface DueTask {
  readonly task: number;
  readonly owner: Entity;
  readonly instance: number;
  /** The fields of the event that it waited for. */
  readonly value: ScriptValue;
  /** The entity that stands for the wait. */
  readonly place: Entity;
}

/** Tasks of the script that go on in this tick, in ascending order of the entities that stand for them. */
export function dueTasks(run: Run): DueTask[] {
  const { scripts, script, context } = run;
  const found: DueTask[] = [];
  const id = scripts.world.core.strings.find(script.name);
  const happened = new Map<number, ScriptValue>();
  for (const { count, entities, columns } of scripts.tasks.chunks()) {
    const [names, owners, instances, tasks, untils, events] = columns[0] as readonly Int32Array[];
    for (let row = 0; row < count; row++) {
      const until = untils![row]!;
      const timed = until !== 0 && until <= context.tick;
      const event = events![row]!;
      if ((!timed && event === 0) || names![row] !== id) continue;
      if (!timed && !happened.has(event)) happened.set(event, lastOf(run, event));
      const value = timed ? undefined : happened.get(event);
      if (!timed && value === undefined) continue;
      found.push({
        task: tasks![row]!,
        owner: owners![row]!,
        instance: instances![row]!,
        value,
        place: entities[row]!,
      });
    }
  }
  for (let i = 1; i < found.length; i++)
    if (found[i]!.place < found[i - 1]!.place) return found.sort((a, b) => a.place - b.place);
  return found;
}

/** The fields of the first event of that name that was emitted in the tick before. */
function lastOf({ scripts, context }: Run, id: number): ScriptValue {
  const type = scripts.scripts.types.event(scripts.world.string(id)) as EventType<string, Schema> | undefined;
  const found = type && scripts.world.events(type).find(({ tick }) => tick === context.tick - 1);
  if (found === undefined) return undefined;
  const { tick: _, ...fields } = found;
  return fields as unknown as ScriptValue;
}

/** Gives each task that began to wait an entity: those of tasks that went on first, the rest of which end. */
export function noteWaits(run: Run): void {
  const { scripts, script, context, slot, places } = run;
  if (run.dropped.size > 0) dropTasks(run);
  const waits = slot.domain.takeWaits();
  const { strings } = scripts.world.core;
  const fresh: Wait[] = [];
  for (const wait of waits) {
    const place = places.pop();
    const at = place === undefined ? undefined : scripts.tasks.rowOf(place);
    if (at === undefined) {
      fresh.push(wait);
      continue;
    }
    const [, owners, instances, tasks, untils, events] = at.columns[0] as readonly Int32Array[];
    owners![at.row] = wait.entity;
    instances![at.row] = wait.instance;
    tasks![at.row] = wait.task;
    untils![at.row] = wait.tick;
    const event = knownEvent(run, wait.event);
    events![at.row] = event === "" ? 0 : strings.intern(event);
  }
  if (places.length > 0) context.commands.despawnMany(places.splice(0));
  const room = roomFor(run, fresh.length);
  for (const wait of fresh.splice(room)) refuse(run, wait);
  const kept = run.dropped.size === 0 ? fresh : fresh.filter((wait) => !run.dropped.has(wait.instance));
  if (run.dropped.size > 0) dropTasks(run);
  if (kept.length === 0) return;
  context.commands.spawnMany(kept.length, [
    ScriptTask,
    {
      script: script.name,
      owner: kept.map(({ entity: owner }) => owner),
      instance: kept.map(({ instance }) => instance),
      task: kept.map(({ task }) => task),
      until: kept.map(({ tick }) => tick),
      event: kept.map(({ event }) => knownEvent(run, event)),
    },
  ]);
}

/** How many of so many entities the world has room for besides those that this run spawns. */
function roomFor({ scripts, context }: Run, count: number): number {
  if (count === 0) return 0;
  const { tickets } = context.commands;
  try {
    scripts.world.core.entities.reserve(tickets + count);
    return count;
  } catch (error) {
    if (!(error instanceof WorldloomError) || error.code !== "entity-limit") throw error;
    return Math.max(0, Number(error.operands["room"]) - tickets);
  }
}

/** The world has no room for a task that waits: its instance fails. */
function refuse(run: Run, { entity: owner, instance }: Wait): void {
  const { script, context, slot, dropped } = run;
  const row = run.version.rows.rowOf(owner);
  const own = row?.columns[0];
  if (row === undefined || own![book.instance]![row.row] !== instance) return;
  slot.discard(instance);
  dropped.add(instance);
  const message = "the world has no room for another task that waits";
  const fault: ScriptFault = {
    kind: "spawns",
    engine: script.engine.name,
    script: script.name,
    entity: owner,
    message,
    line: 0,
    trace: [],
  };
  noteFault(own!, row.row, fault, context.tick, script.policy);
  run.report(fault);
}

/** An event that scripts know, or none: any other never comes, and worlds have room for so many texts alone. */
function knownEvent({ scripts }: Run, name: string): string {
  return scripts.scripts.types.event(name) === undefined ? "" : name;
}

/** Ends all waits of the scripts of a machine that starts afresh: it gives the same numbers again. */
export function dropAll({ scripts, script, context, slot, places, dropped }: Run): void {
  const { strings } = scripts.world.core;
  const names = new Set(
    scripts.scripts.list.filter(({ domain }) => domain === script.domain).map(({ name }) => strings.find(name)),
  );
  const gone: Entity[] = [];
  for (const { count, entities, columns } of scripts.tasks.chunks())
    for (let row = 0; row < count; row++) if (names.has(columns[0]![0]![row]!)) gone.push(entities[row]!);
  if (gone.length > 0) context.commands.despawnMany(gone);
  slot.domain.takeWaits();
  places.length = 0;
  dropped.clear();
}

/** Ends the waits of instances that are gone. */
function dropTasks({ scripts, script, context, dropped, places }: Run): void {
  const id = scripts.world.core.strings.find(script.name);
  const gone: Entity[] = [];
  for (const { count, entities, columns } of scripts.tasks.chunks()) {
    const [names, , instances] = columns[0] as readonly Int32Array[];
    for (let row = 0; row < count; row++)
      if (names![row] === id && dropped.has(instances![row]!) && !places.includes(entities[row]!))
        gone.push(entities[row]!);
  }
  if (gone.length > 0) context.commands.despawnMany(gone);
  dropped.clear();
}
