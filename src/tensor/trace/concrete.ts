import { WorldloomError } from "../../core/errors.ts";
import { currentArena } from "../arena.ts";
import { wrong } from "../argument.ts";
import { showShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { Literal, Value } from "../value.ts";
import { JvpTracer } from "./jvp.ts";

/**
 * The tensor that a value is, to read elements of it. Throws `tensor-traced` for tracers, but for those on the tape of
 * `watch`, where all values are known.
 */
export function concrete(operation: string, value: Value): Tensor {
  if (value instanceof Tensor) return value;
  if (value instanceof Literal) return scalar(value);
  if (value instanceof JvpTracer && value.trace.readable) return concrete(operation, value.primal);
  if (!(value instanceof Value)) throw wrong(operation, "an argument", value, "a tensor");
  throw new WorldloomError(
    "tensor-traced",
    `${operation}: a ${value.dtype} ${showShape(value.dims)} has no elements yet while its function is differentiated, batched or compiled; return it and read the result, choose with where() or cond() instead of if, and repeat with scan() or whileLoop().`,
    { operation, dtype: value.dtype, shape: showShape(value.dims) },
  );
}

/** A number as a tensor of rank 0. */
export function scalar(literal: Literal): Tensor {
  const tensor = Tensor.empty(literal.dtype, [], currentArena());
  tensor.elements()[0] = literal.value;
  return tensor;
}
