import { WorldloomError } from "../../core/errors.ts";
import { checkNumber, checkValue, optionsOf, wrong } from "../argument.ts";
import { bindOne } from "../bind.ts";
import { fromElements } from "../create.ts";
import type { DType } from "../dtype.ts";
import { cast, part, reduce, reshape } from "../primitive/exact.ts";
import { randomBits, uniform as uniformRow } from "../primitive/source.ts";
import { scope } from "../scope.ts";
import { checkShape, normalAxis, type Shape, shapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { add, cos, floor, less, log, multiply, negative, sqrt, subtract } from "./arithmetic.ts";
import { asValue, type Like } from "./convert.ts";
import { argsort, take } from "./index-by.ts";
import { stack, unstack } from "./join.ts";

/**
 * Random numbers are functions of a key and a shape: element i of a tensor is what Threefry makes of (key, i). Equal keys
 * give equal numbers, so a key is used once, and {@link split} makes new ones of it.
 */

const TWO_PI = 6.283185307179586;

/** A key from a seed: an integer from 0 to 2^53 - 1. */
function key(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new WorldloomError("tensor-value", `random.key: the seed ${seed} is no integer from 0 to 2^53 - 1.`, {
      operation: "random.key",
      seed,
    });
  return fromElements(Int32Array.of(Math.floor(seed / 2 ** 32) | 0, seed | 0), [2]);
}

/** Keys that have nothing to do with each other, nor with further uses of other keys. */
function split(from: Value, count = 2): Value[] {
  return scope(() => unstack(keys(from, count), 0));
}

/** The same as one tensor [count, 2]. */
function keys(from: Value, count: number): Value {
  return scope(() => stack([bits(from, [count], 0), bits(from, [count], 1)], -1));
}

/** A key of its own for each number: `fold(key, step)`. */
function fold(from: Value, by: Like): Value {
  return scope(() => {
    const [high, low] = unstack(from, -1) as [Value, Value];
    const counter = cast(asValue(by, "i32"), "i32");
    // One further application of Threefry, keyed by the key with the number added to its lower word.
    const mixed = stack([high, add(low, counter)], -1);
    return reshape(keys(mixed, 1), [2]);
  });
}

/** 32 random bits for each element, as i32. */
function bits(from: Value, dims: Shape, word: 0 | 1 = 0): Value {
  checkValue("random", "a key", from);
  checkShape("random", dims);
  if (word !== 0 && word !== 1) throw wrong("random.bits", "the word", word, "0 or 1");
  return bindOne(randomBits, [from], { dims, word });
}

export interface UniformOptions {
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: DType;
}

/** In [low, high), which are 0 and 1 unless given: multiples of 2^-24 (f32) or 2^-32 (f64) of the range. */
function uniform(from: Value, dims: Shape, options?: UniformOptions): Value {
  const { low = 0, high = 1, dtype = "f32" } = optionsOf("random.uniform", options, ["low", "high", "dtype"]);
  checkNumber("random.uniform", "low", low);
  checkNumber("random.uniform", "high", high);
  return scope(() => {
    const unit = bindOne(uniformRow, [bits(from, dims)], { dtype });
    return low === 0 && high === 1 ? unit : add(multiply(unit, high - low), low);
  });
}

export interface FloatOptions {
  readonly dtype?: DType;
}

/** Standard normal, by the transformation of Box and Muller. */
function normal(from: Value, dims: Shape, options?: FloatOptions): Value {
  const { dtype = "f32" } = optionsOf("random.normal", options, ["dtype"]);
  return scope(() => {
    const first = bindOne(uniformRow, [bits(from, dims, 0)], { dtype });
    const second = bindOne(uniformRow, [bits(from, dims, 1)], { dtype });
    const radius = sqrt(multiply(log(subtract(1, first)), -2));
    return multiply(radius, cos(multiply(second, TWO_PI)));
  });
}

/** Integers in [low, high): of at most 2^31 - 1 different ones. Their probabilities differ by less than 2^-32. */
function randint(from: Value, dims: Shape, low: number, high: number): Value {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || high - low > 0x7fffffff)
    throw new WorldloomError("tensor-value", `random.randint: [${low}, ${high}) is no range of integers.`, {
      operation: "random.randint",
      low,
      high,
    });
  return scope(() => {
    const unit = bindOne(uniformRow, [bits(from, dims)], { dtype: "f64" });
    return cast(add(floor(multiply(unit, high - low)), low), "i32");
  });
}

/** True with probability `p`, which is broadcast. */
function bernoulli(from: Value, p: Like, dims?: Shape): Value {
  return scope(() => less(uniform(from, dims ?? asValue(p).dims), p));
}

/** An index along an axis, with probabilities in proportion to the exponentials of `logits`. */
function categorical(from: Value, logits: Like, axis = -1): Value {
  return scope(() => {
    const value = asValue(logits);
    const at = normalAxis("random.categorical", axis, value.dims.length);
    const dtype = value.dtype === "f64" ? "f64" : "f32";
    // The largest of the logits, each with its own draw from Gumbel's distribution.
    const gumbel = negative(log(negative(log(uniform(from, value.dims, { dtype })))));
    return reduce("argmax", add(cast(value, dtype), gumbel), [at]);
  });
}

/** 0 to `of - 1` in random order; of a tensor: its parts along axis 0. */
function permutation(from: Value, of: number | Value): Value {
  return scope(() => {
    if (typeof of !== "number") checkValue("random.permutation", "what is permuted", of);
    const count = typeof of === "number" ? of : of.dims[0];
    if (count === undefined) throw shapeError("random.permutation", [[]], "a scalar has nothing to put in order");
    const order = argsort(bits(from, [count]));
    return typeof of === "number" ? order : take(of, order, 0);
  });
}

/** `count` different ones of 0 to `of - 1`. */
function choice(from: Value, of: number, count: number): Value {
  if (!Number.isInteger(count) || count < 0 || count > of)
    throw new WorldloomError("tensor-value", `random.choice: ${count} of ${of} cannot all be different.`, {
      operation: "random.choice",
      count,
      of,
    });
  return scope(() => part(permutation(from, of), 0, 0, count));
}

/** The functions of this page, under names that are also those of other functions. */
export const random = {
  key,
  split,
  keys,
  fold,
  bits,
  uniform,
  normal,
  randint,
  bernoulli,
  categorical,
  permutation,
  choice,
} as const;
