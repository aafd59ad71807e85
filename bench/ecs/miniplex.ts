import { World } from "miniplex";
import type { Side } from "../pairs.ts";
import { initial, LETTERS, type Library, SIMPLE_SETS } from "./library.ts";

interface Cell {
  value: number;
}
/** Entities are objects, which are their own stale-proof ids. `place` is the order in which they were made. */
type Entity = { place: number } & { [Letter in string]?: Cell | number };
type Full<L extends string> = Record<L, Cell>;

const NAMES = [...LETTERS, "Data"];

function make(sets: readonly (readonly number[])[], count: number): { world: World<Entity>; entities: Entity[] } {
  const world = new World<Entity>();
  const entities: Entity[] = [];
  for (const set of sets) {
    for (let i = 0; i < count; i++) {
      const entity: Entity = { place: entities.length };
      for (const c of set) entity[NAMES[c]!] = { value: 0 };
      entities.push(world.add(entity));
    }
  }
  return { world, entities };
}

function listOf<L extends string>(world: World<Entity>, ...letters: L[]): readonly Full<L>[] {
  return world.with(...(letters as never[])).entities as unknown as Full<L>[];
}

function fill(entities: readonly Entity[], letters: readonly string[]): void {
  for (const entity of entities) {
    letters.forEach((letter, n) => {
      const cell = entity[letter] as Cell | undefined;
      if (cell !== undefined) cell.value = initial(entity.place, n);
    });
  }
}

function totals(entities: readonly Entity[], letters: readonly string[]): number {
  let sum = 0;
  for (const entity of entities) {
    letters.forEach((letter, n) => {
      sum += (n + 1) * ((entity[letter] as Cell | undefined)?.value ?? 0);
    });
  }
  return sum;
}

const FIVE = NAMES.slice(0, 5);

export const library: Library = {
  name: "miniplex",

  packed5(count) {
    const { world, entities } = make([[0, 1, 2, 3, 4]], count);
    const [a, b, c, d, e] = [
      listOf(world, "A"),
      listOf(world, "B"),
      listOf(world, "C"),
      listOf(world, "D"),
      listOf(world, "E"),
    ];
    return {
      reset: () => fill(entities, FIVE),
      run() {
        for (const entity of a) entity.A.value *= 2;
        for (const entity of b) entity.B.value *= 2;
        for (const entity of c) entity.C.value *= 2;
        for (const entity of d) entity.D.value *= 2;
        for (const entity of e) entity.E.value *= 2;
        return a.length + b.length + c.length + d.length + e.length;
      },
      checksum: () => totals(entities, FIVE),
    };
  },

  simpleIter(count) {
    const { world, entities } = make(SIMPLE_SETS, count);
    const [ab, cd, ce] = [listOf(world, "A", "B"), listOf(world, "C", "D"), listOf(world, "C", "E")];
    return {
      reset: () => fill(entities, FIVE),
      run() {
        for (const { A, B } of ab) swap(A, B);
        for (const { C, D } of cd) swap(C, D);
        for (const { C, E } of ce) swap(C, E);
        return ab.length + cd.length + ce.length;
      },
      checksum: () => totals(entities, FIVE),
    };
  },

  fragIter(count) {
    const { world, entities } = make(
      Array.from({ length: 26 }, (_, letter) => [26, letter]),
      count,
    );
    const [data, last] = [listOf(world, "Data"), listOf(world, "Z")];
    return {
      reset: () => fill(entities, ["Data", "Z"]),
      run() {
        for (const entity of data) entity.Data.value *= 2;
        for (const entity of last) entity.Z.value *= 2;
        return data.length + last.length;
      },
      checksum: () => totals(entities, ["Data", "Z"]),
    };
  },

  entityCycle(count) {
    const { world, entities } = make([[0]], count);
    fill(entities, ["A"]);
    const [a, b] = [listOf(world, "A"), listOf(world, "B")];
    const spawn = (): void => {
      for (let i = 0, n = a.length; i < n; i++) {
        const { value } = a[i]!.A;
        world.add({ place: 0, B: { value } });
        world.add({ place: 0, B: { value } });
      }
    };
    const destroy = (): number => {
      const n = b.length;
      for (let i = n - 1; i >= 0; i--) world.remove(b[i] as unknown as Entity);
      return n;
    };
    return cycle(a, b, spawn, destroy);
  },

  addRemove(count) {
    const { world, entities } = make([[0]], count);
    fill(entities, ["A"]);
    const [a, b] = [listOf(world, "A"), listOf(world, "B")];
    const add = (): void => {
      for (let i = a.length - 1; i >= 0; i--) world.addComponent(a[i] as unknown as Entity, "B", { value: 0 });
    };
    const remove = (): number => {
      const n = b.length;
      for (let i = n - 1; i >= 0; i--) world.removeComponent(b[i] as unknown as Entity, "B");
      return n;
    };
    return cycle(a, b, add, remove);
  },
};

function swap(a: Cell, b: Cell): void {
  const x = a.value;
  a.value = b.value;
  b.value = x;
}

function cycle(a: readonly Full<"A">[], b: readonly Full<"B">[], make: () => void, unmake: () => number): Side {
  return {
    run() {
      make();
      return unmake();
    },
    checksum() {
      make();
      const sum = b.reduce((before, { B }) => before + B.value, 0) + b.length;
      unmake();
      return sum + 3 * a.reduce((before, { A }) => before + A.value, 0) + 5 * b.length;
    },
  };
}
