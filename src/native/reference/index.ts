import type { Jobs } from "../jobs.ts";
import { copy } from "./copy.ts";
import { distanceField } from "./distance.ts";
import { flowField } from "./flow.ts";
import { hash } from "./hash.ts";
import { integrate } from "./integrate.ts";

/** The jobs as obvious loops: the specification, and what runs where the addon does not. */
export const referenceJobs: Jobs = {
  name: "reference",
  release() {},
  copy,
  distanceField,
  flowField,
  hash,
  integrate,
};
