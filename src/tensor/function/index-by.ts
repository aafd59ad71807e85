import { WorldloomError } from "../../core/errors.ts";
import type { PutKind } from "../../native/tensor/format.ts";
import { checkList, checkValue, optionsOf } from "../argument.ts";
import { bind, bindOne } from "../bind.ts";
import { fromElements, tensor } from "../create.ts";
import { type DType, isFloat } from "../dtype.ts";
import { dynamicSlice as dynamicSliceRow, dynamicUpdate as dynamicUpdateRow } from "../primitive/dynamic.ts";
import { cast, part, put, reduce, take as taken } from "../primitive/exact.ts";
import { sort as sortRow } from "../primitive/sort.ts";
import { iotaOf } from "../primitive/source.ts";
import { scope } from "../scope.ts";
import { checkShape, normalAxis, shapeError, sizeOf } from "../shape.ts";
import { concrete } from "../trace/concrete.ts";
import { Literal, Value } from "../value.ts";
import { equal, less, lessEqual } from "./arithmetic.ts";
import { asValue, broadcastValue, type Like, own } from "./convert.ts";
import { expandDims, flatten, moveaxis, reshape } from "./view.ts";

/** Indices: a tensor of integers, a number, or a list of numbers. Negative ones count from the end. */
export type Indices = Value | number | readonly number[];

/**
 * Parts of `x` along an axis: the axis is replaced by those of the indices. Without an axis from the flat tensor. Throws
 * `tensor-index` for an index that does not exist.
 */
export function take(x: Like, indices: Indices, axis?: number): Value {
  return scope(() => {
    const value = axis === undefined ? flatten(x) : asValue(x);
    return taken(value, indicesOf("take", indices), normalAxis("take", axis ?? 0, value.dims.length));
  });
}

/** For each index the element at its own place on the other axes: what {@link argsort} gives sorts so. */
export function takeAlongAxis(x: Like, indices: Value, axis = -1): Value {
  return scope(() => {
    const value = asValue(x);
    const at = normalAxis("takeAlongAxis", axis, value.dims.length);
    return taken(value, indicesOf("takeAlongAxis", fitted(value, indices, at)), at, true);
  });
}

export interface PutOptions {
  readonly axis?: number;
  /** What is done with what is there: replaced (unless given), added to, or the larger or smaller one kept. */
  readonly kind?: PutKind;
}

/**
 * A copy of `x` with `updates` put where {@link take} would take from, one after the other in row-major order of the indices.
 * They are broadcast to the shape that `take` gives.
 */
export function scatter(x: Like, indices: Indices, updates: Like, options?: PutOptions): Value {
  return scope(() => {
    const { axis = 0, kind = "set" } = optionsOf("scatter", options, ["axis", "kind"]);
    const value = asValue(x);
    const at = normalAxis("scatter", axis, value.dims.length);
    const places = indicesOf("scatter", indices);
    const dims = [...value.dims.slice(0, at), ...places.dims, ...value.dims.slice(at + 1)];
    const own = broadcastValue(cast(asValue(updates), value.dtype), dims);
    return put(value, places, own, { kind, axis: at, along: false });
  });
}

/** A copy of `x` with `updates` where {@link takeAlongAxis} would take from. */
export function putAlongAxis(x: Like, indices: Value, updates: Like, options?: PutOptions): Value {
  return scope(() => {
    const { axis = -1, kind = "set" } = optionsOf("putAlongAxis", options, ["axis", "kind"]);
    const value = asValue(x);
    const at = normalAxis("putAlongAxis", axis, value.dims.length);
    const places = indicesOf("putAlongAxis", fitted(value, indices, at));
    const own = broadcastValue(cast(asValue(updates), value.dtype), places.dims);
    return put(value, places, own, { kind, axis: at, along: true });
  });
}

/** `extents[i]` elements of axis i from a place that is known only when it runs; places are moved so that the elements exist. */
export function dynamicSlice(x: Like, starts: readonly Like[], extents: readonly number[]): Value {
  return scope(() => {
    let out = asValue(x);
    checkList("dynamicSlice", "starts", starts);
    checkList("dynamicSlice", "extents", extents);
    if (starts.length !== out.dims.length || extents.length !== out.dims.length)
      throw shapeError("dynamicSlice", [out.dims, extents], "each axis needs a start and an extent");
    checkShape("dynamicSlice", extents);
    starts.forEach((start, axis) => {
      const extent = extents[axis] as number;
      if (extent !== out.dims[axis]) out = bindOne(dynamicSliceRow, [out, startOf(start)], { axis, extent });
    });
    return own(out, x);
  });
}

/** A copy of `x` with `source` written at such places. */
export function dynamicUpdate(x: Like, source: Like, starts: readonly Like[]): Value {
  return scope(() => {
    const value = asValue(x);
    const { dims } = asValue(source);
    checkList("dynamicUpdate", "starts", starts);
    if (starts.length !== value.dims.length || dims.length !== value.dims.length)
      throw shapeError("dynamicUpdate", [value.dims, dims], "both need as many axes as there are starts");
    const cut = starts.findIndex((_, axis) => asValue(source).dims[axis] !== value.dims[axis]);
    if (cut < 0) return own(cast(asValue(source), value.dtype), source);
    return updated(value, cast(asValue(source), value.dtype), starts, cut);
  });
}

/** Axis by axis: the part that an axis selects is itself updated along the axes behind. */
function updated(target: Value, source: Value, starts: readonly Like[], axis: number): Value {
  const start = startOf(starts[axis] as Like);
  const next = starts.findIndex((_, i) => i > axis && source.dims[i] !== target.dims[i]);
  if (next < 0) return bindOne(dynamicUpdateRow, [target, start, source], { axis });
  const inner = bindOne(dynamicSliceRow, [target, start], { axis, extent: source.dims[axis] as number });
  return bindOne(dynamicUpdateRow, [target, start, updated(inner, source, starts, next)], { axis });
}

export interface SortOptions {
  readonly descending?: boolean;
}

/** Sorted along an axis, NaN last; equal elements keep their order. */
export function sort(x: Like, axis = -1, options?: SortOptions): Value {
  return scope(() => sorted("sort", x, axis, options)[0] as Value);
}

/** The index (i32) of each element of the sorted tensor. */
export function argsort(x: Like, axis = -1, options?: SortOptions): Value {
  return scope(() => sorted("argsort", x, axis, options)[1] as Value);
}

/** The `k` largest elements along an axis, the largest first, and their indices. */
export function topK(x: Like, k: number, axis = -1): { values: Value; indices: Value } {
  return scope(() => {
    const value = asValue(x);
    const at = normalAxis("topK", axis, value.dims.length);
    const extent = value.dims[at] as number;
    if (!Number.isInteger(k) || k < 0 || k > extent)
      throw shapeError("topK", [value.dims], `${String(k)} elements of axis ${at} do not exist`, at);
    const [values, indices] = sorted("topK", value, at, { descending: true }) as [Value, Value];
    return { values: part(values, at, 0, k), indices: part(indices, at, 0, k) };
  });
}

/**
 * For each value how many elements of the sorted vector are smaller (`left`) or not larger (`right`): where it would go (i32).
 * It compares all with all.
 */
export function searchsorted(sortedValues: Like, values: Like, side: "left" | "right" = "left"): Value {
  return scope(() => {
    const line = asValue(sortedValues);
    if (line.dims.length !== 1) throw shapeError("searchsorted", [line.dims], "what is searched is a vector");
    const sought = expandDims(values, -1);
    return reduce("sum", cast(side === "left" ? less(line, sought) : lessEqual(line, sought), "i32"), [
      sought.dims.length - 1,
    ]);
  });
}

/** 1 where the last axis, of `count` classes, has the index of the element, else 0. Indices outside give zeros. */
export function oneHot(indices: Like, count: number, dtype: DType = "f32"): Value {
  return scope(() => {
    const places = asValue(indices, "i32");
    checkShape("oneHot", [count]);
    const kind = isFloat(places.dtype) ? places.dtype : "i32";
    return cast(equal(expandDims(cast(places, kind), -1), iotaOf([count], 0, kind)), dtype);
  });
}

/** The places of elements that are not 0, an i32 vector for each axis. Not in plans: how many there are must be known. */
export function nonzero(x: Like): Value[] {
  const from = concrete("nonzero", asValue(x));
  const found: number[][] = from.dims.map(() => []);
  scope(() => {
    const { dims } = from;
    const flat = concrete("nonzero", reshape(cast(from, "bool"), [sizeOf(dims)])).elements();
    for (let i = 0; i < flat.length; i++) {
      if (flat[i] === 0) continue;
      let rest = i;
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        const extent = dims[axis] as number;
        (found[axis] as number[]).push(rest % extent);
        rest = Math.floor(rest / extent);
      }
    }
    return undefined;
  });
  return found.map((places) => fromElements(Int32Array.from(places), [places.length]));
}

function sorted(operation: string, x: Like, axis: number, options: SortOptions | undefined): Value[] {
  const { descending = false } = optionsOf(operation, options, ["descending"]);
  const value = asValue(x);
  const rank = value.dims.length;
  const at = normalAxis(operation, axis, rank);
  const moved = at === rank - 1 ? value : moveaxis(value, at, -1);
  const results = bind(sortRow, [moved], { descending });
  return at === rank - 1 ? results : results.map((result) => moveaxis(result, -1, at));
}

/** Indices broadcast to the other axes of `x`. */
function fitted(x: Value, indices: Value, axis: number): Value {
  checkValue("takeAlongAxis", "indices", indices);
  if (indices.dims.length !== x.dims.length)
    throw shapeError("takeAlongAxis", [x.dims, indices.dims], "indices need as many axes as the tensor", axis);
  return broadcastValue(
    indices,
    x.dims.map((extent, i) => (i === axis ? (indices.dims[i] as number) : extent)),
  );
}

function indicesOf(operation: string, indices: Indices): Value {
  if (!(indices instanceof Value)) {
    if (typeof indices !== "number") checkList(operation, "indices", indices);
    for (const index of typeof indices === "number" ? [indices] : indices)
      if (!Number.isInteger(index))
        throw new WorldloomError("tensor-index", `${operation}: ${index} is no index; use integers.`, {
          operation,
          index,
        });
    return typeof indices === "number" ? new Literal(indices, "i32") : tensor([...indices], { dtype: "i32" });
  }
  if (indices.dtype === "f32" || indices.dtype === "f64" || indices.dtype === "bool")
    throw new WorldloomError(
      "tensor-dtype",
      `${operation}: indices are ${indices.dtype}; convert with astype(indices, "i32").`,
      { operation, dtype: indices.dtype },
    );
  return cast(indices, "i32");
}

function startOf(start: Like): Value {
  const value = asValue(start, "i32");
  return cast(value, "i32");
}
