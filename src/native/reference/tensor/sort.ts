import type { Instruction, Reader } from "./reader.ts";
import { type Elements, I32, move, scratch, type View, valuesOf } from "./view.ts";
import { Walk } from "./walk.ts";

/** Rows of the last axis: equal elements in their order, all zeros equal, NaNs last, whichever way. */
export function readSort(reader: Reader): Instruction {
  const descending = reader.below(2) === 1;
  const input = reader.operand();
  const values = reader.output(input.dtype);
  const indices = reader.output(I32);
  reader.along(input, input.rank - 1);
  reader.same(input.tokens, values.tokens);
  reader.same(input.tokens, indices.tokens);

  return {
    operands: [input, values, indices],
    run() {
      const views = [input, values, indices];
      const axis = input.rank - 1;
      const count = input.extents[axis]!;
      const walk = new Walk(
        input.extents.slice(0, axis),
        views.map(({ at }) => at),
        views.map(({ strides }) => strides),
      );
      if (count === 0) return;
      for (; walk.inside; walk.next()) {
        const [from, to, place] = walk.at as [number, number, number];
        const order = orderOf(input, from, input.strides[axis]!, count, descending);
        const moved = rowOf(input, from, input.strides[axis]!, count);
        for (let i = 0; i < count; i++) {
          move(values, to + i * values.strides[axis]!, moved, order[i]!);
          indices.values[place + i * indices.strides[axis]!] = order[i]!;
        }
      }
    },
  };
}

/** The numbers of the elements of a row, sorted. */
function orderOf(view: View, at: number, stride: number, count: number, descending: boolean): number[] {
  const sign = descending ? -1 : 1;
  const keys = Array.from({ length: count }, (_, i) => view.values[at + i * stride]!);
  return Array.from(keys, (_, i) => i).sort((i, j) => {
    const [a, b] = [keys[i]!, keys[j]!];
    if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
    return a < b ? -sign : a > b ? sign : 0;
  });
}

/** A copy of a row, so that it can be sorted in place. */
function rowOf(view: View, at: number, stride: number, count: number): Elements {
  const { bytes, dtype } = view;
  const memory = scratch(count * bytes);
  const copy = { bytes, dtype, memory, values: valuesOf(memory, dtype) };
  for (let i = 0; i < count; i++) move(copy, i, view, at + i * stride);
  return copy;
}
