import { afterEach, describe, expect, test } from "vitest";
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City, type CityOptions, Goal, Position } from "../../examples/city/simulation.ts";
import { randomBelow } from "../../src/index.ts";

const map = loadMap(BUNDLED_MAP);
const cities: City[] = [];
afterEach(() => {
  for (const city of cities.splice(0)) city.dispose();
});

function cityOf(options: Partial<CityOptions> = {}): City {
  const city = new City({ map, agents: 1500, seed: 1, radius: 1, churn: 0.01, ...options });
  cities.push(city);
  return city;
}

/** Takes a component from all agents and gives it back, in an order drawn by `seed`: every row moves twice. */
function shuffleRows({ world }: City, seed: number): void {
  const agents = world.query(Goal).entities();
  for (let i = agents.length - 1; i > 0; i--) {
    const j = randomBelow(i + 1, seed, 0, 0, i);
    [agents[i], agents[j]] = [agents[j]!, agents[i]!];
  }
  for (const agent of agents) {
    const { field } = world.get(agent, Goal)!;
    world.remove(agent, Goal);
    world.add(agent, Goal, { field });
  }
}

describe("the city", () => {
  test("has agents on streets only, as many as at the start, each with a goal", () => {
    const city = cityOf({ churn: 0.05 });
    for (let tick = 0; tick < 120; tick++) city.step();
    let agents = 0;
    for (const { count, position, goal } of city.world.query(Position, Goal).chunks()) {
      agents += count;
      for (let i = 0; i < count; i++) {
        const cell = Math.floor(position.y[i]!) * map.width + Math.floor(position.x[i]!);
        expect(map.cells[cell]).toBe(1);
        expect(goal.field[i]).toBeLessThan(16);
      }
    }
    expect(agents).toBe(1500);
    expect(city.world.entityCount).toBe(1500);
    expect(city.arrived).toBeGreaterThan(0);
    expect(city.moving).toBeGreaterThan(1400);
    expect(city.neighboursMean).toBeGreaterThan(0.5);
  });

  test.for([1, 2, 3])("goes on the same whatever the order of its rows (%i)", (seed) => {
    const [plain, shuffled] = [cityOf({ seed, churn: 0.02 }), cityOf({ seed, churn: 0.02 })];
    for (let tick = 0; tick < 40; tick++) {
      if (tick % 10 === 5) {
        shuffleRows(shuffled, seed + tick);
        expect(shuffled.world.contentHash()).toBe(plain.world.contentHash());
      }
      const [a, b] = [plain.step(), shuffled.step()];
      if (tick >= 5) expect(a).not.toBe(b); // the rows do lie elsewhere
      expect(shuffled.world.contentHash()).toBe(plain.world.contentHash());
    }
    expect(shuffled.arrived).toBe(plain.arrived);
    expect(shuffled.arrived).toBeGreaterThan(0);
  });

  test("goes on from a snapshot, and in a fork, as it did the first time", () => {
    const city = cityOf({ churn: 0.02 });
    for (let tick = 0; tick < 10; tick++) city.step();
    const snapshot = city.world.snapshot();
    const fork = cityOf({ churn: 0.02, world: city.world.fork() });
    const first = Array.from({ length: 20 }, () => city.step());
    city.world.restore(snapshot);
    expect(Array.from({ length: 20 }, () => city.step())).toEqual(first);
    expect(Array.from({ length: 20 }, () => fork.step())).toEqual(first);
    snapshot.dispose();
  });

  test("makes no views, and allocates as many blocks every tick, while nobody arrives", () => {
    const city = cityOf({ agents: 1100, churn: 0 });
    const { arena } = city.world;
    for (let tick = 0; tick < 25; tick++) city.step();
    const blocks = arena.usedBlocks;
    const allocated: number[] = [];
    let quiet = 0;
    for (let tick = 0; tick < 150; tick++) {
      const before = { views: arena.viewsMade, allocations: arena.allocations, arrived: city.arrived };
      city.step();
      expect(arena.usedBlocks).toBe(blocks);
      quiet = city.arrived > before.arrived ? 0 : quiet + 1;
      // After arrivals two ticks go by until all blocks have been in use.
      if (quiet < 3) continue;
      expect(arena.viewsMade).toBe(before.views);
      allocated.push(arena.allocations - before.allocations);
    }
    expect(allocated.length).toBeGreaterThan(5);
    expect(new Set(allocated).size).toBe(1);
  });

  test("gives its memory back", () => {
    const city = cityOf();
    const { arena } = city.world;
    city.step();
    cities.pop();
    city.dispose();
    expect(arena.usedBlocks).toBe(0);
  });

  test("refuses a world that was made on another map", () => {
    const { world } = cityOf();
    const other = { ...map, cells: map.cells.slice(), name: "other.map" };
    other.cells[other.cells.indexOf(1)] = 0;
    expect(() => new City({ map: other, agents: 1, seed: 1, radius: 1, churn: 0, world })).toThrow(
      expect.objectContaining({ code: "bad-argument", message: expect.stringContaining("same --map") }),
    );
  });
});
