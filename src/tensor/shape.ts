import { WorldloomError } from "../core/errors.ts";
import { RANK_MAX } from "../native/tensor/format.ts";
import { checkList } from "./argument.ts";

/** Extents of the axes, outermost first. */
export type Shape = readonly number[];

/**
 * Stands for the leading number of a plan while it is traced: a prime, so that an extent or a stride is a multiple of it
 * exactly when it grows with the leading number. Real extents that are multiples of it are refused in plans.
 */
export const LEADING = 67_108_859;

/** How many times the leading number `extent` is; 0 if it does not depend on it. */
export function leadingFactor(extent: number): number {
  return extent !== 0 && extent % LEADING === 0 ? extent / LEADING : 0;
}

/** Whether some extent depends on the leading number of a plan. */
export function isSymbolic(dims: Shape): boolean {
  return dims.some((extent) => leadingFactor(extent) !== 0);
}

/** As people read it: `[n, 32]`. */
export function showShape(dims: Shape): string {
  return `[${dims.map(showExtent).join(", ")}]`;
}

function showExtent(extent: number): string {
  const factor = typeof extent === "number" ? leadingFactor(extent) : 0;
  return factor === 0 ? String(extent) : factor === 1 ? "n" : `${factor}n`;
}

/** Number of elements. */
export function sizeOf(dims: Shape): number {
  let size = 1;
  for (let i = 0; i < dims.length; i++) size *= dims[i] as number;
  return size;
}

/** Strides, in elements, of a tensor without gaps whose last axis is the innermost. */
export function contiguousStrides(dims: Shape): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= Math.max(1, dims[i] as number);
  }
  return strides;
}

/** Whether the elements lie one after the other; axes of extent 1 have any stride. */
export function isContiguous(dims: Shape, strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    const extent = dims[i] as number;
    if (extent !== 1 && strides[i] !== stride) return sizeOf(dims) === 0;
    stride *= extent;
  }
  return true;
}

/** Whether both have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape that both are expanded to, by NumPy's rule: from the last axis on, equal or one of them 1. */
export function broadcast(operation: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw shapeError(
        operation,
        [a, b],
        `axis -${i} is ${showExtent(x)} and ${showExtent(y)}; extents must be equal, or one of them 1`,
        -i,
      );
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/** `axis` as 0..rank-1; negative ones count from the end. */
export function normalAxis(operation: string, axis: number, rank: number): number {
  const normal = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && normal >= 0 && normal < rank) return normal;
  throw new WorldloomError(
    "tensor-shape",
    `${operation}: axis ${String(axis)} is outside a tensor of rank ${rank}; use ${-rank} to ${rank - 1}.`,
    { operation, axis, rank },
  );
}

/** Axes as ascending, different 0..rank-1; all of them where `axes` is not given. */
export function normalAxes(operation: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (typeof axes !== "number") checkList(operation, "axes", axes);
  const normal = (typeof axes === "number" ? [axes] : axes).map((axis) => normalAxis(operation, axis, rank));
  if (new Set(normal).size !== normal.length)
    throw new WorldloomError("tensor-shape", `${operation}: an axis is named twice in [${axes}]; name each once.`, {
      operation,
      axes,
    });
  return normal.sort((a, b) => a - b);
}

/** Throws unless `dims` are extents that a tensor may have. */
export function checkShape(operation: string, dims: Shape): void {
  checkList(operation, "a shape", dims);
  if (dims.length > RANK_MAX)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: rank ${dims.length} is above ${RANK_MAX}; merge axes with reshape.`,
      { operation, shape: dims },
    );
  for (const extent of dims) {
    if (!Number.isInteger(extent) || extent < 0)
      throw new WorldloomError(
        "tensor-shape",
        `${operation}: ${showShape(dims)} has an extent that is no integer from 0 on.`,
        { operation, shape: dims },
      );
  }
}

/** A shape error that names the operation, the shapes and, where there is one, the axis. */
export function shapeError(operation: string, shapes: readonly Shape[], why: string, axis?: number): WorldloomError {
  const text = shapes.map(showShape).join(" and ");
  return new WorldloomError("tensor-shape", `${operation}: ${text}: ${why}.`, {
    operation,
    shapes,
    ...(axis === undefined ? {} : { axis }),
  });
}
