import { WorldloomError } from "./errors.ts";

/** Throws `bad-argument` unless `value` is a list: an array or a typed array. */
export function expectList(value: unknown, name: string): void {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return;
  throw badArgument(name, value, "a list");
}

/** Throws `bad-argument` unless `value` is an instance of `kind`. */
export function expectInstance(
  value: unknown,
  kind: abstract new (...parameters: never[]) => object,
  name: string,
  wanted: string,
): void {
  if (!(value instanceof kind)) throw badArgument(name, value, wanted);
}

/** Throws `bad-argument` unless `value` is an object that is not a list. */
export function expectOptions(value: unknown, name: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badArgument(name, value, "an object of options");
}

export function badArgument(name: string, value: unknown, wanted: string): WorldloomError {
  return new WorldloomError("bad-argument", `${name} must be ${wanted}, not ${shown(value)}.`, { [name]: value });
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null
    ? `an object ${Object.prototype.toString.call(value)}`
    : String(value);
}
