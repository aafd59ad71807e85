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

/** What is wrong with an argument of the wrong kind. */
export function wrong(operation: string, name: string, value: unknown, expected: string): WorldloomError {
  const kind = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  return new WorldloomError("bad-argument", `${operation}: ${name} must be ${expected}, not ${kind}.`, {
    operation,
    argument: name,
  });
}
