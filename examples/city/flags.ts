import { fileURLToPath } from "node:url";
import type { FlagValues } from "../../src/index.ts";

/** Flags of the city, besides those of every scene. */
export const cityFlags = {
  map: { kind: "file", summary: "street map in the .map format; without it the bundled one" },
  agents: {
    kind: "integer",
    min: 1,
    max: 4_000_000,
    default: 10_000,
    summary: "agents that walk at the same time; a world from --load has its own",
  },
  radius: { kind: "number", min: 0.05, max: 16, default: 1, summary: "how far agents keep apart, in cells" },
  churn: {
    kind: "number",
    min: 0,
    max: 1,
    default: 0.01,
    summary: "share of agents that despawn and respawn each tick",
  },
  crowd: {
    kind: "switch",
    summary: "agents are figures that stand, walk and run; shots are tested against their bones",
  },
  policy: {
    kind: "switch",
    summary: "a small neural network decides how fast each agent goes; of a world from --load, too",
  },
} as const;

export type CityFlags = FlagValues<typeof cityFlags>;

/** The map that is used when no other is asked for. */
export const BUNDLED_MAP: string = fileURLToPath(new URL("bundled.map", import.meta.url));
