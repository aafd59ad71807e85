import { Gauge, Registry } from "prom-client";
import { expect, test } from "vitest";
import { Arena, component, createWorld, event, f32, input, prometheus, str } from "../../src/index.ts";

const Position = component("Position", { x: f32 });
const Label = component("Label", { text: str });
const Hit = event("Hit", { points: f32 });
const Move = input("Move", { x: f32 });

function made() {
  const world = createWorld({ components: [Position, Label], events: [Hit], inputs: [Move], arena: new Arena() });
  world.spawnMany(1500, Position);
  world.spawn(Position, [Label, { text: "one" }]);
  return world;
}

test("a world says how it is", () => {
  const world = made();
  const some = world.spawnMany(10, Position);
  world.query(Position);
  const first = world.metrics();
  expect(first).toMatchObject({ tick: 0, entities: 1511, components: 2, archetypes: 2, chunks: 3, queries: 1 });
  expect(first).toMatchObject({ strings: 1, events: 0, inputs: 0, arenaUsedBytes: world.arena.usedBytes });
  world.step([]);
  world.emit(Hit, { points: 1 });
  world.input(Move);
  world.input(Move);
  expect(world.metrics()).toMatchObject({ tick: 1, events: 1, inputs: 2 });
  const snapshot = world.snapshot();
  const before = world.metrics();
  world.setMany(some, Position, { x: 1 });
  const after = world.metrics();
  expect(after.copies).toBeGreaterThan(before.copies);
  expect(after.copiedBytes).toBeGreaterThan(before.copiedBytes);
  expect(JSON.parse(JSON.stringify(after))).toEqual(after);
  snapshot.dispose();
  world.dispose();
  expect(() => world.metrics()).toThrow(expect.objectContaining({ code: "world-disposed" }));
});

test("prom-client gives the figures as text", async () => {
  const world = made();
  const metrics = await prometheus(world);
  expect(metrics.time(() => 7)).toBe(7);
  expect(() =>
    metrics.time(() => {
      throw new Error("failed");
    }),
  ).toThrow("failed");
  metrics.observe(100_000);
  expect(() => metrics.time(async () => 7)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => metrics.observe(ms)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  const text = await metrics.text();
  const value = (name: string): number => Number(new RegExp(`^${name} (.*)$`, "m").exec(text)![1]);
  expect(metrics.contentType).toMatch(/^text\/plain/);
  expect(value("worldloom_entities")).toBe(1501);
  expect(value("worldloom_arena_allocations_total")).toBe(world.metrics().allocations);
  expect(value("worldloom_tick_seconds_count")).toBe(3);
  expect(value('worldloom_tick_seconds_bucket\\{le="0.533"\\}')).toBe(2);
  expect(text).toMatch(/^# TYPE worldloom_arena_copies_total counter$/m);
  expect(text).toMatch(/^# TYPE worldloom_tick gauge$/m);
});

test("counters grow by what happened since", async () => {
  const world = made();
  const metrics = await prometheus(world);
  const allocations = async (): Promise<number> =>
    Number(/^worldloom_arena_allocations_total (.*)$/m.exec(await metrics.text())![1]);
  const first = await allocations();
  world.snapshot();
  expect(await allocations()).toBe(first + 1);
  expect(await allocations()).toBe(world.metrics().allocations);
});

test("worlds share a registry by their prefixes, and leave it", async () => {
  const registry = new Registry();
  const [a, b] = await Promise.all(["a_", "b_"].map((prefix) => prometheus(made(), { registry, prefix })));
  expect(await registry.metrics()).toMatch(/^a_tick 0$[\s\S]*^b_tick 0$/m);
  a!.dispose();
  expect(await b!.text()).not.toMatch(/^a_/m);
  b!.dispose();
  expect((await registry.getMetricsAsJSON()).length).toBe(0);
});

test("registers all or nothing, and leaves what is there", async () => {
  const registry = new Registry();
  const first = await prometheus(made(), { registry });
  const refused = expect.objectContaining({
    code: "bad-argument",
    message: expect.stringMatching(/another prefix\.$/),
  });
  await expect(prometheus(made(), { registry })).rejects.toEqual(refused);
  await expect(prometheus(made(), { registry, prefix: "no name " })).rejects.toEqual(refused);
  expect(await first.text()).toMatch(/^worldloom_entities 1501$/m);
  const other = new Registry();
  new Gauge({ name: "worldloom_tick_seconds", help: "somebody else's", registers: [other] });
  await expect(prometheus(made(), { registry: other })).rejects.toEqual(refused);
  expect((await other.getMetricsAsJSON()).map(({ name }) => name)).toEqual(["worldloom_tick_seconds"]);
});

const wrong: Record<string, readonly [world: unknown, options: unknown, hint: RegExp]> = {
  "no world": [{}, {}, /world must be a world/],
  misspelt: [made(), { prefx: "a_" }, /no prefx in options; there are registry, prefix, load/],
  "no prefix": [made(), { prefix: 5 }, /prefix of options must be a text/],
  "no registry": [made(), { registry: {} }, /registry must be a Registry of prom-client/],
  "no loader": [made(), { load: "prom-client" }, /load of options must be a function/],
};

test.for(Object.entries(wrong))("refused: %s", async ([, [world, options, message]]) => {
  const made = prometheus(world as never, options as never);
  await expect(made).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) });
});

test("says what to install", async () => {
  const load = () => Promise.reject(new Error("not found"));
  await expect(prometheus(made(), { load })).rejects.toMatchObject({
    code: "peer-missing",
    message: expect.stringContaining("npm install prom-client"),
    operands: { packages: ["prom-client"] },
  });
});
