import { addComponent, addEntity, createWorld as createBitecs } from "bitecs";
import { World as Miniplex } from "miniplex";
import { component, createWorld, defaultArena, f32, i32, type World } from "../../src/index.ts";
import type { Side } from "../pairs.ts";
import type { Workload } from "../workload.ts";

const COUNT = 200;
const WORLDS = 1000;
const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });
const Health = component("Health", { points: i32 });
const POINTS = Int32Array.from({ length: COUNT }, (_, i) => i);
const TOTAL = (COUNT * (COUNT - 1)) / 2;

interface Small {
  /** The sum of all points. */
  total(): number;
  dispose?(): void;
}

/** A world of 200 entities with position, velocity and health. */
const makers: Readonly<Record<string, () => Small>> = {
  worldloom() {
    const world: World = createWorld({ components: [Position, Velocity, Health] });
    world.spawnMany(COUNT, [Position, { x: 1 }], Velocity, [Health, { points: POINTS }]);
    return {
      total() {
        let sum = 0;
        for (const { count, health } of world.query(Health).chunks())
          for (let i = 0; i < count; i++) sum += health.points[i]!;
        return sum;
      },
      dispose: () => world.dispose(),
    };
  },

  "bitecs 0.4"() {
    const world = createBitecs();
    const position = { x: new Float32Array(COUNT + 1), y: new Float32Array(COUNT + 1) };
    const velocity = { x: new Float32Array(COUNT + 1), y: new Float32Array(COUNT + 1) };
    const health = { points: new Int32Array(COUNT + 1) };
    for (let i = 0; i < COUNT; i++) {
      const id = addEntity(world);
      for (const one of [position, velocity, health]) addComponent(world, id, one);
      position.x[id] = 1;
      health.points[id] = i;
    }
    return { total: () => (world === undefined ? 0 : health.points.reduce((sum, points) => sum + points, 0)) };
  },

  miniplex() {
    const world = new Miniplex<{ position: object; velocity: object; health: { points: number } }>();
    for (let i = 0; i < COUNT; i++)
      world.add({ position: { x: 1, y: 0 }, velocity: { x: 0, y: 0 }, health: { points: i } });
    return { total: () => world.entities.reduce((sum, { health }) => sum + health.points, 0) };
  },
};

const peers = Object.keys(makers).filter((name) => name !== "worldloom");

function createSide(make: () => Small): Side {
  let world: Small | undefined;
  return {
    reset: () => world?.dispose?.(),
    run() {
      world = make();
      return 1;
    },
    checksum: () => world!.total(),
  };
}

/** Bytes that one of many worlds takes, in the heap and in array buffers or the arena. */
function bytesEach(make: () => Small): number {
  make().dispose?.();
  const before = bytesInUse();
  const worlds = Array.from({ length: WORLDS }, make);
  const bytes = (bytesInUse() - before) / WORLDS;
  for (const world of worlds) {
    if (world.total() !== TOTAL) throw new Error("a world lost entities");
    world.dispose?.();
  }
  return bytes;
}

function bytesInUse(): number {
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers + defaultArena().usedBytes;
}

export const createWorkloads: readonly Workload[] = [
  {
    name: "create a world of 200 entities",
    item: "world",
    peers,
    target: { text: "<= 200 us", met: ({ ours }) => ours <= 200_000 },
    pair: async (peer) => ({ ours: createSide(makers.worldloom!), peer: createSide(makers[peer]!), work: 1 }),
  },
  {
    name: "a world of 200 entities among 1,000",
    item: "world",
    unit: "bytes/world",
    peers,
    target: { text: "<= 64 KiB", met: ({ ours }) => ours <= 65_536 },
    async measure(peer) {
      const theirs = bytesEach(makers[peer]!);
      const ours = bytesEach(makers.worldloom!);
      return { ours, peer: theirs, ratio: theirs / ours };
    },
  },
];
