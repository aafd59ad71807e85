import type { ApiFunction, ApiParameter } from "../api.ts";
import { ScriptError } from "../host.ts";
import type { ScriptValue } from "../value.ts";

const SHOWN_LENGTH = 40;

/**
 * Checks the arguments of a function that is called `fullName` by scripts. Throws {@link ScriptError}, which names the
 * function, the parameter, what was expected and what came.
 */
export function checkArguments(fullName: string, { parameters }: ApiFunction, values: readonly ScriptValue[]): void {
  for (let i = 0; i < parameters.length; i++) {
    const value = values[i];
    const parameter = parameters[i]!;
    if (value === undefined ? parameter.optional === true || parameter.type === "value" : fits(parameter, value))
      continue;
    throw new ScriptError(
      `${fullName}: ${parameter.name}: expected ${expectation(parameter)}, got ${shown(value, axesOf[parameter.type])}`,
    );
  }
  for (let i = parameters.length; i < values.length; i++) {
    if (values[i] === undefined) continue;
    const count = parameters.length;
    throw new ScriptError(`${fullName}: expected at most ${count} argument${count === 1 ? "" : "s"}, got ${i + 1}`);
  }
}

/** What a parameter takes, in words. */
export function expectation({ type, least, most, oneOf }: ApiParameter): string {
  if (oneOf !== undefined) return `one of ${oneOf.map((one) => JSON.stringify(one)).join(", ")}`;
  const range =
    least === undefined
      ? most === undefined
        ? ""
        : ` of at most ${most}`
      : most === undefined
        ? ` of at least ${least}`
        : ` from ${least} to ${most}`;
  return wording[type] + range;
}

const wording: Readonly<Record<ApiParameter["type"], string>> = {
  number: "a number",
  integer: "an integer",
  boolean: "true or false",
  string: "a string",
  bytes: "a string of bytes",
  entity: "an entity",
  entities: "a list of entities",
  strings: "a list of strings",
  vec3: "a vector { x, y, z }",
  quat: "a rotation { x, y, z, w }",
  hit: "a hit",
  list: "a list",
  table: "a table with names as keys",
  value: "a value",
  nothing: "nothing",
};

/** Whether a value is one that the parameter takes; none is not. */
export function fits({ type, least, most, none, oneOf }: ApiParameter, value: ScriptValue): boolean {
  switch (type) {
    case "number":
      return typeof value === "number" && value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    case "integer":
      return (
        Number.isSafeInteger(value) &&
        (value as number) >= (least ?? -Infinity) &&
        (value as number) <= (most ?? Infinity)
      );
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string" && (oneOf === undefined || oneOf.includes(value));
    case "bytes":
      return typeof value === "string" || value instanceof Uint8Array;
    case "entity":
      return isEntity(value) || (value === 0 && none === true);
    case "entities":
      return isList(value) && value.every(isEntity);
    case "strings":
      return isList(value) && value.every((one) => typeof one === "string");
    case "vec3":
      return (
        isTable(value) &&
        isFiniteNumber(value["x"]) &&
        isFiniteNumber(value["y"]) &&
        (value["z"] === undefined || isFiniteNumber(value["z"]))
      );
    case "quat":
      return (
        isTable(value) &&
        isFiniteNumber(value["x"]) &&
        isFiniteNumber(value["y"]) &&
        isFiniteNumber(value["z"]) &&
        isFiniteNumber(value["w"])
      );
    case "list":
      return isList(value);
    case "table":
      return isTable(value);
    case "value":
      return true;
    default:
      return false;
  }
}

function isFiniteNumber(value: ScriptValue): boolean {
  return typeof value === "number" && value - value === 0;
}

function isEntity(value: ScriptValue): boolean {
  return typeof value === "number" && (value | 0) === value && value !== 0;
}

/** Engines whose empty tables are lists and objects alike pass either for an empty one. */
function isList(value: ScriptValue): value is readonly ScriptValue[] {
  return Array.isArray(value);
}

function isTable(value: ScriptValue): value is { readonly [key: string]: ScriptValue } {
  if (typeof value !== "object" || value instanceof Uint8Array) return false;
  return !Array.isArray(value) || value.length === 0;
}

/** What a table must have to be one of those. */
const axesOf: Partial<Record<ApiParameter["type"], readonly string[]>> = {
  vec3: ["x", "y"],
  quat: ["x", "y", "z", "w"],
};

function shown(value: ScriptValue, axes: readonly string[] = []): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string")
    return JSON.stringify(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}...` : value);
  if (typeof value === "bigint") return `the integer ${value}`;
  if (value instanceof Uint8Array) return "a string of bytes";
  if (Array.isArray(value)) return value.length === 0 ? "an empty table" : "a list";
  if (typeof value !== "object") return String(value);
  const missing = axes.find((axis) => !(axis in value));
  if (missing !== undefined) return `a table without ${missing}`;
  const wrong = ["x", "y", "z", "w"].find(
    (axis) => axes.length > 0 && axis in value && !isFiniteNumber(part(value, axis)),
  );
  return wrong === undefined ? "a table" : `a table whose ${wrong} is ${shown(part(value, wrong))}`;
}

function part(value: ScriptValue, name: string): ScriptValue {
  return (value as { readonly [key: string]: ScriptValue })[name];
}
