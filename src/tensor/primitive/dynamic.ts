import { WorldloomError } from "../../core/errors.ts";
import { bindOne } from "../bind.ts";
import { shapeError } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { expand, op, put, take, zerosLike } from "./exact.ts";
import { type Primitive, Unknown } from "./primitive.ts";
import { allRepeated, known } from "./rule.ts";
import { iotaOf } from "./source.ts";

export interface DynamicSliceParams {
  readonly axis: number;
  readonly extent: number;
}

/** `extent` elements along an axis, from a start (i32 scalar) that is moved so that they exist. */
export const dynamicSlice: Primitive<DynamicSliceParams> = {
  name: "dynamicSlice",
  shapes: ([source, start], { axis, extent }) => {
    const { dtype, dims } = source as Aval;
    checkStart("dynamicSlice", start as Aval);
    if (extent > (dims[axis] as number))
      throw shapeError("dynamicSlice", [dims], `${extent} elements do not fit axis ${axis}`, axis);
    return [{ dtype, dims: dims.map((own, i) => (i === axis ? extent : own)) }];
  },
  lower: (emit, [source, start], [out], { axis }) => emit.slice(axis, source!, start!, out!),
  jvp: ({ primals: [, start], tangents: [t], params }) => [t && bindOne(dynamicSlice, [t, start as Value], params)],
  transpose: ({ cotangents: [ct], inputs: [source, start], params: { axis } }) => [
    ct && bindOne(dynamicUpdate, [zerosLike(source as Aval), known(start), ct], { axis }),
    undefined,
  ],
  batch: (rule) => {
    const { axis, extent } = rule.params;
    if (rule.batched[1] !== true) return [bindOne(dynamicSlice, rule.inputs, { axis: axis + 1, extent })];
    const [source, start] = allRepeated(rule as never) as [Value, Value];
    const dims = source.dims.map((own, i) => (i === axis + 1 ? extent : own));
    const last = (source.dims[axis + 1] as number) - extent;
    return [take(source, places(start, dims, axis + 1, last), axis + 1, true)];
  },
};

/** The target with a source (of its extents, but for the axis) written from a start on, which is moved so that it fits. */
export const dynamicUpdate: Primitive<{ readonly axis: number }> = {
  name: "dynamicUpdate",
  shapes: ([target, start, source], { axis }) => {
    const { dtype, dims } = target as Aval;
    const { dtype: other, dims: own } = source as Aval;
    checkStart("dynamicUpdate", start as Aval);
    if (dtype !== other)
      throw new WorldloomError("tensor-dtype", `dynamicUpdate: ${other} does not go into ${dtype}; use astype().`, {
        operation: "dynamicUpdate",
        dtypes: [dtype, other],
      });
    if (own.length !== dims.length || own.some((extent, i) => (i === axis ? extent > dims[i]! : extent !== dims[i])))
      throw shapeError("dynamicUpdate", [dims, own], "extents must be equal, along the axis at most as large", axis);
    return [{ dtype, dims }];
  },
  lower: (emit, [target, start, source], [out], { axis }) => {
    emit.copy(target!, out!);
    emit.update(axis, out!, start!, source!);
  },
  jvp: ({ primals: [target, start, source], tangents: [t, , u], params }) => [
    t === undefined && u === undefined
      ? undefined
      : bindOne(
          dynamicUpdate,
          [t ?? zerosLike(target as Value), start as Value, u ?? zerosLike(source as Value)],
          params,
        ),
  ],
  transpose: ({ cotangents: [ct], inputs: [target, start, source], params: { axis } }) => {
    if (ct === undefined) return [undefined, undefined, undefined];
    const at = known(start);
    const extent = (source as Aval).dims[axis] as number;
    return [
      target instanceof Unknown ? bindOne(dynamicUpdate, [ct, at, zerosLike(source as Aval)], { axis }) : undefined,
      undefined,
      source instanceof Unknown ? bindOne(dynamicSlice, [ct, at], { axis, extent }) : undefined,
    ];
  },
  batch: (rule) => {
    const { axis } = rule.params;
    const [target, starts, source] = allRepeated(rule as never) as [Value, Value, Value];
    if (rule.batched[1] !== true)
      return [bindOne(dynamicUpdate, [target, rule.inputs[1] as Value, source], { axis: axis + 1 })];
    const last = (target.dims[axis + 1] as number) - (source.dims[axis + 1] as number);
    const indices = places(starts, source.dims, axis + 1, last);
    return [put(target, indices, source, { kind: "set", axis: axis + 1, along: true })];
  },
};

/** Indices of the elements that each start, in 0..=last, stands for. */
function places(starts: Value, dims: readonly number[], axis: number, last: number): Value {
  const first = op("minimum", op("maximum", starts, 0), last);
  return op("add", expand(first, dims, [0]), iotaOf(dims, axis, "i32"));
}

function checkStart(operation: string, start: Aval): void {
  if (start.dtype === "i32" && start.dims.length === 0) return;
  throw new WorldloomError("tensor-dtype", `${operation}: the start is one i32; use astype(start, "i32").`, {
    operation,
    dtype: start.dtype,
    shape: start.dims,
  });
}
