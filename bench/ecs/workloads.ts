import { atLeast, type Target, type Workload } from "../workload.ts";
import { GROUP, type Library, work } from "./library.ts";
import { worldloom, worldloomBulk } from "./worldloom.ts";

const LIBRARIES: Readonly<Record<string, () => Promise<{ library: Library }>>> = {
  "bitecs 0.4": () => import("./bitecs.ts"),
  "bitecs 0.3.40": () => import("./bitecs-0.3.ts"),
  piecs: () => import("./piecs.ts"),
  "wolf-ecs": () => import("./wolf-ecs.ts"),
  miniplex: () => import("./miniplex.ts"),
  koota: () => import("./koota.ts"),
  goodluck: () => import("./goodluck.ts"),
};

/**
 * Libraries that know the values of an entity: components are declared to them with what they hold. The others keep
 * sets of ids, and values are the user's own affair. Targets for changes of structure are against these.
 */
const HOLDS_VALUES: readonly string[] = ["bitecs 0.3.40", "wolf-ecs", "miniplex", "koota"];

type Kind = keyof typeof work;

function workload(
  name: string,
  kind: Kind,
  count: number,
  item: string,
  target: Target,
  group: number,
  ours: Pick<Library, "entityCycle" | "addRemove"> | Library = worldloom,
): Workload {
  return {
    name,
    item,
    peers: Object.keys(LIBRARIES),
    target,
    ...(kind === "entityCycle" || kind === "addRemove" ? { judged: HOLDS_VALUES } : {}),
    async pair(peer) {
      const { library } = await LIBRARIES[peer]!();
      return { ours: (ours as Library)[kind](count), peer: library[kind](count), work: work[kind](count), group };
    },
  };
}

/** The public suite, at its own sizes and with about 100,000 entities in all. */
export const ecsWorkloads: readonly Workload[] = [
  workload("packed_5", "packed5", 1000, "component", atLeast(0.9), GROUP),
  workload("simple_iter", "simpleIter", 1000, "swap", atLeast(0.9), GROUP),
  workload("frag_iter", "fragIter", 100, "component", atLeast(0.9), GROUP),
  workload("packed_5 at 100,000", "packed5", 100_000, "component", atLeast(0.9), GROUP),
  workload("simple_iter at 100,000", "simpleIter", 25_000, "swap", atLeast(0.9), GROUP),
  workload("frag_iter at 100,000", "fragIter", 3846, "component", atLeast(0.9), GROUP),
  workload("entity_cycle", "entityCycle", 1000, "entity", atLeast(1), 1),
  workload("add_remove", "addRemove", 1000, "entity", atLeast(1), 1),
  workload("entity_cycle, bulk", "entityCycle", 1000, "entity", atLeast(5), 1, worldloomBulk),
  workload("add_remove, bulk", "addRemove", 1000, "entity", atLeast(5), 1, worldloomBulk),
];
