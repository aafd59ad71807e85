import { WorldloomError } from "../../src/core/errors.ts";
import * as t from "../../src/tensor.ts";
import { type Case, wrongs } from "./misuse-cases.ts";

export type Path = readonly (string | number)[];

/** What went wrong when the place at `path` was filled with the wrong kind; nothing if it was refused as it should be. */
export function misuse(one: Case, path: Path, kind: string): string | undefined {
  const place = `${path.join(".")}=${kind}`;
  if (matches(one.skip, place)) return undefined;
  const live = t.currentArena().live;
  let found: string | undefined;
  t.scope(() => {
    const args = replaced(one.args(), path, (wrongs[kind] as () => unknown)()) as never[];
    const before = t.currentArena().live;
    try {
      one.call(...args);
      if (one.strict && !matches(one.accepts, place)) found = `${place}: accepted`;
    } catch (error) {
      const left = t.currentArena().live - before;
      if (left > 0) found = `${place}: ${left} tensors are left`;
      if (!(error instanceof WorldloomError) && !isOwn(error))
        found = `${place}: ${error instanceof Error ? error.stack?.split("\n").slice(0, 3).join(" | ") : error}`;
    }
    return undefined;
  });
  if (t.currentArena().live > live) found ??= `${place}: ${t.currentArena().live - live} tensors are left in the end`;
  return found;
}

/** Thrown by a function that a case gives, such as a loss. */
function isOwn(error: unknown): boolean {
  return error instanceof Error && (error.stack?.split("\n")[1]?.includes("/test/tensor/misuse-") ?? false);
}

function matches(patterns: readonly string[] | undefined, place: string): boolean {
  const match = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(place);
  return patterns?.some(match) ?? false;
}

/** All places in lists and plain objects. */
export function placesOf(value: unknown, path: Path = []): Path[] {
  const isPlain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  const own = path.length === 0 ? [] : [path];
  if (Array.isArray(value)) return [...own, ...value.slice(0, 3).flatMap((inner, i) => placesOf(inner, [...path, i]))];
  if (!isPlain) return own;
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => placesOf(inner, [...path, name]))];
}

function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((inner, i) => (i === first ? replaced(inner, rest, by) : inner));
  const object = value as Record<string, unknown>;
  return { ...object, [first]: replaced(object[first], rest, by) };
}
