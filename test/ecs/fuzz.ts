import { expect } from "vitest";
import {
  type Arena,
  anyOf,
  createWorld,
  type Entity,
  optional,
  related,
  type Snapshot,
  type World,
  WorldloomError,
  without,
  write,
} from "../../src/index.ts";
import {
  ChildOf,
  components,
  exclusive,
  Flags,
  Follows,
  Frozen,
  Grid,
  Health,
  Likes,
  many,
  NaiveWorld,
  Position,
  plain,
  Title,
  type Values,
} from "./model.ts";
import type { Random } from "./random.ts";

/** A world and what it should be. */
export interface Twin {
  readonly world: World;
  naive: NaiveWorld;
}

export interface Saved {
  readonly snapshot: Snapshot;
  readonly naive: NaiveWorld;
  readonly hash: string;
  readonly contentHash: string;
}

export function makeTwin(arena: Arena, entities: number, chunkRows: number): Twin {
  const world = createWorld({ components, arena, limits: { entities }, chunkRows, seed: 3 });
  return { world, naive: new NaiveWorld(entities > 2 ** 16 ? Math.ceil(Math.log2(entities)) : 16) };
}

const text = (random: Random): string => random.pick(["", "a", "ab", "nobody", "Zoë", "🂡", `n${random.below(40)}`]);

/** Some fields of a component, or all of them. */
export function someValues(random: Random, name: string, whole = false): Values {
  const fields: Record<string, () => unknown> = {
    Position: {
      x: () => Math.fround(random.next() / 1000 - 2e6),
      y: () => random.pick([0, -0, 1, Infinity, -Infinity, 0.25]),
    },
    Health: { value: () => random.next() | 0 },
    Title: { text: () => text(random) },
    Flags: { on: () => random.once(2), level: () => random.below(256) },
    Grid: {
      cells: () => Array.from({ length: 5 }, () => random.below(65_536)),
      at: () => ({ x: random.next() / 7, ...(whole || random.once(2) ? { y: random.next() / 3 } : {}) }),
    },
    Frozen: {},
    ChildOf: {},
    Holds: { amount: () => random.below(256) },
    Follows: {},
    Likes: { weight: () => Math.fround(random.next() / 97) },
    Needs: {},
  }[name] as Record<string, () => unknown>;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, make]) => (whole || !random.once(3) ? [[field, make()]] : [])),
  );
}

/** The same values for bulk operations, as columns in one of the forms that they may have. */
export function columnsOf(random: Random, rows: readonly Values[]): Record<string, unknown> {
  const columns: Record<string, unknown> = {};
  for (const [field, first] of Object.entries(rows[0] ?? {})) {
    const list = rows.map((row) => row[field]);
    if (field === "at") columns[field] = columnsOf(random, list as Values[]);
    else if (field === "cells") columns[field] = random.once(2) ? list.flat() : (row: number) => list[row];
    else
      columns[field] = random.pick<unknown>([
        list,
        (row: number) => list[row],
        typeof first === "number" ? Float64Array.from(list as number[]) : list,
      ]);
  }
  return columns;
}

/** Reads everything back through the public interface and compares it with the model. */
export function expectSame({ world, naive }: Twin): void {
  expect(world.entityCount).toBe(naive.alive.size);
  for (const [entity, parts] of naive.alive) {
    for (const component of [...plain, ...exclusive]) {
      const values = world.get(entity, component);
      if (!equal(values, parts.get(component.name))) {
        expect.fail(
          `${component.name} of ${entity} is ${JSON.stringify(values)}, not ${JSON.stringify(parts.get(component.name))}`,
        );
      }
    }
    for (const relation of [...exclusive, ...many]) {
      if (!equal(world.targets(entity, relation), naive.targets(relation.name, entity)))
        expect.fail(`targets of ${entity} in ${relation.name}`);
      if (!equal(world.sources(relation, entity), naive.sources(relation.name, entity)))
        expect.fail(`sources of ${entity} in ${relation.name}`);
    }
  }
  for (const [index, generation] of naive.generations.entries()) {
    const entity = generation * 2 ** naive.indexBits + index;
    if (world.isAlive(entity) !== naive.alive.has(entity)) expect.fail(`index ${index} of generation ${generation}`);
  }
  expectQueries(world, naive);
}

function expectQueries(world: World, naive: NaiveWorld): void {
  const having = (test: (parts: Map<string, Values>, entity: Entity) => boolean): Entity[] =>
    [...naive.alive].filter(([entity, parts]) => test(parts, entity)).map(([entity]) => entity);
  const some = naive.alive.keys().next().value ?? 1;
  const cases = [
    [world.query(Position, Health), having((p) => p.has("Position") && p.has("Health"))],
    [world.query(write(Position), without(Frozen)), having((p) => p.has("Position") && !p.has("Frozen"))],
    [world.query(anyOf(Flags, Grid), optional(Title)), having((p) => p.has("Flags") || p.has("Grid"))],
    [world.query(ChildOf), having((p) => p.has("ChildOf"))],
    [world.query(), having(() => true)],
  ] as const;
  for (const [query, wanted] of cases) {
    const found = Array.from(query.entities());
    if (!equal([...found].sort(ascending), [...wanted].sort(ascending))) expect.fail("a query found other entities");
    expect(query.count).toBe(wanted.length);
    const walked: Entity[] = [];
    for (const { count, entities } of query.chunks()) for (let i = 0; i < count; i++) walked.push(entities[i]!);
    expect(walked).toEqual(found);
  }
  for (const relation of [Likes, Follows]) {
    const found = Array.from(world.query(related(relation, some)).entities()).sort(ascending);
    if (naive.alive.has(some)) expect(found).toEqual(naive.sources(relation.name, some));
  }
}

/** The code of the error that `act` throws, or what it returns. */
export function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (error instanceof WorldloomError) return error.code;
    throw error;
  }
}

const ascending = (a: number, b: number): number => a - b;

/** `Object.is` on leaves: tells -0 from 0. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [p, q] = [Object.entries(a), Object.entries(b)];
  return p.length === q.length && p.every(([key, value]) => equal(value, (b as Record<string, unknown>)[key]));
}
