import { component, createWorld, event, f32, i32, type Simulation, simulate, type World } from "../../src/index.ts";
import { type AddOptions, createScripts, type Script, type Scripts, type ScriptsOptions } from "../../src/script.ts";
import { type ToyEngine, toyEngine } from "./toy-engine.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Hit = event("Hit", { damage: i32 }, { lifetime: 2 });

/** A world in which toy scripts run, each for some entities with a position. */
export interface ToyWorld {
  readonly scripts: Scripts;
  readonly engine: ToyEngine;
  readonly world: World;
  readonly game: Simulation;
  /** The positions and states of a script's entities, oldest first. */
  rows(script: Script): Record<string, unknown>[];
}

export interface ToyScript extends AddOptions {
  readonly code: string;
  readonly file?: string;
  /** Default 3. */
  readonly entities?: number;
}

export async function toyWorld(
  sources: Readonly<Record<string, ToyScript>>,
  { modules = {}, ...options }: Partial<ScriptsOptions> & { modules?: Readonly<Record<string, string>> } = {},
): Promise<ToyWorld> {
  const engine = toyEngine();
  for (const [name, code] of Object.entries(modules)) engine.addModule({ name, code });
  const scripts = createScripts({ engines: [engine], components: [Position], events: [Hit], ...options });
  for (const [name, { code, file, entities, ...add }] of Object.entries(sources))
    await scripts.add({ name, code, ...(file !== undefined && { file }) }, { profile: "trusted", ...add });
  const world = createWorld({
    components: [Position, ...scripts.components],
    resources: scripts.resources,
    events: [Hit, ...scripts.events],
    inputs: scripts.inputs,
    seed: 7,
  });
  for (const script of scripts.list)
    for (let i = 0; i < (sources[script.name]!.entities ?? 3); i++) world.spawn(Position, script.component);
  const game = await simulate(world, scripts.systems());
  const rows = (script: Script): Record<string, unknown>[] => {
    const entities = [...world.query(Position, script.component).entities()];
    return entities.map((entity) => ({ ...world.get(entity, Position), ...world.get(entity, script.component) }));
  };
  return { scripts, engine, world, game, rows };
}
