import { createQuery, createWorld, type Entity, type Trait, trait, type World } from "koota";
import type { Side } from "../pairs.ts";
import { initial, type Library, SIMPLE_SETS } from "./library.ts";

type Value = Trait<{ value: number }>;
interface Store {
  readonly value: number[];
}

function start(components: number): { world: World; traits: Value[] } {
  return { world: createWorld(), traits: Array.from({ length: components }, () => trait({ value: 0 })) };
}

/** A trait and its entities in the order in which they were made, with the place of each in the order of all. */
interface Stored {
  readonly trait: Value;
  readonly entities: Entity[];
  readonly places: number[];
}

function make(world: World, traits: readonly Value[], sets: readonly (readonly number[])[], count: number): Stored[] {
  const stored = traits.map((one): Stored => ({ trait: one, entities: [], places: [] }));
  for (const [s, set] of sets.entries()) {
    for (let i = 0; i < count; i++) {
      const entity = world.spawn(...set.map((c) => traits[c]!));
      for (const c of set) {
        stored[c]!.entities.push(entity);
        stored[c]!.places.push(s * count + i);
      }
    }
  }
  return stored;
}

function fill(stored: readonly Stored[]): void {
  stored.forEach(({ trait: one, entities, places }, c) => {
    for (const [i, entity] of entities.entries()) entity.set(one, { value: initial(places[i]!, c) });
  });
}

function total(stored: readonly Stored[]): number {
  let sum = 0;
  stored.forEach(({ trait: one, entities }, c) => {
    for (const entity of entities) sum += (c + 1) * entity.get(one)!.value;
  });
  return sum;
}

function double([store]: readonly Store[], entities: readonly Entity[]): void {
  const { value } = store!;
  for (let i = 0, n = entities.length; i < n; i++) value[entities[i]!.id()]! *= 2;
}

function swap([p, q]: readonly Store[], entities: readonly Entity[]): void {
  const a = p!.value;
  const b = q!.value;
  for (let i = 0, n = entities.length; i < n; i++) {
    const id = entities[i]!.id();
    const x = a[id]!;
    a[id] = b[id]!;
    b[id] = x;
  }
}

/** A loop over the stores of some traits, with a cached query. */
function loop(
  world: World,
  traits: readonly Value[],
  each: (stores: readonly Store[], entities: readonly Entity[]) => void,
): () => number {
  const query = createQuery(...traits);
  return () => {
    const found = world.query(query);
    found.useStores(each as never);
    return found.length;
  };
}

export const library: Library = {
  name: "koota",

  packed5(count) {
    const { world, traits } = start(5);
    const stored = make(world, traits, [[0, 1, 2, 3, 4]], count);
    const loops = traits.map((one) => loop(world, [one], double));
    return {
      reset: () => fill(stored),
      run() {
        let visited = 0;
        for (let c = 0; c < 5; c++) visited += loops[c]!();
        return visited;
      },
      checksum: () => total(stored),
    };
  },

  simpleIter(count) {
    const { world, traits } = start(5);
    const [a, b, c, d, e] = traits as [Value, Value, Value, Value, Value];
    const stored = make(world, traits, SIMPLE_SETS, count);
    const ab = loop(world, [a, b], swap);
    const cd = loop(world, [c, d], swap);
    const ce = loop(world, [c, e], swap);
    return { reset: () => fill(stored), run: () => ab() + cd() + ce(), checksum: () => total(stored) };
  },

  fragIter(count) {
    const { world, traits } = start(27);
    const all = make(
      world,
      traits,
      Array.from({ length: 26 }, (_, letter) => [26, letter]),
      count,
    );
    const stored = [all[26]!, all[25]!];
    const data = loop(world, [traits[26]!], double);
    const last = loop(world, [traits[25]!], double);
    return { reset: () => fill(stored), run: () => data() + last(), checksum: () => total(stored) };
  },

  entityCycle(count) {
    const { world, traits } = start(2);
    const [A, B] = traits as [Value, Value];
    for (let i = 0; i < count; i++) world.spawn(A({ value: initial(i, 0) }));
    const [queryA, queryB] = [createQuery(A), createQuery(B)];
    const spawn = (): void => {
      world.query(queryA).useStores((([{ value }]: readonly [Store], entities: readonly Entity[]) => {
        for (let i = 0, n = entities.length; i < n; i++) {
          const x = value[entities[i]!.id()]!;
          world.spawn(B({ value: x }));
          world.spawn(B({ value: x }));
        }
      }) as never);
    };
    const destroy = (): number => {
      const entities = world.query(queryB);
      for (let i = 0; i < entities.length; i++) entities[i]!.destroy();
      return entities.length;
    };
    return cycle(world, A, B, spawn, destroy);
  },

  addRemove(count) {
    const { world, traits } = start(2);
    const [A, B] = traits as [Value, Value];
    for (let i = 0; i < count; i++) world.spawn(A({ value: initial(i, 0) }));
    const [queryA, queryB] = [createQuery(A), createQuery(B)];
    const add = (): void => {
      const entities = world.query(queryA);
      for (let i = 0; i < entities.length; i++) entities[i]!.add(B);
    };
    const remove = (): number => {
      const entities = world.query(queryB);
      for (let i = 0; i < entities.length; i++) entities[i]!.remove(B);
      return entities.length;
    };
    return cycle(world, A, B, add, remove);
  },
};

function cycle(world: World, a: Value, b: Value, make: () => void, unmake: () => number): Side {
  const sumOf = (one: Value): number => world.query(one).reduce((sum, entity) => sum + entity.get(one)!.value, 0);
  return {
    run() {
      make();
      return unmake();
    },
    checksum() {
      make();
      const sum = sumOf(b) + world.query(b).length;
      unmake();
      return sum + 3 * sumOf(a) + 5 * world.query(b).length;
    },
  };
}
