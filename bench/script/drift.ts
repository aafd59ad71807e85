import { readFileSync } from "node:fs";
import { component, createWorld, f32, f64, kernel, type System, type World } from "../../src/index.ts";
import {
  createScripts,
  luaEngine,
  type ScriptEngine,
  type ScriptSource,
  type Scripts,
  scriptApi,
  WasmEngine,
} from "../../src/script.ts";
import type { Side } from "../pairs.ts";
import { WorkFault } from "../pairs.ts";

export const COUNT = 10_000;
/** Of the tick, in seconds. */
export const DELTA = 1 / 64;

export const Position = component("Position", { x: f32, y: f32 });

/** Three reads, about 27 instructions, three writes. */
export const driftInLua: ScriptSource = {
  name: "Drift",
  code: `script { state = { heat = f64(0.5) }, writes = { "Position" } }
function onUpdate(self, dt)
  local p, s = self.Position, self.State
  local x, y, heat = p.x, p.y, s.heat
  local dx, dy = x * 0.01 + 1, y * 0.01 - 1
  local speed = dx * dx + dy * dy
  if speed > 4 then heat = heat + 0.1 else heat = heat - 0.05 end
  if heat < 0 then heat = 0 end
  if heat > 10 then heat = heat * 0.5 end
  p.x = x + dx * dt
  p.y = y + dy * dt
  s.heat = heat
end
`,
};

export function driftInWasm(): ScriptSource {
  return { name: "Drift", code: readFileSync(new URL("../../examples/guests/drift.wasm", import.meta.url)) };
}

/** A world with that script on all of its entities. */
export interface Scripted {
  readonly world: World;
  readonly scripts: Scripts;
  readonly systems: readonly System[];
}

export async function scripted(engine: ScriptEngine, source: ScriptSource, count = COUNT): Promise<Scripted> {
  const scripts = createScripts({ engines: [engine], components: [Position], delta: DELTA });
  const script = await scripts.add(source);
  scripts.onFault(({ message, line }) => {
    throw new WorkFault(`a script failed in line ${line}: ${message}`);
  });
  const world = createWorld({
    components: [Position, ...scripts.components],
    resources: scripts.resources,
    events: scripts.events,
    inputs: scripts.inputs,
  });
  world.spawnMany(count, [Position, { x: placeX, y: placeY }], script.component);
  const systems = scripts.systems();
  world.step(systems);
  return { world, scripts, systems };
}

export const withLua = async (): Promise<Scripted> => scripted(await luaEngine(), driftInLua);
export const withWasm = (): Promise<Scripted> => scripted(new WasmEngine({ api: scriptApi }), driftInWasm());

/** Runs it from the same start again and again. */
export function sideOf({ world, systems }: Pick<Scripted, "world" | "systems">): Side {
  const start = world.snapshot();
  return {
    reset: () => world.restore(start),
    run() {
      world.step(systems);
      return COUNT;
    },
    checksum: () => checksumOf(world),
  };
}

/** Over the positions of all. */
export function checksumOf(world: World): number {
  let sum = 0;
  for (const { count, position } of world.query(Position).chunks())
    for (let row = 0; row < count; row++) sum += position.x[row]! * 3 + position.y[row]! * (1 + (row & 7));
  return sum;
}

const Heat = component("Heat", { value: f64({ default: 0.5 }) });

function placeX(row: number): number {
  return (row % 100) * 2;
}
function placeY(row: number): number {
  return (row % 37) * 3 - 40;
}

type Update = (xs: Float32Array, ys: Float32Array, heats: Float64Array) => void;

/** The rows in typed arrays, without a world. */
export function inArrays(loop: Update): Side {
  const [xs, ys, heats] = [new Float32Array(COUNT), new Float32Array(COUNT), new Float64Array(COUNT)];
  const update = (): void => loop(xs, ys, heats);
  return {
    reset() {
      for (let i = 0; i < COUNT; i++) [xs[i], ys[i], heats[i]] = [placeX(i), placeY(i), 0.5];
      // The worlds have made their first tick, too.
      update();
    },
    run() {
      update();
      return COUNT;
    },
    checksum() {
      let sum = 0;
      for (let i = 0; i < COUNT; i++) sum += xs[i]! * 3 + ys[i]! * (1 + (i & 7));
      return sum;
    },
  };
}

/** What scripts replace: a loop in JavaScript, in f64 as they compute. */
export function inF64(xs: Float32Array, ys: Float32Array, heats: Float64Array): void {
  for (let i = 0; i < COUNT; i++) {
    const [x, y] = [xs[i]!, ys[i]!];
    let heat = heats[i]!;
    const dx = x * 0.01 + 1;
    const dy = y * 0.01 - 1;
    heat = dx * dx + dy * dy > 4 ? heat + 0.1 : heat - 0.05;
    if (heat < 0) heat = 0;
    if (heat > 10) heat *= 0.5;
    xs[i] = x + dx * DELTA;
    ys[i] = y + dy * DELTA;
    heats[i] = heat;
  }
}

/** In f32, as kernels compute. */
export function inF32(xs: Float32Array, ys: Float32Array, heats: Float64Array): void {
  const { fround } = Math;
  const step = fround(0.01);
  for (let i = 0; i < COUNT; i++) {
    const [x, y] = [xs[i]!, ys[i]!];
    let heat = heats[i]!;
    const dx = fround(fround(x * step) + 1);
    const dy = fround(fround(y * step) - 1);
    heat = fround(fround(dx * dx) + fround(dy * dy)) > 4 ? heat + 0.1 : heat - 0.05;
    if (heat < 0) heat = 0;
    if (heat > 10) heat *= 0.5;
    xs[i] = x + fround(dx * DELTA);
    ys[i] = y + fround(dy * DELTA);
    heats[i] = heat;
  }
}

/** The same rule as a kernel, in f32. */
export function inKernel(): { world: World; systems: readonly System[] } {
  const world = createWorld({ components: [Position, Heat] });
  world.spawnMany(COUNT, [Position, { x: placeX, y: placeY }], Heat);
  const drift = kernel("drift", { write: [Position, Heat], uniforms: { dt: f32 } }, (p, h, k) => {
    const dx = p.x * 0.01 + 1;
    const dy = p.y * 0.01 - 1;
    let heat = dx * dx + dy * dy > 4 ? h.value + 0.1 : h.value - 0.05;
    if (heat < 0) heat = 0;
    if (heat > 10) heat *= 0.5;
    p.x += dx * k.dt;
    p.y += dy * k.dt;
    h.value = heat;
  });
  const systems = [drift.system({ uniforms: { dt: DELTA } })];
  world.step(systems);
  return { world, systems };
}
