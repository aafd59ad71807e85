import {
  bool,
  component,
  createWorld,
  diffOf,
  entity,
  event,
  f32,
  i32,
  type Prefab,
  prefab,
  type Simulation,
  simulate,
  Transform,
  type World,
} from "../../../src/index.ts";
import {
  type AddOptions,
  type Budget,
  createScripts,
  type FaultPolicy,
  type Script,
  type ScriptEngine,
  type ScriptFault,
  ScriptFaulted,
  type Scripts,
  type WorldTypes,
} from "../../../src/script.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Rage = component("Rage", { now: bool });
export const Charm = component("Charm", { strength: f32 });
export const Hit = event("Hit", { target: entity, damage: i32 }, { lifetime: 2 });

export interface Killing {
  readonly world: World;
  /** What the world was declared with. */
  readonly types: WorldTypes;
  readonly game: Simulation;
  readonly scripts: Scripts;
  readonly script: Script;
  readonly faults: ScriptFault[];
  /** The first one is the victim. */
  readonly entities: readonly number[];
  readonly lines: string[];
  /** What the script's component holds of an entity. */
  state(entity: number): Record<string, unknown>;
}

export interface KillOptions extends AddOptions {
  readonly budget?: Partial<Budget>;
  readonly policy?: Partial<FaultPolicy>;
  /** Default 4. */
  readonly entities?: number;
}

/** A world with one script `Victim`, and some entities that have it. */
export async function killing(
  from: ScriptEngine,
  code: string | Uint8Array,
  { budget = {}, policy = {}, entities: count = 4, ...options }: KillOptions = {},
): Promise<Killing> {
  const prefabs: Prefab[] = [prefab("Spark", [[Position, { x: 5 }]])];
  const scripts = createScripts({
    engines: [from],
    components: [Position, Rage, Charm],
    events: [Hit],
    prefabs,
    budget: { watchdogMs: 600_000, ...budget },
    policy: { backoffTicks: 3, ...policy },
  });
  const script = await scripts.add({ name: "Victim", code }, { profile: "trusted", ...options });
  const faults: ScriptFault[] = [];
  scripts.onFault((fault) => faults.push(fault));
  const lines: string[] = [];
  scripts.onLog(({ text }) => lines.push(text));
  const types: WorldTypes = {
    components: [Transform, Position, Rage, Charm, ...scripts.components],
    resources: scripts.resources,
    events: [Hit, ...scripts.events],
    inputs: scripts.inputs,
  };
  const world = createWorld({ ...types, seed: 7 });
  const entities = Array.from({ length: count }, (_, i) =>
    world.spawn([Position, { x: i, y: i === 0 ? 1 : 0 }], Rage, script.component),
  );
  const game = await simulate(world, scripts.systems());
  const state = (entity: number): Record<string, unknown> => world.get(entity, script.component) ?? {};
  return { world, types, game, scripts, script, faults, lines, entities, state };
}

/** What differs between two worlds but for what the run time notes of instances, and for faults. */
export function differences(a: World, b: World): unknown[] {
  const { entitiesAdded, entitiesRemoved, componentsAdded, componentsRemoved, cells } = diffOf(a, b);
  const own = cells.filter(({ field }) => !/^script(Instance|Status|Until|Fault|Failures|Health|Started)$/.test(field));
  const differ: unknown[] = [...entitiesAdded, ...entitiesRemoved, ...componentsAdded, ...componentsRemoved, ...own];
  const [before, after] = [a, b].map((world) => JSON.stringify(world.events(Hit)));
  if (before !== after) differ.push({ before, after });
  return differ;
}

/** The kinds of faults that a world has told in its last tick. */
export function told(world: World): string[] {
  return world.events(ScriptFaulted).map(({ kind }) => kind);
}
