import { bind } from "../bind.ts";
import type { Aval, Value } from "../value.ts";
import { take } from "./exact.ts";
import type { Primitive } from "./primitive.ts";

/** Sorted along the last axis, stable, NaN last: the values, and where each was (i32). */
export const sort: Primitive<{ readonly descending: boolean }> = {
  name: "sort",
  shapes: ([x]) => {
    const { dtype, dims } = x as Aval;
    return [
      { dtype, dims },
      { dtype: "i32", dims },
    ];
  },
  lower: (emit, [x], [values, indices], { descending }) => emit.sort(descending, x!, values!, indices!),
  jvp: ({ tangents: [t], outputs: [values, indices] }) => [
    t && take(t, indices as Value, (values as Value).dims.length - 1, true),
    undefined,
  ],
  transpose: "never",
  batch: ({ inputs, params }) => bind(sort, inputs, params),
};
