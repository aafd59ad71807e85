import { describe, expect, it } from "vitest";
import { Arena, array, ColumnSegments, component, createWorld, f32, i16, write } from "../../src/index.ts";
import { refusal } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32 });
const Health = component("Health", { points: i16 });
const Needs = component("Needs", { level: array(f32, 3) });
const Tag = component("Tag");

const make = () => createWorld({ components: [Position, Health, Needs, Tag], chunkRows: 32, arena: new Arena() });

describe("segments of columns", () => {
  it("name where every row of several archetypes lies, lanes of arrays too", () => {
    const world = make();
    const ids = [...world.spawnMany(70, Position, Health, Needs), ...world.spawnMany(40, Position, Health, Needs, Tag)];
    for (const [i, id] of ids.entries()) {
      world.set(id, Position, { x: i, y: -i });
      world.set(id, Health, { points: i * 3 });
      world.set(id, Needs, { level: [i + 0.25, i + 0.5, i + 0.75] });
    }
    const query = world.query(Position, Health, Needs);
    const segments = new ColumnSegments(query, [
      [Position, "y"],
      [Health, "points"],
      [Needs, "level", 2],
    ]);
    expect(segments.count).toBe(110);
    expect(segments.rows.length).toBe(5);
    const found: number[][] = [];
    for (const [s, rows] of segments.rows.entries()) {
      for (let row = 0; row < rows; row++) {
        const [y, health, level] = segments.columns.map(({ element, stride, offsets }) => {
          const at = offsets[s]! + row * stride;
          return element === "i16" ? segments.memory.i16[at >> 1]! : segments.memory.f32[at >> 2]!;
        });
        found.push([y!, health!, level!]);
      }
    }
    const rows = query.entities();
    expect(found).toEqual(
      [...rows].map((id) => [
        world.get(id as never, Position)!.y,
        world.get(id as never, Health)!.points,
        world.get(id as never, Needs)!.level[2],
      ]),
    );
  });

  it("follow the structure, and mark what is written", () => {
    const world = make();
    const id = world.spawn([Position, { x: 1, y: 2 }]);
    const segments = new ColumnSegments(world.query(write(Position)), [[Position, "x"]]);
    const before = world.hash();
    const fork = world.fork();
    world.spawnMany(50, Position);
    segments.update();
    expect(segments.count).toBe(51);
    segments.memory.f32[segments.columns[0]!.offsets[0]! >> 2] = 9;
    expect(world.get(id, Position)).toEqual({ x: 9, y: 2 });
    expect(fork.hash()).toEqual(before);
    expect(fork.get(id, Position)).toEqual({ x: 1, y: 2 });
  });

  it("refuse columns that the query does not have", () => {
    const world = make();
    expect(refusal(() => new ColumnSegments(world.query(Position), [[Health, "points"]])).code).toBe("bad-argument");
    expect(refusal(() => new ColumnSegments(world.query(Position), [[Position, "z"]])).code).toBe("bad-argument");
    expect(refusal(() => new ColumnSegments(world.query(Needs), [[Needs, "level", 3]])).code).toBe("bad-argument");
  });
});
