import type { Column, Columns } from "./rule.ts";

/** An order of `count` entities: row `i` is entity `(i * stride + start) % count`. */
export interface Order {
  readonly stride: number;
  readonly start: number;
}

export const IN_ORDER: Order = { stride: 1, start: 0 };

/** The next of a sequence of orders of an even number of entities: `seed` is kept by the caller. */
export function nextOrder(count: number, seed: { value: number }): Order {
  const random = (): number => {
    seed.value = (Math.imul(seed.value, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed.value / 2 ** 32) * count);
  };
  for (;;) {
    const stride = random();
    if (divisor(stride, count) === 1) return { stride, start: random() };
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Copies a column of all entities to rows `first` and on. */
export function put(to: Column, from: Column, first: number, count: number, { stride, start }: Order): void {
  if (stride === 1 && start === 0) {
    to.set(from.subarray(first, first + count));
    return;
  }
  const entities = from.length;
  let entity = (first * stride + start) % entities;
  for (let i = 0; i < count; i++) {
    to[i] = from[entity]!;
    entity += stride;
    if (entity >= entities) entity -= entities;
  }
}

/** New columns of the same shape and length, and `before` elements in front. */
export function emptyLike<C extends Columns>(columns: C, before = 0): C {
  const copied = Object.entries(columns).map(([key, fields]) => [
    key,
    Object.fromEntries(
      Object.entries(fields).map(([name, column]) => {
        const Like = column.constructor as new (length: number) => Column;
        return [name, new Like(column.length + before)];
      }),
    ),
  ]);
  return Object.fromEntries(copied) as C;
}

export function copyOf<C extends Columns>(columns: C, before = 0): C {
  const copy = emptyLike(columns, before);
  for (const key in columns) for (const name in columns[key]) copy[key]![name]!.set(columns[key]![name]!, before);
  return copy;
}
