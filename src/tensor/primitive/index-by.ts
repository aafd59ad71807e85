import { WorldloomError } from "../../core/errors.ts";
import { type PutKind, putKinds } from "../../native/tensor/format.ts";
import { putTypes } from "../../native/tensor/step-types.ts";
import { checkType, isFloat } from "../dtype.ts";
import { type Shape, sameShape, shapeError } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { cast, expand, moveAxis, op, put as putAt, reshape, sumOf, take as taken, zerosLike } from "./exact.ts";
import { type Primitive, Unknown } from "./primitive.ts";
import { typesIn } from "./reduce.ts";
import { allRepeated, known } from "./rule.ts";
import { linearIota } from "./source.ts";

export interface TakeParams {
  readonly axis: number;
  /** Indices have the shape of the result: each element is taken from its own place on the other axes. */
  readonly along: boolean;
}

/** Parts of the source along an axis: the axis is replaced by those of the indices (i32). */
export const take: Primitive<TakeParams> = {
  name: "take",
  shapes: ([source, indices], { axis, along }) => {
    const { dtype, dims } = source as Aval;
    return [{ dtype, dims: updateShape("take", dims, indices as Aval, axis, along) }];
  },
  lower: (emit, [source, indices], [out], { axis, along }) =>
    along ? emit.takeAlong(axis, source!, indices!, out!) : emit.take(axis, source!, indices!, out!),
  jvp: ({ primals: [, indices], tangents: [t], params: { axis, along } }) => [
    t && taken(t, indices as Value, axis, along),
  ],
  transpose: ({ cotangents: [ct], inputs: [source, indices], params }) => [
    ct && putAt(zerosLike(source as Aval), known(indices), ct, { kind: "add", ...params }),
    undefined,
  ],
  batch: (rule) => {
    const { axis, along } = rule.params;
    const [source, indices] = rule.inputs as [Value, Value];
    if (along) {
      const [a, b] = allRepeated(rule as never) as [Value, Value];
      return [taken(a, b, axis + 1, true)];
    }
    if (rule.batched[1] !== true) return [taken(source, indices, axis + 1)];
    if (rule.batched[0] !== true) return [moveAxis(taken(source, indices, axis), axis, 0)];
    const [a, b] = [source, spread(indices, source.dims, axis, rule.size)];
    const result = [...source.dims.slice(0, axis + 1), ...indices.dims.slice(1), ...source.dims.slice(axis + 2)];
    return [reshape(taken(a, b, axis + 1, true), result)];
  },
};

export interface PutParams extends TakeParams {
  readonly kind: PutKind;
}

/**
 * The target with parts along an axis replaced by, or combined with, updates: the reverse of {@link take}. Where an index
 * comes more than once, updates follow each other in row-major order.
 */
export const put: Primitive<PutParams> = {
  name: "put",
  shapes: ([target, indices, updates], { axis, along, kind }) => {
    const { dtype, dims } = target as Aval;
    checkType(`put ${kind}`, dtype, typesIn(putTypes[putKinds.indexOf(kind)] as number));
    if ((updates as Aval).dtype !== dtype)
      throw new WorldloomError(
        "tensor-dtype",
        `put: updates are ${(updates as Aval).dtype}, the target is ${dtype}; convert with astype(updates, "${dtype}").`,
        { operation: "put", dtypes: [dtype, (updates as Aval).dtype] },
      );
    const expected = updateShape("put", dims, indices as Aval, axis, along);
    if (!sameShape(expected, (updates as Aval).dims))
      throw shapeError("put", [expected, (updates as Aval).dims], "updates must have the shape that take() would give");
    return [{ dtype, dims }];
  },
  lower: (emit, [target, indices, updates], [out], { axis, along, kind }) => {
    emit.copy(target!, out!);
    if (along) emit.putAlong(kind, axis, out!, indices!, updates!);
    else emit.put(kind, axis, out!, indices!, updates!);
  },
  jvp: ({ primals, tangents: [t, , u], outputs: [out], params }) => {
    const [target, indices, updates] = primals as [Value, Value, Value];
    if ((t === undefined && u === undefined) || !isFloat(target.dtype)) return [undefined];
    const { kind, axis, along } = params;
    if (kind === "set" || kind === "add")
      return [putAt(t ?? zerosLike(target), indices, u ?? zerosLike(updates), params)];
    // Those that are equal to the result share the tangent.
    const add = { ...params, kind: "add" } as const;
    const kept = cast(op("equal", target, out as Value), target.dtype);
    const won = cast(op("equal", updates, taken(out as Value, indices, axis, along)), target.dtype);
    const count = putAt(kept, indices, won, add);
    const winners = sumOf(
      t && op("multiply", t, kept),
      u && putAt(zerosLike(target), indices, op("multiply", u, won), add),
    );
    return [op("divide", winners as Value, count)];
  },
  transpose: ({ cotangents: [ct], inputs: [target, index, updates], params }) => {
    if (ct === undefined) return [undefined, undefined, undefined];
    const { kind, axis, along } = params;
    const indices = known(index);
    const own = updates as Aval;
    let toTarget: Value | undefined;
    let toUpdates: Value | undefined;
    if (target instanceof Unknown)
      toTarget = kind === "add" ? ct : putAt(ct, indices, zerosLike(own), { kind: "set", axis, along });
    if (updates instanceof Unknown) {
      toUpdates = taken(ct, indices, axis, along);
      if (kind === "set") {
        // Only the last update of a place has reached the result.
        const numbers = linearIota(own.dims);
        const places = putAt(zerosLike({ dtype: "i32", dims: ct.dims }), indices, numbers, {
          kind: "set",
          axis,
          along,
        });
        toUpdates = op("select", op("equal", taken(places, indices, axis, along), numbers), toUpdates, 0);
      }
    }
    return [toTarget, undefined, toUpdates];
  },
  batch: (rule) => {
    const { axis, along, kind } = rule.params;
    const indices = rule.inputs[1] as Value;
    const [target, repeated, updates] = allRepeated(rule as never) as [Value, Value, Value];
    if (along) return [putAt(target, repeated, updates, { kind, axis: axis + 1, along })];
    if (rule.batched[1] !== true) return [putAt(target, indices, updates, { kind, axis: axis + 1, along })];
    const spreadIndices = spread(indices, target.dims, axis, rule.size);
    return [putAt(target, spreadIndices, reshape(updates, spreadIndices.dims), { kind, axis: axis + 1, along: true })];
  },
};

/**
 * Indices [size, ...] for axis `axis` of each of `size` parts, as indices along axis `axis + 1` of all of `dims`: so
 * that they are checked against the part that they belong to.
 */
function spread(indices: Value, dims: Shape, axis: number, size: number): Value {
  const count = indices.dims.slice(1).reduce((product, extent) => product * extent, 1);
  const flat = reshape(indices, [size, count]);
  const out = dims.map((own, i) => (i === axis + 1 ? count : own));
  return expand(flat, out, [0, axis + 1]);
}

/** What `take` gives. */
function updateShape(operation: string, dims: Shape, indices: Aval, axis: number, along: boolean): Shape {
  if (indices.dtype !== "i32")
    throw new WorldloomError(
      "tensor-dtype",
      `${operation}: indices are ${indices.dtype}, not i32; convert with astype(indices, "i32").`,
      { operation, dtype: indices.dtype },
    );
  if (!along) return [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)];
  if (indices.dims.length !== dims.length || indices.dims.some((own, i) => i !== axis && own !== dims[i]))
    throw shapeError(operation, [dims, indices.dims], `indices along axis ${axis} must fit the other axes`, axis);
  return indices.dims;
}
