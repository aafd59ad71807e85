import type { Side } from "../pairs.ts";
import { type Column, fillAll, type Stored, total, totalAll } from "./columns.ts";
import { Generations, initial, type Library, SIMPLE_SETS } from "./library.ts";

/** A library whose queries return one list of ids, with values in arrays indexed by id. Components are numbered. */
export interface Listed {
  readonly columns: readonly Column[];
  create(): number;
  destroy(id: number): void;
  add(id: number, c: number): void;
  remove(id: number, c: number): void;
  query(components: readonly number[]): () => ArrayLike<number>;
}

/** The workloads on such a library. `start` makes a world for at most `size` entities with so many components. */
export function listedLibrary(name: string, start: (size: number, components: number) => Listed): Library {
  return {
    name,

    packed5(count) {
      const world = start(count, 5);
      const queries = world.columns.map((_, c) => world.query([c]));
      const stored = make(world, [[0, 1, 2, 3, 4]], count);
      return {
        reset: () => fillAll(stored),
        run() {
          let visited = 0;
          for (let c = 0; c < 5; c++) visited += double(queries[c]!(), world.columns[c]!);
          return visited;
        },
        checksum: () => totalAll(stored),
      };
    },

    simpleIter(count) {
      const world = start(4 * count, 5);
      const [a, b, c, d, e] = world.columns as [Column, Column, Column, Column, Column];
      const ab = world.query([0, 1]);
      const cd = world.query([2, 3]);
      const ce = world.query([2, 4]);
      const stored = make(world, SIMPLE_SETS, count);
      return {
        reset: () => fillAll(stored),
        run: () => swap(ab(), a, b) + swap(cd(), c, d) + swap(ce(), c, e),
        checksum: () => totalAll(stored),
      };
    },

    fragIter(count) {
      const world = start(26 * count, 27);
      const data = world.query([26]);
      const last = world.query([25]);
      const sets = Array.from({ length: 26 }, (_, letter) => [26, letter]);
      const all = make(world, sets, count);
      const stored = [all[26]!, all[25]!];
      return {
        reset: () => fillAll(stored),
        run: () => double(data(), world.columns[26]!) + double(last(), world.columns[25]!),
        checksum: () => totalAll(stored),
      };
    },

    entityCycle(count) {
      const { world, a, b, queryA, queryB, generations } = cycleWorld(start, count);
      const spawnOne = (value: number): void => {
        const id = world.create();
        world.add(id, 1);
        b.value[id] = value;
        generations.start(id);
      };
      const spawn = (): void => {
        const ids = queryA();
        for (let i = 0, n = ids.length; i < n; i++) {
          const value = a.value[ids[i]!]!;
          spawnOne(value);
          spawnOne(value);
        }
      };
      const destroy = (): number => {
        const ids = queryB();
        const n = ids.length;
        for (let i = n - 1; i >= 0; i--) {
          const id = generations.check(generations.handle(ids[i]!));
          world.destroy(id);
          generations.end(id);
        }
        return n;
      };
      return cycle(a, b, queryA, queryB, spawn, destroy);
    },

    addRemove(count) {
      const { world, a, b, queryA, queryB, generations } = cycleWorld(start, count);
      const add = (): void => {
        const ids = queryA();
        for (let i = ids.length - 1; i >= 0; i--) {
          const id = generations.check(generations.handle(ids[i]!));
          world.add(id, 1);
          b.value[id] = 0;
        }
      };
      const remove = (): number => {
        const ids = queryB();
        const n = ids.length;
        for (let i = n - 1; i >= 0; i--) world.remove(generations.check(generations.handle(ids[i]!)), 1);
        return n;
      };
      return cycle(a, b, queryA, queryB, add, remove);
    },
  };
}

function make(world: Listed, sets: readonly (readonly number[])[], count: number): Stored[] {
  const stored = world.columns.map((column): Stored => ({ column, ids: [], places: [] }));
  for (const [s, set] of sets.entries()) {
    for (let i = 0; i < count; i++) {
      const id = world.create();
      for (const c of set) {
        world.add(id, c);
        stored[c]!.ids.push(id);
        stored[c]!.places.push(s * count + i);
      }
    }
  }
  return stored;
}

function double(ids: ArrayLike<number>, { value }: Column): number {
  for (let i = 0, n = ids.length; i < n; i++) value[ids[i]!]! *= 2;
  return ids.length;
}

function swap(ids: ArrayLike<number>, { value: p }: Column, { value: q }: Column): number {
  for (let i = 0, n = ids.length; i < n; i++) {
    const id = ids[i]!;
    const x = p[id]!;
    p[id] = q[id]!;
    q[id] = x;
  }
  return ids.length;
}

function cycleWorld(start: (size: number, components: number) => Listed, count: number) {
  const world = start(Math.max(4 * count, 10_000), 2);
  const [a, b] = world.columns as [Column, Column];
  const [queryA, queryB] = [world.query([0]), world.query([1])];
  const generations = new Generations();
  for (let i = 0; i < count; i++) {
    const id = world.create();
    world.add(id, 0);
    a.value[id] = initial(i, 0);
    generations.start(id);
  }
  return { world, a, b, queryA, queryB, generations };
}

function cycle(
  a: Column,
  b: Column,
  queryA: () => ArrayLike<number>,
  queryB: () => ArrayLike<number>,
  make: () => void,
  unmake: () => number,
): Side {
  return {
    run() {
      make();
      return unmake();
    },
    checksum() {
      make();
      const sum = total(b, queryB()) + queryB().length;
      unmake();
      return sum + 3 * total(a, queryA()) + 5 * queryB().length;
    },
  };
}
