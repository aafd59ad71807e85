import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadJobs } from "../../src/native/index.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import * as t from "../../src/tensor.ts";
import { numbers, of } from "./values.ts";

/** The naive model: extents, and a function from indices to the element. */
interface Model {
  readonly dims: readonly number[];
  readonly at: (index: readonly number[]) => number;
}

/** One view operation: what to do is taken from the numbers, modulo what there is. */
type Move = readonly [kind: number, a: number, b: number, c: number];

function elementsOf({ dims, at }: Model): number[] {
  const out: number[] = [];
  const visit = (index: number[]): void => {
    if (index.length === dims.length) out.push(at(index));
    else for (let i = 0; i < dims[index.length]!; i++) visit([...index, i]);
  };
  visit([]);
  return out;
}

/** Applies a move to the tensor and to the model. */
function moved(x: t.Value, model: Model, [kind, a, b, c]: Move): [t.Value, Model] {
  const { dims, at } = model;
  const rank = dims.length;
  const axis = rank === 0 ? 0 : a % rank;
  if (kind === 0 && rank > 1) {
    const other = b % rank;
    const swap = (index: readonly number[]) => index.map((_, i) => index[i === axis ? other : i === other ? axis : i]!);
    return [t.swapaxes(x, axis, other), { dims: swap(dims), at: (index) => at(swap(index)) }];
  }
  if (kind === 1 && rank > 0) {
    const extent = dims[axis]!;
    return [t.flip(x, axis), { dims, at: (index) => at(index.map((own, i) => (i === axis ? extent - 1 - own : own))) }];
  }
  if (kind === 2 && rank > 0) {
    const start = b % (dims[axis]! + 1);
    const step = 1 + (c % 3);
    const extent = Math.max(0, Math.ceil((dims[axis]! - start) / step));
    const ranges = dims.map((_, i) => (i === axis ? { start, step } : null));
    return [
      t.slice(x, ...ranges),
      {
        dims: dims.map((own, i) => (i === axis ? extent : own)),
        at: (index) => at(index.map((own, i) => (i === axis ? start + own * step : own))),
      },
    ];
  }
  if (kind === 3 && rank < 6) {
    const place = a % (rank + 1);
    const extent = b % 4;
    const wide = [...dims.slice(0, place), extent, ...dims.slice(place)];
    return [
      t.broadcastTo(t.expandDims(x, place), wide),
      { dims: wide, at: (index) => at(index.filter((_, i) => i !== place)) },
    ];
  }
  if (kind === 4 && rank > 1) {
    // Two neighbours merged: a view or a copy, as strides have it.
    const first = a % (rank - 1);
    const inner = dims[first + 1]!;
    const merged = [...dims.slice(0, first), dims[first]! * inner, ...dims.slice(first + 2)];
    return [
      t.reshape(x, merged),
      {
        dims: merged,
        at: (index) =>
          at([
            ...index.slice(0, first),
            Math.floor(index[first]! / inner),
            index[first]! % inner,
            ...index.slice(first + 1),
          ]),
      },
    ];
  }
  if (kind === 5 && rank > 0 && dims[axis]! % 2 === 0 && rank < 6) {
    const split = [...dims.slice(0, axis), dims[axis]! / 2, 2, ...dims.slice(axis + 1)];
    return [
      t.reshape(x, split),
      {
        dims: split,
        at: (index) => at([...index.slice(0, axis), index[axis]! * 2 + index[axis + 1]!, ...index.slice(axis + 2)]),
      },
    ];
  }
  return [x, model];
}

describe.each([
  ["as loaded", loadJobs()],
  ["reference", referenceJobs],
])("views of views (%s)", (_, jobs) => {
  const arena = new t.TensorArena({ bytesMax: 1 << 26, jobs });

  it("hold the elements that a naive model says, for whatever reads them", () => {
    const move = fc.tuple(fc.nat(5), fc.nat(9), fc.nat(9), fc.nat(9));
    const source = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(source, fc.array(move, { maxLength: 7 }), fc.nat(9), (dims, moves, choice) => {
        t.useArena(arena, () =>
          t.scope(() => {
            const size = dims.reduce((a, b) => a * b, 1);
            const list = Array.from({ length: size }, (_, i) => ((i * 7) % 11) - 5);
            let x: t.Value = of(list, dims, "f32");
            let model: Model = {
              dims,
              at: (index) => list[index.reduce((sum, own, i) => sum * dims[i]! + own, 0)]!,
            };
            for (const one of moves) {
              const [next, after] = moved(x, model, one);
              if (after.dims.reduce((a, b) => a * b, 1) > 3000) break;
              [x, model] = [next, after];
            }
            const expected = elementsOf(model);
            const own = model.dims;
            expect(x.dims).toEqual(own);
            expect(numbers(x)).toEqual(expected);
            expect(numbers(t.add(x, x))).toEqual(expected.map((value) => value + value));
            expect(numbers(t.multiply(t.flip(x), 3))).toEqual(
              expected
                .map((value) => value * 3 || 0)
                .reverse()
                .map((v) => v),
            );
            const sum = expected.reduce((a, b) => a + b, 0);
            expect(t.item(t.sum(x))).toBe(sum);
            if (own.length > 0) {
              const axis = choice % own.length;
              const sums = elementsOf({
                dims: own.filter((_, i) => i !== axis),
                at: (index) => {
                  let total = 0;
                  for (let i = 0; i < own[axis]!; i++)
                    total += model.at([...index.slice(0, axis), i, ...index.slice(axis)]);
                  return total;
                },
              });
              expect(numbers(t.sum(x, axis))).toEqual(sums);
              expect(numbers(t.matmul(x, t.ones([own.at(-1)!, 1])))).toEqual(numbers(t.sum(x, -1)));
              const last = own.at(-1)!;
              const sorted = expected.slice();
              for (let at = 0; at < sorted.length; at += last)
                sorted.splice(at, last, ...sorted.slice(at, at + last).sort((a, b) => a - b));
              expect(numbers(t.sort(x))).toEqual(sorted);
            }
            return undefined;
          }),
        );
        expect(arena.live).toBe(0);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
