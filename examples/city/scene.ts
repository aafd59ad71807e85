import { Arena, loadFile, type Scene, type SceneRun, saveFile } from "../../src/index.ts";
import type { Crowd } from "./crowd.ts";
import { BUNDLED_MAP, type CityFlags, cityFlags } from "./flags.ts";
import { type CityMap, loadMap } from "./map.ts";
import { countAgents, densityPicture, densityThumbnail } from "./picture.ts";
import { City, cityTypesWith, Position } from "./simulation.ts";

/** `worldloom run examples/city`. */
export const scene: Scene = {
  name: "city",
  summary: "agents walk a street map to their destinations, keep apart, arrive and start again",
  flags: cityFlags,
  async create({ values, seed, load, executor }) {
    const { map: path, agents, radius, churn, policy, crowd } = values as CityFlags;
    const map = loadMap(path ?? BUNDLED_MAP);
    // Tensors and animation are loaded for those who ask for them.
    const minds = policy ? await import("./policy.ts") : undefined;
    const bodies = crowd ? await import("./crowd.ts") : undefined;
    const types = cityTypesWith([minds?.policyTypes, bodies?.crowdTypes].filter((one) => one !== undefined));
    const world = load === undefined ? undefined : loadFile(load, { ...types, arena: new Arena() });
    const limits = { map, agents: world?.entityCount ?? agents, seed: world?.seed ?? seed };
    const people = await bodies?.makeCrowd(map);
    const parts = [minds && new minds.CityPolicy(limits), people].filter((one) => one !== undefined);
    const city = new City({ map, agents, seed, radius, churn, executor, parts, ...(world && { world }) });
    await city.simulation.prepare();
    return cityRun(city, map, people);
  },
};

function cityRun(city: City, map: CityMap, crowd: Crowd | undefined): SceneRun {
  const { world } = city;
  let hash = world.hash();
  const counts = (): Uint32Array => {
    const agents = new Uint32Array(map.width * map.height);
    for (const { count, position } of world.query(Position).chunks())
      countAgents(agents, map, position.x, position.y, count);
    return agents;
  };
  return {
    settings: { agents: world.entityCount, map: map.name },
    seed: world.seed,
    jobs: world.jobs,
    simulation: city.simulation,
    step: () => {
      hash = city.step();
    },
    keep: () => {
      const [before, goBack] = [hash, city.keep()];
      return () => {
        goBack();
        hash = before;
      };
    },
    systemMs: () => Object.fromEntries(city.timings),
    figures: () => ({
      arrived: city.arrived,
      moving: city.moving,
      neighboursMean: city.neighboursMean,
      ...crowd?.figures(world),
    }),
    tick: () => world.tick,
    entities: () => world.entityCount,
    bytes: () => city.bytes,
    hash: () => hash,
    picture: () => {
      const title = `${map.name}: ${world.entityCount} agents, tick ${world.tick}`;
      return crowd?.picture(world, title) ?? densityPicture(map, counts(), title);
    },
    thumbnail: (side) => densityThumbnail(map, counts(), side),
    save: (file) => saveFile(world, file),
    dispose: () => city.dispose(),
  };
}
