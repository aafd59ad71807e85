import { describe, expect, it } from "vitest";
import {
  Arena,
  array,
  bool,
  component,
  createWorld,
  type EventType,
  entity,
  event,
  f32,
  f64,
  relation,
  str,
  system,
  u8,
  vec3,
} from "../../src/index.ts";
import { expectRefused, refusal } from "./refusal.ts";

const Position = component("Position", { x: f32 });
const Hit = event(
  "Hit",
  {
    who: entity,
    at: vec3(f32({ default: 2 })),
    list: array(u8, 3),
    note: str({ default: "?" }),
    hard: bool,
    power: f64,
  },
  { lifetime: 3 },
);
const Bell = event("Bell", {});
const make = (events = 500) =>
  createWorld({ components: [Position], events: [Hit, Bell], chunkRows: 32, limits: { events } });

/** Rows 0 to `count - 1` of what both tests below emit. */
const rowOf = (i: number) => ({
  who: 0,
  at: { x: i / 4, y: 7 },
  list: [i & 255, 1, 2],
  note: `note ${i % 5}`,
  hard: i % 2 === 0,
});
const columns = {
  at: { x: (i: number) => i / 4, y: 7 },
  list: (i: number) => [i & 255, 1, 2],
  note: (i: number) => `note ${i % 5}`,
  hard: (i: number) => i % 2 === 0,
};

describe("many events at once", () => {
  it("are what one after the other gives, across chunks and ticks", () => {
    const [one, many] = [make(), make()];
    for (const count of [3, 0, 29, 1, 64, 100]) {
      for (let i = 0; i < count; i++) one.emit(Hit, rowOf(i));
      many.emitMany(Hit, count, columns);
      one.emit(Bell);
      many.emitMany(Bell, 1);
      expect(many.hash()).toBe(one.hash());
      expect(many.events(Hit)).toEqual(one.events(Hit));
      one.step([]);
      many.step([]);
    }
    expect(many.events(Hit).length).toBe(164);
    expect(many.events(Hit)[70]).toEqual({ ...rowOf(6), at: { x: 1.5, y: 7, z: 2 }, power: 0, tick: 5 });
    one.emit(Hit);
    many.emitMany(Hit, 1);
    expect(many.hash()).toBe(one.hash());
    one.spawn(Position);
    many.spawn(Position);
    for (const _ of one.query(Position).chunks()) one.emit(Hit, rowOf(0));
    for (const _ of many.query(Position).chunks()) many.emitMany(Hit, 1, columns);
    expect(many.hash()).toBe(one.hash());
  });

  it("wait in systems and buffers", () => {
    const world = make();
    const told = system("told", {
      run: (context) => {
        context.world.emitMany(Bell, 3);
        context.commands.emitMany(Hit, 2, { power: [1, 2] });
        expect(context.world.events(Bell).length).toBe(0);
      },
    });
    world.step([told]);
    expect([world.events(Bell).length, world.events(Hit).map(({ power }) => power)]).toEqual([3, [1, 2]]);
    const commands = world.commands();
    commands.emitMany(Hit, 2, { power: 3, list: [4, 5, 6] });
    const snapshot = world.snapshot();
    const before = world.hash();
    world.apply(commands);
    expect(world.events(Hit).slice(2)).toEqual(Array(2).fill(expect.objectContaining({ power: 3, list: [4, 5, 6] })));
    world.restore(snapshot);
    snapshot.dispose();
    expect(world.hash()).toBe(before);
  });

  it("are refused as one, and nothing is left of them", () => {
    const world = make(40);
    world.emitMany(Hit, 38, { note: "known" });
    expectRefused(
      world,
      () => world.emitMany(Hit, 3, { note: "new" }),
      "bad-argument",
      /38 of Hit.*3 came.*limits\.events/,
    );
    expectRefused(world, () => world.emitMany(Hit, 1e9, columns), "bad-argument", /raise limits\.events/);
    expectRefused(world, () => world.emitMany(Hit, 1.5), "bad-argument", /count must be an integer/);
    expectRefused(world, () => world.emitMany(Hit, 2, { note: ["a", 3 as never] }), "bad-value", /Hit\.note/);
    expectRefused(world, () => world.emitMany(Hit, 2, { power: [1] }), "bad-argument", /2 values/);
    expectRefused(world, () => world.emitMany(Hit, 2, { nothing: 1 } as never), "bad-argument", /nothing/);
    expectRefused(world, () => world.emitMany(Position as never, 2), "component-unknown", /Position|undefined/);
    world.emitMany(Hit, 2, { note: "new" });
    expect(world.events(Hit).length).toBe(40);
    const other: EventType = event("Other", {});
    expect(refusal(() => world.commands().emitMany(other, 1)).code).toBe("component-unknown");
  });
});

describe("events as columns", () => {
  it("are those that are read one by one, across chunks and ticks", () => {
    const world = make();
    expect(world.eventChunks(Hit)).toEqual([]);
    world.emitMany(Hit, 50, columns);
    world.step([]);
    world.emitMany(Hit, 40, columns);
    const rows = [];
    for (const { count, ticks, fields } of world.eventChunks(Hit)) {
      for (let i = 0; i < count; i++) {
        const list = [...(fields.list as unknown as Uint8Array).subarray(i * 3, i * 3 + 3)];
        const at = { x: fields.at.x[i], y: fields.at.y[i], z: fields.at.z[i] };
        rows.push({ tick: ticks[i], at, list, hard: fields.hard[i] === 1, power: fields.power[i], who: fields.who[i] });
      }
    }
    const expected = world.events(Hit).map(({ note, ...rest }) => rest);
    expect(rows).toEqual(expected);
    expect(world.eventChunks(Hit).map(({ count }) => count)).toEqual([32, 32, 26]);
    const fork = world.fork();
    fork.emit(Hit, { power: 1 });
    expect(world.eventChunks(Hit).reduce((sum, { count }) => sum + count, 0)).toBe(90);
    expect(fork.eventChunks(Hit).reduce((sum, { count }) => sum + count, 0)).toBe(91);
    world.step([]);
    world.step([]);
    expect(world.eventChunks(Hit).map(({ count, ticks }) => [count, ticks[0]])).toEqual([
      [32, 1],
      [8, 1],
    ]);
  });

  it("have ticks where they have no fields", () => {
    const world = make();
    world.emitMany(Bell, 3);
    const [{ count, ticks, fields }] = world.eventChunks(Bell) as [ReturnType<typeof world.eventChunks>[number]];
    expect([count, ticks[2], fields]).toEqual([3, 0, {}]);
  });

  it("make no views and no objects when worlds are steady", () => {
    const world = createWorld({ events: [Hit], chunkRows: 32, checked: false });
    const ring = system("ring", { run: ({ commands }) => commands.emitMany(Hit, 40) });
    let heard = 0;
    const tick = () => {
      world.step([ring]);
      for (const { count, fields } of world.eventChunks(Hit)) heard += count + fields.power[0]!;
    };
    for (let i = 0; i < 40; i++) tick();
    const [made, chunks] = [world.arena.viewsMade, world.eventChunks(Hit)];
    const first = chunks[0];
    for (let i = 0; i < 40; i++) tick();
    expect(world.arena.viewsMade).toBe(made);
    expect(world.eventChunks(Hit)).toBe(chunks);
    expect(world.eventChunks(Hit)[0]).toBe(first);
    expect(heard).toBeGreaterThan(80 * 80);
  });

  it("are of events, and not written", () => {
    const world = createWorld({ components: [Position], events: [Hit], checked: true });
    world.emit(Hit, { power: 2 });
    for (const outer of world.eventChunks(Hit)) {
      for (const inner of world.eventChunks(Hit)) expect(outer.fields.power[0]).toBe(inner.fields.power[0]);
    }
    const [chunk] = world.eventChunks(Hit);
    const power = chunk!.fields.power as unknown as Float64Array;
    const write = () => {
      power[0] = 5;
    };
    expectRefused(world, write, "undeclared-write", /fields of Hit cannot be written/);
    world.emit(Hit, { power: 3 });
    expect(world.eventChunks(Hit)[0]!.fields.power[1]).toBe(3);
    expectRefused(world, () => power[0], "view-expired", /get it again/);
    expect(refusal(() => world.eventChunks(Position as unknown as EventType)).code).toBe("component-unknown");
    expect(refusal(() => world.eventChunks(Bell)).code).toBe("component-unknown");
    expect(refusal(() => world.eventChunks(undefined as unknown as EventType)).code).toBe("component-unknown");
    world.dispose();
    expect(refusal(() => world.eventChunks(Hit)).code).toBe("world-disposed");
  });
});

it("copies nothing for an event with a text that is known, or for a pair", () => {
  const Likes = relation("Likes", { why: str }, { exclusive: false });
  const world = createWorld({ components: [Position, Likes], events: [Hit], arena: new Arena() });
  const [a, b] = Array.from(world.spawnMany(2, Position)) as [number, number];
  world.relate(a, Likes, b, { why: "known" });
  world.emit(Hit, { note: "known" });
  const { copies, allocations } = world.metrics();
  world.relate(b, Likes, a, { why: "known" });
  world.relate(b, Likes, b);
  world.emit(Hit, { note: "known" });
  world.emit(Hit);
  expect([world.metrics().copies, world.metrics().allocations]).toEqual([copies, allocations]);
});
