import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  Arena,
  component,
  createWorld,
  type Entity,
  f32,
  i32,
  type Snapshot,
  type World,
  without,
  write,
} from "../../src/index.ts";
import { Position } from "./model.ts";

const Velocity = component("Velocity", { x: f32, y: f32 });
const Score = component("Score", { value: i32 });
const Asleep = component("Asleep");

/** A tick as a server makes it: queries, single writes, a ring of eight snapshots. */
function ticking(arena: Arena): { world: World; tick: () => void } {
  const world = createWorld({ components: [Position, Velocity, Score, Asleep], arena, chunkRows: 256 });
  world.spawnMany(3000, Position, [Velocity, { x: 1 }], Score);
  world.spawnMany(500, Position, Asleep);
  const ids = world.query(Score).entities();
  const moving = world.query(write(Position), Velocity, without(Asleep));
  const scored = world.query(write(Score));
  const values = { value: 0 };
  const ring: (Snapshot | undefined)[] = Array.from({ length: 8 }, () => undefined);
  let turn = 0;
  const tick = (): void => {
    for (const { count, position, velocity } of moving.chunks()) {
      for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]!;
    }
    for (const { count, score } of scored.chunks()) for (let i = 0; i < count; i++) score.value[i]!++;
    for (let n = 0; n < 20; n++) {
      values.value = turn + n;
      world.set(ids[(turn * 20 + n) % ids.length]! as Entity, Score, values);
    }
    ring[turn % 8]?.dispose();
    ring[turn % 8] = world.snapshot();
    if (turn % 4 === 0) world.hash();
    turn++;
  };
  return { world, tick };
}

describe("a steady tick", () => {
  it("takes no memory from the arena and makes no views", () => {
    const arena = new Arena();
    const { tick } = ticking(arena);
    for (let i = 0; i < 40; i++) tick();
    const before = [arena.usedBytes, arena.usedBlocks, arena.committedBytes, arena.memory.byteLength, arena.viewsMade];
    for (let i = 0; i < 400; i++) tick();
    expect([arena.usedBytes, arena.usedBlocks, arena.committedBytes, arena.memory.byteLength, arena.viewsMade]).toEqual(
      before,
    );
  });

  it("copies as many blocks every time", () => {
    const arena = new Arena();
    const { tick } = ticking(arena);
    for (let i = 0; i < 40; i++) tick();
    const counts = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const before = arena.allocations;
      tick();
      counts.add(arena.allocations - before);
    }
    // Chunks of two columns, their two lists of blocks, the root of the snapshot.
    expect([...counts]).toEqual([12 + 12 + 2 + 1]);
  });

  it("leaves nothing behind on the heap", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { tick } = ticking(new Arena());
    const heapAfter = (ticks: number): number => {
      for (let i = 0; i < ticks; i++) tick();
      collect();
      return getHeapStatistics().used_heap_size;
    };
    heapAfter(1000);
    const before = heapAfter(500);
    // A leak of 100 bytes a tick would be 200 KB here; compiled code comes and goes.
    expect(heapAfter(2000) - before).toBeLessThan(150_000);
  });
});
