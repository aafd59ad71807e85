import { Worker } from "node:worker_threads";
import { describe, expect, it, test } from "vitest";
import type { LaneCalls, Lanes } from "../../src/ecs/lanes.ts";
import { Arena, createWorld, f32, kernel, SpatialIndex, type System, type World, without } from "../../src/index.ts";
import { Kernel, kernelOf } from "../../src/kernel/kernel.ts";
import { wasm } from "../../src/native/wasm.ts";
import { Body, declare, Hit, Mark, Mind, Other, Tag, Total, Worded } from "./front-run.ts";
import { Chance, randomNumber } from "./random-program.ts";
import { RandomSource } from "./random-source.ts";
import { ShuffledLanes } from "./shuffled-lanes.ts";
import { Burning, crowd, Fatigue, Position, Resting, Tired, Totals, Velocity } from "./world.ts";

const UNIFORMS = { dt: 0.5, wide: 3, steps: 4, mask: 6, flag: true };
const PROGRAMS = 25;
const TICKS = 3;
/** NaNs are written on purpose. */
const UNCHECKED = { checked: false };

/** Entities in five archetypes: full chunks and a bit, small ones, one row, none; with numbers of all kinds. */
function randomCrowd(seed: number): World {
  const world = createWorld({
    components: [Body, Mind, Other, Tag, Mark],
    events: [Hit, Worded],
    resources: [Total],
    seed,
    chunkRows: 64,
    arena: new Arena({ bytesMax: 1 << 26 }),
  });
  const chance = new Chance(seed);
  const float = (): number => {
    const number = randomNumber(chance, "f32");
    // Sums of infinities become NaN soon enough.
    return number === number ? number : Number.POSITIVE_INFINITY;
  };
  const small = (): number => chance.below(9) - 4;
  const parts = (): readonly unknown[] => [
    [Body, { x: () => (chance.below(4) === 0 ? float() : small()), y: small, n: small, m: () => chance.below(9) }],
    [Mind, { on: () => chance.below(2) === 1 }],
    [Other, { x: () => chance.below(40) / 4, y: () => (chance.below(30) === 0 ? float() : chance.below(40) / 4) }],
  ];
  const spawn = (count: number, ...tags: readonly unknown[]): Int32Array =>
    world.spawnMany(count, ...(parts() as []), ...(tags as []));
  spawn(64 * 5 + 13);
  spawn(37, Tag);
  spawn(1, Mark);
  spawn(64 + 7, Tag, Mark);
  world.spawnMany(9, [Other, { x: 3, y: 3 }]);
  const all = world.query(Other).entities();
  for (const entity of all) world.set(entity, Other, { near: chance.of([...all]) });
  // Stale ones, and an archetype without rows.
  world.despawnMany(all.filter((_, i) => i % 23 === 0));
  world.despawnMany(world.query(Mark, without(Tag)).entities());
  return world;
}

/** Ticks of a kernel in a world, with lanes or without; the hash and the commands of each. */
function ticks(world: World, one: Kernel, lanes?: Lanes): unknown[] {
  const index = new SpatialIndex(world, { cell: 1.5, minX: -1, minY: -1, width: 7, height: 8 });
  const system = one.system({ uniforms: UNIFORMS as never, index });
  const context = world.contextOf(system);
  context.lanes = lanes;
  return Array.from({ length: TICKS }, () => {
    index.build(world.query(Other), Other);
    world.step([system], UNCHECKED);
    const { words, length, count } = context.commands;
    return [world.hash(), count, [...words.subarray(0, length)]];
  });
}

/** The interpreter runs on one thread. */
const COMPILED = process.env["WORLDLOOM_KERNELS"] !== "interpreted";

const FOLDS = `if (body.x < 1e9 && body.y > -1e9) { k.min(k.Total, "least", body.x); k.max(k.Total, "most", body.y); } k.count(k.Total, "count", body.x > 0);`;
const SUM = `if (body.x > -1e9 && body.x < 1e9) k.sum(k.Total, "sum", body.x * 0.1); k.sum(k.Total, "place.x", other.x);`;
const LOOK = `mind.goal.x = k.at(other.near, k.Other).x; if (k.has(other.near, k.Tag)) mind.goal.y += 1;`;
const NEAR = `let px = 0; k.neighbours(0.75, (one) => { px = px * 0.5 + one.dx + one.y; }); body.x += px; if (px > 8) k.emit(k.Hit, { amount: px, who: k.entity });`;

describe("random kernels over lanes do what they do on one thread", () => {
  it.for<[what: string, more: string, spread: boolean]>([
    ["effects", "", true],
    ["reductions", FOLDS + SUM, true],
    ["other entities", LOOK, true],
    ["neighbours", NEAR, true],
    ["neighbours, with reductions that have no order", NEAR + FOLDS, true],
    ["neighbours, with sums: on one thread", NEAR + SUM, false],
    ["all of it", LOOK + NEAR + FOLDS, true],
  ])("%s", ([, more, spread]) => {
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const source = new RandomSource(seed).source(more);
      const one = new Kernel(declare(source, { name: `random${seed}`, components: [Tag, Mark, Other] }), [], "");
      const world = randomCrowd(seed);
      const lanes = new ShuffledLanes(world, seed, 2 + (seed % 3));
      const apart = ticks(world, one, lanes);
      expect({ source, ticks: apart }).toEqual({ source, ticks: ticks(randomCrowd(seed), one) });
      expect(lanes.made.length > 0).toBe(spread && COMPILED);
      expect(lanes.made.every((count) => count > 1)).toBe(true);
    }
  });
});

const tire = kernel(
  "tire",
  { write: [Position, Fatigue], read: [Velocity], uniforms: { dt: f32 }, uses: [Tired, Resting, Burning, Totals] },
  (p, fatigue, v, k) => {
    p.x += v.x * k.dt;
    p.y = Math.sqrt(p.x);
    if (fatigue.value > 50) k.addTag(Resting);
    else if (fatigue.value > 40) k.removeTag(Burning);
    if (fatigue.value > 70) k.emit(Tired, { who: k.entity, by: fatigue.value });
    if (fatigue.value > 95) k.despawn();
    k.sum(Totals, "sum", fatigue.value);
  },
);

function run(world: World, lanes: Lanes | undefined, system: System = tire.system({ uniforms: { dt: 0.5 } })): string {
  world.contextOf(system).lanes = lanes;
  for (let tick = 0; tick < 3; tick++) world.step([system], UNCHECKED);
  return world.hash();
}

/** A thread for each piece of work, which makes every second call. */
class WorkerLanes implements Lanes {
  readonly count = 2;
  readonly eager = true;
  readonly #memory: object;
  readonly workers: Worker[] = [];

  constructor(world: World) {
    this.#memory = world.arena.memory.wasm;
  }

  runCalls({ module, calls, count }: LaneCalls, meanwhile?: () => void): void {
    meanwhile?.();
    const done = new Int32Array(new SharedArrayBuffer(4));
    const triples = Array.from({ length: count }, (_, i) => calls.slice(i * 3, i * 3 + 3));
    const workerData = { module, memory: this.#memory, done, triples: triples.filter((_, i) => i % 2 === 1) };
    this.workers.push(new Worker(MAKE_CALLS, { eval: true, workerData }));
    const code = new wasm.Instance(module, { m: { m: this.#memory } }).exports["run"] as (...call: number[]) => void;
    for (let i = 0; i < count; i += 2) code(...triples[i]!);
    expect(Atomics.wait(done, 0, 0, 20_000)).not.toBe("timed-out");
  }
}

const MAKE_CALLS = `
const { module, memory, done, triples } = require("node:worker_threads").workerData;
const { run } = new WebAssembly.Instance(module, { m: { m: memory } }).exports;
for (const triple of triples) run(...triple);
Atomics.store(done, 0, 1);
Atomics.notify(done, 0);
`;

describe("lanes", () => {
  test("of a worker thread give the same bits", async () => {
    const world = crowd();
    world.spawnMany(20_000, [Position, { x: (i) => i }], [Fatigue, { value: (i) => i % 99 }], Velocity);
    const lanes = new WorkerLanes(world);
    const other = crowd();
    other.spawnMany(20_000, [Position, { x: (i) => i }], [Fatigue, { value: (i) => i % 99 }], Velocity);
    expect(run(world, lanes)).toBe(run(other, undefined));
    if (COMPILED) expect(lanes.workers.length).toBeGreaterThan(2);
    await Promise.all(lanes.workers.map((worker) => worker.terminate()));
  });

  test("are not given the interpreter's work, nor that of memory that is not shared, nor what is not worth it", () => {
    const worlds = [crowd(), crowd(1, { arena: new Arena({ shared: false }) }), crowd()] as const;
    const lanes = worlds.map((world, i) => new ShuffledLanes(world, 1, 2, i < 2));
    const interpreted = tire.system({ uniforms: { dt: 0.5 }, interpreted: true });
    const hash = run(crowd(), undefined);
    expect(run(worlds[0], lanes[0], interpreted)).toBe(hash);
    expect(run(worlds[1], lanes[1])).toBe(hash);
    expect(run(worlds[2], lanes[2])).toBe(hash);
    expect(lanes.map(({ made }) => made)).toEqual([[], [], []]);
  });

  test("change nothing when a tick runs twice, nor where there are no rows", () => {
    const system = tire.system({ uniforms: { dt: 0.5 } });
    const worlds = [crowd(), crowd()] as const;
    worlds[0].contextOf(system).lanes = new ShuffledLanes(worlds[0], 5, 4);
    for (const world of worlds) {
      world.step([system], { ...UNCHECKED, twice: true });
      world.despawnMany(world.query(Position).entities());
      world.step([system], UNCHECKED);
    }
    expect(worlds[0].hash()).toBe(worlds[1].hash());
  });

  test("can be given the modules of a system before", () => {
    const world = crowd();
    const system = tire.system({ uniforms: { dt: 0.5 } });
    expect(kernelOf(system)).toBe(tire);
    expect(kernelOf({ ...system, name: "again" })).toBe(tire);
    expect(kernelOf({ ...system, run: () => {} })).toBe(undefined);
    const lanes = new ShuffledLanes(world, 1);
    run(world, lanes, system);
    const modules = tire.modules(world);
    expect(modules).toHaveLength(2);
    for (const module of lanes.modules.keys()) expect(modules).toContain(module);
    expect(tire.modules(crowd(1, { arena: new Arena({ shared: false }) }))).toEqual([]);
  });

  test("take no memory and make no views in a steady tick", () => {
    const arena = new Arena();
    const world = crowd(1, { arena });
    const still = kernel("still", { write: [Position], read: [Velocity], uses: [Totals] }, (p, v, k) => {
      p.x += v.x * 0.125;
      k.sum(Totals, "sum", p.x);
    });
    const system = still.system();
    world.contextOf(system).lanes = new ShuffledLanes(world, 1);
    for (let tick = 0; tick < 20; tick++) world.step([system], UNCHECKED);
    const read = () => [arena.usedBytes, arena.usedBlocks, arena.committedBytes, arena.viewsMade];
    const before = read();
    for (let tick = 0; tick < 100; tick++) world.step([system], UNCHECKED);
    expect(read()).toEqual(before);
  });
});
