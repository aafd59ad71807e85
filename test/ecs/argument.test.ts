import { expect, it } from "vitest";
import {
  ChildOf,
  ColumnSegments,
  component,
  createWorld,
  diffOf,
  event,
  FlowGrid,
  f32,
  integrate,
  Name,
  pathLengths,
  propagate,
  SpatialIndex,
  spawnScene,
  steer,
  system,
  toScene,
  write,
} from "../../src/index.ts";
import { refusal } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32 });
const make = () => createWorld({ components: [Position, Name, ChildOf] });

/** What somebody without a type checker may pass. */
const wrong: readonly unknown[] = [undefined, null, 7, "text", true, {}, () => 1, Symbol("s"), 10n];
const noNumbers: readonly unknown[] = [null, "text", true, {}, () => 1, Symbol("s"), 10n, Object.create(null)];
const lists: readonly unknown[] = [undefined, null, 7, "text", {}, () => 1];

const noFunctions = wrong.filter((value) => typeof value !== "function");

const world = make();
const index = new SpatialIndex(world, { cell: 1, width: 1, height: 1 });
const calls: Record<string, { readonly values: readonly unknown[]; readonly call: (value: never) => unknown }> = {
  apply: { values: wrong, call: (value) => world.apply(value) },
  "apply a list": { values: wrong, call: (value) => world.apply([value]) },
  step: { values: lists, call: (value) => world.step(value) },
  "step a list": { values: wrong, call: (value) => world.step([value]) },
  diff: { values: wrong, call: (value) => world.diff(value) },
  diffOf: { values: wrong, call: (value) => diffOf(world, value) },
  restore: { values: wrong, call: (value) => world.restore(value) },
  toScene: { values: wrong, call: (value) => toScene(value) },
  spawnScene: { values: wrong, call: (value) => spawnScene(value, "{}") },
  integrate: { values: wrong, call: (value) => integrate(value, 1) },
  propagate: { values: wrong, call: (value) => propagate(value) },
  steer: { values: wrong, call: (value) => steer(value, {} as never) },
  "build of an index": {
    values: wrong,
    call: (value) => new SpatialIndex(world, { cell: 1, width: 1, height: 1 }).build(value, Position),
  },
  "system without run": {
    values: wrong.filter((value) => typeof value !== "function"),
    call: (value) => system("s", { run: value }),
  },
  "query of a system": { values: lists.slice(1), call: (value) => system("s", { query: value, run: () => {} }) },
  "options of a grid": { values: [undefined, null, 7, "text"], call: (value) => new FlowGrid(world, value) },
  "cells of a grid": {
    values: lists,
    call: (value) => new FlowGrid(world, { width: 1, height: 1, cells: value, goals: [] }),
  },
  "goals of a grid": {
    values: lists,
    call: (value) => new FlowGrid(world, { width: 1, height: 1, cells: [1], goals: value }),
  },
  "goals of a field": {
    values: [...lists, []],
    call: (value) => new FlowGrid(world, { width: 1, height: 1, cells: [1], goals: [value] }),
  },
  "goals of lengths": {
    values: lists,
    call: (value) => pathLengths(world, { width: 1, height: 1, cells: [1], goals: value }),
  },
  "sides of a grid": {
    values: [...noNumbers, undefined],
    call: (value) => new FlowGrid(world, { width: value, height: 1, cells: [1], goals: [[0]] }),
  },
  "world of a grid": {
    values: wrong,
    call: (value) => new FlowGrid(value, { width: 1, height: 1, cells: [1], goals: [[0]] }),
  },
  "sides of lengths": {
    values: [...noNumbers, undefined],
    call: (value) => pathLengths(world, { width: 1, height: value, cells: [1], goals: [0] }),
  },
  "the place of a search": { values: [...noNumbers, undefined], call: (value) => index.within(value, 1, 1) },
  "the count of a search": { values: [...noNumbers, undefined], call: (value) => index.nearest(1, 1, value) },
  "paths of segments": { values: [...wrong, [7]], call: (value) => new ColumnSegments(world.query(Position), value) },
  "since of a loop": { values: noNumbers, call: (value) => world.query(Position).chunks(value) },
  "since of entities": { values: noNumbers, call: (value) => world.query(Position).entities(value) },
  "each entity": { values: noFunctions, call: (value) => world.query(Position).each(value) },
  "each chunk": { values: noFunctions, call: (value) => world.query(Position).eachChunk(value) },
  "the source of commands": { values: noNumbers, call: (value) => world.commands(value) },
  "the target of commands": {
    values: noNumbers,
    call: (value) => world.commands().unrelate(world.spawn(), ChildOf, value),
  },
  "rows of a chunk": { values: noNumbers.slice(1), call: (value) => createWorld({ chunkRows: value }) },
  "events of a world": { values: lists.slice(1), call: (value) => createWorld({ events: value }) },
  "options of a world": { values: [undefined, null, 7, "text", []], call: (value) => createWorld(value) },
};

for (const [name, { values, call }] of Object.entries(calls)) {
  it(`${name}: refuses what it cannot use, with a code`, () => {
    for (const value of values) {
      const error = refusal(() => call(value as never));
      expect(["bad-argument", "schema-mismatch"], `${name}: ${error.message}`).toContain(error.code);
      expect(error.message).toMatch(/must be|takes|needs|continues from/);
    }
  });
}

it("entities that are no numbers do not exist", () => {
  for (const value of [undefined, null, "1", {}, 1.5, -1, Number.NaN, 2 ** 40, 10n, Symbol("s"), Object.create(null)]) {
    const entity = value as never;
    const commands = world.commands();
    expect(world.isAlive(entity), typeof value).toBe(false);
    for (const act of [
      () => world.despawn(entity),
      () => world.add(entity, Position),
      () => world.remove(entity, Position),
      () => world.set(entity, Position, { x: 1 }),
      () => world.get(entity, Position),
      () => world.despawnMany([entity]),
      () => commands.despawn(entity),
      () => commands.addMany([entity], Position),
    ]) {
      expect(refusal(act).code, typeof value).toBe("entity-stale");
    }
  }
});

it("names are written through the world only", () => {
  expect(refusal(() => world.query(write(Name))).message).toMatch(/world\.name/);
});

const Hit = event("Hit", { amount: f32 });
const said: readonly [given: unknown, words: string][] = [
  [Hit, "the event Hit"],
  [world, "a World"],
  [index, "a SpatialIndex"],
  [new Uint8Array(1), "a Uint8Array"],
  [[], "a list"],
  [{ is: "a thing" }, "an object"],
  [Object.create(null), "an object"],
  [new (class {})(), "an object"],
  ["text", '"text"'],
  [() => 1, "a function"],
  [10n, "10"],
];
it.each(said)("a refusal says what was given: %#", (given, words) => {
  expect(refusal(() => createWorld({ components: [given as never] })).message).toBe(
    `components must be a list of components and relations, not ${words}.`,
  );
});
it("a resource that is read as an entity is named", () => {
  expect(refusal(() => world.get(Hit as never, Position)).message).toMatch(
    /^An entity is a number .* not the event Hit\./,
  );
});

const asks: readonly [what: string, ask: (value: never) => unknown, words: RegExp][] = [
  ["within", (value) => index.within(0, 0, value), /^radius must be a number of at least 0, not /],
  ["withinMany", (value) => index.withinMany([0], [0], value), /^radius must be a number of at least 0, not /],
  ["nearest", (value) => index.nearest(0, 0, 1, value), /^radius must be a number of at least 0, not /],
  ["pairs", (value) => index.pairs(value), /^distance must be a number of at least 0, not /],
  ["separate", (value) => index.separate(value), /^radius must be a positive number, from 2\^-30 to 2\^30, not /],
];
it.each(asks)("%s takes distances", (what, ask, words) => {
  const values = what === "nearest" ? wrong.filter((value) => value !== undefined) : wrong;
  for (const value of [...values.filter((one) => typeof one !== "number"), -1, Number.NaN]) {
    const { code, message } = refusal(() => ask(value as never));
    expect([code, message]).toEqual(["bad-argument", expect.stringMatching(words)]);
  }
});
it.each(["within", "nearest"] as const)("%s takes a point", (call) => {
  for (const [x, y] of [["1", 1], [1]] as never[][])
    expect(refusal(() => index[call](x!, y!, 1)).message).toMatch(/^[xy] must be a number, not ("1"|undefined)\./);
});
