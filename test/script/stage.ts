import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  bool,
  component,
  createWorld,
  entity,
  event,
  f32,
  i32,
  input,
  Name,
  type Simulation,
  simulate,
  str,
  Transform,
  type World,
} from "../../src/index.ts";
import {
  Collider,
  Collision,
  Contact,
  createScripts,
  KinematicBody,
  luaEngine,
  physicsSystem,
  physicsTypes,
  type Script,
  type ScriptFault,
  type Scripts,
  Separation,
  Sound,
} from "../../src/script.ts";

export const Player = component("Player", {});
export const Hit = event("Hit", { by: entity, target: entity, damage: i32 }, { lifetime: 2 });
export const Key = event("Key", { menu: entity, key: str }, { lifetime: 2 });
export const Chosen = event("Chosen", { menu: entity, item: str }, { lifetime: 2 });
export const Move = input("Move", { entity, x: f32, z: f32, jump: bool });

const components = [Transform, KinematicBody, Collider, Player, Name];
const events = [Hit, Key, Chosen, Sound, Collision, Separation, Contact];

/** A world in which one of the example scripts runs, sixty ticks a second, with the physics. */
export interface Stage {
  readonly world: World;
  readonly game: Simulation;
  readonly script: Script;
  readonly scripts: Scripts;
  readonly faults: ScriptFault[];
}

/** With `examples/scripts/<name>.lua`. */
export async function stageOf(name: string): Promise<Stage> {
  const file = fileURLToPath(new URL(`../../examples/scripts/${name}.lua`, import.meta.url));
  const scripts = createScripts({ engines: [await luaEngine()], components, events, inputs: [Move] });
  const script = await scripts.add({
    name: `${name[0]!.toUpperCase()}${name.slice(1)}Script`,
    code: readFileSync(file, "utf8"),
    file,
  });
  const faults: ScriptFault[] = [];
  scripts.onFault((fault) => faults.push(fault));
  const world = createWorld({
    components: [...components, ...scripts.components],
    resources: [...physicsTypes.resources, ...scripts.resources],
    events: [...events, ...scripts.events],
    inputs: [Move, ...scripts.inputs],
    seed: 7,
  });
  const game = await simulate(world, [...scripts.systems(), physicsSystem()]);
  return { world, game, script, scripts, faults };
}

/** Gives everything back, and says what the world was at the end. Throws if a call was stopped. */
export async function endOf({ world, game, scripts, faults }: Stage): Promise<string> {
  if (faults.length > 0) throw new Error(faults.map(({ message, trace }) => [message, ...trace].join("\n")).join("\n"));
  const hash = world.hash();
  await game.close();
  scripts.dispose();
  return hash;
}
