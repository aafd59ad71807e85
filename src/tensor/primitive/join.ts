import { WorldloomError } from "../../core/errors.ts";
import type { TensorType } from "../../native/tensor/format.ts";
import { bindOne } from "../bind.ts";
import { bytesOf } from "../dtype.ts";
import type { Emitter } from "../emitter.ts";
import { layoutOf, type Operand, viewOperand } from "../operand.ts";
import { leadingFactor, type Shape, shapeError, showShape, sizeOf } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { pad as padded, part, slice as sliced } from "./exact.ts";
import { type Primitive, Unknown } from "./primitive.ts";
import { allRepeated } from "./rule.ts";
import { type WindowParams, windowsOf } from "./view.ts";

/** The inputs one after the other along an axis. */
export const concatenate: Primitive<{ readonly axis: number }> = {
  name: "concatenate",
  shapes: (inputs, { axis }) => {
    const [{ dtype, dims }] = inputs as [Aval];
    let extent = 0;
    for (const input of inputs) {
      if (input.dtype !== dtype)
        throw new WorldloomError(
          "tensor-dtype",
          `concat: parts are ${dtype} and ${input.dtype}; convert with astype().`,
          {
            operation: "concat",
            dtypes: [dtype, input.dtype],
          },
        );
      if (input.dims.length !== dims.length || input.dims.some((own, i) => i !== axis && own !== dims[i]))
        throw shapeError("concat", [dims, input.dims], `extents must be equal but for axis ${axis}`, axis);
      extent += input.dims[axis] as number;
    }
    if (leadingFactor(extent) === 0 && inputs.some((input) => leadingFactor(input.dims[axis] as number) !== 0))
      throw new WorldloomError(
        "tensor-plan",
        `concat: axis ${axis} is as long as the leading number of the plan says, and something more; join it outside the plan.`,
        { operation: "concat", axis },
      );
    return [{ dtype, dims: dims.map((own, i) => (i === axis ? extent : own)) }];
  },
  lower: (emit, inputs, [out], { axis }) => {
    let at = 0;
    for (const input of inputs) {
      const extent = input.dims[axis] as number;
      if (sizeOf(input.dims) > 0) emit.copy(input, region(out!, input.dims, axis, at, 1));
      at += extent;
    }
  },
  jvp: "linear",
  transpose: ({ cotangents: [ct], inputs, params: { axis } }) => {
    let at = 0;
    return inputs.map((input) => {
      const start = at;
      const extent = input.dims[axis] as number;
      at += extent;
      return ct !== undefined && input instanceof Unknown ? part(ct, axis, start, extent) : undefined;
    });
  },
  batch: (rule) => [bindOne(concatenate, allRepeated(rule as never), { axis: rule.params.axis + 1 })],
};

export interface PadParams {
  readonly value: number;
  /** Elements put before, after, and between neighbours, for each axis. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
}

/** The input surrounded by, and interspersed with, one value. */
export const pad: Primitive<PadParams> = {
  name: "pad",
  shapes: ([x], { low, high, interior }) => {
    const { dtype, dims } = x as Aval;
    const out = dims.map((own, i) => {
      const more = (low[i] as number) + (high[i] as number);
      if (leadingFactor(own) !== 0 && (more !== 0 || interior[i] !== 0))
        throw new WorldloomError(
          "tensor-plan",
          `pad: axis ${i} of ${showShape(dims)} is as long as the leading number of the plan says; pad it outside the plan.`,
          { operation: "pad", shape: showShape(dims), axis: i },
        );
      return own + more + Math.max(0, own - 1) * (interior[i] as number);
    });
    return [{ dtype, dims: out }];
  },
  lower: (emit, [x], [out], { value, low, interior }) => {
    emit.fill(out!, value);
    if (sizeOf(x!.dims) === 0) return;
    const strides = out!.strides.map((stride, i) => stride * ((interior[i] as number) + 1));
    const start = out!.strides.reduce((sum, stride, i) => sum + stride * (low[i] as number), 0);
    emit.copy(x!, viewOperand(out!, { dims: x!.dims, strides, start }, bytesOf(out!.dtype)));
  },
  jvp: ({ tangents: [t], params }) => [t && padded(t, 0, params.low, params.high, params.interior)],
  // Only ever applied to tangents with the value 0.
  transpose: ({ cotangents: [ct], inputs: [x], params: { low, interior } }) => [
    ct &&
      sliced(
        ct,
        low,
        (x as Aval).dims,
        interior.map((gap) => gap + 1),
      ),
  ],
  batch: ({ inputs, params: { value, low, high, interior } }) => [
    padded(inputs[0] as Value, value, [0, ...low], [0, ...high], [0, ...interior]),
  ],
};

/** As {@link WindowParams}, but `extent` is that of the axis that the windows were taken from. */
export type FoldParams = WindowParams;

/**
 * The reverse of `windows`: windows added up where they came from. Along the elements of a window in ascending order, so
 * sums are defined to the bit.
 */
export const fold: Primitive<FoldParams> = {
  name: "fold",
  shapes: ([x], { axis, extent }) => {
    const { dtype, dims } = x as Aval;
    return [{ dtype, dims: [...dims.slice(0, axis), extent, ...dims.slice(axis + 2)] }];
  },
  lower: (emit, [x], [out], { axis, stride, dilation }) => {
    emit.fill(out!, 0);
    const [count, extent] = [x!.dims[axis] as number, x!.dims[axis + 1] as number];
    const dims = out!.dims.map((own, i) => (i === axis ? count : own));
    const strides = [...x!.strides.slice(0, axis + 1), ...x!.strides.slice(axis + 2)];
    if (sizeOf(dims) === 0) return;
    for (let j = 0; j < extent; j++) {
      const start = j * (x!.strides[axis + 1] as number);
      const from = viewOperand(x!, { dims, strides, start }, bytesOf(x!.dtype));
      addTo(emit, from, region(out!, dims, axis, j * dilation, stride));
    }
  },
  jvp: "linear",
  transpose: ({ cotangents: [ct], inputs: [x], params: { axis, stride, dilation } }) => [
    ct && windowsOf(ct, { axis, extent: (x as Aval).dims[axis + 1] as number, stride, dilation }),
  ],
  batch: ({ inputs, params }) => [bindOne(fold, inputs, { ...params, axis: params.axis + 1 })],
};

/** Every `step`-th part of `out` along an axis, from `at` on, of the shape `dims`. */
function region(out: Operand, dims: Shape, axis: number, at: number, step: number): Operand {
  const own = out.strides[axis] as number;
  const strides = out.strides.map((stride, i) => (i === axis ? stride * step : stride));
  return viewOperand(out, { ...layoutOf(out), dims, strides, start: own * at }, bytesOf(out.dtype));
}

function addTo(emit: Emitter, from: Operand, to: Operand): void {
  const dtype: TensorType = to.dtype;
  emit.fuse([to, from], [to], (registers, [a, b]) => [registers.step("add", dtype, dtype, [a as number, b as number])]);
}
