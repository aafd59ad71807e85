import { expect, it } from "vitest";
import {
  Arena,
  component,
  createWorld,
  event,
  f32,
  input,
  loadWorld,
  prefab,
  relation,
  resource,
  SpatialIndex,
  spawnScene,
  system,
} from "../../src/index.ts";
import { expectRefused } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32 });
const world = createWorld({ components: [Position] });
world.spawn([Position, { x: 1, y: 2 }]);
const positions = world.query(Position);
const square = { cell: 1, width: 4, height: 4 };
const scene = { format: "worldloom-scene", version: 1, entities: [] } as never;

/** What somebody without a type checker may pass. */
const given = (value: unknown): never => value as never;
const index = (options: unknown) => () => new SpatialIndex(world, given(options));
const step = (options: unknown) => () => world.step([], given(options));
const apply = (options: unknown) => () => world.apply(world.commands(), given(options));

/** By what is wrong: the call, and what the message says. */
const refused: Record<string, readonly [call: () => unknown, hint: RegExp]> = {
  "relation, misspelt": [() => relation("R", {}, given({ exclsive: false })), /no exclsive in options of relation R/],
  "relation, no options": [() => relation("R", {}, given(null)), /options of relation R must be an object/],
  "relation, exclusive": [() => relation("R", {}, given({ exclusive: "no" })), /exclusive .* true or false, not "no"/],
  "relation, acyclic": [() => relation("R", {}, given({ acyclic: 1 })), /acyclic .* true or false, not 1/],
  "relation, end of a target": [
    () => relation("R", {}, given({ onTargetDespawn: "delete" })),
    /onTargetDespawn .* "remove" or "despawn", not "delete"/,
  ],
  "prefab, misspelt": [() => prefab("B", [], given({ extend: undefined })), /no extend in .*; there are extends, doc/],
  "prefab, doc": [() => prefab("B", [], given({ doc: 5 })), /doc of options of prefab B must be a text/],
  "component, misspelt": [() => component("C", {}, given({ docs: "s" })), /no docs in .*; there are doc, category/],
  "component, doc": [() => component("C", {}, given({ doc: 5 })), /doc of options of C must be a text, not 5/],
  "component, category": [() => component("C", {}, given({ category: {} })), /category of options of C must be a text/],
  "event, misspelt": [() => event("E", { x: f32 }, given({ lifetme: 9 })), /no lifetme in .*lifetime/],
  "event, no options": [() => event("E", { x: f32 }, given(null)), /options of event E must be an object/],
  "input, misspelt": [
    () => input("I", { x: f32 }, given({ lifetime: 9 })),
    /no lifetime in .*; there are doc, category/,
  ],
  "resource, misspelt": [
    () => resource("T", { x: f32 }, given({ docs: "s" })),
    /no docs in options of T; there are doc/,
  ],
  "arena, misspelt": [() => new Arena(given({ maxBytes: 1 << 20 })), /no maxBytes in options; there are bytesMax/],
  "arena of a text": [() => new Arena(given({ bytesMax: "1048576" })), /bytesMax must be a number above 0/],
  "arena of nothing": [() => new Arena({ bytesMax: 0 }), /bytesMax must be a number above 0/],
  "arena of less": [() => new Arena({ bytesMax: -1 }), /bytesMax must be a number above 0/],
  "arena of NaN": [() => new Arena({ bytesMax: Number.NaN }), /bytesMax must be a number above 0/],
  "arena of too much": [() => new Arena({ bytesMax: 1e12 }), /up to 4294967296 \(4 GiB\), not 1000000000000/],
  "arena, shared": [() => new Arena(given({ bytesMax: 1 << 20, shared: "no" })), /shared of options .* true or false/],
  "world, checked": [() => createWorld({ checked: given("no") }), /checked of options .* true or false, not "no"/],
  "step, misspelt": [step({ chekced: true }), /no chekced in options; there are checked, twice, timings/],
  "step, no options": [step(null), /options must be an object of options/],
  "step, checked": [step({ checked: "no" }), /checked of options .* true or false/],
  "step, twice": [step({ twice: 2 }), /twice of options .* true or false/],
  "step, timings": [step({ timings: {} }), /timings must be a Map/],
  "step, listener": [step({ listener: {} }), /listener must be an object with the functions ran and applied/],
  "step, staged": [step({ staged: 5 }), /staged must be a function/],
  "apply, misspelt": [apply({ recrod: true }), /no recrod in options; there are record/],
  "apply, record": [apply({ record: "no" }), /record of options .* true or false/],
  "apply, no options": [apply(5), /options must be an object of options/],
  "index, no options": [index(undefined), /options must be an object of options/],
  "index of no world": [() => new SpatialIndex(given(5), square), /world must be a world/],
  "index, misspelt": [index({ ...square, minx: -100 }), /no minx in options; .*minX/],
  "index, cell of a text": [index({ ...square, cell: "4" }), /cell of a spatial index must be a positive number/],
  "index, cell without end": [index({ ...square, cell: Number.POSITIVE_INFINITY }), /cell .* from 2\^-30 to 2\^30/],
  "index, cell of 0": [index({ ...square, cell: 0 }), /cell .* must be a positive number/],
  "index, width": [index({ ...square, width: 1.5 }), /width of a spatial index must be a positive integer/],
  "index, too wide": [index({ ...square, width: 1e6 }), /width .* up to 65535 cells, not 1000000/],
  "index, too many cells": [index({ cell: 1, width: 65_535, height: 1025 }), /width x height = 65535 x 1025/],
  "index, corner": [index({ ...square, minX: Number.NaN }), /minX .* must be a finite number/],
  "index, corner of a text": [index({ ...square, minY: "0" }), /minY .* must be a finite number, not "0"/],
  "index, corner too far": [index({ ...square, minY: 1e39 }), /minY .* must be a finite number/],
  "index, positions": [
    () => new SpatialIndex(world, square).build(positions, given(undefined)),
    /position must be a comp/,
  ],
  "index, points": [() => new SpatialIndex(world, square).withinMany(given(undefined), [], 1), /x must be a list/],
  "index, unequal points": [() => new SpatialIndex(world, square).withinMany([1, 2], [1], 1), /as many y as x/],
  "scene, misspelt": [() => spawnScene(world, scene, given({ prefab: [] })), /no prefab in options; there are prefabs/],
  "scene, prefabs": [
    () => spawnScene(world, scene, { prefabs: given([Position]) }),
    /prefabs must be a list of prefabs/,
  ],
  "scene, no list": [() => spawnScene(world, scene, { prefabs: given(5) }), /prefabs must be a list/],
  ...Object.fromEntries(
    [{ seed: 5 }, { seed: Number.NaN }, { chunkRows: 64 }, { limits: {} }].map((more) => [
      `load, what the file says: ${JSON.stringify(more)}`,
      [
        () => loadWorld(world.save(), { components: [Position], ...more } as never),
        new RegExp(`no ${Object.keys(more)[0]} in options; there are components, resources`),
      ] as const,
    ]),
  ),
  "region, misspelt": [
    () => world.attach("m", given({ bytes: new Uint8Array(3), memroy: 1 })),
    /no memroy in place; there are bytes, memory/,
  ],
  "region, no place": [() => world.attach("m", given(undefined)), /place must be an object/],
};

for (const [name, [call, hint]] of Object.entries(refused))
  it(`refuses options, and leaves the world as it was: ${name}`, () =>
    expectRefused(world, call, "bad-argument", hint));

it("takes what is left out, or undefined, for the default", () => {
  const Likes = relation("Likes", {}, given({ exclusive: undefined, onTargetDespawn: undefined, doc: undefined }));
  expect(Likes.relation).toEqual({ exclusive: true, onTargetDespawn: "remove", acyclic: false });
  expect(event("E", { x: f32 }, given({ lifetime: undefined })).lifetime).toBe(2);
  expect(new Arena({ bytesMax: 2 ** 32, shared: given(undefined) }).bytesMax).toBe(2 ** 32);
  expect(new SpatialIndex(world, { ...square, minX: -0.5, minY: given(undefined) }).count).toBe(0);
});

it.each([Number.NaN, -3, 0, 1.5, 2 ** 40, "6"])("draws no random numbers below %s", (n) => {
  const alone = createWorld({ components: [Position] });
  alone.spawn(Position);
  const draw = system("draw", { run: ({ randomBelow }) => void randomBelow(given(n), given(1)) });
  const many = system("many", { run: ({ randomBelowMany }) => void randomBelowMany(given(n), [given(1)]) });
  const hint = /n must be an integer from 1 to 2\^32/;
  for (const one of [draw, many]) expectRefused(alone, () => alone.step([one]), "tick-failed", hint);
});

it("draws random numbers below 1 to 2^32, and samples queries alone", () => {
  const alone = createWorld({ components: [Position] });
  const drawn: number[] = [];
  const run = system("s", {
    run: ({ randomBelow }) => void drawn.push(randomBelow(1, given(1)), randomBelow(2 ** 32, given(1))),
  });
  alone.step([run]);
  expect(drawn[0]).toBe(0);
  expect(drawn[1]).toBeLessThan(2 ** 32);
  const sample = system("t", { run: ({ sample }) => void sample(given(undefined), 0.5) });
  expectRefused(alone, () => alone.step([sample]), "tick-failed", /query must be a query of a world/);
});
