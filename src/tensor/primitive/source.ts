import { bindOne } from "../bind.ts";
import { type DType, isFloat } from "../dtype.ts";
import type { Operand } from "../operand.ts";
import type { Registers } from "../registers.ts";
import { contiguousStrides, type Shape, shapeError } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { expand, repeatFirst } from "./exact.ts";
import type { Primitive } from "./primitive.ts";

export interface IotaParams {
  readonly dims: Shape;
  /** The axis that is counted along; -1: the number of each element in row-major order. */
  readonly axis: number;
  readonly dtype: DType;
}

/** What `iota` of the format calls the row-major number of an element. */
const LINEAR = 255;

/** 0, 1, 2, ... along an axis. */
export const iota: Primitive<IotaParams> = {
  name: "iota",
  shapes: (_, { dims, dtype }) => [{ dtype, dims }],
  lower: (emit, _, [out], { axis, dtype }) =>
    emit.fuse([], [out!], (registers) => [registers.step("iota", dtype, dtype, [], axis < 0 ? LINEAR : axis)]),
  jvp: "none",
  transpose: "never",
  batch: ({ size, params }) => [repeatFirst(bindOne(iota, [], params), size)],
};

/** Indices along one axis of `dims`, the same for all other axes: in the memory of one axis. */
export function iotaOf(dims: Shape, axis: number, dtype: DType): Value {
  const line = bindOne(iota, [], { dims: [dims[axis] as number], axis: 0, dtype });
  return expand(line, dims, [axis]);
}

/** The number of each element in row-major order. */
export function linearIota(dims: Shape): Value {
  return bindOne(iota, [], { dims, axis: -1, dtype: "i32" });
}

export interface RandomBitsParams {
  readonly dims: Shape;
  /** Which of the two words that Threefry gives: 0 or 1. */
  readonly word: number;
}

/**
 * 32 random bits (i32) for each element, which depend on the key (two i32, the last axis) and the element's number alone. A
 * key with more axes gives a tensor for each of its keys.
 */
export const randomBits: Primitive<RandomBitsParams> = {
  name: "randomBits",
  shapes: ([key], { dims }) => {
    const { dtype, dims: own } = key as Aval;
    if (dtype !== "i32" || own.at(-1) !== 2) throw shapeError("random", [own], "a key is two i32: make one with key()");
    return [{ dtype: "i32", dims: [...own.slice(0, -1), ...dims] }];
  },
  lower: (emit, [key], [out], { dims, word }) => {
    const keys = key!.dims.length - 1;
    const of = (which: number): Operand => ({
      ...key!,
      dims: out!.dims,
      strides: out!.dims.map((_, i) => (i < keys ? (key!.strides[i] as number) : 0)),
      offset: key!.offset + 4 * which * (key!.strides[keys] as number),
    });
    emit.fuse([of(0), of(1)], [out!], (registers, [high, low]) => {
      const counter = keys === 0 ? registers.step("iota", "i32", "i32", [], LINEAR) : count(registers, keys, dims);
      return [registers.step("random", "i32", "i32", [high as number, low as number, counter], word)];
    });
  },
  jvp: "none",
  transpose: "never",
  batch: ({ inputs, params }) => [bindOne(randomBits, inputs, params)],
};

/** Bits (i32) as multiples of 2^-24 (f32) or 2^-32 (f64) in [0, 1). */
export const uniform: Primitive<{ readonly dtype: DType }> = {
  name: "uniform",
  shapes: ([bits], { dtype }) => {
    if (!isFloat(dtype)) throw shapeError("uniform", [(bits as Aval).dims], `numbers in [0, 1) are f32 or f64`);
    return [{ dtype, dims: (bits as Aval).dims }];
  },
  steps: (registers, [bits], { dtype }) => registers.step("uniform", dtype, dtype, [bits as number]),
  jvp: "none",
  transpose: "never",
  batch: ({ inputs, params }) => [bindOne(uniform, inputs, params)],
};

/** The row-major number of an element in the axes behind the first `skipped`. */
function count(registers: Registers, skipped: number, dims: Shape): number {
  let sum = registers.constant(0, "i32");
  contiguousStrides(dims).forEach((stride, i) => {
    const index = registers.step("iota", "i32", "i32", [], skipped + i);
    const term = registers.step("multiply", "i32", "i32", [index, registers.constant(stride, "i32")]);
    sum = registers.step("add", "i32", "i32", [sum, term]);
  });
  return sum;
}
