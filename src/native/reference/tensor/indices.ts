import { jobFault } from "../../fault.ts";
import type { Reader } from "./reader.ts";
import { I32, type View } from "./view.ts";
import { Walk } from "./walk.ts";

/**
 * All indices in row-major order, as places along an axis of `extent`: negative ones count from the end. One outside is
 * a fault of instruction `record`.
 */
export function placesOf(indices: View, extent: number, record: number): Int32Array {
  const places = new Int32Array(indices.elements);
  const walk = new Walk(indices.extents, [indices.at], [indices.strides]);
  for (let i = 0; walk.inside; walk.next(), i++) {
    const index = indices.values[walk.at[0]!]!;
    if (index < -extent || index >= extent) throw jobFault("value", "indices", record);
    places[i] = index < 0 ? index + extent : index;
  }
  return places;
}

/** The operands of `take` and `put`: `source` with its axis replaced by the axes of `indices` is like `result`. */
export function checkTake(reader: Reader, axis: number, source: View, indices: View, result: View): void {
  reader.along(source, axis);
  reader.check(indices.dtype === I32 && result.dtype === source.dtype);
  reader.same(result.tokens, [...source.tokens.slice(0, axis), ...indices.tokens, ...source.tokens.slice(axis + 1)]);
}

/** Those of `takeAlong` and `putAlong`: `indices` and `result` are alike, and like `source` but for the axis. */
export function checkTakeAlong(reader: Reader, axis: number, source: View, indices: View, result: View): void {
  reader.along(source, axis);
  reader.check(indices.dtype === I32 && result.dtype === source.dtype && indices.rank === source.rank);
  reader.same(indices.tokens, result.tokens);
  reader.same(source.tokens.toSpliced(axis, 1), indices.tokens.toSpliced(axis, 1));
}

/** Visits pairs of elements of `take` and `put`: outer axes, then the indices in order, then inner axes. */
export function eachTaken(
  axis: number,
  source: View,
  result: View,
  places: Int32Array,
  indices: View,
  visit: (source: number, result: number) => void,
): void {
  const behind = axis + indices.rank;
  const [step, length] = [source.strides[axis]!, indices.rank];
  const outer = new Walk(
    source.extents.slice(0, axis),
    [source.at, result.at],
    [source.strides.slice(0, axis), result.strides.slice(0, axis)],
  );
  const innerStrides = [source.strides.slice(axis + 1), result.strides.slice(behind)];
  const innerExtents = source.extents.slice(axis + 1);
  for (; outer.inside; outer.next()) {
    const middle = new Walk(indices.extents, [outer.at[1]!], [result.strides.slice(axis, axis + length)]);
    for (let i = 0; middle.inside; middle.next(), i++) {
      const inner = new Walk(innerExtents, [outer.at[0]! + places[i]! * step, middle.at[0]!], innerStrides);
      for (; inner.inside; inner.next()) visit(inner.at[0]!, inner.at[1]!);
    }
  }
}

/** Visits pairs of elements of `takeAlong` and `putAlong`, in row-major order of the indices. */
export function eachTakenAlong(
  axis: number,
  source: View,
  result: View,
  places: Int32Array,
  visit: (source: number, result: number) => void,
): void {
  const strides = [source.strides.with(axis, 0), result.strides];
  const walk = new Walk(result.extents, [source.at, result.at], strides);
  for (let i = 0; walk.inside; walk.next(), i++) visit(walk.at[0]! + places[i]! * source.strides[axis]!, walk.at[1]!);
}
