import { describe, expect, it } from "vitest";
import {
  Arena,
  ChildOf,
  component,
  createWorld,
  type Entity,
  FlowGrid,
  f32,
  integrate,
  pathLengths,
  propagate,
  SpatialIndex,
  steer,
  Transform,
  u8,
  vec3,
  WorldMatrix,
  write,
} from "../../src/index.ts";
import { spatialHeader } from "../../src/native/spatial.ts";
import { Random } from "./random.ts";
import { expectRefused, refusal } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });
const Body = component("Body", { at: vec3(f32) });
const Goal = component("Goal", { field: u8 });
const Tag = component("Tag");
const make = () =>
  createWorld({
    components: [Position, Velocity, Body, Goal, Tag, ChildOf, Transform, WorldMatrix],
    chunkRows: 32,
    arena: new Arena(),
  });

describe("integrate", () => {
  it("moves every entity of the query, in full and partly filled chunks of several archetypes", () => {
    const world = make();
    const random = new Random(5);
    const ids = [
      ...world.spawnMany(100, Position, Velocity),
      ...world.spawnMany(45, Position, Velocity, Tag),
      ...world.spawnMany(9, Position),
    ];
    const value = () => Math.fround((random.below(2000) - 1000) / 7);
    const expected = ids.map((id, i) => {
      const [x, y, vx, vy] = [value(), value(), value(), value()];
      world.set(id, Position, { x, y });
      if (i < 145) world.set(id, Velocity, { x: vx, y: vy });
      const dt = Math.fround(0.3);
      const moved = (from: number, by: number) => (i < 145 ? Math.fround(from + Math.fround(by * dt)) : from);
      return { x: moved(x, vx), y: moved(y, vy) };
    });
    integrate(world.query(write(Position), Velocity), 0.3);
    expect(ids.map((id) => world.get(id, Position))).toEqual(expected);
  });

  it("refuses queries that are not one written and one read component of as many f32 columns", () => {
    const world = make();
    for (const query of [
      world.query(Position, Velocity),
      world.query(write(Position), write(Velocity)),
      world.query(write(Position), Body),
      world.query(write(Position), Goal),
      world.query(write(Position), Velocity, Goal),
    ]) {
      expectRefused(world, () => integrate(query, 1), "bad-argument", /one written and one read component/);
    }
  });
});

it("what a job refuses to do leaves the world as it was", () => {
  const world = make();
  world.spawnMany(40, Position, Velocity, Goal);
  const grid = new FlowGrid(world, { width: 2, height: 2, cells: [1, 1, 1, 1], goals: [[0]] });
  const index = new SpatialIndex(world, { cell: 1, width: 2, height: 2 });
  index.build(world.query(Position), Position);
  world.step([]);
  const options = { ...{ grid, index, position: Position, velocity: Velocity, goal: Goal }, speed: 1, strength: 1 };
  const steered = world.query(Position, write(Velocity), Goal);
  expectRefused(world, () => integrate(world.query(write(Position), Velocity), "1" as never), "job-input", /dt/);
  expectRefused(world, () => steer(steered, { ...options, pushMax: 1, dt: 9 }), "job-input", /dt/);
  expectRefused(world, () => steer(steered, { ...options, pushMax: 1, dt: 1n as never }), "bad-argument", /a number/);
});

describe("a spatial index", () => {
  it("answers like a search of everything, in any order of rows", () => {
    const world = make();
    const random = new Random(9);
    const ids = Array.from(
      world.spawnMany(300, [Position, { x: () => random.below(400) / 16, y: () => random.below(400) / 16 }]),
    );
    for (const id of random.shuffled(ids).slice(0, 150)) world.add(id, Tag);
    const index = new SpatialIndex(world, { cell: 2, width: 10, height: 10, minX: 2 });
    index.build(world.query(Position), Position);
    expect(index.count).toBe(300);
    const at = new Map(ids.map((id) => [id, world.get(id, Position)!]));
    const distance2 = (a: { x: number; y: number }, b: { x: number; y: number }) => (a.x - b.x) ** 2 + (a.y - b.y) ** 2;
    for (let i = 0; i < 40; i++) {
      const point = { x: random.below(30), y: random.below(30) - 2 };
      const near = ids.filter((id) => distance2(at.get(id)!, point) <= 9).sort((a, b) => a - b);
      expect(Array.from(index.within(point.x, point.y, 3))).toEqual(near);
      const sorted = [...ids].sort((a, b) => distance2(at.get(a)!, point) - distance2(at.get(b)!, point) || a - b);
      expect(index.nearest(point.x, point.y, 7)).toEqual(sorted.slice(0, 7));
    }
    const pairs: Entity[] = [];
    for (const a of [...ids].sort((a, b) => a - b)) {
      for (const b of [...ids].sort((a, b) => a - b))
        if (a < b && distance2(at.get(a)!, at.get(b)!) <= 1) pairs.push(a, b);
    }
    expect(Array.from(index.pairs(1))).toEqual(pairs);
    const many = index.withinMany([5, 6, 7], [5, 6, 7], 3);
    expect([many.offsets.length, many.offsets[3]]).toEqual([4, many.entities.length]);
    expect(Array.from(many.entities.subarray(many.offsets[1], many.offsets[2]))).toEqual(
      Array.from(index.within(6, 6, 3)),
    );
    index.separate(1);
    expect(index.neighbourCounts.reduce((sum, count) => sum + count, 0)).toBe(pairs.length);
    index.dispose();
  });

  it("has cells that do not depend on rows once it is ordered", () => {
    const world = make();
    const random = new Random(4);
    const ids = Array.from(world.spawnMany(200, [Position, { x: () => random.below(4), y: () => random.below(4) }]));
    const index = new SpatialIndex(world, { cell: 2, width: 2, height: 2 });
    index.order();
    const { memory } = world.arena;
    const entities = () => {
      const at = memory.u32[index.header / 4 + spatialHeader.entity]! / 4;
      return Array.from(memory.i32.subarray(at, at + index.count));
    };
    const answers = () => {
      index.separate(1);
      const [x, y] = [index.pushX, index.pushY].map((at) => Array.from(memory.f32.subarray(at / 4, at / 4 + 200)));
      return [x, y, Array.from(index.neighbourCounts), Array.from(index.within(1, 1, 1)), Array.from(index.pairs(1))];
    };
    const orders: Entity[][] = [];
    for (let round = 0; round < 3; round++) {
      index.build(world.query(Position), Position);
      const built = entities();
      const before = answers();
      index.order();
      orders.push(entities());
      expect(answers()).toEqual(before);
      if (round > 0) expect(entities()).not.toEqual(built);
      memory.i32[memory.u32[index.header / 4 + spatialHeader.entity]! / 4] = -1;
      index.order();
      expect(entities()[0]).toBe(-1);
      for (const id of random.shuffled(ids)) world.add(id, Tag);
      for (const id of random.shuffled(ids)) world.remove(id, Tag);
    }
    expect([orders[1], orders[2]]).toEqual([orders[0], orders[0]]);
    index.dispose();
  });

  it("is empty before it is built, grows, and gives its memory back", () => {
    const world = make();
    const before = world.arena.usedBytes;
    const index = new SpatialIndex(world, { cell: 1, width: 8, height: 8 });
    expect([
      index.count,
      Array.from(index.within(1, 1, 99)),
      index.nearest(0, 0, 3),
      Array.from(index.pairs(9)),
    ]).toEqual([0, [], [], []]);
    world.spawnMany(1000, [Position, { x: 3 }]);
    index.build(world.query(Position), Position);
    expect([index.count, index.within(3, 0, 0).length, index.pairs(0).length]).toEqual([1000, 1000, 1000 * 999]);
    world.despawnMany(world.query(Position).entities());
    index.dispose();
    expect(world.arena.usedBytes - before).toBeLessThan(100_000);
    expect(refusal(() => new SpatialIndex(world, { cell: 0, width: 8, height: 8 })).code).toBe("bad-argument");
    expect(refusal(() => index.build(world.query(Velocity), Position)).message).toMatch(/in the query/);
    expect(refusal(() => index.build(world.query(Body), Body)).message).toMatch(/f32 fields x and y/);
  });
});

/** 5 x 4 cells; # is blocked. */
const MAP = ["....#", ".##..", ".#...", "....."].join("");
const cells = Array.from(MAP, (cell) => (cell === "." ? 1 : 0));

describe("grids", () => {
  it("know the lengths of shortest paths", () => {
    const world = make();
    const lengths = pathLengths(world, { width: 5, height: 4, cells, goals: [0] });
    expect(lengths[0]).toBe(0);
    expect(lengths[3]).toBe(3);
    expect(lengths[4]).toBe(Number.POSITIVE_INFINITY);
    expect(lengths[16]).toBeCloseTo(4, 9);
    expect(lengths[12]).toBeCloseTo(Math.min(6, 5 + Math.SQRT2), 9);
    expect(refusal(() => pathLengths(world, { width: 5, height: 5, cells, goals: [0] })).code).toBe("bad-argument");
    expect(refusal(() => pathLengths(world, { width: 5, height: 4, cells, goals: [4] })).code).toBe("job-input");
  });

  it("lead agents to their goals around corners, and tell who arrived", () => {
    const world = make();
    const grid = new FlowGrid(world, { width: 5, height: 4, cells, goals: [[0], [13]] });
    expect([grid.fieldCount, grid.field(0)[0], grid.field(0)[4], grid.field(1)[13]]).toEqual([2, 8, 255, 8]);
    const starts = [3, 8, 15, 19, 12];
    const ids = starts.map((cell, i) =>
      world.spawn([Position, { x: (cell % 5) + 0.5, y: Math.floor(cell / 5) + 0.5 }], Velocity, [
        Goal,
        { field: i % 2 },
      ]),
    );
    const index = new SpatialIndex(world, { cell: 1, width: 5, height: 4 });
    const query = world.query(Position, write(Velocity), Goal);
    const arrived = new Set<Entity>();
    for (let t = 0; t < 400; t++) {
      index.build(query, Position);
      index.separate(0.4);
      const flags = steer(query, {
        grid,
        index,
        position: Position,
        velocity: Velocity,
        goal: Goal,
        speed: 2,
        strength: 1,
        pushMax: 1,
        dt: 0.1,
      });
      const rows = query.entities();
      for (const [row, flag] of flags.entries()) if (flag === 1) arrived.add(rows[row]!);
      integrate(world.query(write(Position), Velocity), 0.1);
      for (const id of ids) {
        const { x, y } = world.get(id, Position)!;
        expect(cells[Math.floor(y) * 5 + Math.floor(x)], `${x}, ${y} at ${t}`).toBe(1);
      }
    }
    expect([...arrived].sort((a, b) => a - b)).toEqual([...ids].sort((a, b) => a - b));
    expect(refusal(() => grid.field(2)).message).toMatch(/2 flow fields/);
    expect(refusal(() => new FlowGrid(world, { width: 5, height: 4, cells, goals: [[99]] })).message).toMatch(
      /outside a grid/,
    );
    expect(refusal(() => new FlowGrid(world, { width: 0, height: 4, cells: [], goals: [] })).code).toBe("bad-argument");
    grid.dispose();
    index.dispose();
  });
});

describe("transforms", () => {
  it("are relative to the parent, however deep, in whatever order the rows are", () => {
    const world = make();
    const random = new Random(3);
    const ids = random.shuffled(Array.from(world.spawnMany(120, Transform, WorldMatrix)));
    ids.forEach((id, i) => {
      world.set(id, Transform, { translation: { x: 1, y: i % 3 }, scale: i === 0 ? { x: 2, y: 2, z: 2 } : {} });
      if (i > 0) world.relate(id, ChildOf, ids[i - 1]!);
    });
    propagate(world.query(Transform, write(WorldMatrix)));
    ids.forEach((id, i) => {
      const matrix = world.get(id, WorldMatrix)!;
      let y = 0;
      for (let j = 0; j <= i; j++) y += (j % 3) * (j === 0 ? 1 : 2);
      expect([matrix.m00, matrix.m03, matrix.m13, matrix.m23]).toEqual([2, 1 + 2 * i, y, 0]);
    });
    world.unrelate(ids[60]!, ChildOf);
    propagate(world.query(Transform, write(WorldMatrix)));
    expect(world.get(ids[61]!, WorldMatrix)).toMatchObject({ m00: 1, m03: 2 });
    expectRefused(world, () => propagate(world.query(Transform, WorldMatrix)), "bad-argument", /write\(WorldMatrix\)/);
  });
});
