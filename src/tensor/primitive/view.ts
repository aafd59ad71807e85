import { WorldloomError } from "../../core/errors.ts";
import { ELEMENTS_MAX } from "../../native/tensor/format.ts";
import { bindOne } from "../bind.ts";
import { reshapeLayout } from "../operand.ts";
import { isSymbolic, leadingFactor, type Shape, sameShape, shapeError, showShape, sizeOf } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { fold, pad, part, permute as permuted, reduce, reshape as reshaped } from "./exact.ts";
import type { Primitive } from "./primitive.ts";

/** Other extents over the same elements in row-major order. */
export const reshape: Primitive<{ readonly dims: Shape }> = {
  name: "reshape",
  shapes: ([x], { dims }) => {
    const { dtype, dims: from } = x as Aval;
    if (sizeOf(from) !== sizeOf(dims))
      throw shapeError("reshape", [from, dims], `${sizeOf(from)} elements cannot become ${sizeOf(dims)}`);
    return [{ dtype, dims }];
  },
  view: (layout, { dims }) => reshapeLayout(layout, dims),
  jvp: "linear",
  transpose: ({ cotangents: [ct], inputs: [x] }) => [ct && reshaped(ct, (x as Aval).dims)],
  batch: ({ inputs, size, params }) => [bindOne(reshape, inputs, { dims: [size, ...params.dims] })],
};

/** Axis i of the result is axis `axes[i]`. */
export const permute: Primitive<{ readonly axes: readonly number[] }> = {
  name: "permuteDims",
  shapes: ([x], { axes }) => [{ dtype: (x as Aval).dtype, dims: axes.map((axis) => (x as Aval).dims[axis] as number) }],
  view: ({ dims, strides, start }, { axes }) => ({
    dims: axes.map((axis) => dims[axis] as number),
    strides: axes.map((axis) => strides[axis] as number),
    start,
  }),
  jvp: "linear",
  transpose: ({ cotangents: [ct], params: { axes } }) => [
    ct &&
      permuted(
        ct,
        axes.map((_, i) => axes.indexOf(i)),
      ),
  ],
  batch: ({ inputs, params: { axes } }) => [bindOne(permute, inputs, { axes: [0, ...axes.map((axis) => axis + 1)] })],
};

export interface ExpandParams {
  readonly dims: Shape;
  /** The axis of the result that each axis of the input becomes; ascending. */
  readonly axes: readonly number[];
}

/** The input repeated along new axes, and along those where its extent is 1. */
export const expand: Primitive<ExpandParams> = {
  name: "expand",
  shapes: ([x], { dims, axes }) => {
    const { dtype, dims: from } = x as Aval;
    if (axes.some((axis, i) => from[i] !== 1 && from[i] !== dims[axis]))
      throw shapeError("expand", [from, dims], "extents must be equal, or 1 before");
    if (sizeOf(dims) > ELEMENTS_MAX && !isSymbolic(dims))
      throw shapeError("expand", [from, dims], `a tensor has at most ${ELEMENTS_MAX} elements`);
    return [{ dtype, dims }];
  },
  view: (layout, { dims, axes }) => {
    const strides = dims.map(() => 0);
    axes.forEach((axis, i) => {
      if (layout.dims[i] === dims[axis]) strides[axis] = layout.strides[i] as number;
    });
    return { dims, strides, start: layout.start };
  },
  jvp: "linear",
  transpose: ({ cotangents: [ct], inputs: [x], params: { dims, axes } }) => {
    const { dims: from } = x as Aval;
    const repeated = dims.map((_, i) => i).filter((i) => from[axes.indexOf(i)] !== dims[i]);
    return [ct && reshaped(reduce("sum", ct, repeated), from)];
  },
  batch: ({ inputs, size, params: { dims, axes } }) => [
    bindOne(expand, inputs, { dims: [size, ...dims], axes: [0, ...axes.map((axis) => axis + 1)] }),
  ],
};

export interface SliceParams {
  readonly starts: readonly number[];
  readonly extents: Shape;
  /** Not 0. Negative ones go backwards from the start. */
  readonly steps: readonly number[];
}

/** Along each axis `extent` elements, from `start` on, `step` apart. */
export const slice: Primitive<SliceParams> = {
  name: "slice",
  shapes: ([x], { starts, extents, steps }) => {
    const { dtype, dims } = x as Aval;
    extents.forEach((extent, axis) => {
      const own = dims[axis] as number;
      if (leadingFactor(own) !== 0 && extent !== own)
        throw new WorldloomError(
          "tensor-plan",
          `slice: axis ${axis} of ${showShape(dims)} is as long as the leading number of the plan says; slice it outside the plan.`,
          { operation: "slice", shape: showShape(dims), axis },
        );
      const start = starts[axis] as number;
      const last = start + (extent - 1) * (steps[axis] as number);
      if (extent > 0 && (Math.min(start, last) < 0 || Math.max(start, last) >= own))
        throw shapeError("slice", [dims], `elements ${start} to ${last} of axis ${axis} do not exist`, axis);
    });
    return [{ dtype, dims: extents }];
  },
  view: ({ strides, start }, { starts, extents, steps }) => ({
    dims: extents,
    strides: strides.map((stride, i) => stride * (steps[i] as number)),
    start: sizeOf(extents) === 0 ? start : start + strides.reduce((sum, s, i) => sum + s * (starts[i] as number), 0),
  }),
  jvp: "linear",
  transpose: ({ cotangents: [ct], inputs: [x], params: { starts, extents, steps } }) => {
    if (ct === undefined) return [undefined];
    const { dims } = x as Aval;
    let forward = ct;
    steps.forEach((step, axis) => {
      const extent = extents[axis] as number;
      if (step < 0 && extent > 1) forward = part(forward, axis, extent - 1, extent, -1);
    });
    const gap = steps.map((step) => Math.abs(step));
    const low = dims.map((own, i) => {
      const extent = extents[i] as number;
      if (extent === 0) return own;
      return Math.min(starts[i] as number, (starts[i] as number) + (extent - 1) * (steps[i] as number));
    });
    const high = dims.map((own, i) => {
      const extent = extents[i] as number;
      return extent === 0 ? 0 : own - 1 - (low[i] as number) - (extent - 1) * (gap[i] as number);
    });
    const interior = gap.map((step, i) => ((extents[i] as number) > 1 ? step - 1 : 0));
    if (sameShape(extents, dims)) return [forward];
    return [pad(forward, 0, low, high, interior)];
  },
  batch: ({ inputs, size, params: { starts, extents, steps } }) => [
    bindOne(slice, inputs, { starts: [0, ...starts], extents: [size, ...extents], steps: [1, ...steps] }),
  ],
};

export interface WindowParams {
  readonly axis: number;
  /** Elements of a window. */
  readonly extent: number;
  /** From the first element of a window to that of the next. */
  readonly stride: number;
  /** From one element of a window to the next. */
  readonly dilation: number;
}

/** Axis `axis` as two: windows, which may overlap, and the elements of each. Nothing is copied. */
export const windows: Primitive<WindowParams> = {
  name: "windows",
  shapes: ([x], { axis, extent, stride, dilation }) => {
    const { dtype, dims } = x as Aval;
    const own = dims[axis] as number;
    const count = windowCount(own, { extent, stride, dilation });
    if (count < 1 || leadingFactor(own) !== 0)
      throw shapeError(
        "windows",
        [dims],
        `no window of ${extent} elements, ${dilation} apart, fits axis ${axis}`,
        axis,
      );
    return [{ dtype, dims: [...dims.slice(0, axis), count, extent, ...dims.slice(axis + 1)] }];
  },
  view: ({ dims, strides, start }, params) => {
    const { axis, extent, stride, dilation } = params;
    const own = strides[axis] as number;
    return {
      dims: [...dims.slice(0, axis), windowCount(dims[axis] as number, params), extent, ...dims.slice(axis + 1)],
      strides: [...strides.slice(0, axis), own * stride, own * dilation, ...strides.slice(axis + 1)],
      start,
    };
  },
  jvp: "linear",
  transpose: ({ cotangents: [ct], inputs: [x], params: { axis, stride, dilation } }) => [
    ct && fold(ct, { axis, extent: (x as Aval).dims[axis] as number, stride, dilation }),
  ],
  batch: ({ inputs, params }) => [bindOne(windows, inputs, { ...params, axis: params.axis + 1 })],
};

/** Windows that fit an axis of `own` elements; below 1 if none does. */
function windowCount(own: number, { extent, stride, dilation }: Omit<WindowParams, "axis">): number {
  return Math.floor((own - (extent - 1) * dilation - 1) / stride) + 1;
}

/** See {@link windows}. */
export function windowsOf(x: Value, params: WindowParams): Value {
  return bindOne(windows, [x], params);
}
