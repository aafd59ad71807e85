import { describe, expect, test } from "vitest";
import { component, createWorld, f32, type World } from "../../../src/index.ts";
import { createScripts, wasmEngine } from "../../../src/script.ts";
import {
  add,
  alloc,
  assemble,
  call,
  each,
  get,
  i32,
  load,
  loadF32,
  f32 as real,
  store,
  storeF32,
} from "./guest-module.ts";
import { at, COUNT, perRow, ROW, update } from "./guest-rows.ts";

/** Adds to x what it has counted in its memory and in a global, and grows; traps where y is not 0. */
const counting = assemble({
  imports: [
    { name: "batch_row", parameters: "i" },
    { name: "random_chance", parameters: "d", results: "i" },
  ],
  manifest: { writes: ["Place"], columns: ["Place.x", "Place.y"] },
  globals: [{ type: "i", mutable: true, init: i32(1) }],
  functions: [
    alloc,
    update(
      [0x23, 0, ...i32(3), add, 0x24, 0],
      [...i32(8), ...i32(8), ...load(), ...i32(1), add, ...store()],
      [...i32(1), 0x40, 0, 0x1a],
      each(
        ROW,
        COUNT,
        [...get(ROW), ...call(0)],
        [...at(0), ...at(0), ...loadF32(), 0x23, 0, ...i32(8), ...load(), add, 0xb2, 0x92],
        [0x44, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, ...call(1), 0xb2, 0x92, ...storeF32()],
        [...at(1), ...loadF32(), ...real(0), 0x5c, 0x04, 0x40, 0x00, 0x0b],
      ),
    ),
  ],
});

const Place = component("Place", { x: f32, y: f32 });

async function start() {
  const scripts = createScripts({ engines: [wasmEngine()], components: [Place], delta: 1 / 60 });
  const Counting = await scripts.add({ name: "Counting", code: counting });
  const world = createWorld({
    components: [Place, ...scripts.components],
    resources: scripts.resources,
    events: scripts.events,
    inputs: scripts.inputs,
  });
  const systems = scripts.systems();
  const entities = Array.from({ length: 50 }, () => world.spawn(Place, Counting.component));
  const run = (of: World, ticks: number): bigint | string | number => {
    for (let k = 0; k < ticks; k++) of.step(systems);
    return of.hash();
  };
  const places = () => entities.map((entity) => world.get(entity, Place));
  return { scripts, world, entities, run, places };
}

describe("guests in a world", () => {
  test("snapshots, forks and other runs go on to the same hash", async () => {
    const { world, run } = await start();
    run(world, 5);
    const snapshot = world.snapshot();
    const fork = world.fork();
    const expected = run(world, 4);
    expect(run(fork, 4)).toBe(expected);
    for (let k = 0; k < 2; k++) {
      world.restore(snapshot);
      expect(run(world, 4)).toBe(expected);
    }
    const other = await start();
    expect(other.run(other.world, 9)).toBe(expected);
  });

  test("a batch that traps is taken back whole", async () => {
    const { scripts, world, entities, run, places } = await start();
    const faults: string[] = [];
    scripts.onFault(({ kind, script, engine }) => faults.push(`${engine} ${script} ${kind}`));
    run(world, 3);
    world.set(entities[7]!, Place, { y: 1 });
    const before = places();
    run(world, 1);
    expect(faults).toEqual(["wasm Counting trap"]);
    expect(places()).toEqual(before);
  });
});

describe("a new version of a guest", () => {
  const versionOf = (state: object, columns: readonly string[], code: readonly number[][]) =>
    assemble({
      manifest: { state, columns },
      functions: [alloc, perRow(...code)],
    });
  const before = versionOf(
    { n: { kind: "i32" } },
    ["State.n: i32"],
    [[...at(0), ...at(0), ...load(), ...i32(1), add, ...store()]],
  );
  /** Counts on, doubles `narrow`, and writes the text of `mood` to `label`. */
  const after = versionOf(
    {
      n: { kind: "i32" },
      narrow: { kind: "f32", default: 0.1 },
      mood: "a mood",
      label: "",
      brave: true,
      wide: { kind: "u32", default: 4294967295 },
    },
    ["State.n: i32", "State.narrow: f32", "State.mood: str", "State.label: str", "State.wide: u32"],
    [
      [...at(0), ...at(0), ...load(), ...i32(10), add, ...store()],
      [...at(1), ...at(1), ...loadF32(), ...at(1), ...loadF32(), 0x92, ...storeF32()],
      [...at(3), ...at(2), ...load(), ...store()],
      [...at(4), ...at(4), ...load(), ...i32(1), 0x6b, ...store()],
    ],
  );
  test("takes the fields that it adds as columns of exactly their kind", async () => {
    const scripts = createScripts({ engines: [wasmEngine()] });
    const Guest = await scripts.add({ name: "Guest", code: before });
    const refused: unknown[] = [];
    scripts.onReload((report) => refused.push(report.refused));
    const world = createWorld(scripts.worldTypes());
    const guest = world.spawn(Guest.component);
    const run = (ticks: number) =>
      Array.from({ length: ticks }, () => {
        world.step(scripts.systems());
        return world.hash();
      });
    run(2);
    const snapshot = world.snapshot();
    await scripts.reload(world, { name: "Guest", code: after });
    const hashes = run(3);
    expect(refused).toEqual([undefined]);
    expect(scripts.state(world, guest, Guest)).toEqual({
      ...{ n: 32, narrow: Math.fround(Math.fround(0.1) * 8), mood: "a mood", label: "a mood", brave: true },
      wide: 4294967292,
    });
    world.restore(snapshot);
    await scripts.reload(world, { name: "Guest", code: after });
    expect(run(3)).toEqual(hashes);
    world.dispose();
    scripts.dispose();
  });
});
