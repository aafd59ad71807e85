import { describe, expect, test } from "vitest";
import { referenceJobs } from "../../src/native/reference/index.ts";
import * as t from "../../src/tensor.ts";
import { addon } from "./both.ts";

/** Reductions over few values, and what is broadcast along them: many rows at a time in native code, one by one in the reference. */

const dtypes = ["f32", "f64", "i32", "u8"] as const;
const specials = [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-42, 3e38, -3e38];

/** Matrices of [rows, columns], laid out in all the ways that there are ways to read them. */
const layouts: Readonly<Record<string, (x: t.Value, rows: number, columns: number) => t.Value>> = {
  "row by row": (x, rows, columns) => x.slice({ stop: rows * columns }).reshape([rows, columns]),
  "column by column": (x, rows, columns) =>
    x
      .slice({ stop: rows * columns })
      .reshape([columns, rows])
      .matrixTranspose(),
  "with gaps": (x, rows, columns) =>
    x
      .slice({ stop: rows * (columns + 2) })
      .reshape([rows, columns + 2])
      .slice(null, { start: 1, stop: columns + 1 }),
  backwards: (x, rows, columns) =>
    x
      .slice({ stop: rows * columns })
      .reshape([rows, columns])
      .flip(1),
  "upside down": (x, rows, columns) =>
    x
      .slice({ stop: rows * columns })
      .reshape([rows, columns])
      .flip(0),
  "every second": (x, rows, columns) =>
    x
      .slice({ stop: 2 * rows * columns })
      .reshape([rows, columns, 2])
      .slice(null, null, 1),
};

const kinds: Readonly<Record<string, (x: t.Value) => t.Value>> = {
  sum: (x) => t.sum(x, 1),
  prod: (x) => t.prod(x, 1),
  max: (x) => t.max(x, 1),
  min: (x) => t.min(x, 1),
  argmax: (x) => t.argmax(x, 1),
  argmin: (x) => t.argmin(x, 1),
  any: (x) => t.any(x, 1),
  all: (x) => t.all(x, 1),
  "less the sum": (x) => t.subtract(x, t.sum(x, 1, { keepdims: true })),
  "sum in the middle": (x) => t.sum(t.stack([x, x, x], 1), 1),
};

/** The bytes of results over many extents. */
function bytesOf(jobs: NonNullable<typeof addon>, dtype: t.DType, layout: string, kind: string): Uint8Array[] {
  const arena = new t.TensorArena({ jobs, bytesMax: 1 << 26 });
  const found: Uint8Array[] = [];
  t.useArena(arena, () =>
    t.scope(() => {
      const count = 200 * 20 * 2;
      const plain = t.random.normal(t.random.key(5), [count], { dtype: "f64" }).multiply(dtype === "u8" ? 90 : 9);
      const x = t.zeros([count], { dtype });
      x.elements().set(t.toElements(plain));
      if (dtype === "f32" || dtype === "f64") {
        const elements = x.elements();
        for (let i = 0; i < count; i += 11) elements[i] = specials[(i / 11) % specials.length] as number;
      }
      for (let columns = 1; columns <= 18; columns++)
        for (const rows of [1, 3, 4, 63, 64, 65, 130]) {
          const value = (kinds[kind] as (x: t.Value) => t.Value)(
            (layouts[layout] as (x: t.Value, rows: number, columns: number) => t.Value)(x, rows, columns),
          );
          const elements = t.toElements(value);
          found.push(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength).slice());
        }
      return undefined;
    }),
  );
  return found;
}

describe.skipIf(addon === undefined)("few values", () => {
  for (const dtype of dtypes)
    for (const layout of Object.keys(layouts))
      test(`of ${dtype} ${layout} are reduced to the same bits`, () => {
        for (const kind of Object.keys(kinds))
          expect(bytesOf(addon!, dtype, layout, kind), kind).toEqual(bytesOf(referenceJobs, dtype, layout, kind));
      });
});
