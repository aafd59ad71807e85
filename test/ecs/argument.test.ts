import { expect, it } from "vitest";
import {
  component,
  createWorld,
  diffOf,
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
const make = () => createWorld({ components: [Position, Name] });

/** What somebody without a type checker may pass. */
const wrong: readonly unknown[] = [undefined, null, 7, "text", true, {}, () => 1, Symbol("s"), 10n];
const lists: readonly unknown[] = [undefined, null, 7, "text", {}, () => 1];

const world = make();
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
  "options of a world": { values: [undefined, null, 7, "text", []], call: (value) => createWorld(value) },
};

for (const [name, { values, call }] of Object.entries(calls)) {
  it(`${name}: refuses what it cannot use, with a code`, () => {
    for (const value of values) {
      const error = refusal(() => call(value as never));
      expect(["bad-argument", "schema-mismatch"], `${name} of ${String(value)}: ${error.message}`).toContain(
        error.code,
      );
      expect(error.message).toMatch(/must be|takes|needs|continues from/);
    }
  });
}

it("entities that are no numbers do not exist", () => {
  for (const value of [undefined, null, "1", {}, 1.5, -1, Number.NaN, 2 ** 40, 10n, Symbol("s")]) {
    const entity = value as never;
    expect(world.isAlive(entity), String(value)).toBe(false);
    for (const act of [
      () => world.despawn(entity),
      () => world.add(entity, Position),
      () => world.remove(entity, Position),
      () => world.set(entity, Position, { x: 1 }),
      () => world.get(entity, Position),
      () => world.despawnMany([entity]),
    ]) {
      expect(refusal(act).code, String(value)).toBe("entity-stale");
    }
  }
});

it("names are written through the world only", () => {
  expect(refusal(() => world.query(write(Name))).message).toMatch(/world\.name/);
});
