/** Prints one line that stands for every state hash of some worlds: `node bench/sched/hashes.ts WORLD THREADS [TICKS]`. */
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City } from "../../examples/city/simulation.ts";
import { type Executor, parallel, serial, simulate } from "../../src/index.ts";
import { crowdSystems, crowdWorld } from "../../test/sched/crowd.ts";

const [world, threads, ticks] = process.argv.slice(2);
/** 0 is the serial executor. */
const makeExecutor = (): Executor =>
  threads === "0" ? serial() : parallel({ threads: Number(threads), eager: world === "crowd", commandBytes: 1 << 20 });
let chain = 0;
const take = (hash: string): void => {
  for (const unit of hash) chain = (Math.imul(chain, 31) + unit.charCodeAt(0)) | 0;
};
let last = "";
if (world === "crowd") {
  for (let run = 1; run <= 10; run++) {
    const crowd = crowdWorld({ seed: run });
    await using simulation = await simulate(crowd, crowdSystems(), { executor: makeExecutor() });
    for (let tick = 0; tick < Number(ticks ?? 100); tick++) {
      simulation.step();
      last = crowd.hash();
      take(last);
    }
    crowd.dispose();
  }
} else {
  const map = loadMap(BUNDLED_MAP);
  const city = new City({ map, agents: 20_000, seed: 1, radius: 1, churn: 0.01, executor: makeExecutor() });
  await city.simulation.prepare();
  for (let tick = 0; tick < Number(ticks ?? 300); tick++) {
    last = city.step();
    take(last);
  }
  await city.simulation.close();
  city.dispose();
}
console.log(`${last} ${chain >>> 0}`);
