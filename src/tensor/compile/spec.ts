import { WorldloomError } from "../../core/errors.ts";
import { checkInteger, checkList } from "../argument.ts";
import { bytesOf, type DType } from "../dtype.ts";
import { checkShape, LEADING, leadingFactor, type Shape } from "../shape.ts";
import { type Tree, treeMap } from "../tree.ts";
import { Value } from "../value.ts";

/** The open first extent of a plan: any number up to `max` in each run, the same for all inputs that have it. */
export class Leading {
  readonly max: number;

  constructor(max: number) {
    if (!Number.isInteger(max) || max < 1)
      throw new WorldloomError(
        "bad-argument",
        `leading: the most that a run may have is an integer from 1 on, not ${String(max)}.`,
        { max },
      );
    this.max = max;
  }
}

/** An open first extent of at most `max`. */
export function leading(max: number): Leading {
  return new Leading(max);
}

/** What an input of a plan will be. It stands for the input in trees; it has no elements. */
export class Spec extends Value {
  readonly dtype: DType;
  readonly dims: Shape;
  /** The most that the open extent may be; 0 if there is none. */
  readonly leadingMax: number;
  /** The plan may write a result over the input. */
  readonly donated: boolean;
  /** Of inputs that are columns of another memory: how many segments a column may have. 0: a tensor. */
  readonly segmentsMax: number;

  constructor(dtype: DType, dims: Shape, leadingMax: number, donated = false, segmentsMax = 0) {
    super();
    this.dtype = dtype;
    this.dims = dims;
    this.leadingMax = leadingMax;
    this.donated = donated;
    this.segmentsMax = segmentsMax;
  }
}

/** A tree of the same form with specs as its leaves. */
export type SpecTree<T> = Tree extends T
  ? Tree
  : T extends Value | number
    ? Spec
    : T extends null
      ? null
      : { [K in keyof T]: SpecTree<T[K]> };

/** What a traced function gets for a tree of specs. */
export type Traced<T> = Tree extends T
  ? never
  : T extends Value | number
    ? Value
    : T extends null
      ? null
      : { -readonly [K in keyof T]: Traced<T[K]> };

/** An input of this type and shape; the first extent may be `leading(max)`. */
export function spec(dtype: DType, shape: readonly (number | Leading)[]): Spec {
  bytesOf(dtype);
  const { dims, max } = openShape(shape);
  return new Spec(dtype, dims, max);
}

/**
 * An input of shape [n, count] whose columns are bound in each run, without a copy, as `Columns`: lists of segments in
 * another memory. `first` is n or `leading(max)`; a column has at most `segmentsMax` segments.
 */
export function columnSpec(dtype: DType, first: number | Leading, count: number, segmentsMax = 64): Spec {
  bytesOf(dtype);
  checkInteger("columnSpec", "the columns", count, 1);
  checkInteger("columnSpec", "segmentsMax", segmentsMax, 1, 1 << 20);
  const { dims, max } = openShape([first, count]);
  return new Spec(dtype, dims, max, false, segmentsMax);
}

/** Inputs like these tensors. Numbers stand for f32 scalars. */
export function like<const T extends Tree>(tree: T): SpecTree<T> {
  return treeMap(
    (leaf) =>
      typeof leaf === "number"
        ? new Spec("f32", [], 0)
        : leaf instanceof Spec
          ? leaf
          : new Spec(leaf.dtype, leaf.shape, 0),
    tree,
  ) as SpecTree<T>;
}

/**
 * The same inputs, given away: a result of the same type is written over each, in place. Results are matched by their place
 * if function and arguments are arrays alike, else in order. Columns that are donated are stored to.
 */
export function donate<const T extends Tree>(tree: T): SpecTree<T> {
  return treeMap((leaf) => {
    const { dtype, dims, leadingMax, segmentsMax } = asSpec(leaf);
    return new Spec(dtype, dims, leadingMax, true, segmentsMax);
  }, tree) as SpecTree<T>;
}

/** A leaf of a tree of specs: tensors and numbers stand for what is like them. */
export function asSpec(leaf: Value | number): Spec {
  return leaf instanceof Spec ? leaf : (like(leaf as Value) as Spec);
}

function openShape(shape: readonly (number | Leading)[]): { dims: Shape; max: number } {
  checkList("spec", "a shape", shape);
  let max = 0;
  const dims = shape.map((extent, axis) => {
    if (!(extent instanceof Leading)) {
      if (typeof extent === "number" && leadingFactor(extent) !== 0)
        throw new WorldloomError(
          "tensor-plan",
          `An extent of ${extent} cannot be told from an open one; use another.`,
          { extent },
        );
      return extent;
    }
    if (axis !== 0)
      throw new WorldloomError(
        "tensor-plan",
        "Only the first extent of an input can be open; move that axis to the front.",
        { axis },
      );
    max = extent.max;
    return LEADING;
  });
  checkShape("spec", dims);
  return { dims, max };
}
