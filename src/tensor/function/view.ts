import { WorldloomError } from "../../core/errors.ts";
import { RANK_MAX } from "../../native/tensor/format.ts";
import { checkList, checkNumber, optionsOf } from "../argument.ts";
import { bindOne } from "../bind.ts";
import { copy as copyRow } from "../primitive/elementwise.ts";
import {
  concatenate,
  expand,
  moveAxis,
  pad as padded,
  part,
  permute,
  reshape as reshaped,
  slice as sliced,
} from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { broadcast, checkShape, normalAxes, normalAxis, type Shape, sameShape, shapeError, sizeOf } from "../shape.ts";
import type { Value } from "../value.ts";
import { asValue, broadcastValue, type Like, own } from "./convert.ts";

/** The same elements in row-major order with other extents; one of them may be -1: what is left. */
export function reshape(x: Like, dims: Shape): Value {
  const value = asValue(x);
  return own(reshaped(value, resolved("reshape", value.dims, dims)), x);
}

/** All elements along one axis. */
export function flatten(x: Like): Value {
  return reshape(x, [-1]);
}

/** Axis i of the result is axis `axes[i]`; all reversed where `axes` is not given. */
export function permuteDims(x: Like, axes?: readonly number[]): Value {
  const value = asValue(x);
  const { length } = value.dims;
  if (axes === undefined)
    return own(
      permute(
        value,
        value.dims.map((_, i) => length - 1 - i),
      ),
      x,
    );
  checkList("permuteDims", "axes", axes);
  const order = axes.map((axis) => normalAxis("permuteDims", axis, length));
  if (order.length !== length || new Set(order).size !== length)
    throw shapeError("permuteDims", [value.dims], `[${axes}] does not name each axis once`);
  return own(permute(value, order), x);
}

/** Exchanges the last two axes. */
export function matrixTranspose(x: Like): Value {
  const value = asValue(x);
  const { length } = value.dims;
  if (length < 2) throw shapeError("matrixTranspose", [value.dims], "a matrix has two axes");
  return swapaxes(value, length - 2, length - 1);
}

export function swapaxes(x: Like, a: number, b: number): Value {
  const value = asValue(x);
  const [first, second] = [a, b].map((axis) => normalAxis("swapaxes", axis, value.dims.length)) as [number, number];
  return own(
    permute(
      value,
      value.dims.map((_, i) => (i === first ? second : i === second ? first : i)),
    ),
    x,
  );
}

export function moveaxis(x: Like, from: number, to: number): Value {
  const value = asValue(x);
  const { length } = value.dims;
  return own(moveAxis(value, normalAxis("moveaxis", from, length), normalAxis("moveaxis", to, length)), x);
}

/** A new axis of extent 1 at `axis`. */
export function expandDims(x: Like, axis: number): Value {
  const value = asValue(x);
  const at = normalAxis("expandDims", axis, value.dims.length + 1);
  return reshaped(value, [...value.dims.slice(0, at), 1, ...value.dims.slice(at)]);
}

/** Without axes of extent 1: those named, or all. */
export function squeeze(x: Like, axes?: number | readonly number[]): Value {
  const value = asValue(x);
  const gone =
    axes === undefined
      ? value.dims.flatMap((extent, i) => (extent === 1 ? [i] : []))
      : normalAxes("squeeze", axes, value.dims.length);
  for (const axis of gone)
    if (value.dims[axis] !== 1) throw shapeError("squeeze", [value.dims], `axis ${axis} is not of extent 1`, axis);
  return own(
    reshaped(
      value,
      value.dims.filter((_, i) => !gone.includes(i)),
    ),
    x,
  );
}

/** `x` repeated to the shape `dims`, without a copy. */
export function broadcastTo(x: Like, dims: Shape): Value {
  const value = asValue(x);
  checkShape("broadcastTo", dims);
  if (!sameShape(broadcast("broadcastTo", value.dims, dims), dims))
    throw shapeError("broadcastTo", [value.dims, dims], "only axes of extent 1 can be repeated");
  return own(broadcastValue(value, dims), x);
}

/** All of them repeated to the shape that they have in common. */
export function broadcastArrays(...inputs: readonly Like[]): Value[] {
  const values = inputs.map((input) => asValue(input));
  const dims = values.reduce<Shape>((shape, { dims: own }) => broadcast("broadcastArrays", shape, own), []);
  return values.map((value) => own(broadcastValue(value, dims), value));
}

/** Reversed along `axes`, or along all. */
export function flip(x: Like, axes?: number | readonly number[]): Value {
  const value = asValue(x);
  const reversed = normalAxes("flip", axes, value.dims.length);
  if (reversed.length === 0) return own(value, x);
  const back = (i: number) => reversed.includes(i) && (value.dims[i] as number) > 0;
  return sliced(
    value,
    value.dims.map((extent, i) => (back(i) ? extent - 1 : 0)),
    value.dims,
    value.dims.map((_, i) => (back(i) ? -1 : 1)),
  );
}

/**
 * What to take of an axis: one element (the axis goes), a range as an object or in Python's words (`"1:-1"`, `"::2"`), or
 * null for all.
 */
export type Range = number | string | null | Steps;

/** Elements `start`, `start + step`, ... before `stop`, each as in Python. */
export interface Steps {
  readonly start?: number | undefined;
  readonly stop?: number | undefined;
  readonly step?: number | undefined;
}

/**
 * A view of part of `x`: a range for each axis from the first on, the rest whole. Ranges are Python's: negative places count
 * from the end, places outside are moved to the end, steps may be negative.
 */
export function slice(x: Like, ...ranges: readonly Range[]): Value {
  const value = asValue(x);
  const { dims } = value;
  if (ranges.length > dims.length) throw shapeError("slice", [dims], `${ranges.length} ranges are too many`);
  const taken = dims.map((extent, axis) => taking(ranges[axis] ?? null, extent, axis));
  const whole = taken.every(({ start, step }, i) => start === 0 && step === 1 && taken[i]?.extent === dims[i]);
  if (whole && !taken.some(({ gone }) => gone)) return own(value, x);
  return scope(() => {
    const out = sliced(
      value,
      taken.map(({ start }) => start),
      taken.map(({ extent }) => extent),
      taken.map(({ step }) => step),
    );
    return reshaped(
      out,
      out.dims.filter((_, i) => !taken[i]?.gone),
    );
  });
}

/** `start:stop:step`, each of which may be missing. */
function stepsOf(text: string): Steps {
  const parts = text.split(":").map((part) => (part.trim() === "" ? undefined : Number(part)));
  if (parts.length < 2 || parts.length > 3)
    throw new WorldloomError("tensor-index", `slice: "${text}" is no range; write start:stop or start:stop:step.`, {
      operation: "slice",
      range: text,
    });
  const [start, stop, step] = parts;
  return { start, stop, step };
}

function taking(given: Range, extent: number, axis: number) {
  const range = typeof given === "string" ? stepsOf(given) : given;
  if (range === null) return { start: 0, extent, step: 1, gone: false };
  if (typeof range === "number") {
    const start = range < 0 ? range + extent : range;
    if (!Number.isInteger(range) || start < 0 || start >= extent)
      throw new WorldloomError(
        "tensor-index",
        `slice: there is no element ${range} on axis ${axis} of extent ${extent}.`,
        { operation: "slice", index: range, axis, extent },
      );
    return { start, extent: 1, step: 1, gone: true };
  }
  const { step = 1, start: starting = 0, stop: stopping = 0 } = optionsOf("slice", range, ["start", "stop", "step"]);
  for (const [name, place] of Object.entries({ step, start: starting, stop: stopping }))
    if (!Number.isInteger(place) || (name === "step" && place === 0))
      throw new WorldloomError(
        "tensor-index",
        `slice: ${name} ${String(place)} of axis ${axis} must be an integer, no step 0.`,
        {
          operation: "slice",
          axis,
        },
      );
  const [least, most] = step > 0 ? [0, extent] : [-1, extent - 1];
  const place = (at: number) => Math.min(most, Math.max(least, at < 0 ? at + extent : at));
  const start = range.start === undefined ? (step > 0 ? least : most) : place(range.start);
  const stop = range.stop === undefined ? (step > 0 ? most : least) : place(range.stop);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return { start: count === 0 ? 0 : start, extent: count, step: count > 1 ? step : 1, gone: false };
}

/** Elements moved along an axis by `shift`, those that leave come in at the other end; without an axis: of the flat tensor. */
export function roll(x: Like, shift: number, axis?: number): Value {
  const value = asValue(x);
  if (!Number.isInteger(shift)) throw shapeError("roll", [value.dims], `${String(shift)} is no number of places`);
  return scope(() => {
    if (axis === undefined) return reshaped(roll(flatten(value), shift, 0), value.dims);
    const at = normalAxis("roll", axis, value.dims.length);
    const extent = value.dims[at] as number;
    const by = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
    if (by === 0) return own(value, x);
    return concatenate([part(value, at, extent - by, by), part(value, at, 0, extent - by)], at);
  });
}

/** The whole tensor repeated `counts[i]` times along axis i. */
export function tile(x: Like, counts: readonly number[]): Value {
  const value = asValue(x);
  checkList("tile", "counts", counts);
  const rank = Math.max(value.dims.length, counts.length);
  const dims = [...new Array<number>(rank - value.dims.length).fill(1), ...value.dims];
  const times = [...new Array<number>(rank - counts.length).fill(1), ...counts];
  checkShape("tile", times);
  return scope(() => {
    const split = times.map((count) => count !== 1);
    if (rank + split.filter(Boolean).length > RANK_MAX)
      return own(
        times.reduce((out, count, axis) => tiledAlong(out, axis, count), reshaped(value, dims)),
        x,
      );
    const axes = dims.map((_, i) => split.slice(0, i + 1).filter(Boolean).length + i);
    const spread = expand(
      reshaped(value, dims),
      dims.flatMap((extent, i) => (split[i] ? [times[i] as number, extent] : [extent])),
      axes,
    );
    return own(
      reshaped(
        spread,
        dims.map((extent, i) => extent * (times[i] as number)),
      ),
      x,
    );
  });
}

function tiledAlong(x: Value, axis: number, count: number): Value {
  if (count === 0) return part(x, axis, 0, 0);
  return concatenate(new Array<Value>(count).fill(x), axis);
}

/** Each element repeated `count` times along an axis; without one: of the flat tensor. */
export function repeat(x: Like, count: number, axis?: number): Value {
  const value = asValue(x);
  checkShape("repeat", [count]);
  return scope(() => {
    const from = axis === undefined ? flatten(value) : value;
    const { dims } = from;
    const at = axis === undefined ? 0 : normalAxis("repeat", axis, dims.length);
    if (dims.length === RANK_MAX) {
      // There is no room for a further axis: the parts before and behind are one axis each.
      const outer = [sizeOf(dims.slice(0, at)), dims[at] as number, sizeOf(dims.slice(at + 1))];
      return reshaped(
        repeat(reshaped(from, outer), count, 1),
        dims.map((extent, i) => (i === at ? extent * count : extent)),
      );
    }
    const spread = expand(
      from,
      [...dims.slice(0, at + 1), count, ...dims.slice(at + 1)],
      dims.map((_, i) => (i <= at ? i : i + 1)),
    );
    return reshaped(
      spread,
      dims.map((extent, i) => (i === at ? extent * count : extent)),
    );
  });
}

/** `widths[i]` elements of `value` before and after along axis i. */
export function pad(x: Like, widths: readonly (readonly [number, number])[], value = 0): Value {
  const from = asValue(x);
  checkList("pad", "widths", widths);
  for (const pair of widths) checkList("pad", "each of the widths", pair);
  if (widths.length !== from.dims.length)
    throw shapeError("pad", [from.dims], `${widths.length} pairs of widths for rank ${from.dims.length}`);
  checkNumber("pad", "the value", value, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  checkShape("pad", widths.flat().slice(0, 8));
  checkShape("pad", widths.flat().slice(8));
  return padded(
    from,
    value,
    widths.map(([low]) => low),
    widths.map(([, high]) => high),
    widths.map(() => 0),
  );
}

/** A copy, contiguous in memory of its own. */
export function copy(x: Like): Value {
  return bindOne(copyRow, [asValue(x)], undefined);
}

function resolved(operation: string, from: Shape, dims: Shape): Shape {
  checkList(operation, "a shape", dims);
  const open = dims.filter((extent) => extent === -1).length;
  if (open === 0) {
    checkShape(operation, dims);
    return dims;
  }
  const known = sizeOf(dims.filter((extent) => extent !== -1));
  const size = sizeOf(from);
  if (open > 1 || known === 0 || size % known !== 0)
    throw shapeError(operation, [from], `[${dims}] leaves no definite extent for -1`);
  const out = dims.map((extent) => (extent === -1 ? size / known : extent));
  checkShape(operation, out);
  return out;
}
