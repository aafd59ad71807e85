import { describe, expect, test } from "vitest";
import { type LuaEngine, luaEngine } from "../../../src/script.ts";
import { budget, ENTITIES, Soak } from "./soak.ts";

/** Ticks of all histories together. */
const TICKS = Number(process.env["WORLDLOOM_SOAK_TICKS"] ?? 6_000);
const SEEDS = [1, 2, 3, 12];
const BACK_EVERY = 40;

describe("generated scripts that fail in all ways", () => {
  let engine: LuaEngine | undefined;

  test.for(SEEDS)("harm neither the host nor what it can repeat, seed %i", { timeout: 3_600_000 }, async (seed) => {
    engine ??= await luaEngine();
    const [one, other] = [await Soak.of(engine, seed), await Soak.of(engine, seed)];
    const ticks = Math.ceil(TICKS / SEEDS.length);
    const most = { bytes: 0, tasks: 0, waits: 0, instances: 0, entities: 0 };
    const arena: number[] = [];
    for (let tick = 1; tick <= ticks; tick++) {
      one.step();
      other.step();
      // The other one goes back now and then, after a future that does not count.
      if (tick % BACK_EVERY === 0) {
        const before = other.world.snapshot();
        for (let ahead = 0; ahead < 2; ahead++) other.step();
        other.world.restore(before);
        before.dispose();
      }
      if (one.world.hash() !== other.world.hash()) expect.unreachable(`seed ${seed}: tick ${tick} differs`);
      const sizes = one.sizes();
      expect([tick, sizes.tasks]).toEqual([tick, sizes.waits]);
      for (const what of Object.keys(most) as (keyof typeof most)[]) most[what] = Math.max(most[what], sizes[what]);
      if (tick === Math.floor(ticks / 2) || tick === ticks) arena.push(one.world.metrics().arenaUsedBytes);
    }
    console.log(`seed ${seed}: ${ticks} ticks, at most ${JSON.stringify(most)}, ${JSON.stringify(one.faults)}`);
    expect(most.bytes).toBeLessThanOrEqual(2 * budget.memoryBytes!);
    expect(most.instances).toBeLessThanOrEqual(ENTITIES * 3);
    expect(arena[1]).toBeLessThan(arena[0]! * 1.5 + (8 << 20));
    expect(engine.metrics.pool.live).toBeLessThanOrEqual(4 * SEEDS.length);
    expect(one.reloads.done).toBeGreaterThan(ticks / 200);
    expect(Object.keys(one.faults).length).toBeGreaterThan(1);
    expect(other.sizes()).toEqual(one.sizes());
    for (const { world, game } of [one, other]) {
      await game.close();
      world.dispose();
    }
  });
});
