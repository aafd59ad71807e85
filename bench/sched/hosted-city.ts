import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City } from "../../examples/city/simulation.ts";
import type { Simulation } from "../../src/index.ts";

/** The city, wherever it is to live. */
export default async function makeCity({ agents }: { agents: number }): Promise<Simulation> {
  const { simulation } = new City({ map: loadMap(BUNDLED_MAP), agents, seed: 1, radius: 1, churn: 0.01 });
  await simulation.prepare();
  return simulation;
}
