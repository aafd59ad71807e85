import { WorkFault } from "../pairs.ts";
import { copyOf, IN_ORDER, type Order } from "./order.ts";
import type { Column, Columns, Rule } from "./rule.ts";

/** What a rule has to compute in a number of turns: the results of its first loop. */
export class Outcome {
  readonly #rule: Rule;
  readonly #columns: Columns;
  /** A sum over the bits of all results. */
  readonly #sum: number;

  constructor(rule: Rule, inputs: Columns, count: number, turns: number) {
    this.#rule = rule;
    this.#columns = copyOf(inputs);
    const loop = Object.values(rule.loops)[0]!;
    for (let turn = 0; turn < turns; turn++) loop(this.#columns, count, turn);
    let sum = 0;
    for (const { column } of this.#changed()) {
      const bits = bitsOf(column);
      for (let i = 0; i < count; i++) sum = (Math.imul(sum, 31) + bits[i]!) | 0;
    }
    this.#sum = sum | 1;
  }

  /**
   * The sum of the right results if all of `found` are right, to the bit or within the tolerance of the rule. Throws
   * {@link WorkFault} with the first that is not. Row 0 is element `first` of the columns.
   */
  check(found: Columns, exact: boolean, order: Order = IN_ORDER, first = 0): number {
    for (const { key, name, column } of this.#changed()) {
      const got = found[key]![name]!.subarray(first, first + column.length);
      const wrong = exact
        ? differs(bitsOf(got), bitsOf(column), order, 0)
        : differs(got, column, order, this.#rule.tolerance);
      if (wrong >= 0) {
        const entity = (wrong * order.stride + order.start) % column.length;
        throw new WorkFault(`computed ${key}.${name} of entity ${entity} as ${got[wrong]}, not ${column[entity]}`);
      }
    }
    return this.#sum;
  }

  #changed(): { key: string; name: string; column: Column }[] {
    return this.#rule.changes.flatMap((key) =>
      Object.entries(this.#columns[key]!).map(([name, column]) => ({ key, name, column })),
    );
  }
}

function bitsOf(column: Column): Int32Array {
  return new Int32Array(column.buffer, column.byteOffset, column.length);
}

/** The first row that differs too much from its entity, or -1. */
function differs(found: Column, right: Column, { stride, start }: Order, tolerance: number): number {
  let entity = start;
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i]!, right[entity]!];
    if (!(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) return i;
    entity += stride;
    if (entity >= right.length) entity -= right.length;
  }
  return -1;
}
