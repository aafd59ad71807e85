import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  component,
  createWorld,
  entity,
  event,
  f32,
  i32,
  input,
  Name,
  prefab,
  simulate,
  Transform,
} from "../../src/index.ts";
import { createScripts, luaEngine } from "../../src/script.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const TICKS = 10;

/** A `lua` block of a page: a script. */
export interface LuaBlock {
  /** Of the page, where the block begins. */
  readonly line: number;
  readonly code: string;
  /** What follows `-- prints:`, in the order of the lines. */
  readonly prints: readonly string[];
  /** What follows `-- stops:`: kinds of faults. */
  readonly stops: readonly string[];
}

export function luaBlocks(path: string): LuaBlock[] {
  return luaBlocksOf(readFileSync(`${root}${path}`, "utf8"));
}

export function luaBlocksOf(text: string): LuaBlock[] {
  return Array.from(text.matchAll(/^```lua\n(.*?)^```$/gms), ({ 1: code = "", index }) => ({
    line: text.slice(0, index).split("\n").length,
    code,
    prints: Array.from(code.matchAll(/-- prints: (.*)$/gm), ([, printed]) => printed!),
    stops: Array.from(code.matchAll(/-- stops: (.*)$/gm), ([, kind]) => kind!),
  }));
}

/** Runs a block in the small world that the guide describes. Tabs between printed values are spaces here. */
export async function runBlock({ code }: LuaBlock): Promise<{ prints: string[]; stops: string[]; errors: string[] }> {
  const Velocity = component("Velocity", { x: f32, y: f32, z: f32 });
  const Health = component("Health", { hp: i32({ default: 100 }) });
  const Bell = event("Bell", { loud: i32 }, { lifetime: 2 });
  const Hit = event("Hit", { target: entity, damage: i32 }, { lifetime: 2 });
  const Move = input("Move", { entity, x: f32, z: f32 });
  const Spark = prefab("Spark", [Transform]);
  const scripts = createScripts({
    engines: [await luaEngine()],
    components: [Transform, Velocity, Health],
    prefabs: [Spark],
    events: [Bell, Hit],
    inputs: [Move],
    delta: 0.1,
  });
  const prints: string[] = [];
  const stops: string[] = [];
  const errors: string[] = [];
  scripts.onLog(({ text }) => prints.push(text.replaceAll("\t", " ")));
  scripts.onFault(({ kind, message }) => {
    stops.push(kind);
    errors.push(message);
  });
  try {
    const script = await scripts.add({ name: "Guide", code });
    const world = createWorld({
      components: [Transform, Velocity, Health, Name, ...scripts.components],
      resources: scripts.resources,
      events: [Bell, Hit, ...scripts.events],
      inputs: [Move, ...scripts.inputs],
    });
    const first = world.spawn(Transform, [Velocity, { x: 1 }], Health, script.component);
    world.spawn([Name, { text: "tower" }], [Transform, { translation: { x: 3, y: 0, z: 4 } }], [Health, { hp: 50 }]);
    const game = await simulate(world, scripts.systems());
    for (let tick = 0; tick < TICKS; tick++) {
      if (tick === 5) game.input(Move, { entity: first, x: 1 });
      if (tick === 7) world.emit(Bell, { loud: 3 });
      game.step();
    }
    await game.close();
  } finally {
    scripts.dispose();
  }
  return { prints, stops, errors };
}
