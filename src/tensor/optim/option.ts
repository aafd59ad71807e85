import { WorldloomError } from "../../core/errors.ts";

/** Throws `bad-argument` unless `value` is a number from `low` to `high`. */
export function checkRange(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new WorldloomError("bad-argument", `${name} is ${value}; it must be a number from ${low} to ${high}.`, {
    [name]: value,
  });
}
