import { WorldloomError } from "../../core/errors.ts";

/** Whether a version such as `1.2.3` is in a range such as `1.2`, `=1.2.3`, `>=1.2 <2` or `^1.2` (up to the next major one). */
export function versionFits(version: string, range: string): boolean {
  const have = numbersOf(version);
  return range
    .trim()
    .split(/\s+/)
    .every((part) => {
      const [, sign = "", text = ""] = /^(>=|<=|>|<|=|\^)?(.*)$/.exec(part) ?? [];
      const want = numbersOf(text);
      const order = compare(have, want);
      switch (sign) {
        case ">=":
          return order >= 0;
        case "<=":
          return order <= 0;
        case ">":
          return order > 0;
        case "<":
          return order < 0;
        case "^":
          return order >= 0 && have[0] === want[0];
        default:
          return compare(have.slice(0, want.length), want) === 0;
      }
    });
}

/** Throws `script-invalid` if the text is no version. */
export function numbersOf(version: string): number[] {
  if (/^\d{1,9}(\.\d{1,9}){0,2}$/.test(version)) return version.split(".").map(Number);
  throw new WorldloomError("script-invalid", `"${version}" is no version: write one such as 1.2.3`, { version });
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
