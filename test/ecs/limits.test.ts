import { describe, expect, it } from "vitest";
import {
  Arena,
  anyOf,
  type Component,
  component,
  createWorld,
  f32,
  related,
  relation,
  str,
  without,
} from "../../src/index.ts";
import { Position, Title } from "./model.ts";
import { expectRefused, refusal } from "./refusal.ts";

describe("limits", () => {
  it("of entities: singly, in bulk, and again with room", () => {
    const world = createWorld({ components: [Position], limits: { entities: 100 } });
    const ids = world.spawnMany(98, Position);
    expectRefused(
      world,
      () => world.spawnMany(3, Position),
      "entity-limit",
      /has room for 2 more, not 3; raise limits\.entities/,
    );
    world.spawn();
    world.spawn();
    expectRefused(world, () => world.spawn(Position), "entity-limit", /raise limits\.entities/);
    world.despawn(ids[50]!);
    expect(world.spawn(Position) % 2 ** 16).toBe(50);
    world.despawnMany(ids.slice(0, 40));
    expectRefused(world, () => world.spawnMany(41), "entity-limit", /room for 40 more/);
    expect(world.spawnMany(40).length).toBe(40);
    expect(world.entityCount).toBe(100);
  });

  it("of queries: those that are known stay usable", () => {
    const Near = relation("Near");
    const world = createWorld({ components: [Position, Title, Near], limits: { queries: 3 } });
    const target = world.spawn();
    const queries = [world.query(Position), world.query(without(Position)), world.query(Position, Title)];
    expectRefused(world, () => world.query(anyOf(Position, Title)), "query-limit", /raise limits\.queries/);
    expectRefused(world, () => world.query(without(Title)), "query-limit", /3 queries/);
    // Those with targets are not kept.
    for (let i = 0; i < 9; i++) expect(world.query(related(Near, world.spawn([Near, { target }]))).count).toBe(0);
    expect(world.query(related(Near, target)).count).toBe(9);
    expect(world.query(Position)).toBe(queries[0]);
  });

  it("of strings: nothing is written, known texts still work", () => {
    const Label = component("Label", { a: str({ default: "start" }), b: str });
    const world = createWorld({ components: [Label, Position], limits: { strings: 3 } });
    const entity = world.spawn([Label, { a: "one" }]);
    const refused = (act: () => unknown) =>
      expectRefused(world, act, "string-limit", /3 strings.*raise limits\.strings/);
    refused(() => world.spawn([Label, { a: "two", b: "three" }]));
    refused(() => world.set(entity, Label, { a: "two", b: "three" }));
    refused(() => world.spawnMany(2, Position, [Label, { a: ["two", "three"] }]));
    refused(() => world.setMany([entity, entity], Label, { b: (i) => `n${i}` }));
    const bare = world.spawn(Position);
    refused(() => world.add(bare, Label, { a: "two", b: "three" }));
    refused(() => world.addMany([bare], Label, { a: ["two"], b: ["three"] }));
    world.set(entity, Label, { b: "two" });
    refused(() => world.set(entity, Label, { b: "three" }));
    world.spawn([Label, { a: "two", b: "one" }], Position);
    expect(world.get(entity, Label)).toEqual({ a: "one", b: "two" });
  });

  it("of components, and of their parts", () => {
    const tags = Array.from({ length: 4097 }, (_, i) => component(`Tag${i}`));
    expect(refusal(() => createWorld({ components: tags })).code).toBe("component-limit");
    const world = createWorld({ components: tags.slice(1) });
    expect(world.has(world.spawn(tags[4096] as Component), tags[4096] as Component)).toBe(true);
    world.dispose();
    const fields = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, f32]));
    expect(refusal(() => component("Wide", fields)).message).toMatch(/at most 64/);
  });

  it.each([
    [{ entities: 0 }],
    [{ entities: 2 ** 24 + 1 }],
    [{ entities: 1.5 }],
    [{ entities: undefined }],
    [{ queries: -1 }],
    [{ strings: Number.NaN }],
    [{ events: "9" }],
    [{ bytes: 1 }],
  ])("themselves are checked: %o", (limits) => {
    expect(refusal(() => createWorld({ components: [], limits: limits as object })).code).toBe("bad-argument");
  });

  it("leave nothing behind when a world cannot be made", () => {
    const arena = new Arena({ bytesMax: 1 << 20 });
    const defaults = component("Defaults", { a: str({ default: "x" }), b: str({ default: "y" }) });
    expect(refusal(() => createWorld({ components: [defaults], limits: { strings: 1 }, arena })).code).toBe(
      "string-limit",
    );
    expect(arena.usedBytes).toBe(0);
    const worlds = [];
    let refused = "";
    while (refused === "") {
      const before = arena.usedBytes;
      try {
        worlds.push(createWorld({ components: [Position, Title], arena }));
      } catch (error) {
        refused = (error as { code: string }).code;
        expect(arena.usedBytes).toBe(before);
      }
    }
    expect(refused).toBe("arena-full");
    for (const world of worlds) world.dispose();
    expect(arena.usedBytes).toBe(0);
  });
});

it("refuses what no arena holds, also where its bytes do not fit into 32 bits", () => {
  const arena = new Arena({ bytesMax: 1 << 20 });
  for (const bytes of [2 ** 21, 2 ** 31 + 64, 2 ** 32, 2 ** 32 + 64, 2 ** 40]) {
    expect(refusal(() => arena.allocate(bytes)).code).toBe("arena-full");
    expect(refusal(() => arena.scratch(bytes)).code).toBe("arena-full");
  }
  expect([arena.usedBlocks, arena.scratch(700_000) > 0]).toEqual([0, true]);
});
