import { isContiguous, sameShape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** Up to so many elements it takes longer to write a program than to compute. */
const ELEMENTS_MAX = 64;

const NAN = 0x7fc00000;

/** Operations on small f32 tensors as plain loops, with the bits of `reference/tensor`: what a store rounds is rounded once. */
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
  if (!(a instanceof Tensor) || a.dtype !== "f32") return undefined;
  const { dims, strides, arena } = a;
  let count: number;
  if (dims.length === 1) {
    count = dims[0] as number;
    if (strides[0] !== 1) return undefined;
  } else {
    count = sizeOf(dims);
    if (count > ELEMENTS_MAX || !isContiguous(dims, strides)) return undefined;
  }
  if (count > ELEMENTS_MAX) return undefined;
  if (b instanceof Tensor) {
    if (b.dtype !== "f32" || !alike(a, b)) return undefined;
    a.check();
    b.check();
    const block = arena.allocate(count * 4);
    const { f32, u32 } = arena.memory;
    pairs(operation, f32, u32, a.offset >> 2, b.offset >> 2, block.offset >> 2, count);
    return new Tensor(arena, block, "f32", dims, strides, block.offset);
  }
  if (typeof b !== "number") return undefined;
  a.check();
  const block = arena.allocate(count * 4);
  const { f32, u32 } = arena.memory;
  scaled(operation, f32, u32, a.offset >> 2, Math.fround(b), block.offset >> 2, count);
  return new Tensor(arena, block, "f32", dims, strides, block.offset);
}

function alike(a: Tensor, b: Tensor): boolean {
  const { dims } = b;
  if (a.arena !== b.arena || (a.dims !== dims && !sameShape(a.dims, dims))) return false;
  return dims.length === 1 ? b.strides[0] === 1 : isContiguous(dims, b.strides);
}

type Floats = Float32Array<ArrayBufferLike>;
type Words = Uint32Array<ArrayBufferLike>;

function pairs(operation: number, f32: Floats, u32: Words, a: number, b: number, out: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const result = apply(operation, f32[a + i] as number, f32[b + i] as number);
    f32[out + i] = result;
    if (result !== result) u32[out + i] = NAN;
  }
}

function scaled(operation: number, f32: Floats, u32: Words, a: number, b: number, out: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const result = apply(operation, f32[a + i] as number, b);
    f32[out + i] = result;
    if (result !== result) u32[out + i] = NAN;
  }
}

function apply(operation: number, x: number, y: number): number {
  switch (operation) {
    case SMALL_ADD:
      return x + y;
    case SMALL_SUBTRACT:
      return x - y;
    case SMALL_MULTIPLY:
      return x * y;
    case SMALL_DIVIDE:
      return x / y;
    case SMALL_MAXIMUM:
      return Math.max(x, y);
    default:
      return Math.min(x, y);
  }
}
