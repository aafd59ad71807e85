import type { Side } from "../pairs.ts";

/**
 * The five workloads of the public suite noctjs/ecs-benchmark on one library, written the way its own documentation
 * recommends for speed. Every component holds one number `value`.
 */
export interface Library {
  readonly name: string;
  /** `count` entities with A to E: double each component in a loop of its own. */
  packed5(count: number): Side;
  /** `count` entities each with AB, ABC, ABCD and ABCE: swap A and B, C and D, C and E. */
  simpleIter(count: number): Side;
  /** For each of 26 components `count` entities that have it and Data: double Data, then double the 26th. */
  fragIter(count: number): Side;
  /** `count` entities with A: each makes two with B of the same value, then all with B are destroyed. */
  entityCycle(count: number): Side;
  /** `count` entities with A: all get B with value 0, then all lose it. */
  addRemove(count: number): Side;
}

export const LETTERS: readonly string[] = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Runs between resets: doubling so often stays exact in f32, and swapping an odd number of times shows. */
export const GROUP = 15;

/** The value that component number `c` of the entity that was made as number `i` starts with: a small positive integer. */
export function initial(i: number, c: number): number {
  return 1 + ((i * 7 + c * 3) % 11);
}

/** The components of `simpleIter`: entities are made in this order, `count` of each. */
export const SIMPLE_SETS: readonly (readonly number[])[] = [
  [0, 1],
  [0, 1, 2],
  [0, 1, 2, 3],
  [0, 1, 2, 4],
];

/** Items that a run of each workload works on. */
export const work = {
  packed5: (count: number): number => 5 * count,
  simpleIter: (count: number): number => 6 * count,
  fragIter: (count: number): number => 27 * count,
  entityCycle: (count: number): number => 2 * count,
  addRemove: (count: number): number => count,
};

const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;

/**
 * Generations for libraries that have none of their own: what a user adds to tell a stale entity from a live one.
 * A handle is `generation << 20 | id`.
 */
export class Generations {
  readonly #generations = new Uint16Array(1 << INDEX_BITS);
  readonly #handles = new Int32Array(1 << INDEX_BITS);

  /** Called for every new entity. */
  start(id: number): number {
    const handle = ((this.#generations[id]! & 0x7ff) << INDEX_BITS) | id;
    this.#handles[id] = handle;
    return handle;
  }

  /** The handle of an entity that a query returned. */
  handle(id: number): number {
    return this.#handles[id]!;
  }

  /** The id of a handle. Throws if it is stale. */
  check(handle: number): number {
    const id = handle & INDEX_MASK;
    if ((this.#generations[id]! & 0x7ff) !== handle >>> INDEX_BITS) throw new Error(`entity ${handle} is stale`);
    return id;
  }

  /** Called for every entity that ends. */
  end(id: number): void {
    this.#generations[id] = this.#generations[id]! + 1;
  }
}
