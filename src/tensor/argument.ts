import { WorldloomError } from "../core/errors.ts";
import { Value } from "./value.ts";

/** Throws `bad-argument` unless `value` is a list: for callers whose types nobody checked. */
export function checkList(operation: string, name: string, value: unknown): void {
  if (!Array.isArray(value)) throw wrong(operation, name, value, "a list");
}

/** Throws `bad-argument` unless `value` is a text. */
export function checkText(operation: string, name: string, value: unknown): void {
  if (typeof value !== "string") throw wrong(operation, name, value, "a text");
}

/** Throws `bad-argument` unless `value` is a function. */
export function checkFunction(operation: string, name: string, value: unknown): void {
  if (typeof value !== "function") throw wrong(operation, name, value, "a function");
}

/** Throws `bad-argument` unless `value` is a tensor, or stands for one. */
export function checkValue(operation: string, name: string, value: unknown): void {
  if (!(value instanceof Value)) throw wrong(operation, name, value, "a tensor");
}

/** Throws `bad-argument` unless `value` is a number from `low` to `high`: any finite one unless they are given. */
export function checkNumber(
  operation: string,
  name: string,
  value: unknown,
  low = -Number.MAX_VALUE,
  high = Number.MAX_VALUE,
): void {
  if (typeof value !== "number" || !(value >= low && value <= high))
    throw outside(operation, name, value, "a number", low, high);
}

/** Throws `bad-argument` unless `value` is an integer from `low` to `high`. */
export function checkInteger(
  operation: string,
  name: string,
  value: unknown,
  low: number,
  high = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high)
    throw outside(operation, name, value, "an integer", low, high);
}

/** Throws `bad-argument` unless `value` is true or false. */
export function checkBoolean(operation: string, name: string, value: unknown): void {
  if (typeof value !== "boolean") throw wrong(operation, name, value, "true or false");
}

/** Throws `bad-argument` unless `value` is an object with these methods. */
export function checkMethods(operation: string, name: string, value: unknown, methods: readonly string[]): void {
  const object = value as Record<string, unknown>;
  const has = typeof value === "object" && value !== null && methods.every((m) => typeof object[m] === "function");
  if (!has) throw wrong(operation, name, value, `an object with ${methods.map((one) => `${one}()`).join(" and ")}`);
}

/** Options that were given, or none. Throws `bad-argument` for what is no object, and for names that do not exist. */
export function optionsOf<T extends object>(operation: string, options: T | undefined, names: readonly (keyof T)[]): T {
  if (options === undefined) return {} as T;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw wrong(operation, "options", options, "an object");
  for (const name of Object.keys(options))
    if (!names.includes(name as keyof T))
      throw new WorldloomError(
        "bad-argument",
        `${operation}: there is no option ${name}; there are ${names.join(", ")}.`,
        { operation, option: name },
      );
  return options;
}

function outside(
  operation: string,
  name: string,
  value: unknown,
  kind: string,
  low: number,
  high: number,
): WorldloomError {
  if (typeof value !== "number") return wrong(operation, name, value, kind);
  const from = low > -Number.MAX_VALUE ? ` from ${low}` : "";
  const range = high < Number.MAX_SAFE_INTEGER ? `${from} to ${high}` : from === "" ? " that is finite" : `${from} on`;
  return new WorldloomError("bad-argument", `${operation}: ${name} is ${value}; it must be ${kind}${range}.`, {
    operation,
    argument: name,
    value,
  });
}

/** What is wrong with an argument of the wrong kind. */
export function wrong(operation: string, name: string, value: unknown, expected: string): WorldloomError {
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  return new WorldloomError("bad-argument", `${operation}: ${name} must be ${expected}, not ${kind}.`, {
    operation,
    argument: name,
  });
}
