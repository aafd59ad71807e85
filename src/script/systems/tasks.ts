import { component, type Schema } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import { entity, i32, str, u32 } from "../../ecs/field.ts";
import type { Wait } from "../engine.ts";
import type { Entity } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import type { Run } from "./run.ts";

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
    events![at.row] = wait.event === "" ? 0 : strings.intern(wait.event);
  }
  if (places.length > 0) context.commands.despawnMany(places.splice(0));
  if (fresh.length === 0) return;
  context.commands.spawnMany(fresh.length, [
    ScriptTask,
    {
      script: script.name,
      owner: fresh.map(({ entity: owner }) => owner),
      instance: fresh.map(({ instance }) => instance),
      task: fresh.map(({ task }) => task),
      until: fresh.map(({ tick }) => tick),
      event: fresh.map(({ event }) => event),
    },
  ]);
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
    const [names, owners] = columns[0] as readonly Int32Array[];
    for (let row = 0; row < count; row++)
      if (names![row] === id && dropped.has(owners![row]!) && !places.includes(entities[row]!))
        gone.push(entities[row]!);
  }
  if (gone.length > 0) context.commands.despawnMany(gone);
  dropped.clear();
}
