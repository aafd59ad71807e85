import type { Frame } from "../frame.ts";
import type { Local } from "./code.ts";
import { Gathers, type Lookups } from "./gather.ts";
import { Sightings } from "./sighting.ts";
import type { Values } from "./values.ts";

/** Without locators only for rows that the vector `valid` has. */
export function lookupsOf(values: Values, frame: Frame, valid: Local): Lookups {
  const isLocated = values.options.located === true && values.plan.program.gathers.length > 0;
  return isLocated ? new Sightings(values, frame) : new Gathers(values, frame, valid);
}
