import { wrong } from "../argument.ts";
import { type DType, isFloat, promote, promoteNumber } from "../dtype.ts";
import { executeElementwise } from "../eager.ts";
import type { ElementwiseName } from "../primitive/elementwise.ts";
import { cast, expand, op } from "../primitive/exact.ts";
import { broadcast, type Shape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { Literal, Tracer, Value } from "../value.ts";

/** What operations take where they take a tensor. A number has the type of what it meets: see {@link commonType}. */
export type Like = Value | number | boolean;

/** A value; a number becomes a literal of `dtype`, or f32, a boolean one of bool. */
export function asValue(x: Like, dtype?: DType): Value {
  if (x instanceof Value) return x;
  if (typeof x === "boolean") return new Literal(x ? 1 : 0, dtype ?? "bool");
  if (typeof x !== "number") throw wrong("tensors", "an operand", x, "a tensor, a number or a boolean");
  return new Literal(x, dtype ?? "f32");
}

/** The type in which an operation on these is computed: NumPy's, where numbers adapt to the tensors beside them. */
export function commonType(...inputs: readonly Like[]): DType {
  let dtype: DType | undefined;
  for (const input of inputs) {
    if (typeof input === "number") continue;
    const own = input instanceof Value ? input.dtype : "bool";
    dtype = dtype === undefined ? own : promote(dtype, own);
  }
  for (const input of inputs)
    if (typeof input === "number") dtype = dtype === undefined ? "f32" : promoteNumber(dtype, input);
  return dtype ?? "f32";
}

/** The float type of functions that give floats: i32 needs f64, the smaller integers f32. */
export function floatOf(dtype: DType): DType {
  return isFloat(dtype) ? dtype : dtype === "i32" ? "f64" : "f32";
}

/** A value of a float type: see {@link floatOf}. */
export function asFloat(x: Like): Value {
  const value = asValue(x);
  return cast(value, floatOf(value.dtype));
}

/**
 * An elementwise operation by the rules for users: operands of `types` (one for each input), shapes broadcast. Without
 * tracers that is one pass over the elements, whatever has to be cast or repeated.
 */
export function elementwiseOf(name: ElementwiseName, inputs: readonly Value[], types: readonly DType[]): Value {
  let traced = false;
  for (let i = 0; i < inputs.length; i++) if (inputs[i] instanceof Tracer) traced = true;
  if (!traced) return executeElementwise(name, inputs, types);
  const dims = inputs.reduce<Shape>((shape, input) => broadcast(name, shape, input.dims), []);
  return op(
    name,
    ...inputs.map((input, i) => {
      const dtype = types[i] as DType;
      if (input instanceof Literal) return new Literal(input.value, dtype);
      return broadcastValue(cast(input, dtype), dims);
    }),
  );
}

/** `x` expanded to `dims`, whose last axes it has. */
export function broadcastValue(x: Value, dims: Shape): Value {
  const skipped = dims.length - x.dims.length;
  return expand(
    x,
    dims,
    x.dims.map((_, i) => skipped + i),
  );
}

/** A tensor, or a number as one, of the given type. */
export function castValue(x: Like, dtype: DType): Value {
  return x instanceof Value ? cast(x, dtype) : asValue(x, dtype);
}

/**
 * `out`, as a tensor of its own where it is one of the tensors that went in: so that disposing a result never disposes an
 * argument.
 */
export function own(out: Value, ...inputs: readonly Like[]): Value {
  return out instanceof Tensor && inputs.includes(out) ? out.view(out.dims, out.strides, out.offset) : out;
}
