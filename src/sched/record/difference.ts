import { badArgument } from "../../core/argument.ts";
import { diffOf, type WorldDiff } from "../../ecs/diff.ts";
import { type Entity, NONE } from "../../ecs/entities.ts";
import { read as readEvents } from "../../ecs/event.ts";
import { hashWorld } from "../../ecs/hash.ts";
import { loadBeside } from "../../ecs/save-load.ts";
import type { Snapshot } from "../../ecs/snapshot.ts";
import type { System } from "../../ecs/system.ts";
import type { World } from "../../ecs/world.ts";
import { footprintOf } from "../conflict.ts";
import type { Schedule } from "../schedule.ts";
import { differingParts, partsOf } from "./parts.ts";

/** Where a replay and its recording part. */
export interface Difference {
  /** The first tick that differs is one of these; one tick where they are equal. */
  readonly from: number;
  readonly to: number;
  readonly hashes: { readonly recorded: string; readonly replayed: string };
  /** The system after which the states differ; undefined where that is not known, or it happened between two ticks. */
  readonly system: string | undefined;
  /** Systems that may be it: those of the stage that write what differs, else all that write it. */
  readonly systems: readonly string[];
  /** Whether the states differ before the first system of the tick ran: something came in that was not recorded. */
  readonly between: boolean;
  /** What differs: components, relations, resources, events; `structure` is rows, generations and strings. */
  readonly components: readonly string[];
  /** The first difference in the order of `WorldDiff`; undefined where the recording does not have the states. */
  readonly first: FirstDifference | undefined;
  /** Everything that differs, from recorded to replayed. */
  readonly diff: WorldDiff | undefined;
}

export interface FirstDifference {
  readonly component: string | undefined;
  readonly field: string | undefined;
  /** 0 for a resource, event, input or region. */
  readonly entity: Entity;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** Names what differs between a recorded state and a replayed one in a tick, after stage `point - 1`, or before all with 0. */
export function differenceAt(
  world: World,
  schedule: Schedule,
  recordedSave: Uint8Array<ArrayBuffer>,
  replayed: Snapshot,
  { tick, point }: { readonly tick: number; readonly point: number },
): Difference {
  const recorded = loadBeside(world, recordedSave);
  const copy = world.fork();
  try {
    copy.restore(replayed);
    const diff = diffOf(recorded, copy);
    const hashes = { recorded: hashWorld(recorded.core), replayed: hashWorld(copy.core) };
    const components = differingParts(world.core.schema, partsOf(recorded), partsOf(copy));
    const first = firstOf(diff) ?? firstEvent(recorded, copy, components);
    const stage = schedule.stages[point - 1] ?? [];
    const what = first?.component ?? components[0];
    const writers = writersOf(stage, what);
    const suspects = writers.length > 0 ? writers : stage.map(({ name }) => name);
    return {
      from: tick,
      to: tick,
      hashes,
      system: suspects.length === 1 ? suspects[0] : undefined,
      systems: suspects,
      between: point === 0,
      components,
      first,
      diff,
    };
  } finally {
    recorded.dispose();
    copy.dispose();
  }
}

/** The names of the systems that declare to write a component or resource, or to emit an event, of this name. */
export function writersOf(systems: readonly System[], name: string | undefined): string[] {
  return systems
    .filter((system) => {
      const { writes, sets, emits } = footprintOf(system);
      return [...writes, ...sets, ...emits].some((written) => written === name);
    })
    .map((system) => system.name);
}

/** A difference in words, a line for each fact. Throws `bad-argument`. */
export function describeDifference(found: Difference): string {
  if (!Array.isArray(found?.components)) throw badArgument("found", found, "the difference of a replay that has one");
  const { from, to, hashes, systems, between, components, first } = found;
  const where = first === undefined ? [] : placeOf(first);
  const who = between
    ? "none: it differs before the first one ran; something changed the world without simulation.input or apply"
    : systems.join(" or ");
  const rows = [
    ["tick", from === to ? String(to) : `one of ${from} to ${to}`],
    ["system", who === "" ? "unknown" : who],
    ...(where.length > 0 ? where : [["component", components.join(", ") || "unknown"]]),
    ["hash recorded", hashes.recorded],
    ["hash replayed", hashes.replayed],
  ];
  return rows.map(([name, value]) => `${name!.padEnd(14)}  ${value}`).join("\n");
}

function placeOf({ component, field, entity, recorded, replayed }: FirstDifference): string[][] {
  return [
    ...(component === undefined ? [] : [["component", component]]),
    ...(field === undefined ? [] : [["field", field]]),
    ...(entity === 0 ? [] : [["entity", String(entity)]]),
    ["recorded", shown(recorded)],
    ["replayed", shown(replayed)],
  ];
}

/** A value as a reader tells it from others: with -0, NaN and all digits. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${shown(inner)}`)
      .join(", ")} }`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function firstOf(diff: WorldDiff): FirstDifference | undefined {
  const found: FirstDifference[] = [];
  const note = (
    entity: Entity,
    component: string | undefined,
    field: string | undefined,
    recorded: unknown,
    replayed: unknown,
  ): void => void found.push({ entity, component, field, recorded, replayed });
  const { cells, componentsAdded, componentsRemoved, entitiesAdded, entitiesRemoved } = diff;
  // Of each list the first will do: they are in order.
  for (const { entity, component, field, before, after } of cells.slice(0, 1))
    note(entity, component, field, before, after);
  for (const { entity, component, values } of componentsAdded.slice(0, 1))
    note(entity, component, undefined, undefined, values);
  for (const { entity, component, values } of componentsRemoved.slice(0, 1))
    note(entity, component, undefined, values, undefined);
  for (const { entity, components } of entitiesAdded.slice(0, 1))
    note(entity, undefined, undefined, undefined, components);
  for (const { entity, components } of entitiesRemoved.slice(0, 1))
    note(entity, undefined, undefined, components, undefined);
  if (found.length > 0) return found.sort((a, b) => a.entity - b.entity)[0];
  const [pair, added, removed] = [diff.pairCells[0], diff.pairsAdded[0], diff.pairsRemoved[0]];
  if (pair !== undefined) note(pair.source, pair.relation, pair.field, pair.before, pair.after);
  if (added !== undefined) note(added.source, added.relation, "target", undefined, added.target);
  if (removed !== undefined) note(removed.source, removed.relation, "target", removed.target, undefined);
  if (found.length > 0) return found.sort((a, b) => a.entity - b.entity)[0];
  for (const { resource, field, before, after } of diff.resources) note(0, resource, field, before, after);
  for (const { region, pages } of diff.regions) note(0, region, undefined, undefined, `pages ${pages.join(", ")}`);
  return found[0];
}

/** The first event or input that differs, in the order of their declaration; `names` are those that may. */
function firstEvent(recorded: World, replayed: World, names: readonly string[]): FirstDifference | undefined {
  for (const { role, component } of recorded.core.schema.declared) {
    if ((role !== "event" && role !== "input") || !names.includes(component.name)) continue;
    const [before, after] = [recorded, replayed].map(({ core }) => readEvents(core, core.schema.idOf(component, role)));
    for (let i = 0; i < Math.max(before!.length, after!.length); i++) {
      const [one, other]: (Readonly<Record<string, unknown>> | undefined)[] = [before![i], after![i]];
      const fields = Object.keys(one ?? {}).filter((field) => shown(one?.[field]) !== shown(other?.[field]));
      const field = one && other && fields[0];
      if (fields.length > 0 || one === undefined)
        return {
          component: component.name,
          field,
          entity: NONE,
          recorded: field === undefined ? one : one?.[field],
          replayed: field === undefined ? other : other?.[field],
        };
    }
  }
  return undefined;
}
