import type { Capability } from "./capability.ts";
import type { HostScope } from "./scope.ts";
import type { ScriptValue } from "./value.ts";

/** What parameters and results of the API are. `vec3` is `{ x, y, z }`, `value` any {@link ScriptValue}. */
export type ApiType =
  | "number"
  | "integer"
  | "boolean"
  | "string"
  | "bytes"
  | "entity"
  | "entities"
  | "vec3"
  | "value"
  | "table"
  | "nothing";

export interface ApiParameter {
  readonly name: string;
  readonly type: ApiType;
  readonly doc: string;
  /** Left out, it is undefined. Only the last ones can be optional. */
  readonly optional?: boolean;
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
  run(scope: HostScope, ...values: readonly ScriptValue[]): ScriptValue;
}

export interface ApiNamespace {
  readonly name: string;
  readonly doc: string;
  readonly functions: readonly ApiFunction[];
}
