import { WorldloomError } from "../core/errors.ts";
import { type Block, currentArena, type TensorArena } from "./arena.ts";
import { bytesOf, type DType } from "./dtype.ts";
import { enter } from "./scope.ts";
import { checkShape, contiguousStrides, isContiguous, type Shape, sizeOf } from "./shape.ts";
import { Value } from "./value.ts";

/** Typed array over the elements of a contiguous tensor. `bool` is 0 or 1. */
export type Elements =
  | Float32Array<ArrayBufferLike>
  | Float64Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

/**
 * An n-d array of one element type in an arena, or a view of one: shape, strides and an offset into a block.
 * Dispose it, or let `scope` or `using` do so; the memory goes back with the last view of it.
 */
export class Tensor extends Value {
  readonly dtype: DType;
  readonly dims: Shape;
  /** In elements; 0 where broadcast, negative where flipped. */
  readonly strides: readonly number[];
  /** Byte offset of the first element in the memory of the arena. */
  readonly offset: number;
  readonly arena: TensorArena;
  readonly block: Block;
  /** For `small.ts`: the number of elements where it computes with them, -1 where it does not; -2 where nobody knows. */
  few = -2;
  #disposed = false;

  /** Takes over one reference of `block`. */
  constructor(arena: TensorArena, block: Block, dtype: DType, dims: Shape, strides: readonly number[], offset: number) {
    super();
    this.arena = arena;
    this.block = block;
    this.dtype = dtype;
    this.dims = dims;
    this.strides = strides;
    this.offset = offset;
    enter(this);
  }

  /** A contiguous tensor whose elements are not defined. */
  static empty(dtype: DType, dims: Shape, arena: TensorArena = currentArena()): Tensor {
    checkShape("empty", dims);
    const block = arena.allocate(sizeOf(dims) * bytesOf(dtype));
    return new Tensor(arena, block, dtype, dims, contiguousStrides(dims), block.offset);
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Whether the elements lie one after the other, the last axis innermost. */
  get contiguous(): boolean {
    return isContiguous(this.dims, this.strides);
  }

  /** Another view of the same memory. `offset` is in bytes. */
  view(dims: Shape, strides: readonly number[], offset: number): Tensor {
    this.check();
    this.block.references++;
    return new Tensor(this.arena, this.block, this.dtype, dims, strides, offset);
  }

  /** The elements, without a copy: valid until the tensor is disposed or the arena grows. Contiguous tensors only. */
  elements(): Elements {
    this.check();
    if (!this.contiguous)
      throw new WorldloomError(
        "tensor-shape",
        "elements(): the tensor is not contiguous; use copy() first, or toArray().",
        {},
      );
    const { memory } = this.arena;
    const size = sizeOf(this.dims);
    if (this.dtype === "f32") return memory.f32.subarray(this.offset >> 2, (this.offset >> 2) + size);
    if (this.dtype === "f64") return memory.f64.subarray(this.offset >> 3, (this.offset >> 3) + size);
    if (this.dtype === "i32") return memory.i32.subarray(this.offset >> 2, (this.offset >> 2) + size);
    return memory.u8.subarray(this.offset, this.offset + size);
  }

  /** Throws `tensor-disposed` after {@link dispose}. */
  check(): void {
    if (this.#disposed)
      throw new WorldloomError(
        "tensor-disposed",
        "The tensor has been disposed; return it from its scope(), or keep() it, to use it later.",
        { shape: this.dims },
      );
  }

  /** Gives the memory back, unless other views of it exist. The second time it does nothing. */
  override dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.few = -1;
    this.arena.release(this.block);
  }
}
