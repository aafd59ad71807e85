import { addComponent, addEntity, createWorld as createBitecs, query } from "bitecs";
import { component, createWorld, f32, integrate, system, write } from "../../src/index.ts";
import { median } from "../pairs.ts";
import type { Workload } from "../workload.ts";

const COUNT = 10_000;
const TICKS = 256;
const DT = 1 / 64;
const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });

const makers: Readonly<Record<string, () => { tick(): void; total(): number }>> = {
  /** Two systems, one a loop and one a job, and the hash of the world. */
  worldloom() {
    const world = createWorld({ components: [Position, Velocity] });
    world.spawnMany(COUNT, Position, [Velocity, { x: 1, y: 2 }]);
    const half = system("Half", {
      query: [write(Position), Velocity],
      run(context) {
        for (const { count, position, velocity } of context.query.chunks()) {
          for (let i = 0; i < count; i++) {
            position.x[i]! += velocity.x[i]! * DT;
            position.y[i]! += velocity.y[i]! * DT;
          }
        }
      },
    });
    const rest = system("Rest", { query: [write(Position), Velocity], run: (context) => integrate(context.query, DT) });
    const systems = [half, rest] as never[];
    return {
      tick() {
        world.step(systems);
        world.hash();
      },
      total() {
        let sum = 0;
        for (const { count, position } of world.query(Position).chunks())
          for (let i = 0; i < count; i++) sum += position.x[i]! + position.y[i]!;
        return sum;
      },
    };
  },

  /** The same loop twice; there is no hash to take. */
  "bitecs 0.4"() {
    const world = createBitecs();
    const make = () => ({ x: new Float32Array(COUNT + 1), y: new Float32Array(COUNT + 1) });
    const [position, velocity] = [make(), make()];
    for (let i = 0; i < COUNT; i++) {
      const id = addEntity(world);
      addComponent(world, id, position);
      addComponent(world, id, velocity);
      velocity.x[id] = 1;
      velocity.y[id] = 2;
    }
    const terms = [position, velocity];
    const move = (): void => {
      for (const id of query(world, terms)) {
        position.x[id]! += velocity.x[id]! * DT;
        position.y[id]! += velocity.y[id]! * DT;
      }
    };
    return {
      tick() {
        move();
        move();
      },
      total: () => position.x.reduce((sum, x) => sum + x, 0) + position.y.reduce((sum, y) => sum + y, 0),
    };
  },
};

/** Bytes of heap that a tick takes in a steady state. */
function bytesEach(name: string): number {
  const { tick, total } = makers[name]!();
  let ticks = 0;
  const runs: number[] = [];
  for (; ticks < 2048; ticks++) tick();
  for (let run = 0; run < 9; run++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < TICKS; i++) tick();
    runs.push((process.memoryUsage().heapUsed - before) / TICKS);
    ticks += TICKS;
  }
  if (total() !== COUNT * 3 * 2 * DT * ticks) throw new Error("a tick did not do its work");
  return median(runs);
}

export const tickWorkloads: readonly Workload[] = [
  {
    name: "heap taken by a steady tick of two systems and a hash, 10,000 entities",
    item: "tick",
    unit: "bytes/tick",
    peers: Object.keys(makers).filter((name) => name !== "worldloom"),
    async measure(peer) {
      // Half a byte stands for none, so that a ratio exists.
      const theirs = Math.max(0.5, bytesEach(peer));
      const ours = Math.max(0.5, bytesEach("worldloom"));
      return { ours, peer: theirs, ratio: theirs / ours };
    },
  },
];
