import { type Scalar, scalarOf } from "../native/reference/tensor/functions.ts";
import { tensorTypeCode } from "../native/tensor/format.ts";
import type { Block } from "./arena.ts";
import { bytesOf, type DType } from "./dtype.ts";
import type { Elementwise } from "./primitive/elementwise.ts";
import { isContiguous, sameShape, sizeOf } from "./shape.ts";
import { type Elements, Tensor } from "./tensor.ts";
import { Literal, type Value } from "./value.ts";

/** Up to so many elements it takes longer to write a program than to compute: for arithmetic, and for all else. */
const ARITHMETIC_MAX = 4096;
const FUNCTION_MAX = 16;

const NAN = 0x7fc00000;

/** Operations on small f32 tensors by {@link PairLoops}, with the bits of `reference/tensor`: their places there. */
export const SMALL_ADD = 0;
export const SMALL_SUBTRACT = 1;
export const SMALL_MULTIPLY = 2;
export const SMALL_DIVIDE = 3;
export const SMALL_MAXIMUM = 4;
export const SMALL_MINIMUM = 5;

/**
 * One of these operations on contiguous tensors of one shape, or on such a tensor and a number; undefined for anything else.
 */
export function small(operation: number, a: unknown, b: unknown): Tensor | undefined {
  if (!(a instanceof Tensor)) return undefined;
  const few = a.few === -2 ? fewOf(a) : a.few;
  if (few < 0) return undefined;
  const { dims, strides, arena } = a;
  let block: Block;
  if (b instanceof Tensor) {
    if ((b.few === -2 ? fewOf(b) : b.few) !== few || b.arena !== arena) return undefined;
    if (dims.length !== b.dims.length || (dims.length !== 1 && !sameShape(dims, b.dims))) return undefined;
    block = arena.allocate(few << 2);
    arena.loops.pairs(operation, a.offset, b.offset, block.offset, few);
  } else {
    if (typeof b !== "number") return undefined;
    block = arena.allocate(few << 2);
    arena.loops.scaled(operation, a.offset, b, block.offset, few);
  }
  const out = new Tensor(arena, block, "f32", dims, strides, block.offset);
  out.few = few;
  return out;
}

/** Finds out what {@link Tensor.few} is of a tensor that is not disposed. */
function fewOf(tensor: Tensor): number {
  const { dims, strides } = tensor;
  const count = tensor.dtype === "f32" && isContiguous(dims, strides) ? sizeOf(dims) : -1;
  return (tensor.few = count <= ARITHMETIC_MAX ? count : -1);
}

/** Any elementwise operation but `select` on a few elements that lie one after the other; undefined for anything else. */
export function smallElementwise(
  row: Elementwise,
  inputs: readonly Value[],
  types: readonly DType[],
): Tensor | undefined {
  if (row.step === "select") return undefined;
  let shape: Tensor | undefined;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (!(input instanceof Tensor)) continue;
    if (input.dtype !== types[i]) return undefined;
    if (shape === undefined) {
      if (!isContiguous(input.dims, input.strides) || sizeOf(input.dims) > FUNCTION_MAX) return undefined;
      shape = input;
    } else if (!alike(shape, input)) return undefined;
  }
  if (shape === undefined) return undefined;
  const { arena, dims } = shape;
  const dtype = types[0] as DType;
  const result: DType = row.tests ? "bool" : dtype;
  const scalar = functionOf(row, dtype);
  const count = sizeOf(dims);
  const [a, b] = inputs as [Value, Value | undefined];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input instanceof Tensor) input.check();
  }
  const block = arena.allocate(count * bytesOf(result));
  const out = new Tensor(arena, block, result, dims, shape.strides, block.offset);
  const to = elementsOf(out);
  const first = elementsOf(a);
  const second = b === undefined ? first : elementsOf(b);
  const [x, y] = [constantOf(a, dtype), b === undefined ? 0 : constantOf(b, dtype)];
  const [atX, atY, at] = [placeOf(a), b === undefined ? 0 : placeOf(b), placeOf(out)];
  const canonical = result === "f32" || result === "f64";
  for (let i = 0; i < count; i++) {
    const left = first === undefined ? x : (first[atX + i] as number);
    const value = scalar(left, second === undefined ? y : (second[atY + i] as number));
    to![at + i] = canonical && value !== value ? Number.NaN : value;
  }
  if (canonical) canonicalise(out, at, count);
  return out;
}

const functions = new Map<string, (Scalar | undefined)[]>();

function functionOf(row: Elementwise, dtype: DType): Scalar {
  let list = functions.get(row.step);
  if (list === undefined) functions.set(row.step, (list = []));
  const code = tensorTypeCode[dtype];
  return (list[code] ??= scalarOf(row.step, code));
}

/** The whole memory as elements of the type of a tensor; undefined for literals. */
function elementsOf(value: Value): Elements | undefined {
  if (!(value instanceof Tensor)) return undefined;
  value.check();
  const { memory } = value.arena;
  if (value.dtype === "f32") return memory.f32;
  if (value.dtype === "f64") return memory.f64;
  return value.dtype === "i32" ? memory.i32 : memory.u8;
}

function placeOf(value: Value): number {
  return value instanceof Tensor ? value.offset / bytesOf(value.dtype) : 0;
}

/** What a number is as an element: cast from f64. */
function constantOf(value: Value, dtype: DType): number {
  if (!(value instanceof Literal)) return 0;
  const number = value.value;
  if (dtype === "f32") return Math.fround(number);
  if (dtype === "f64") return number;
  if (dtype === "bool") return number === 0 ? 0 : 1;
  const [low, high] = dtype === "u8" ? [0, 255] : [-0x80000000, 0x7fffffff];
  return number === number ? Math.min(high, Math.max(low, Math.trunc(number))) : 0;
}

/** NaNs in the bits that all instructions write. */
function canonicalise(out: Tensor, at: number, count: number): void {
  const { f32, f64, u32 } = out.arena.memory;
  if (out.dtype === "f32") {
    for (let i = at; i < at + count; i++) if (f32[i] !== f32[i]) u32[i] = NAN;
    return;
  }
  for (let i = at; i < at + count; i++) {
    if (f64[i] === f64[i]) continue;
    u32[2 * i] = 0;
    u32[2 * i + 1] = 0x7ff80000;
  }
}

function alike(a: Tensor, b: Tensor): boolean {
  const { dims } = b;
  if (a.arena !== b.arena || (a.dims !== dims && !sameShape(a.dims, dims))) return false;
  return dims.length === 1 ? b.strides[0] === 1 : isContiguous(dims, b.strides);
}
