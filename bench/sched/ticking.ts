import type { World } from "../../src/index.ts";
import type { Side } from "../pairs.ts";

/** Ticks of a world from where it is now, `work` items in each run, checked by its hash. */
export function ticking(world: World, work: number, run: () => void): Side {
  const snapshot = world.snapshot();
  return {
    reset: () => world.restore(snapshot),
    run() {
      run();
      return work;
    },
    checksum: () => Number.parseInt(world.hash().slice(0, 13), 16),
  };
}
