import { WorldloomError } from "../core/errors.ts";
import { checkBoolean, checkInteger, checkList, checkNumber, checkValue, optionsOf, wrong } from "./argument.ts";
import { type DType, isFloat } from "./dtype.ts";
import { own } from "./function/convert.ts";
import { constant, expand } from "./primitive/exact.ts";
import { checkShape, type Shape, shapeError, sizeOf } from "./shape.ts";
import { type Elements, Tensor } from "./tensor.ts";
import type { Value } from "./value.ts";

/** Numbers in lists in lists, or a typed array. */
export type Nested = number | boolean | readonly Nested[] | Elements;

export interface CreateOptions {
  /** f32 unless given; of typed arrays theirs, of booleans bool. */
  readonly dtype?: DType;
}

export interface TensorOptions extends CreateOptions {
  /** For flat lists and typed arrays: the extents of the axes. */
  readonly shape?: Shape;
}

/** A tensor with these elements. Lists of one level have equal lengths, which are the extents. */
export function tensor(elements: Nested, options?: TensorOptions): Tensor {
  const { dtype, shape } = optionsOf("tensor", options, ["dtype", "shape"]);
  if (ArrayBuffer.isView(elements)) return fromElements(elements, shape ?? [elements.length], dtype);
  const dims: number[] = [];
  for (let inner: Nested = elements; Array.isArray(inner); inner = inner[0] as Nested) {
    dims.push(inner.length);
    checkShape("tensor", dims);
  }
  const flat: number[] = [];
  const bool = flatten(elements, dims, 0, flat);
  const own = dtype ?? (bool && flat.length > 0 ? "bool" : "f32");
  const out = Tensor.empty(own, sized(shape ?? dims, flat.length));
  fill(out, flat);
  return out;
}

/** A copy of a typed array as a tensor. */
export function fromElements(elements: Elements, shape: Shape, dtype: DType = typeOf(elements)): Tensor {
  if (!ArrayBuffer.isView(elements)) checkList("fromElements", "elements", elements);
  const out = Tensor.empty(dtype, sized(shape, elements.length));
  fill(out, elements);
  return out;
}

export function zeros(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 1, options);
}

/** `value` everywhere. */
export function full(shape: Shape, value: number, options?: CreateOptions): Tensor {
  const { dtype = "f32" } = optionsOf("full", options, ["dtype"]);
  if (typeof value !== "boolean" && typeof value !== "number") throw wrong("full", "the value", value, "a number");
  const out = Tensor.empty(dtype, shape);
  out.elements().fill(stored(value, dtype));
  return out;
}

/** Zeros of the type and shape of `x`. */
export function zerosLike(x: Value, options?: CreateOptions): Value {
  return fullLike(x, 0, options);
}

export function onesLike(x: Value, options?: CreateOptions): Value {
  return fullLike(x, 1, options);
}

export function fullLike(x: Value, value: number, options?: CreateOptions): Value {
  checkValue("fullLike", "what it is like", x);
  const { dtype = x.dtype } = optionsOf("fullLike", options, ["dtype"]);
  if (typeof value !== "boolean" && typeof value !== "number") throw wrong("fullLike", "the value", value, "a number");
  return constant(value, dtype, x.dims);
}

/** `start`, `start + step`, ... below `stop`; with one number 0, 1, ... below it. i32 where all are integers. */
export function arange(start: number, stop?: number, step = 1, options?: CreateOptions): Tensor {
  const { dtype } = optionsOf("arange", options, ["dtype"]);
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  for (const [name, value] of Object.entries({ start: from, stop: to, step }))
    if (typeof value !== "number") throw wrong("arange", name, value, "a number");
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(count) || step === 0)
    throw new WorldloomError("tensor-value", `arange: ${from} to ${to} in steps of ${step} has no end.`, {
      operation: "arange",
      start: from,
      stop: to,
      step,
    });
  const whole = Number.isInteger(from) && Number.isInteger(step);
  const out = Tensor.empty(dtype ?? (whole ? "i32" : "f32"), [count]);
  const elements = out.elements();
  for (let i = 0; i < count; i++) elements[i] = from + i * step;
  return out;
}

/** `count` numbers from `start` to `stop`, which is the last one unless `endpoint` is false. */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options?: CreateOptions & { readonly endpoint?: boolean },
): Tensor {
  const { dtype = "f32", endpoint = true } = optionsOf("linspace", options, ["dtype", "endpoint"]);
  checkShape("linspace", [count]);
  checkNumber("linspace", "start", start);
  checkNumber("linspace", "stop", stop);
  checkBoolean("linspace", "endpoint", endpoint);
  const out = Tensor.empty(dtype, [count]);
  const elements = out.elements();
  const gaps = endpoint ? count - 1 : count;
  for (let i = 0; i < count; i++)
    elements[i] = endpoint && i === gaps && i > 0 ? stop : start + i * ((stop - start) / Math.max(1, gaps));
  return out;
}

/** Ones on diagonal `k` of [rows, columns], else zeros. */
export function eye(rows: number, columns = rows, options?: CreateOptions & { readonly k?: number }): Tensor {
  const { k = 0, dtype = "f32" } = optionsOf("eye", options, ["k", "dtype"]);
  checkInteger("eye", "k", k, -Number.MAX_SAFE_INTEGER);
  const out = full([rows, columns], 0, { dtype });
  const elements = out.elements();
  for (let row = Math.max(0, -k); row < rows && row + k < columns; row++) elements[row * columns + row + k] = 1;
  return out;
}

/** For each vector a tensor of all of them combined: [n] and [m] give two of [n, m]. */
export function meshgrid(...axes: readonly Value[]): Value[] {
  const dims = axes.map((axis) => {
    checkValue("meshgrid", "each axis", axis);
    if (axis.dims.length !== 1) throw shapeError("meshgrid", [axis.dims], "vectors are combined");
    return axis.dims[0] as number;
  });
  return axes.map((axis, i) => own(expand(axis, dims, [i]), axis));
}

/** Writes numbers as `cast` converts them. */
function fill(out: Tensor, numbers: ArrayLike<number>): void {
  const elements = out.elements();
  if (isFloat(out.dtype)) elements.set(numbers);
  else for (let i = 0; i < numbers.length; i++) elements[i] = stored(numbers[i] as number, out.dtype);
}

/** What a number becomes in memory of a type, before the typed array wraps or rounds it. */
function stored(value: number, dtype: DType): number {
  if (dtype === "bool") return value === 0 ? 0 : 1;
  if (dtype === "i32") return Math.min(0x7fffffff, Math.max(-0x80000000, Math.trunc(value)));
  if (dtype === "u8") return Number.isInteger(value) ? value : Math.min(255, Math.max(0, Math.trunc(value)));
  return value;
}

function flatten(elements: Nested, dims: Shape, depth: number, out: number[]): boolean {
  if (typeof elements === "number" || typeof elements === "boolean") {
    if (depth !== dims.length) throw ragged(depth);
    out.push(Number(elements));
    return typeof elements === "boolean";
  }
  checkList("tensor", "elements", elements);
  const list = elements as readonly Nested[];
  if (list.length !== dims[depth]) throw ragged(depth);
  let bool = true;
  for (const inner of list) bool = flatten(inner, dims, depth + 1, out) && bool;
  return bool;
}

function ragged(depth: number): WorldloomError {
  return new WorldloomError("tensor-shape", `tensor: lists on level ${depth} have different lengths.`, {
    operation: "tensor",
    axis: depth,
  });
}

function sized(shape: Shape, count: number): Shape {
  checkShape("tensor", shape);
  if (sizeOf(shape) !== count) throw shapeError("tensor", [shape], `${count} elements do not fill it`);
  return shape;
}

function typeOf(elements: Elements): DType {
  if (elements instanceof Float64Array) return "f64";
  if (elements instanceof Int32Array) return "i32";
  return elements instanceof Uint8Array ? "u8" : "f32";
}
