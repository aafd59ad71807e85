/** What is put where an argument belongs, to see that it is refused: by kind, a fresh one each. */
export const wrongs: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  text: () => "sideways",
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  negative: () => -1,
  fraction: () => 1.5,
  yes: () => true,
  big: () => 7n,
  list: () => [],
  lists: () => [[], "a"],
  nulls: () => [null],
  object: () => ({ nothing: 1 }),
  function: () => () => 1,
};

/** Where a value lies in lists and plain objects. */
export type Path = readonly (string | number)[];

/** All places in lists (the first three of each) and plain objects. */
export function placesOf(value: unknown, path: Path = []): Path[] {
  const isPlain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  const own = path.length === 0 ? [] : [path];
  if (Array.isArray(value)) return [...own, ...value.slice(0, 3).flatMap((inner, i) => placesOf(inner, [...path, i]))];
  if (!isPlain) return own;
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => placesOf(inner, [...path, name]))];
}

/** The value with another one in one place. */
export function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((inner, i) => (i === first ? replaced(inner, rest, by) : inner));
  const object = value as Record<string, unknown>;
  return { ...object, [first]: replaced(object[first], rest, by) };
}
