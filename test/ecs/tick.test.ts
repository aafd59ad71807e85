import { describe, expect, it } from "vitest";
import {
  component,
  createWorld,
  entity,
  event,
  f32,
  input,
  Name,
  resource,
  str,
  system,
  type WorldloomError,
  write,
} from "../../src/index.ts";
import { expectRefused, refusal } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32({ default: 1 }), y: f32 });
const Dying = component("Dying");
const Clock = resource("Clock", { seconds: f32 });
const Hit = event("Hit", { who: entity, note: str }, { lifetime: 2 });
const Brief = event("Brief", {}, { lifetime: 1 });
const Push = input("Push", { who: entity, dx: f32 });
const make = (checked = true) =>
  createWorld({
    components: [Position, Velocity, Dying],
    resources: [Clock],
    events: [Hit, Brief],
    inputs: [Push],
    seed: 3,
    chunkRows: 32,
    checked,
  });

const move = system("move", {
  query: [write(Position), Velocity],
  run({ query }) {
    for (const { count, position, velocity } of query.chunks()) {
      for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]!;
    }
  },
});
const push = system("push", {
  query: [Position],
  run({ world, commands }) {
    for (const { who, dx } of world.inputs(Push)) commands.set(who, Position, { x: dx });
  },
});

describe("a tick", () => {
  it("runs systems in order and applies the commands of each before the next", () => {
    const world = make();
    const a = world.spawn(Position, Velocity);
    const order: number[] = [];
    const spawn = system("spawn", {
      query: [Position],
      run({ query, commands }) {
        order.push(query.count);
        commands.spawn(Position, Velocity);
        expect(query.count).toBe(order.at(-1));
      },
    });
    world.step([spawn, move, spawn]);
    expect([world.tick, order, world.query(Position).count]).toEqual([1, [1, 2], 3]);
    expect(world.get(a, Position)).toEqual({ x: 1, y: 0 });
  });

  it("reads inputs of its own tick only", () => {
    const world = make();
    const a = world.spawn(Position, Velocity);
    world.input(Push, { who: a, dx: 10 });
    expect(world.inputs(Push)).toEqual([{ who: a, dx: 10, tick: 1 }]);
    world.step([push, move]);
    expect([world.get(a, Position), world.inputs(Push)]).toEqual([{ x: 11, y: 0 }, []]);
    world.step([push, move]);
    expect(world.get(a, Position)).toEqual({ x: 12, y: 0 });
  });

  it("keeps events for their lifetime", () => {
    const world = make();
    for (let t = 0; t < 40; t++) world.emit(Hit, { note: `at ${world.tick}` });
    world.emit(Brief);
    const ticks = () => [world.events(Hit).length, world.events(Brief).length];
    expect(ticks()).toEqual([40, 1]);
    world.step([]);
    world.emit(Hit, { note: "later" });
    expect(ticks()).toEqual([41, 0]);
    world.step([]);
    expect([ticks(), world.events(Hit)]).toEqual([[1, 0], [{ who: 0, note: "later", tick: 1 }]]);
    world.step([]);
    expect(ticks()).toEqual([0, 0]);
  });

  it("that fails is dropped whole, naming the system", () => {
    const world = make();
    const a = world.spawn(Position, Velocity);
    world.input(Push, { who: a, dx: 4 });
    const told: number[] = [];
    world.observe("set", Position, (who) => told.push(who));
    const fail = system("fail", {
      query: [write(Position)],
      run({ commands, query }) {
        commands.spawn(Position);
        for (const { position } of query.chunks()) position.x[0] = 99;
        throw new Error("on purpose");
      },
    });
    const before = [world.hash(), world.tick];
    const error = refusal(() => world.step([push, move, fail]));
    expect([error.code, error.operands, (error.cause as Error).message]).toEqual([
      "tick-failed",
      { system: "fail", tick: 1 },
      "on purpose",
    ]);
    expect([[world.hash(), world.tick], told]).toEqual([before, []]);
    world.step([push, move]);
    expect([world.get(a, Position), told]).toEqual([{ x: 5, y: 0 }, [a]]);
  });

  it("replays: a snapshot and the same inputs give the same hashes", () => {
    const world = make(false);
    const ids = world.spawnMany(100, Position, Velocity);
    const scatter = system("scatter", {
      query: [write(Velocity)],
      run(context) {
        for (const { count, entities, velocity } of context.query.chunks()) {
          for (let i = 0; i < count; i++)
            velocity.x[i] = context.random(entities[i]!) + context.randomBelow(4, entities[i]!, 1);
        }
        for (const who of context.sample(context.query, 0.1)) context.commands.add(who, Dying);
        context.commands.emit(Hit, { who: context.tick % 2 === 0 ? ids[0]! : 0, note: `${context.tick % 5}` });
      },
    });
    const reap = system("reap", {
      query: [Dying],
      run({ query, commands }) {
        const dying = query.entities();
        commands.despawnMany(dying);
        commands.spawnMany(dying.length, Position, Velocity);
      },
    });
    const systems = [push, scatter, move, reap];
    const start = world.snapshot();
    const run = (target: typeof world): string[] => {
      const hashes: string[] = [];
      for (let t = 0; t < 30; t++) {
        if (t % 3 === 0) target.input(Push, { who: target.query(Position).entities()[t]!, dx: t });
        target.step(systems);
        hashes.push(target.hash());
      }
      return hashes;
    };
    const first = run(world);
    const fork = world.fork();
    world.restore(start);
    fork.restore(start);
    expect(run(world)).toEqual(first);
    expect(run(fork)).toEqual(first);
    expect(new Set(first).size).toBe(30);
    const late = make(false);
    late.spawnMany(100, Position, Velocity);
    expect(run(late)).toEqual(first);
  });

  it("adds up the time of each system", () => {
    const world = make();
    const timings = new Map<string, number>();
    world.step([move, push], { timings });
    world.step([move, push], { timings });
    expect([...timings.keys()]).toEqual(["move", "push"]);
    for (const ms of timings.values()) expect(ms).toBeGreaterThanOrEqual(0);
  });

  it("refuses what belongs between ticks", () => {
    const world = make();
    const inside = (act: () => void): WorldloomError => {
      const error = refusal(() => world.step([system("inside", { run: act })]));
      return error.cause as WorldloomError;
    };
    for (const act of [
      () => world.snapshot(),
      () => world.hash(),
      () => world.fork(),
      () => world.spawnMany(3, Position),
      () => world.step([]),
      () => world.apply(world.commands()),
    ]) {
      const error = inside(act);
      expect([error.code, error.message]).toEqual([
        "structure-locked",
        expect.stringMatching(/commands of its context|between ticks/),
      ]);
    }
  });

  it("lets direct changes wait for the end of the system", () => {
    const world = make();
    const a = world.spawn(Position);
    let made = 0;
    world.step([
      system("direct", {
        query: [Position],
        run({ world, query }) {
          world.despawn(a);
          made = world.spawn([Position, { x: 8 }]);
          expect([world.isAlive(a), world.isAlive(made), query.count]).toEqual([true, false, 1]);
        },
      }),
    ]);
    expect([world.isAlive(a), world.get(made, Position)]).toEqual([false, { x: 8, y: 0 }]);
  });
});

describe("changes inside an iteration", () => {
  it("wait for its end", () => {
    const world = make(false);
    const ids = world.spawnMany(70, Position);
    const made: number[] = [];
    for (const { count, entities } of world.query(Position).chunks()) {
      for (let i = 0; i < count; i++) {
        world.add(entities[i]!, Dying);
        made.push(world.spawn([Position, { x: 1 }]));
      }
      expect(world.query(Dying).count).toBe(0);
    }
    expect([made.length, world.query(Position).count, world.query(Dying).count]).toEqual([70, 140, 70]);
    expect(made.every((id) => world.isAlive(id)) && ids.every((id) => world.has(id, Dying))).toBe(true);
  });

  it("that fail are all taken back, and reserved ids with them", () => {
    const world = createWorld({ components: [Position, Name] });
    world.spawnMany(3, Position);
    const act = () => {
      for (const { entities } of world.query(Position).chunks()) {
        world.despawn(entities[0]!);
        world.spawn([Name, { text: "twin" }]);
        world.spawn([Name, { text: "twin" }]);
      }
    };
    expectRefused(world, act, "name-taken", /choose another name/);
    expect(world.spawn(Position)).toBe(world.query(Position).entities()[3]);
  });

  it("forbid whole-world operations until it ends, also when it ends early", () => {
    const world = make(false);
    world.spawnMany(70, Position);
    for (const _ of world.query(Position).chunks()) {
      expect(refusal(() => world.snapshot()).code).toBe("structure-locked");
      expect(refusal(() => world.spawnMany(1)).message).toMatch(/after the loop/);
      break;
    }
    world.snapshot().dispose();
  });
});
