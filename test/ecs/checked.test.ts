import { describe, expect, it } from "vitest";
import {
  component,
  createWorld,
  f32,
  optional,
  resource,
  type System,
  system,
  type World,
  type WorldloomError,
  write,
} from "../../src/index.ts";
import { refusal } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32({ nan: true }) });
const Clock = resource("Clock", { seconds: f32 });
const make = () => {
  const world = createWorld({
    components: [Position, Velocity],
    resources: [Clock],
    seed: 3,
    chunkRows: 32,
    checked: true,
  });
  world.spawnMany(50, Position, Velocity);
  return world;
};

/** Runs one system for a tick that must fail; the world must be as before. */
function failure(body: System): { code: string; message: string } {
  const world = make();
  const before = world.hash();
  const error = refusal(() => world.step([body]));
  const cause = error.cause as WorldloomError;
  expect([error.code, world.hash(), world.tick]).toEqual(["tick-failed", before, 0]);
  return { code: cause.code, message: cause.message };
}

describe("checked mode", () => {
  it("refuses writes to columns that a query reads, and nothing is written", () => {
    const world = make();
    for (const act of [
      (x: Float32Array) => (x[0] = 5),
      (x: Float32Array) => x.fill(5),
      (x: Float32Array) => x.set([5]),
      (x: Float32Array) => x.sort(),
      (x: Float32Array) => x.copyWithin(0, 1),
    ]) {
      const body = system("sneak", {
        query: [Position, write(Velocity)],
        run: ({ query }) => query.eachChunk(({ position }) => void act(position.x as Float32Array)),
      });
      expect(failure(body)).toEqual({
        code: "undeclared-write",
        message: expect.stringMatching(/sneak wrote position.*write/),
      });
      const loop = () => world.query(Position).eachChunk(({ position }) => void act(position.x as Float32Array));
      expect(refusal(loop).message).toMatch(/A loop wrote position/);
    }
    expect(world.get(world.query(Position).entities()[0]!, Position)).toEqual({ x: 0, y: 0 });
  });

  it("names the system that wrote around its queries", () => {
    const world = make();
    const { table, columns } = world.query(Position).matches[0]!;
    const word = table.blockOf(table.columns[columns[0]!]!, 0) * 16;
    const body = system("sneak", {
      query: [Position, write(Velocity)],
      run: () => void (world.arena.memory.f32[word] = 5),
    });
    const cause = refusal(() => world.step([body])).cause as WorldloomError;
    expect([cause.code, cause.message]).toEqual([
      "undeclared-write",
      expect.stringMatching(/sneak wrote Position \(chunk 0\).*write\(Position\)/),
    ]);
  });

  it("refuses conditions that write, also what the body may", () => {
    const writing = (when: (world: World) => boolean): System =>
      system("late", { query: [write(Velocity)], sets: [Clock], when, run: () => {} }) as System;
    const wrong: [when: (world: World) => boolean, code: string, hint: RegExp][] = [
      [
        (world) => {
          for (const { velocity } of world.query(write(Velocity)).chunks()) velocity.x[0] = 5;
          return true;
        },
        "undeclared-access",
        /late may not write Velocity/,
      ],
      [
        (world) => {
          for (const { velocity } of world.query(Velocity).chunks()) (velocity.x as Float32Array)[0] = 5;
          return false;
        },
        "undeclared-write",
        /late wrote velocity/,
      ],
      [
        (world) => {
          const { table, columns } = world.query(Velocity).matches[0]!;
          world.arena.memory.f32[table.blockOf(table.columns[columns[0]!]!, 0) * 16] = 5;
          return false;
        },
        "undeclared-write",
        /The condition of system late wrote Velocity \(chunk 0\); leave that to its body/,
      ],
      [() => Math.random() < 2, "nondeterminism", /Math\.random/],
    ];
    for (const [when, code, hint] of wrong)
      expect(failure(writing(when))).toEqual({ code, message: expect.stringMatching(hint) });
    make().step([writing((world) => world.query(Velocity, Position).count > 0)]);
  });

  it("refuses them where a step alone is checked, and the world is not", () => {
    const world = createWorld({ components: [Velocity], chunkRows: 32, checked: false });
    world.spawnMany(5, Velocity);
    const kept = [...world.query(write(Velocity)).chunks()][0]!.velocity;
    const late = system("late", { query: [write(Velocity)], when: () => (kept.x[0]! += 5) > 0, run: () => {} });
    const error = refusal(() => world.step([late], { checked: true }));
    expect(error.cause).toMatchObject({
      code: "undeclared-write",
      message: expect.stringMatching(/The condition of system late/),
    });
  });

  it("refuses queries beyond the declaration", () => {
    const reads = system("reads", { query: [Position], run: ({ world }) => void [...world.query(Velocity).chunks()] });
    expect(failure(reads)).toEqual({
      code: "undeclared-access",
      message: expect.stringMatching(/reads may not read Velocity/),
    });
    const writes = system("writes", {
      query: [Position],
      run: ({ world }) => void [...world.query(write(Position)).chunks()],
    });
    expect(failure(writes)).toEqual({
      code: "undeclared-access",
      message: expect.stringMatching(/writes may not write Position/),
    });
    const fine = system("fine", {
      query: [Position],
      writes: [Velocity],
      queries: { maybe: [optional(Position)] },
      run: ({ world, queries }) => {
        for (const { velocity } of world.query(write(Velocity)).chunks()) velocity.x[0] = 1;
        for (const _ of queries.maybe.chunks());
      },
    });
    make().step([fine]);
  });

  it("finds NaN where it is forbidden, and only there", () => {
    const nan = (field: "x" | "y") =>
      system("nan", {
        query: [write(Velocity)],
        run({ query }) {
          for (const { count, velocity } of query.chunks()) velocity[field][count - 1] = Number.NaN;
        },
      });
    expect(failure(nan("x"))).toEqual({
      code: "nan-forbidden",
      message: expect.stringMatching(/nan wrote NaN to Velocity\.x \(row 31 of chunk 0\)/),
    });
    make().step([nan("y")]);
  });

  it("makes inexact functions throw inside systems, and nowhere else", () => {
    for (const name of ["sin", "pow", "random", "exp", "atan2"] as const) {
      const body = system("inexact", { run: () => void (Math[name] as (...x: number[]) => number)(1, 2) });
      expect(failure(body)).toEqual({
        code: "nondeterminism",
        message: expect.stringMatching(new RegExp(`Math\\.${name}`)),
      });
    }
    expect(Math.pow(2, 3)).toBe(8);
    make().step([system("exact", { run: () => void Math.sqrt(2) })]);
  });

  it("makes columns useless when the iteration has gone on", () => {
    const world = make();
    const kept: { x: Float32Array }[] = [];
    for (const { position } of world.query(write(Position)).chunks()) {
      position.x[0] = 3;
      expect(position.x[0]).toBe(3);
      kept.push(position as { x: Float32Array });
      if (kept.length === 2) expect(refusal(() => kept[0]!.x).code).toBe("view-expired");
    }
    const late = refusal(() => {
      kept[1]!.x[0] = 4;
    });
    expect([late.code, late.message]).toEqual(["view-expired", expect.stringMatching(/again from the query/)]);
    expect(world.get(world.query(Position).entities()[32]!, Position)).toEqual({ x: 3, y: 0 });
  });

  it("finds results that depend on something outside the world by running each tick twice", () => {
    let outside = 0;
    const drifts = system("drifts", {
      query: [write(Position)],
      run({ query }) {
        for (const { position } of query.chunks()) position.x[0] = ++outside;
      },
    });
    const steady = system("steady", {
      query: [write(Position)],
      run: ({ query }) => query.eachChunk(({ position }) => position.y.fill(2)),
    });
    const world = make();
    world.step([steady], { twice: true });
    const before = world.hash();
    const error = refusal(() => world.step([steady, drifts], { twice: true }));
    expect([error.code, error.message, world.hash()]).toEqual([
      "nondeterminism",
      expect.stringMatching(/drifts/),
      before,
    ]);
    const plain = make();
    plain.step([steady]);
    const twice = make();
    twice.step([steady], { twice: true });
    expect(twice.hash()).toBe(plain.hash());
  });

  it("lets resources be set by who declared it", () => {
    const sets = system("sets", { sets: [Clock], run: ({ commands }) => commands.setResource(Clock, { seconds: 2 }) });
    const world = make();
    world.step([sets]);
    expect(world.resource(Clock)).toEqual({ seconds: 2 });
  });
});
