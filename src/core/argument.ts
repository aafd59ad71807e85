import { WorldloomError } from "./errors.ts";

/** Throws `bad-argument` unless `value` is a list: an array or a typed array. */
export function expectList(value: unknown, name: string): void {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) return;
  throw badArgument(name, value, "a list");
}

/** Throws `bad-argument` unless `value` is a list of numbers; NaN is one. */
export function expectNumbers(value: unknown, name: string): void {
  expectList(value, name);
  // Typed arrays hold nothing else, but for those of bigints.
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) throw badArgument(name, value, NUMBERS);
  if (!Array.isArray(value)) return;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "number") throw badArgument(name, value, NUMBERS);
}

const NUMBERS = "a list of numbers";

/** Throws `bad-argument` unless `value` is a function. */
export function expectFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw badArgument(name, value, "a function");
}

/** Throws `bad-argument` unless `value` is a number; NaN is one. */
export function expectNumber(value: unknown, name: string): void {
  if (typeof value !== "number") throw badArgument(name, value, "a number");
}

/** Throws `bad-argument` unless `value` is an integer of at least 0. */
export function expectCount(value: unknown, name: string): void {
  if (!Number.isInteger(value) || (value as number) < 0) throw badArgument(name, value, "an integer of at least 0");
}

/** Throws `bad-argument` unless the named parts of some options are numbers or left out. */
export function expectNumberOptions<T extends object>(options: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) if (options[name] !== undefined) expectNumber(options[name], `options.${name}`);
}

/** Throws `bad-argument` unless the named parts of some options are true, false or left out. */
export function expectFlags<T extends object>(options: T, names: readonly (keyof T & string)[], of = "options"): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "boolean")
      throw badArgument(`${name} of ${of}`, value, "true or false");
  }
}

/** Throws `bad-argument` unless the named parts of some options are texts or left out. */
export function expectTextOptions<T extends object>(
  options: T,
  names: readonly (keyof T & string)[],
  of = "options",
): void {
  for (const name of names) if (options[name] !== undefined) expectText(options[name], `${name} of ${of}`);
}

/** Throws `bad-argument` unless `value` is a text. */
export function expectText(value: unknown, name: string): void {
  if (typeof value !== "string") throw badArgument(name, value, "a text");
}

/** Throws `bad-argument` unless `value` is an instance of `kind`. */
export function expectInstance(
  value: unknown,
  kind: { [Symbol.hasInstance](value: unknown): boolean },
  name: string,
  wanted: string,
): void {
  if (!(value instanceof kind)) throw badArgument(name, value, wanted);
}

/**
 * Throws `bad-argument` unless `value` is an object that is not a list, and has nothing but the `known` properties if they
 * are given.
 */
export function expectOptions<T extends object>(value: T, name: string, known?: Known<T>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badArgument(name, value, "an object of options");
  if (known === undefined) return;
  for (const key in value) {
    if (Object.hasOwn(known, key)) continue;
    throw new WorldloomError(
      "bad-argument",
      `There is no ${key.slice(0, 40)} in ${name}; there are ${Object.keys(known).join(", ")}.`,
      { [name]: key },
    );
  }
}

/** The properties of some options, all of them. */
export type Known<T> = { readonly [K in keyof Required<T>]: true };

export function badArgument(name: string, value: unknown, wanted: string): WorldloomError {
  return new WorldloomError("bad-argument", `${name} must be ${wanted}, not ${shown(value)}.`, { [name]: value });
}

/** What a message says of a value that may be of any kind. */
export function said(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 200) : shown(value);
}

/** A value for a message; texts in quotes. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? objectShown(value) : String(value);
}

/** What is declared by its name, other objects by their class. */
function objectShown(value: object): string {
  if (Array.isArray(value)) return "a list";
  const { is, name } = value as { readonly is?: unknown; readonly name?: unknown };
  if (typeof is === "string" && typeof name === "string") return `the ${is} ${name.slice(0, 40)}`;
  const kind: unknown = value.constructor?.name;
  if (typeof kind !== "string" || kind === "" || kind === "Object") return "an object";
  return `${/^(?!u)[aeiou]/i.test(kind) ? "an" : "a"} ${kind.slice(0, 40)}`;
}
