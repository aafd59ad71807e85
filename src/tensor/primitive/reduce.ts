import {
  type Cumulation,
  cumulations,
  type Reduction,
  reductions,
  tensorTypeCode,
  tensorTypes,
} from "../../native/tensor/format.ts";
import { cumulationTypes, reductionTypes } from "../../native/tensor/step-types.ts";
import { bindOne } from "../bind.ts";
import { checkType, type DType, isFloat } from "../dtype.ts";
import { leadingFactor, shapeError, sizeOf } from "../shape.ts";
import { type Aval, Literal, type Value } from "../value.ts";
import {
  cast,
  concatenate,
  constant,
  cumulate as cumulated,
  expandReduced,
  op,
  pad,
  part,
  permute,
  reduce as reduced,
  reshape,
  sumOf,
  take,
} from "./exact.ts";
import type { Forward, Primitive } from "./primitive.ts";
import { iotaOf } from "./source.ts";

export interface ReduceParams {
  readonly kind: Reduction;
  /** Ascending; at least one. */
  readonly axes: readonly number[];
}

/** The axes are gone from the result. See `reductions` of the format. */
export const reduce: Primitive<ReduceParams> = {
  name: "reduce",
  shapes: ([x], { kind, axes }) => {
    const { dtype, dims } = x as Aval;
    checkType(kind, dtype, typesIn(reductionTypes[reductions.indexOf(kind)] as number));
    const arg = kind === "argmax" || kind === "argmin";
    if (arg && axes.some((axis) => dims[axis] === 0))
      throw shapeError(kind, [dims], "there is no element to be found where an extent is 0");
    return [{ dtype: arg ? "i32" : dtype, dims: dims.filter((_, i) => !axes.includes(i)) }];
  },
  lower: (emit, [x], [out], { kind, axes }) => emit.reduce(kind, axes, x!, out!),
  jvp: (rule) => {
    const { kind, axes } = rule.params;
    const [t] = rule.tangents;
    const [x] = rule.primals as [Value];
    const [out] = rule.outputs as [Value];
    if (t === undefined || !isFloat(x.dtype)) return [undefined];
    if (kind === "sum") return [reduced("sum", t, axes)];
    if (kind === "prod") return [reduced("sum", op("multiply", t, productOfOthers(x, axes)), axes)];
    if (kind !== "max" && kind !== "min") return [undefined];
    // Elements that are equal share the tangent.
    const found = cast(op("equal", x, expandReduced(out, x.dims, axes)), x.dtype);
    const count = reduced("sum", found, axes);
    return [op("divide", reduced("sum", op("multiply", t, found), axes), count)];
  },
  transpose: ({ cotangents: [ct], inputs: [x], params: { axes } }) => [ct && expandReduced(ct, (x as Aval).dims, axes)],
  batch: ({ inputs, params: { kind, axes } }) => [
    bindOne(reduce, inputs, { kind, axes: axes.map((axis) => axis + 1) }),
  ],
};

export interface CumulateParams {
  readonly kind: Cumulation;
  readonly axis: number;
  /** From the last element to the first. */
  readonly reverse: boolean;
}

/** Running sum, product, maximum or minimum along an axis. */
export const cumulate: Primitive<CumulateParams> = {
  name: "cumulate",
  shapes: ([x], { kind }) => {
    const { dtype, dims } = x as Aval;
    checkType(`cumulative ${kind}`, dtype, typesIn(cumulationTypes[cumulations.indexOf(kind)] as number));
    return [{ dtype, dims }];
  },
  lower: (emit, [x], [out], { kind, axis, reverse }) => emit.cumulate(kind, axis, reverse, x!, out!),
  jvp: (rule) => {
    const { kind, axis, reverse } = rule.params;
    const [t] = rule.tangents;
    const [x] = rule.primals as [Value];
    if (t === undefined || !isFloat(x.dtype)) return [undefined];
    if (kind === "sum") return [cumulated("sum", t, axis, reverse)];
    if (kind === "prod") return [productTangent(rule, t)];
    // The tangent of the latest element that is the extreme so far.
    const out = rule.outputs[0] as Value;
    const extent = x.dims[axis] as number;
    const index = iotaOf(x.dims, axis, "i32");
    const own = op("select", op("equal", x, out), index, reverse ? extent - 1 : 0);
    return [take(t, cumulated(reverse ? "min" : "max", own, axis, reverse), axis, true)];
  },
  transpose: ({ cotangents: [ct], params: { axis, reverse } }) => [ct && cumulated("sum", ct, axis, !reverse)],
  batch: ({ inputs, params }) => [bindOne(cumulate, inputs, { ...params, axis: params.axis + 1 })],
};

export interface AxisSizeParams {
  readonly axes: readonly number[];
  readonly dtype: DType;
}

/** The product of some extents as a value: for counts that may depend on the leading number of a plan. */
export const axisSize: Primitive<AxisSizeParams> = {
  name: "axisSize",
  shapes: (_, { dtype }) => [{ dtype, dims: [] }],
  lower: (emit, [x], [out], { axes, dtype }) => {
    const dims = axes.map((axis) => x!.dims[axis] as number);
    const fixed = sizeOf(dims.filter((extent) => leadingFactor(extent) === 0));
    const open = dims.filter((extent) => leadingFactor(extent) !== 0);
    if (open.length === 0) return emit.fill(out!, fixed);
    // Ones over a view without memory, counted: exact for any count.
    const one = emit.temporary("i32", []);
    emit.fill(one, 1);
    const count = emit.temporary("i32", []);
    emit.reduce(
      "sum",
      open.map((_, i) => i),
      { ...one, dims: open, strides: open.map(() => 0) },
      count,
    );
    emit.fuse([count], [out!], (registers, [counted]) => {
      const factor = registers.constant(fixed, "i32");
      const product = registers.step("multiply", "i32", "i32", [counted as number, factor]);
      return [dtype === "i32" ? product : registers.step("cast", "i32", dtype, [product], tensorTypeCode[dtype])];
    });
  },
  jvp: "none",
  transpose: "never",
  batch: ({ inputs, size, params: { axes, dtype } }) => {
    const count = bindOne(axisSize, inputs, { axes: axes.map((axis) => axis + 1), dtype });
    return [expandReduced(count, [size], [0])];
  },
};

/** The types of a mask of `native/tensor/step-types.ts`. */
export function typesIn(mask: number): DType[] {
  return tensorTypes.filter((dtype) => (mask & (1 << tensorTypeCode[dtype])) !== 0);
}

/** For each element the product of all others over `axes`, without division: right where elements are 0. */
function productOfOthers(x: Value, axes: readonly number[]): Value {
  const order = [...x.dims.map((_, i) => i).filter((i) => !axes.includes(i)), ...axes];
  const moved = permute(x, order);
  const kept = moved.dims.slice(0, moved.dims.length - axes.length);
  const count = axes.reduce((product, axis) => product * (x.dims[axis] as number), 1);
  if (count === 0) return x;
  const flat = reshape(moved, [...kept, count]);
  const axis = kept.length;
  const one = constant(1, x.dtype, [...kept, 1]);
  const before = concatenate([one, part(flat, axis, 0, count - 1)], axis);
  const after = concatenate([part(flat, axis, 1, count - 1), one], axis);
  const others = op("multiply", cumulated("prod", before, axis), cumulated("prod", after, axis, true));
  return permute(
    reshape(others, moved.dims),
    order.map((_, i) => order.indexOf(i)),
  );
}

/**
 * Tangent of a running product: pairs (product, tangent) combined over distances 1, 2, 4, ...: without division, so that
 * elements may be 0.
 */
function productTangent({ primals, params: { axis, reverse } }: Forward<CumulateParams>, t: Value): Value {
  let product = primals[0] as Value;
  let tangent = t;
  const extent = product.dims[axis] as number;
  for (let distance = 1; distance < extent; distance *= 2) {
    const productBefore = shifted(product, axis, distance, reverse, 1);
    const tangentBefore = shifted(tangent, axis, distance, reverse, 0);
    tangent = sumOf(op("multiply", tangent, productBefore), op("multiply", tangentBefore, product)) as Value;
    product = op("multiply", product, productBefore);
  }
  return tangent;
}

/** Element i becomes element `i - distance` (reversed: `i + distance`), `value` where there is none. */
function shifted(x: Value, axis: number, distance: number, reverse: boolean, value: number): Value {
  const extent = x.dims[axis] as number;
  const kept = part(x, axis, reverse ? distance : 0, extent - distance);
  const none = x.dims.map(() => 0);
  const room = none.map((_, i) => (i === axis ? distance : 0));
  return pad(kept, value, reverse ? none : room, reverse ? room : none, none);
}

/** The number of elements along `axes` as a value: a number where it is known. */
export function countOf(x: Value, axes: readonly number[], dtype: DType): Value {
  const known = axes.every((axis) => leadingFactor(x.dims[axis] as number) === 0);
  if (known)
    return new Literal(
      axes.reduce((product, axis) => product * (x.dims[axis] as number), 1),
      dtype,
    );
  return bindOne(axisSize, [x], { axes, dtype });
}
