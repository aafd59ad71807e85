import type { ApiParameter } from "../api.ts";
import { VALUE_COUNT_MAX } from "../value.ts";

/** Parameters that many functions have. */
export const whose: ApiParameter = {
  name: "entity",
  type: "entity",
  doc: "Whose; left out, the script's own.",
  optional: true,
};

const COUNT_DEFAULT = 1_000;

export const count: ApiParameter = {
  name: "count",
  type: "integer",
  doc: `At most so many; left out, ${COUNT_DEFAULT}.`,
  optional: true,
  least: 1,
  most: VALUE_COUNT_MAX,
};

export function countOf(value: unknown): number {
  return (value as number | undefined) ?? COUNT_DEFAULT;
}
