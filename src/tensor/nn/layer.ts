import { checkFunction, checkInteger, wrong } from "../argument.ts";
import { checkType, type DType } from "../dtype.ts";
import type { Tree } from "../tree.ts";
import { Value } from "../value.ts";

/** A part of a model: a recipe for parameters and a function of them. It holds no state itself. */
export interface Layer<P extends Tree = Tree> {
  /** Fresh parameters; the same key (`random.key(seed)`) gives the same ones. */
  init(key: Value): P;
  /** The result for inputs `x`, whose first axes are those of the batch. */
  apply(parameters: P, x: Value): Value;
}

/** A layer, or a plain function, which has no parameters. */
export type LayerLike = Layer<never> | Layer | ((x: Value) => Value);

/** Throws `bad-argument` unless extents of parameters are integers from 1 on. */
export function checkExtents(operation: string, extents: Readonly<Record<string, unknown>>): void {
  for (const [name, extent] of Object.entries(extents)) checkInteger(operation, name, extent, 1, 2 ** 31 - 1);
}

/** Throws unless parameters are made by functions, of an element type. */
export function checkMaking(operation: string, makers: Readonly<Record<string, unknown>>, dtype: DType): void {
  for (const [name, maker] of Object.entries(makers)) checkFunction(operation, name, maker);
  checkType(`${operation} (dtype)`, dtype, ["f64", "f32"]);
}

/** Parameters of a layer. Throws `bad-argument` unless they have these parts. */
export function parametersOf<P extends object>(
  operation: string,
  parameters: P,
  parts: readonly (keyof P & string)[],
): P {
  const isTree = typeof parameters === "object" && parameters !== null && !(parameters instanceof Value);
  if (!isTree || parts.some((part) => parameters[part] === undefined))
    throw wrong(operation, "the parameters", parameters, `what init() gave: ${parts.join(", ")}`);
  return parameters;
}
