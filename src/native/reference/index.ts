import type { Jobs } from "../jobs.ts";
import { checkedSlice, checkedThreads } from "../threads.ts";
import { animPoses } from "./anim/poses.ts";
import { animSkin } from "./anim/skin.ts";
import { compact } from "./compact.ts";
import { contentHash } from "./content-hash.ts";
import { copy } from "./copy.ts";
import { diff } from "./diff.ts";
import { distanceField } from "./distance.ts";
import { flowField } from "./flow.ts";
import { hash } from "./hash.ts";
import { integrate } from "./integrate.ts";
import { prefixSum } from "./prefix-sum.ts";
import { propagate } from "./propagate.ts";
import { random } from "./random.ts";
import { sample } from "./sample.ts";
import { sortByKey } from "./sort-by-key.ts";
import { spatialBuild } from "./spatial-build.ts";
import { spatialNearest } from "./spatial-nearest.ts";
import { spatialOrder } from "./spatial-order.ts";
import { spatialPairs } from "./spatial-pairs.ts";
import { spatialRadius } from "./spatial-radius.ts";
import { separate } from "./spatial-separate.ts";
import { steer } from "./steer.ts";
import { tensorDrop, tensorOnce, tensorPlan, tensorRelease, tensorRun } from "./tensor/index.ts";

/** The jobs as obvious loops: the specification, and what runs where the addon does not. */
export const referenceJobs: Jobs = {
  name: "reference",
  release: tensorRelease,
  threads: (count) => Math.min(checkedThreads(count), 1),
  wake: (count) => Math.min(checkedThreads(count), 1),
  rest() {},
  timeSlice: (microseconds) => Math.min(checkedSlice(microseconds), 0),
  animPoses,
  animSkin,
  compact,
  contentHash,
  copy,
  diff,
  distanceField,
  flowField,
  hash,
  integrate,
  prefixSum,
  propagate,
  random,
  sample,
  separate,
  sortByKey,
  spatialBuild,
  spatialNearest,
  spatialOrder,
  spatialPairs,
  spatialRadius,
  steer,
  tensorDrop,
  tensorOnce,
  tensorPlan,
  tensorRun,
};
