import { ECS, types } from "wolf-ecs";
import type { Side } from "../pairs.ts";
import { type Column, fillAll, type Stored, total, totalAll } from "./columns.ts";
import { Generations, initial, type Library, SIMPLE_SETS } from "./library.ts";

type Query = ReturnType<ECS["createQuery"]>;

/** A world of `size` entities at most, with `letters` components. */
function start(size: number, letters: number): { ecs: ECS; columns: Column[] } {
  const ecs = new ECS(size);
  const columns = Array.from({ length: letters }, () => ecs.defineComponent({ value: types.f32 }) as Column);
  return { ecs, columns };
}

function make(ecs: ECS, columns: readonly Column[], sets: readonly (readonly number[])[], count: number): Stored[] {
  const stored = columns.map((column): Stored => ({ column, ids: [], places: [] }));
  for (const [s, set] of sets.entries()) {
    for (let i = 0; i < count; i++) {
      const id = ecs.createEntity();
      for (const c of set) {
        ecs.addComponent(id, columns[c] as never);
        stored[c]!.ids.push(id);
        stored[c]!.places.push(s * count + i);
      }
    }
  }
  return stored;
}

function double(query: Query, { value }: Column): number {
  let visited = 0;
  for (let a = 0, n = query.archetypes.length; a < n; a++) {
    const { entities } = query.archetypes[a]!;
    for (let i = 0, m = entities.length; i < m; i++) value[entities[i]!]! *= 2;
    visited += entities.length;
  }
  return visited;
}

function swap(query: Query, { value: p }: Column, { value: q }: Column): number {
  let visited = 0;
  for (let a = 0, n = query.archetypes.length; a < n; a++) {
    const { entities } = query.archetypes[a]!;
    for (let i = 0, m = entities.length; i < m; i++) {
      const id = entities[i]!;
      const x = p[id]!;
      p[id] = q[id]!;
      q[id] = x;
    }
    visited += entities.length;
  }
  return visited;
}

export const library: Library = {
  name: "wolf-ecs",

  packed5(count) {
    const { ecs, columns } = start(count, 5);
    const queries = columns.map((column) => ecs.createQuery(column as never));
    const stored = make(ecs, columns, [[0, 1, 2, 3, 4]], count);
    return {
      reset: () => fillAll(stored),
      run() {
        let visited = 0;
        for (let c = 0; c < 5; c++) visited += double(queries[c]!, columns[c]!);
        return visited;
      },
      checksum: () => totalAll(stored),
    };
  },

  simpleIter(count) {
    const { ecs, columns } = start(4 * count, 5);
    const [a, b, c, d, e] = columns as [Column, Column, Column, Column, Column];
    const ab = ecs.createQuery(a as never, b as never);
    const cd = ecs.createQuery(c as never, d as never);
    const ce = ecs.createQuery(c as never, e as never);
    const stored = make(ecs, columns, SIMPLE_SETS, count);
    return {
      reset: () => fillAll(stored),
      run: () => swap(ab, a, b) + swap(cd, c, d) + swap(ce, c, e),
      checksum: () => totalAll(stored),
    };
  },

  fragIter(count) {
    const { ecs, columns } = start(26 * count, 27);
    const data = ecs.createQuery(columns[26] as never);
    const last = ecs.createQuery(columns[25] as never);
    const sets = Array.from({ length: 26 }, (_, letter) => [26, letter]);
    const all = make(ecs, columns, sets, count);
    const stored = [all[26]!, all[25]!];
    return {
      reset: () => fillAll(stored),
      run: () => double(data, columns[26]!) + double(last, columns[25]!),
      checksum: () => totalAll(stored),
    };
  },

  entityCycle(count) {
    const { ecs, a, b, queryA, queryB, generations } = cycleWorld(count);
    const spawnOne = (value: number): void => {
      const id = ecs.createEntity();
      ecs.addComponent(id, b as never);
      b.value[id] = value;
      generations.start(id);
    };
    const spawn = (): void => {
      const list = queryA.archetypes;
      for (let n = 0; n < list.length; n++) {
        const { entities } = list[n]!;
        for (let i = 0, m = entities.length; i < m; i++) {
          const value = a.value[entities[i]!]!;
          spawnOne(value);
          spawnOne(value);
        }
      }
    };
    const destroy = (): number => {
      let visited = 0;
      for (const { entities } of queryB.archetypes) {
        visited += entities.length;
        for (let i = entities.length - 1; i >= 0; i--) {
          const id = generations.check(generations.handle(entities[i]!));
          ecs.destroyEntity(id);
          generations.end(id);
        }
      }
      return visited;
    };
    return cycle(a, b, queryA, queryB, spawn, destroy);
  },

  addRemove(count) {
    const { ecs, a, b, queryA, queryB, generations } = cycleWorld(count);
    const add = (): void => {
      for (const { entities } of queryA.archetypes.slice()) {
        for (let i = entities.length - 1; i >= 0; i--) {
          const id = generations.check(generations.handle(entities[i]!));
          ecs.addComponent(id, b as never);
          b.value[id] = 0;
        }
      }
    };
    const remove = (): number => {
      let visited = 0;
      for (const { entities } of queryB.archetypes) {
        visited += entities.length;
        for (let i = entities.length - 1; i >= 0; i--) {
          ecs.removeComponent(generations.check(generations.handle(entities[i]!)), b as never);
        }
      }
      return visited;
    };
    return cycle(a, b, queryA, queryB, add, remove);
  },
};

function cycleWorld(count: number) {
  const { ecs, columns } = start(4 * count, 2);
  const [a, b] = columns as [Column, Column];
  const queryA = ecs.createQuery(a as never);
  const queryB = ecs.createQuery(b as never);
  const generations = new Generations();
  for (let i = 0; i < count; i++) {
    const id = ecs.createEntity();
    ecs.addComponent(id, a as never);
    a.value[id] = initial(i, 0);
    generations.start(id);
  }
  return { ecs, a, b, queryA, queryB, generations };
}

function cycle(a: Column, b: Column, queryA: Query, queryB: Query, make: () => void, unmake: () => number): Side {
  const entitiesOf = (query: Query): number[] => query.archetypes.flatMap(({ entities }) => entities);
  return {
    run() {
      make();
      return unmake();
    },
    checksum() {
      make();
      const sum = total(b, entitiesOf(queryB)) + entitiesOf(queryB).length;
      unmake();
      return sum + 3 * total(a, entitiesOf(queryA)) + 5 * entitiesOf(queryB).length;
    },
  };
}
