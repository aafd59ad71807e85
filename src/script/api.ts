import type { Capability } from "./capability.ts";
import type { HostScope } from "./scope.ts";
import type { ScriptValue } from "./value.ts";

/**
 * What parameters and results of the API are. `vec3` is `{ x, y, z }` (as a parameter without z it has 0), `quat`
 * `{ x, y, z, w }`, `hit` `{ entity, distance, point, normal }`, `table` an object, `list` a list of any values, `value` any
 * {@link ScriptValue}. Entities are integers; those that a call has spawned are negative until it ends.
 */
export const API_TYPES = [
  "number",
  "integer",
  "boolean",
  "string",
  "bytes",
  "entity",
  "entities",
  "strings",
  "vec3",
  "quat",
  "hit",
  "list",
  "table",
  "value",
  "nothing",
] as const;
export type ApiType = (typeof API_TYPES)[number];

export interface ApiParameter {
  readonly name: string;
  readonly type: ApiType;
  readonly doc: string;
  /** Left out, it is undefined. Only the last ones can be optional. */
  readonly optional?: boolean;
  /** Least and greatest value of a number or integer, inclusive. */
  readonly least?: number;
  readonly most?: number;
  /** An entity that may be 0, which is none. */
  readonly none?: boolean;
  /** The only values of a string. */
  readonly oneOf?: readonly string[];
}

/** One function that scripts can call, defined once for all engines. */
export interface ApiFunction {
  readonly name: string;
  readonly doc: string;
  readonly parameters: readonly ApiParameter[];
  readonly returns: ApiType;
  /** Whether the result can be missing. */
  readonly nullable?: boolean;
  /** Needed besides those that every script has. */
  readonly capability?: Capability;
  /** Gets values that were checked: parameters that are left out at the end are missing or undefined. */
  run(scope: HostScope, ...values: readonly ScriptValue[]): ScriptValue;
}

export interface ApiNamespace {
  readonly name: string;
  readonly doc: string;
  readonly functions: readonly ApiFunction[];
}

/** A function with its full name, such as `World.near`; its number is its position in the list of all. */
export interface NumberedFunction {
  readonly fullName: string;
  readonly namespace: ApiNamespace;
  readonly function: ApiFunction;
}

/** The functions of all namespaces, in the order by which engines number them from 0. */
export function functionsOf(api: readonly ApiNamespace[]): readonly NumberedFunction[] {
  return api.flatMap((namespace) =>
    namespace.functions.map((fn) => ({ fullName: `${namespace.name}.${fn.name}`, namespace, function: fn })),
  );
}
