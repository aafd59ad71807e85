import { WorldloomError } from "../../core/errors.ts";
import { optionsOf } from "../argument.ts";
import { bind, bindOne } from "../bind.ts";
import { cast, expandReduced, op, reduce, reshape, swapLast, take, triangularSolve } from "../primitive/exact.ts";
import { cholesky as choleskyRow, lu as luRow, triangle } from "../primitive/solve.ts";
import { iotaOf } from "../primitive/source.ts";
import { scope } from "../scope.ts";
import { broadcast, shapeError } from "../shape.ts";
import type { Value } from "../value.ts";
import { bitwiseAnd, equal, multiply, subtract } from "./arithmetic.ts";
import { asValue, broadcastValue, commonType, floatOf, type Like } from "./convert.ts";
import { diagonal } from "./matmul.ts";
import { prod } from "./reduce.ts";

/** The elements on and below diagonal `k` of the last two axes; 0 above. */
export function tril(x: Like, k = 0): Value {
  return scope(() => triangle(matrixOf("tril", asValue(x)), true, true, diagonalOf("tril", k)));
}

/** The elements on and above diagonal `k`. */
export function triu(x: Like, k = 0): Value {
  return scope(() => triangle(matrixOf("triu", asValue(x)), false, true, diagonalOf("triu", k)));
}

/**
 * The lower factor L of symmetric, positive definite matrices: `matmul(L, matrixTranspose(L))` is `x`. NaN where `x` is not
 * positive definite. The mean of `x` and its transpose counts, for derivatives too.
 */
export function cholesky(x: Like): Value {
  return scope(() => {
    const value = squares("cholesky", x);
    const symmetric = op("multiply", op("add", value, swapLast(value)), 0.5);
    return bindOne(choleskyRow, [symmetric], undefined);
  });
}

/**
 * X with `matmul(a, X) = b` for square matrices, by LU with partial pivoting; b is one vector [n] or matrices [..., n, m], the
 * axes before broadcast. Singular matrices give infinities or NaN.
 */
export function solve(a: Like, b: Like): Value {
  return scope(() => {
    const dtype = floatOf(commonType(a, b));
    const matrix = cast(squares("solve", a), dtype);
    const given = cast(asValue(b), dtype);
    const vector = given.dims.length === 1;
    const right = vector ? reshape(given, [...given.dims, 1]) : given;
    if (right.dims.length < 2 || right.dims.at(-2) !== matrix.dims.at(-1))
      throw shapeError("solve", [matrix.dims, given.dims], "the right side needs a row for each row of the matrix");
    const batch = broadcast("solve", matrix.dims.slice(0, -2), right.dims.slice(0, -2));
    const [factors, pivots] = bind(luRow, [broadcastValue(matrix, [...batch, ...matrix.dims.slice(-2)])], undefined);
    const rows = broadcastValue(right, [...batch, ...right.dims.slice(-2)]);
    const rank = rows.dims.length;
    const permuted = take(rows, expandReduced(pivots as Value, rows.dims, [rank - 1]), rank - 2, true);
    const lower = triangularSolve(factors as Value, permuted, false, true);
    const out = triangularSolve(factors as Value, lower, true, false);
    return vector ? reshape(out, out.dims.slice(0, -1)) : out;
  });
}

export interface TriangularOptions {
  /** The matrix is upper triangular; what is below its diagonal is not read. */
  readonly upper?: boolean;
  /** The diagonal counts as 1, whatever it holds. */
  readonly unitDiagonal?: boolean;
}

/** X with `matmul(a, X) = b` for triangular matrices [..., n, n] and right sides [..., n, m]. */
export function solveTriangular(a: Like, b: Like, options?: TriangularOptions): Value {
  const { upper = false, unitDiagonal = false } = optionsOf("solveTriangular", options, ["upper", "unitDiagonal"]);
  return scope(() => {
    const dtype = floatOf(commonType(a, b));
    const matrix = cast(squares("solveTriangular", a), dtype);
    const right = cast(asValue(b), dtype);
    const batch = broadcast("solveTriangular", matrix.dims.slice(0, -2), right.dims.slice(0, -2));
    return triangularSolve(
      broadcastValue(matrix, [...batch, ...matrix.dims.slice(-2)]),
      broadcastValue(right, [...batch, ...right.dims.slice(-2)]),
      upper,
      unitDiagonal,
    );
  });
}

/** The inverse of square matrices. {@link solve} is faster and more exact where it is all that is needed. */
export function inv(x: Like): Value {
  return scope(() => {
    const value = squares("inv", x);
    const rank = value.dims.length;
    const identity = op("equal", iotaOf(value.dims, rank - 2, "i32"), iotaOf(value.dims, rank - 1, "i32"));
    return solve(value, cast(identity, value.dtype));
  });
}

/** The determinant of square matrices: the product of the pivots of LU. */
export function det(x: Like): Value {
  return scope(() => {
    const value = squares("det", x);
    const [factors, pivots] = bind(luRow, [value], undefined) as [Value, Value];
    return multiply(prod(diagonal(factors), -1), signOf(pivots, value));
  });
}

/** 1 or -1 for each permutation along the last axis: whether the number of pairs out of order is even. */
function signOf(permutation: Value, like: Value): Value {
  const rank = permutation.dims.length;
  const n = permutation.dims.at(-1) as number;
  const dims = [...permutation.dims, n];
  const first = expandReduced(permutation, dims, [rank]);
  const second = expandReduced(permutation, dims, [rank - 1]);
  const later = op("less", iotaOf(dims, rank - 1, "i32"), iotaOf(dims, rank, "i32"));
  const wrong = cast(bitwiseAnd(op("less", second, first), later), "i32");
  const odd = equal(bitwiseAnd(reduce("sum", wrong, [rank - 1, rank]), 1), 1);
  return subtract(1, multiply(cast(odd, like.dtype), 2));
}

function squares(operation: string, x: Like): Value {
  const value = matrixOf(operation, cast(asValue(x), floatOf(commonType(x))));
  if (value.dims.at(-1) !== value.dims.at(-2))
    throw shapeError(operation, [value.dims], "the last two axes must be a square matrix");
  return value;
}

function matrixOf(operation: string, value: Value): Value {
  if (value.dims.length < 2) throw shapeError(operation, [value.dims], "a matrix has two axes");
  return value;
}

function diagonalOf(operation: string, k: number): number {
  if (Number.isInteger(k)) return k;
  throw new WorldloomError("bad-argument", `${operation}: ${String(k)} is no diagonal; use an integer.`, {
    operation,
    k,
  });
}
