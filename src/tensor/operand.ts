import { WorldloomError } from "../core/errors.ts";
import { SPACE_MEMORY } from "../native/tensor/format.ts";
import type { DType } from "./dtype.ts";
import { contiguousStrides, isContiguous, isSymbolic, LEADING, type Shape, showShape, sizeOf } from "./shape.ts";

/** How elements lie: extents, strides in elements, and the element that all axes start at. */
export interface Layout {
  readonly dims: Shape;
  readonly strides: readonly number[];
  /** In elements, from where the viewed operand starts. */
  readonly start: number;
}

/** An operand of an instruction: where its elements lie. Extents and strides may be multiples of `LEADING`. */
export interface Operand {
  readonly dtype: DType;
  readonly dims: Shape;
  readonly strides: readonly number[];
  /** Byte offset of the first element: in the memory, from what its slot holds, or in local memory. */
  readonly offset: number;
  /** 0: none. */
  readonly slot: number;
  /** `SPACE_MEMORY` or `SPACE_LOCAL` of the format. */
  readonly space: number;
  /** Whether axis 0 is the one that the `rows` instruction around cuts. */
  readonly rows: boolean;
}

/** A contiguous operand at a byte offset of the memory. */
export function operandAt(dtype: DType, dims: Shape, offset: number, slot = 0): Operand {
  return { dtype, dims, strides: contiguousStrides(dims), offset, slot, space: SPACE_MEMORY, rows: false };
}

/** `operand` seen through a layout. `bytes` is the size of an element. */
export function viewOperand(operand: Operand, layout: Layout, bytes: number): Operand {
  if (Math.abs(layout.start) >= LEADING / 2 && isSymbolic(operand.dims)) {
    throw new WorldloomError(
      "tensor-traced",
      "Where this view begins depends on the leading number of the plan; flip, slice or transpose it outside the plan, or fix the extent.",
      { shape: showShape(operand.dims) },
    );
  }
  return { ...operand, dims: layout.dims, strides: layout.strides, offset: operand.offset + layout.start * bytes };
}

/** The layout of an operand, from its own first element. */
export function layoutOf(operand: { readonly dims: Shape; readonly strides: readonly number[] }): Layout {
  return { dims: operand.dims, strides: operand.strides, start: 0 };
}

/** `layout` with other extents and the same elements in row-major order; undefined where only a copy can have them. */
export function reshapeLayout(layout: Layout, dims: Shape): Layout | undefined {
  if (isContiguous(layout.dims, layout.strides) || sizeOf(dims) === 0)
    return { dims, strides: contiguousStrides(dims), start: layout.start };
  const strides = new Array<number>(dims.length);
  // Groups of old and new axes with equal products; within a group the old axes must follow each other without gaps.
  let from = 0;
  let to = 0;
  while (from < layout.dims.length || to < dims.length) {
    let [fromEnd, toEnd] = [from, to];
    let [fromSize, toSize] = [1, 1];
    do {
      if (fromSize <= toSize && fromEnd < layout.dims.length) fromSize *= layout.dims[fromEnd++] as number;
      else if (toEnd < dims.length) toSize *= dims[toEnd++] as number;
      else break;
    } while (fromSize !== toSize || (fromSize === 1 && toSize === 1 && fromEnd === from && toEnd === to));
    if (fromSize !== toSize) return undefined;
    let stride = 0;
    let expected = -1;
    for (let i = fromEnd - 1; i >= from; i--) {
      const extent = layout.dims[i] as number;
      if (extent === 1) continue;
      const own = layout.strides[i] as number;
      if (expected === -1) stride = own;
      else if (own !== expected) return undefined;
      expected = own * extent;
    }
    for (let i = toEnd - 1; i >= to; i--) {
      strides[i] = stride;
      stride *= dims[i] as number;
    }
    [from, to] = [fromEnd, toEnd];
  }
  return { dims, strides, start: layout.start };
}
