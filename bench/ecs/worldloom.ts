import { type Component, component, createWorld, f32, type World, write } from "../../src/index.ts";
import type { Side } from "../pairs.ts";
import { initial, LETTERS, type Library } from "./library.ts";

const A = component("A", { value: f32 });
const B = component("B", { value: f32 });
const C = component("C", { value: f32 });
const D = component("D", { value: f32 });
const E = component("E", { value: f32 });
const Data = component("Data", { value: f32 });

/** Worldloom with loops over the columns of cached queries, and single changes. */
export const worldloom: Library = {
  name: "worldloom",

  packed5(count) {
    const world = createWorld({ components: [A, B, C, D, E] });
    world.spawnMany(count, A, B, C, D, E);
    const [a, b, c, d, e] = [
      world.query(write(A)),
      world.query(write(B)),
      world.query(write(C)),
      world.query(write(D)),
      world.query(write(E)),
    ];
    return {
      reset: () => fillAll(world, [A, B, C, D, E]),
      run() {
        let visited = 0;
        for (const chunk of a.chunks()) {
          const { value } = chunk.a;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        for (const chunk of b.chunks()) {
          const { value } = chunk.b;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        for (const chunk of c.chunks()) {
          const { value } = chunk.c;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        for (const chunk of d.chunks()) {
          const { value } = chunk.d;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        for (const chunk of e.chunks()) {
          const { value } = chunk.e;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        return visited;
      },
      checksum: () => [A, B, C, D, E].reduce((sum, letter, n) => sum + (n + 1) * total(world, letter), 0),
    };
  },

  simpleIter(count) {
    const world = createWorld({ components: [A, B, C, D, E] });
    world.spawnMany(count, A, B);
    world.spawnMany(count, A, B, C);
    world.spawnMany(count, A, B, C, D);
    world.spawnMany(count, A, B, C, E);
    const ab = world.query(write(A), write(B));
    const cd = world.query(write(C), write(D));
    const ce = world.query(write(C), write(E));
    return {
      reset: () => fillAll(world, [A, B, C, D, E]),
      run() {
        let visited = 0;
        for (const chunk of ab.chunks()) {
          const a = chunk.a.value;
          const b = chunk.b.value;
          for (let i = 0, n = chunk.count; i < n; i++) {
            const x = a[i]!;
            a[i] = b[i]!;
            b[i] = x;
          }
          visited += chunk.count;
        }
        for (const chunk of cd.chunks()) {
          const c = chunk.c.value;
          const d = chunk.d.value;
          for (let i = 0, n = chunk.count; i < n; i++) {
            const x = c[i]!;
            c[i] = d[i]!;
            d[i] = x;
          }
          visited += chunk.count;
        }
        for (const chunk of ce.chunks()) {
          const c = chunk.c.value;
          const e = chunk.e.value;
          for (let i = 0, n = chunk.count; i < n; i++) {
            const x = c[i]!;
            c[i] = e[i]!;
            e[i] = x;
          }
          visited += chunk.count;
        }
        return visited;
      },
      checksum: () => [A, B, C, D, E].reduce((sum, letter, n) => sum + (n + 1) * total(world, letter), 0),
    };
  },

  fragIter(count) {
    const letters = LETTERS.map((letter) => component(letter, { value: f32 }));
    const Z = component("Last", { value: f32 });
    letters[25] = Z as never;
    const world = createWorld({ components: [Data, ...letters] });
    for (const letter of letters) world.spawnMany(count, Data, letter);
    const data = world.query(write(Data));
    const last = world.query(write(Z));
    return {
      reset: () => fillAll(world, [Data, Z]),
      run() {
        let visited = 0;
        for (const chunk of data.chunks()) {
          const { value } = chunk.data;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        for (const chunk of last.chunks()) {
          const { value } = chunk.last;
          for (let i = 0, n = chunk.count; i < n; i++) value[i]! *= 2;
          visited += chunk.count;
        }
        return visited;
      },
      checksum: () => total(world, Data) + 2 * total(world, Z),
    };
  },

  entityCycle(count) {
    const world = cycleWorld(count);
    const a = world.query(A);
    const b = world.query(B);
    const values = new Float32Array(count);
    const spawn = (): void => {
      let n = 0;
      for (const chunk of a.chunks()) {
        const { value } = chunk.a;
        for (let i = 0; i < chunk.count; i++) values[n++] = value[i]!;
      }
      for (let i = 0; i < n; i++) {
        world.spawn([B, { value: values[i]! }]);
        world.spawn([B, { value: values[i]! }]);
      }
    };
    const despawn = (): number => {
      const entities = b.entities();
      const n = entities.length;
      for (let i = n - 1; i >= 0; i--) world.despawn(entities[i]!);
      return n;
    };
    return cycle(world, B, spawn, despawn);
  },

  addRemove(count) {
    const world = cycleWorld(count);
    const a = world.query(A);
    const b = world.query(B);
    const add = (): void => {
      const entities = a.entities();
      for (let i = entities.length - 1; i >= 0; i--) world.add(entities[i]!, B);
    };
    const remove = (): number => {
      const entities = b.entities();
      const n = entities.length;
      for (let i = n - 1; i >= 0; i--) world.remove(entities[i]!, B);
      return n;
    };
    return cycle(world, B, add, remove);
  },
};

/** The two workloads that change structure, with the bulk forms. */
export const worldloomBulk: Pick<Library, "name" | "entityCycle" | "addRemove"> = {
  name: "worldloom, bulk",

  entityCycle(count) {
    const world = cycleWorld(count);
    const a = world.query(A);
    const b = world.query(B);
    const values = new Float32Array(2 * count);
    const spawn = (): void => {
      let n = 0;
      for (const chunk of a.chunks()) {
        const { value } = chunk.a;
        for (let i = 0; i < chunk.count; i++) {
          values[n++] = value[i]!;
          values[n++] = value[i]!;
        }
      }
      world.spawnMany(n, [B, { value: values }]);
    };
    const despawn = (): number => {
      const entities = b.entities();
      world.despawnMany(entities);
      return entities.length;
    };
    return cycle(world, B, spawn, despawn);
  },

  addRemove(count) {
    const world = cycleWorld(count);
    const a = world.query(A);
    const b = world.query(B);
    return cycle(
      world,
      B,
      () => world.addMany(a.entities(), B),
      () => {
        const entities = b.entities();
        world.removeMany(entities, B);
        return entities.length;
      },
    );
  },
};

function cycleWorld(count: number): World {
  const world = createWorld({ components: [A, B] });
  world.spawnMany(count, [A, { value: (i: number) => initial(i, 0) }]);
  return world;
}

/** The check looks at what is there between the two halves. */
function cycle(world: World, made: typeof B, make: () => void, unmake: () => number): Side {
  return {
    run() {
      make();
      return unmake();
    },
    checksum() {
      make();
      const sum = total(world, made) + world.query(made).count;
      unmake();
      return sum + 3 * total(world, A) + 5 * world.query(made).count;
    },
  };
}

/** Gives the rows of some components their first values: indices of entities are the order in which they were made. */
function fillAll(world: World, letters: readonly Component[]): void {
  for (const [c, letter] of letters.entries()) fill(world, letter, c);
}

function fill(world: World, letter: Component, c: number): void {
  for (const chunk of world.query(write(letter)).chunks()) {
    const { value } = (chunk as unknown as Record<string, { value: Float32Array }>)[letter.key]!;
    const { entities } = chunk as unknown as { entities: Int32Array };
    for (let i = 0; i < chunk.count; i++) value[i] = initial(entities[i]! & 0xf_ffff, c);
  }
}

function total(world: World, letter: Component): number {
  let sum = 0;
  for (const chunk of world.query(letter).chunks()) {
    const { value } = (chunk as unknown as Record<string, { value: Float32Array }>)[letter.key]!;
    for (let i = 0; i < chunk.count; i++) sum += value[i]!;
  }
  return sum;
}
