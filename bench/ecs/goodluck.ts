import { WorldImpl } from "goodluck";
import type { Side } from "../pairs.ts";
import { Generations, initial, type Library, SIMPLE_SETS } from "./library.ts";

interface Cell {
  value: number;
}

/** Bit masks an entity, components in arrays of objects. */
class World extends WorldImpl {
  readonly cells: readonly Cell[][];
  constructor(components: number) {
    super();
    this.cells = Array.from({ length: components }, () => []);
  }

  add(entity: number, c: number, value: number): void {
    this.Signature[entity]! |= 1 << c;
    this.cells[c]![entity] = { value };
  }
}

function make(components: number, sets: readonly (readonly number[])[], count: number): World {
  const world = new World(components);
  for (const set of sets) {
    for (let i = 0; i < count; i++) {
      const entity = world.CreateEntity();
      for (const c of set) world.add(entity, c, 0);
    }
  }
  return world;
}

function double({ Signature }: World, cells: readonly Cell[], mask: number): number {
  let visited = 0;
  for (let i = 0, n = Signature.length; i < n; i++) {
    if ((Signature[i]! & mask) !== mask) continue;
    cells[i]!.value *= 2;
    visited++;
  }
  return visited;
}

function swap({ Signature }: World, p: readonly Cell[], q: readonly Cell[], mask: number): number {
  let visited = 0;
  for (let i = 0, n = Signature.length; i < n; i++) {
    if ((Signature[i]! & mask) !== mask) continue;
    const a = p[i]!;
    const b = q[i]!;
    const x = a.value;
    a.value = b.value;
    b.value = x;
    visited++;
  }
  return visited;
}

function fill(world: World, components: readonly number[]): void {
  components.forEach((c, n) => {
    world.Signature.forEach((signature, i) => {
      if ((signature & (1 << c)) !== 0) world.cells[c]![i]!.value = initial(i, n);
    });
  });
}

function total(world: World, c: number): number {
  let sum = 0;
  world.Signature.forEach((signature, i) => {
    if ((signature & (1 << c)) !== 0) sum += world.cells[c]![i]!.value;
  });
  return sum;
}

function totals(world: World, components: readonly number[]): number {
  return components.reduce((sum, c, n) => sum + (n + 1) * total(world, c), 0);
}

const FIVE = [0, 1, 2, 3, 4];

export const library: Library = {
  name: "goodluck",

  packed5(count) {
    const world = make(5, [FIVE], count);
    return {
      reset: () => fill(world, FIVE),
      run() {
        let visited = 0;
        for (let c = 0; c < 5; c++) visited += double(world, world.cells[c]!, 1 << c);
        return visited;
      },
      checksum: () => totals(world, FIVE),
    };
  },

  simpleIter(count) {
    const world = make(5, SIMPLE_SETS, count);
    const [a, b, c, d, e] = world.cells as [Cell[], Cell[], Cell[], Cell[], Cell[]];
    return {
      reset: () => fill(world, FIVE),
      run: () => swap(world, a, b, 3) + swap(world, c, d, 12) + swap(world, c, e, 20),
      checksum: () => totals(world, FIVE),
    };
  },

  fragIter(count) {
    const world = make(
      27,
      Array.from({ length: 26 }, (_, letter) => [26, letter]),
      count,
    );
    return {
      reset: () => fill(world, [26, 25]),
      run: () => double(world, world.cells[26]!, 1 << 26) + double(world, world.cells[25]!, 1 << 25),
      checksum: () => totals(world, [26, 25]),
    };
  },

  entityCycle(count) {
    const world = make(2, [[0]], count);
    const generations = startAll(world);
    const [a] = world.cells as [Cell[], Cell[]];
    const spawnOne = (value: number): void => {
      const entity = world.CreateEntity();
      world.add(entity, 1, value);
      generations.start(entity);
    };
    const spawn = (): void => {
      for (let i = 0; i < world.Signature.length; i++) {
        if ((world.Signature[i]! & 1) === 0) continue;
        const { value } = a[i]!;
        spawnOne(value);
        spawnOne(value);
      }
    };
    const destroy = (): number => {
      let visited = 0;
      for (let i = 0; i < world.Signature.length; i++) {
        if ((world.Signature[i]! & 2) === 0) continue;
        const entity = generations.check(generations.handle(i));
        world.DestroyEntity(entity);
        generations.end(entity);
        visited++;
      }
      return visited;
    };
    return cycle(world, spawn, destroy);
  },

  addRemove(count) {
    const world = make(2, [[0]], count);
    const generations = startAll(world);
    const add = (): void => {
      for (let i = 0; i < world.Signature.length; i++) {
        if ((world.Signature[i]! & 1) !== 0) world.add(generations.check(generations.handle(i)), 1, 0);
      }
    };
    const remove = (): number => {
      let visited = 0;
      for (let i = 0; i < world.Signature.length; i++) {
        if ((world.Signature[i]! & 2) === 0) continue;
        world.Signature[generations.check(generations.handle(i))]! &= ~2;
        visited++;
      }
      return visited;
    };
    return cycle(world, add, remove);
  },
};

function startAll(world: World): Generations {
  const generations = new Generations();
  for (let i = 0; i < world.Signature.length; i++) {
    world.cells[0]![i]!.value = initial(i, 0);
    generations.start(i);
  }
  return generations;
}

function cycle(world: World, make: () => void, unmake: () => number): Side {
  const withB = (): number => world.Signature.filter((signature) => (signature & 2) !== 0).length;
  return {
    run() {
      make();
      return unmake();
    },
    checksum() {
      make();
      const sum = total(world, 1) + withB();
      unmake();
      return sum + 3 * total(world, 0) + 5 * withB();
    },
  };
}
