import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City } from "../../examples/city/simulation.ts";
import { type Executor, serial } from "../../src/index.ts";
import { type Side, WorkFault } from "../pairs.ts";
import { ticking } from "./ticking.ts";

const BERLIN = fileURLToPath(new URL("../../../shared/data/maps/Berlin_0_256.map", import.meta.url));
/** Ticks before anything is measured: by then the crowd is in motion, and what runs once a tick is compiled well. */
const SETTLED = 400;

/** Orders to the other city; it takes them back when they are done. */
export const order = { none: 0, reset: 1, run: 2 } as const;
const ORDER_MS_MAX = 60_000;

/** What the thread of the other city is given. */
export interface OtherCity {
  /** The order, and from byte 8 on the checksum of the city, as a number of 64 bits. */
  readonly shared: SharedArrayBuffer;
  readonly agents: number;
  /** Ticks that it makes when it is reset, and with each run. */
  readonly half: number;
}

/** A city that has settled. */
async function settledCity(agents: number, executor: Executor): Promise<City> {
  const map = loadMap(existsSync(BERLIN) ? BERLIN : BUNDLED_MAP);
  const one = new City({ map, agents, seed: 1, radius: 1, churn: 0.01, executor });
  await one.simulation.prepare();
  for (let tick = 0; tick < SETTLED; tick++) one.step();
  return one;
}

/** So many ticks of a city that has settled. */
export async function cityTicks(agents: number, ticks: number, executor: Executor): Promise<Side> {
  const city = await settledCity(agents, executor);
  return ticking(city.world, agents * ticks, () => {
    for (let tick = 0; tick < ticks; tick++) city.step();
  });
}

/**
 * The same ticks by two cities at once, each serial and on a thread of its own: this one makes the first half of them, the
 * other the rest. It is what the processors give to threads that share nothing.
 */
export async function halvedTicks(agents: number, ticks: number): Promise<Side> {
  const half = ticks / 2;
  const mine = await cityTicks(agents, half, serial());
  const shared = new SharedArrayBuffer(16);
  const [orders, sums] = [new Int32Array(shared), new Float64Array(shared)];
  const workerData: OtherCity = { shared, agents, half };
  new Worker(new URL("other-city.ts", import.meta.url), { workerData }).unref();
  const give = (one: number): void => {
    Atomics.store(orders, 0, one);
    Atomics.notify(orders, 0);
  };
  const finish = (one: number): void => {
    if (Atomics.wait(orders, 0, one, ORDER_MS_MAX) === "timed-out")
      throw new WorkFault("the other city does not answer");
  };
  let begun = 0;
  return {
    reset() {
      mine.reset!();
      give(order.reset);
      finish(order.reset);
      begun = sums[1]!;
    },
    run() {
      give(order.run);
      const made = mine.run();
      finish(order.run);
      return made * 2;
    },
    checksum() {
      if (mine.checksum() !== begun) throw new WorkFault("the other city did not begin where this one ends");
      return sums[1]!;
    },
  };
}
