import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { Heading, makeCrowd, Shots, Walker } from "../../examples/city/crowd.ts";
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City, Goal, Position } from "../../examples/city/simulation.ts";
import { randomBelow } from "../../src/index.ts";

const map = loadMap(BUNDLED_MAP);
const cities: City[] = [];
afterEach(() => {
  for (const city of cities.splice(0)) city.dispose();
});

async function crowded(agents = 120, seed = 1) {
  const crowd = await makeCrowd(map);
  const city = new City({ map, agents, seed, radius: 1, churn: 0.02, parts: [crowd] });
  cities.push(city);
  /** What all poses are, by entity. */
  const poses = () => {
    const digest = createHash("sha256");
    const { world } = city;
    for (const entity of world.query(Position).entities().sort())
      digest.update(crowd.animation.poses(world).matrices(entity));
    return digest.digest("hex");
  };
  return { city, crowd, poses, world: city.world };
}

describe("a crowd in the city", () => {
  test("stands, walks, is hit and waves", async () => {
    const { city, crowd, world } = await crowded();
    const states = new Set<number>();
    for (let tick = 0; tick < 40; tick++) {
      city.step();
      for (const { count, walker } of world.query(Walker.component).chunks())
        for (let i = 0; i < count; i++) {
          states.add(walker.states[i * 6]!);
          states.add(10 + walker.states[i * 6 + 3]!);
        }
    }
    expect([...states].sort((a, b) => a - b)).toEqual([1, 2, 11, 12]);
    const { fired, hits, heads } = world.resource(Shots);
    expect(fired).toBe(40 * 32);
    expect(hits).toBeGreaterThan(500);
    expect(heads).toBeGreaterThan(0);
    expect(heads).toBeLessThan(hits);
    expect(crowd.animation.poses(world).count).toBe(120);
    for (const { count, heading } of world.query(Heading).chunks())
      for (let i = 0; i < count; i++) {
        const [x, y] = [heading.x[i]!, heading.y[i]!];
        expect(x * x + y * y).toBeCloseTo(1, 5);
      }
  });

  test("goes on to the same hash and poses after it was taken back, and in another city", async () => {
    const [one, other] = [await crowded(60), await crowded(60)];
    for (let tick = 0; tick < 10; tick++) expect(one.city.step()).toBe(other.city.step());
    const goBack = one.city.keep();
    const hashes = Array.from({ length: 8 }, () => one.city.step());
    const poses = one.poses();
    goBack();
    expect(Array.from({ length: 8 }, () => one.city.step())).toEqual(hashes);
    expect(one.poses()).toBe(poses);
    for (const hash of hashes) expect(other.city.step()).toBe(hash);
    expect(other.poses()).toBe(poses);
  });

  test("does not depend on the order of rows", async () => {
    const [plain, shuffled] = [await crowded(60, 3), await crowded(60, 3)];
    for (let tick = 0; tick < 12; tick++) {
      if (tick === 5) {
        const agents = shuffled.world.query(Goal).entities();
        for (let i = agents.length - 1; i > 0; i--) {
          const j = randomBelow(i + 1, 3, 0, 0, i);
          [agents[i], agents[j]] = [agents[j]!, agents[i]!];
        }
        for (const agent of agents) {
          const { field } = shuffled.world.get(agent, Goal)!;
          shuffled.world.remove(agent, Goal);
          shuffled.world.add(agent, Goal, { field });
        }
      }
      plain.city.step();
      shuffled.city.step();
      expect(shuffled.world.contentHash()).toBe(plain.world.contentHash());
    }
    expect(shuffled.poses()).toBe(plain.poses());
  });

  test("is drawn to the same pixels each time", async () => {
    const { city, crowd, world } = await crowded(60);
    city.step();
    const picture = crowd.picture(world, "a crowd");
    expect([picture.width, picture.height]).toEqual([1280, 720]);
    expect(crowd.picture(world, "a crowd").rgba).toEqual(picture.rgba);
    expect(new Set(picture.pixels).size).toBeGreaterThan(100);
  });
});
