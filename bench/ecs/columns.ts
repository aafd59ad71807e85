import { initial } from "./library.ts";

/** A component as typed-array libraries have it: an array indexed by entity id. */
export interface Column {
  value: Float32Array;
}

/** Gives `ids`, in the order in which they were made, the first values of component number `c`. */
export function fill(column: Column, ids: readonly number[], c: number, from = 0): void {
  for (let i = 0; i < ids.length; i++) column.value[ids[i]!] = initial(from + i, c);
}

export function total(column: Column, ids: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < ids.length; i++) sum += column.value[ids[i]!]!;
  return sum;
}

/** What the three iteration workloads reset and sum: each component with its entities, by number of component. */
export interface Stored {
  readonly column: Column;
  /** Ids in the order in which they were made, and the place of each in the order of all. */
  readonly ids: number[];
  readonly places: number[];
}

export function fillAll(stored: readonly Stored[]): void {
  stored.forEach(({ column, ids, places }, c) => {
    for (let i = 0; i < ids.length; i++) column.value[ids[i]!] = initial(places[i]!, c);
  });
}

export function totalAll(stored: readonly Stored[]): number {
  return stored.reduce((sum, { column, ids }, c) => sum + (c + 1) * total(column, ids), 0);
}
