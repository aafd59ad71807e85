import { createEntitySystem, type QueryBuilder, World } from "piecs";
import type { Side } from "../pairs.ts";
import { type Column, fillAll, type Stored, total, totalAll } from "./columns.ts";
import { Generations, initial, type Library, SIMPLE_SETS } from "./library.ts";

type Ids = ArrayLike<number>;
type System = (ids: Ids) => number;

/** A world that runs systems once for each archetype; values lie in arrays indexed by id. */
interface Started {
  readonly world: World;
  readonly columns: readonly Column[];
  /** Items that the systems worked on in the last update. */
  readonly visited: { count: number };
}

function start(
  size: number,
  components: number,
  systems: (columns: readonly Column[]) => readonly (readonly [readonly number[], System])[],
): Started {
  const world = new World();
  const columns = Array.from({ length: components }, (): Column => {
    world.createComponentId();
    return { value: new Float32Array(size) };
  });
  const visited = { count: 0 };
  for (const [wanted, system] of systems(columns)) {
    const execute = (ids: Ids): void => {
      visited.count += system(ids);
    };
    world.registerSystem(createEntitySystem(execute, (query: QueryBuilder) => query.every(...wanted)));
  }
  world.initialize();
  return { world, columns, visited };
}

function make({ world, columns }: Started, sets: readonly (readonly number[])[], count: number): Stored[] {
  const stored = columns.map((column): Stored => ({ column, ids: [], places: [] }));
  for (const [s, set] of sets.entries()) {
    const prefab = world.prefabricate([...set].sort((a, b) => a - b));
    for (let i = 0; i < count; i++) {
      const id = world.createEntity(prefab);
      for (const c of set) {
        stored[c]!.ids.push(id);
        stored[c]!.places.push(s * count + i);
      }
    }
  }
  return stored;
}

function update({ world, visited }: Started): number {
  visited.count = 0;
  world.update();
  return visited.count;
}

function doubling({ value }: Column): System {
  return (ids) => {
    for (let i = 0, n = ids.length; i < n; i++) value[ids[i]!]! *= 2;
    return ids.length;
  };
}

function swapping({ value: p }: Column, { value: q }: Column): System {
  return (ids) => {
    for (let i = 0, n = ids.length; i < n; i++) {
      const id = ids[i]!;
      const x = p[id]!;
      p[id] = q[id]!;
      q[id] = x;
    }
    return ids.length;
  };
}

export const library: Library = {
  name: "piecs",

  packed5(count) {
    const started = start(count, 5, (columns) => columns.map((column, c) => [[c], doubling(column)]));
    const stored = make(started, [[0, 1, 2, 3, 4]], count);
    return { reset: () => fillAll(stored), run: () => update(started), checksum: () => totalAll(stored) };
  },

  simpleIter(count) {
    const started = start(4 * count, 5, ([a, b, c, d, e]) => [
      [[0, 1], swapping(a!, b!)],
      [[2, 3], swapping(c!, d!)],
      [[2, 4], swapping(c!, e!)],
    ]);
    const stored = make(started, SIMPLE_SETS, count);
    return { reset: () => fillAll(stored), run: () => update(started), checksum: () => totalAll(stored) };
  },

  fragIter(count) {
    const started = start(26 * count, 27, (columns) => [
      [[26], doubling(columns[26]!)],
      [[25], doubling(columns[25]!)],
    ]);
    const all = make(
      started,
      Array.from({ length: 26 }, (_, letter) => [26, letter]),
      count,
    );
    const stored = [all[26]!, all[25]!];
    return { reset: () => fillAll(stored), run: () => update(started), checksum: () => totalAll(stored) };
  },

  entityCycle(count) {
    const generations = new Generations();
    const watch: Watch = { on: false, sum: 0, count: 0 };
    let prefab: ReturnType<World["prefabricate"]>;
    const started = start(4 * count, 2, ([a, b]) => [
      [
        [0],
        (ids) => {
          for (let i = 0, n = ids.length; i < n; i++) {
            const value = a!.value[ids[i]!]!;
            for (let twice = 0; twice < 2; twice++) {
              const id = started.world.createEntity(prefab);
              b!.value[id] = value;
              generations.start(id);
            }
          }
          return 0;
        },
      ],
      [[1], watching(watch, b!)],
      [
        [1],
        (ids) => {
          const n = ids.length;
          for (let i = n - 1; i >= 0; i--) {
            const id = generations.check(generations.handle(ids[i]!));
            started.world.deleteEntity(id);
            generations.end(id);
          }
          return n;
        },
      ],
    ]);
    prefab = started.world.prefabricate([1]);
    return cycle(started, watch, generations, count);
  },

  addRemove(count) {
    const generations = new Generations();
    const watch: Watch = { on: false, sum: 0, count: 0 };
    const started = start(count, 2, ([, b]) => [
      [
        [0],
        (ids) => {
          for (let i = ids.length - 1; i >= 0; i--) {
            const id = generations.check(generations.handle(ids[i]!));
            started.world.addComponent(id, 1);
            b!.value[id] = 0;
          }
          return 0;
        },
      ],
      [[1], watching(watch, b!)],
      [
        [1],
        (ids) => {
          const n = ids.length;
          for (let i = n - 1; i >= 0; i--)
            started.world.removeComponent(generations.check(generations.handle(ids[i]!)), 1);
          return n;
        },
      ],
    ]);
    return cycle(started, watch, generations, count);
  },
};

/** What is there between the two halves of a cycle, looked at when `on`. */
interface Watch {
  on: boolean;
  sum: number;
  count: number;
}

function watching(watch: Watch, column: Column): System {
  return (ids) => {
    if (watch.on) {
      watch.sum += total(column, ids);
      watch.count += ids.length;
    }
    return 0;
  };
}

function cycle(started: Started, watch: Watch, generations: Generations, count: number): Side {
  const { world, columns } = started;
  const [a] = columns as [Column, Column];
  const prefab = world.prefabricate([0]);
  const ids = Array.from({ length: count }, (_, i) => {
    const id = world.createEntity(prefab);
    a.value[id] = initial(i, 0);
    generations.start(id);
    return id;
  });
  const leftover = world.prefabricate([1]);
  const both = world.prefabricate([0, 1]);
  return {
    run: () => update(started),
    checksum() {
      Object.assign(watch, { on: true, sum: 0, count: 0 });
      world.update();
      watch.on = false;
      return watch.sum + watch.count + 3 * total(a, ids) + 5 * (leftover.entities.length + both.entities.length);
    },
  };
}
