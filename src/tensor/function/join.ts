import { WorldloomError } from "../../core/errors.ts";
import { checkList } from "../argument.ts";
import { promote } from "../dtype.ts";
import { cast, concatenate, part, reshape } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { normalAxis, sameShape, shapeError } from "../shape.ts";
import type { Value } from "../value.ts";
import { asValue, type Like, own } from "./convert.ts";
import { expandDims, flatten } from "./view.ts";

/** The tensors one after the other along an axis; null: all of them flat. */
export function concat(parts: readonly Like[], axis: number | null = 0): Value {
  return scope(() => {
    const values = sameType("concat", parts);
    if (axis === null) return own(concatenate(values.map(flatten), 0), ...parts);
    const rank = (values[0] as Value).dims.length;
    return own(concatenate(values, normalAxis("concat", axis, rank)), ...parts);
  });
}

/** The tensors, of one shape, along a new axis. */
export function stack(parts: readonly Like[], axis = 0): Value {
  return scope(() => {
    const values = sameType("stack", parts);
    const [{ dims }] = values as [Value];
    for (const value of values)
      if (!sameShape(dims, value.dims)) throw shapeError("stack", [dims, value.dims], "shapes must be equal");
    const at = normalAxis("stack", axis, dims.length + 1);
    return concatenate(
      values.map((value) => expandDims(value, at)),
      at,
    );
  });
}

/** Views of the parts of an axis: so many equal ones, or those that begin at the given places (and at 0). */
export function split(x: Like, parts: number | readonly number[], axis = 0): Value[] {
  const value = asValue(x);
  const at = normalAxis("split", axis, value.dims.length);
  const extent = value.dims[at] as number;
  if (typeof parts !== "number") checkList("split", "parts", parts);
  if (typeof parts === "number" && (!Number.isInteger(parts) || parts < 1 || extent % parts !== 0))
    throw shapeError("split", [value.dims], `axis ${at} is not ${parts} equal parts`, at);
  const starts =
    typeof parts === "number" ? Array.from({ length: parts }, (_, i) => (i * extent) / parts) : [0, ...parts];
  return starts.map((start, i) => {
    const end = starts[i + 1] ?? extent;
    if (!Number.isInteger(start) || start < 0 || end < start || end > extent)
      throw shapeError(
        "split",
        [value.dims],
        `places [${starts.slice(1).map(String)}] are not ascending in axis ${at}`,
        at,
      );
    return part(value, at, start, end - start);
  });
}

/** Views of the single elements of an axis, which is gone from them. */
export function unstack(x: Like, axis = 0): Value[] {
  const value = asValue(x);
  const at = normalAxis("unstack", axis, value.dims.length);
  return Array.from({ length: value.dims[at] as number }, (_, i) =>
    scope(() => {
      const one = part(value, at, i, 1);
      return reshape(
        one,
        one.dims.filter((_, j) => j !== at),
      );
    }),
  );
}

function sameType(operation: string, parts: readonly Like[]): Value[] {
  checkList(operation, "what is joined", parts);
  if (parts.length === 0)
    throw new WorldloomError("tensor-shape", `${operation}: there is nothing to join; pass at least one tensor.`, {
      operation,
    });
  const values = parts.map((one) => asValue(one));
  const dtype = values.map((value) => value.dtype).reduce(promote);
  return values.map((value) => cast(value, dtype));
}
