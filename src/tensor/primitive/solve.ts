import { bind, bindOne } from "../bind.ts";
import { checkType } from "../dtype.ts";
import { shapeError } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { dotGeneral } from "./dot.ts";
import { expandReduced, op, triangularSolve as solved, swapLast, take, zerosLike } from "./exact.ts";
import { type Forward, type Primitive, Unknown } from "./primitive.ts";
import { allRepeated, known } from "./rule.ts";
import { iotaOf } from "./source.ts";

/** The lower factor L of a = L L^T, upper part 0; NaN where a is not positive definite. Reads the lower triangle of a. */
export const cholesky: Primitive<undefined> = {
  name: "cholesky",
  shapes: ([a]) => [squareOf("cholesky", a as Aval)],
  lower: (emit, [a], [out]) => emit.cholesky(a!, out!),
  jvp: ({ tangents: [t], outputs: [out] }) => {
    if (t === undefined) return [undefined];
    // L Phi(L^-1 A' L^-T), where Phi keeps the lower triangle with half of the diagonal.
    const lower = out as Value;
    const symmetric = op("add", triangle(t, true, true), swapLast(triangle(t, true, false)));
    const left = solved(lower, symmetric, false, false);
    const both = swapLast(solved(lower, swapLast(left), false, false));
    const half = op("multiply", op("add", triangle(both, true, true), triangle(both, true, false)), 0.5);
    return [product(lower, half)];
  },
  transpose: "never",
  batch: ({ inputs }) => [bindOne(cholesky, inputs, undefined)],
};

/** Factors of a[pivots] = L U in one matrix (the diagonal of L is 1), and the row of a that each row came from (i32). */
export const lu: Primitive<undefined> = {
  name: "lu",
  shapes: ([a]) => {
    const { dtype, dims } = squareOf("lu", a as Aval);
    return [
      { dtype, dims },
      { dtype: "i32", dims: dims.slice(0, -1) },
    ];
  },
  lower: (emit, [a], [out, pivots]) => emit.lu(a!, out!, pivots!),
  jvp: (rule) => [luTangent(rule), undefined],
  transpose: "never",
  batch: ({ inputs }) => bind(lu, inputs, undefined),
};

export interface TriangularParams {
  readonly upper: boolean;
  /** The diagonal is 1, whatever the matrix holds there. */
  readonly unit: boolean;
}

/** X with `matrix X = right`; of the matrix [..., n, n] only one triangle is read. */
export const triangularSolve: Primitive<TriangularParams> = {
  name: "triangularSolve",
  shapes: ([matrix, right]) => {
    const { dtype, dims } = squareOf("triangularSolve", matrix as Aval);
    const { dims: own } = right as Aval;
    checkType("triangularSolve", (right as Aval).dtype, [dtype]);
    if (own.length !== dims.length || own.some((extent, i) => i < own.length - 1 && extent !== dims[i]))
      throw shapeError("triangularSolve", [dims, own], "the matrix is [..., n, n], the right side [..., n, m]");
    return [{ dtype, dims: own }];
  },
  lower: (emit, [matrix, right], [out], { upper, unit }) => emit.triangular(upper, unit, matrix!, right!, out!),
  jvp: ({ primals: [matrix], tangents: [t, u], outputs: [out], params: { upper, unit } }) => {
    if (t === undefined && u === undefined) return [undefined];
    const x = out as Value;
    let right = u;
    if (t !== undefined) {
      const moved = product(triangle(t, !upper, !unit), x);
      right = right === undefined ? op("negate", moved) : op("subtract", right, moved);
    }
    return [solved(matrix as Value, right as Value, upper, unit)];
  },
  transpose: ({ cotangents: [ct], inputs: [matrix, right], params: { upper, unit } }) => [
    undefined,
    ct !== undefined && right instanceof Unknown ? solved(swapLast(known(matrix)), ct, !upper, unit) : undefined,
  ],
  batch: (rule) => [bindOne(triangularSolve, allRepeated(rule as never), rule.params)],
};

/** The lower or upper triangle of [..., n, m], 0 elsewhere. */
export function triangle(x: Value, lower: boolean, diagonal: boolean, offset = 0): Value {
  const rank = x.dims.length;
  const row = iotaOf(x.dims, rank - 2, "i32");
  const column = iotaOf(x.dims, rank - 1, "i32");
  const limit = offset === 0 ? row : op("add", row, offset);
  const [small, large] = lower ? [column, limit] : [limit, column];
  return op("select", op(diagonal ? "lessEqual" : "less", small, large), x, zerosLike(x));
}

/** Matrix product over the last two axes, batch axes equal. */
function product(a: Value, b: Value): Value {
  const rank = a.dims.length;
  const batch = a.dims.slice(0, -2).map((_, i) => i);
  return bindOne(dotGeneral, [a, b], {
    contract: { a: [rank - 1], b: [rank - 2] },
    batch: { a: batch, b: batch },
  });
}

/** With X = L^-1 A'[pivots] U^-1: L' = L tril(X, -1), U' = triu(X) U. */
function luTangent({ tangents: [t], outputs: [factors, pivots] }: Forward<undefined>): Value | undefined {
  if (t === undefined) return undefined;
  const both = factors as Value;
  const rank = t.dims.length;
  const rows = pivots as Value;
  const permuted = take(t, expandReduced(rows, t.dims, [rank - 1]), rank - 2, true);
  const left = solved(both, permuted, false, true);
  const middle = swapLast(solved(swapLast(both), swapLast(left), false, false));
  const identity = op("equal", iotaOf(both.dims, rank - 2, "i32"), iotaOf(both.dims, rank - 1, "i32"));
  const unitLower = op("select", identity, 1, triangle(both, true, false));
  return op(
    "add",
    product(unitLower, triangle(middle, true, false)),
    product(triangle(middle, false, true), triangle(both, false, true)),
  );
}

function squareOf(operation: string, a: Aval): Aval {
  const { dtype, dims } = a;
  checkType(operation, dtype, ["f32", "f64"]);
  if (dims.length < 2 || dims.at(-1) !== dims.at(-2))
    throw shapeError(operation, [dims], "the last two axes must be a square matrix");
  return { dtype, dims };
}
