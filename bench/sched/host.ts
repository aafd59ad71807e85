import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { type HostedWorld, loop, openWorld } from "../../src/index.ts";
import { median, WorkFault } from "../pairs.ts";
import type { Measured, Workload } from "../workload.ts";
import makeCity from "./hosted-city.ts";

const AGENTS = 100_000;
const HZ = 30;
/** Turns with and without the world, and how long each is. */
const TURNS = 9;
const TURN_MS = 1000;
const DELAY_MS_MAX = 2;
/** Least part of the ticks that must have been made. */
const TICKED = 0.9;

type Figures = Pick<Measured, "ours" | "peer" | "ratio">;

/**
 * The 99th percentile of the event loop's delay in turns without and with what `start` begins: medians over the turns. A
 * sample is taken each millisecond, and that millisecond is part of it.
 */
async function delays(start: () => Promise<void> | void, stop: () => Promise<void> | void): Promise<[number, number]> {
  const [without, during]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    without.push(await delay());
    await start();
    during.push(await delay());
    await stop();
  }
  return [median(without), median(during)];
}

async function delay(): Promise<number> {
  await wait(100);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await wait(TURN_MS);
  histogram.disable();
  return histogram.percentile(99) / 1e6;
}

/** In a thread, beside nothing or beside the same world in this thread. */
async function measureDelay(peer: string, queried: boolean): Promise<Figures> {
  const module = new URL("./hosted-city.ts", import.meta.url);
  await using world = await openWorld({ module, options: { agents: AGENTS }, tickMs: 1000 / HZ });
  const here = await makeCity({ agents: AGENTS });
  await world.step(HZ);
  for (let tick = 0; tick < HZ; tick++) here.step();
  const reading = queried ? readEachTick(world) : undefined;
  const [nothing, ours] = await delays(
    () => world.start(),
    () => world.pause(),
  );
  const { tick, ticks, overruns } = await world.metrics();
  const due = (TURNS * TURN_MS * HZ) / 1000;
  if (ticks - HZ < due * TICKED) throw new WorkFault(`made ${ticks - HZ} of ${due} ticks, ${overruns} dropped`);
  const rows = await reading?.();
  if (rows !== undefined && rows < due * TICKED * AGENTS) throw new WorkFault(`read ${rows} rows of ${due * AGENTS}`);
  let other = nothing;
  if (peer !== NOTHING) {
    const going = loop(here, { tickMs: 1000 / HZ });
    [, other] = await delays(
      () => going.start(),
      () => going.pause(),
    );
    await going.stop();
  }
  await sameWorld(world, tick, here);
  return { ours, peer: other, ratio: other / ours };
}

/** The world in the thread is the one that it would be here. */
async function sameWorld(world: HostedWorld, tick: number, here: Awaited<ReturnType<typeof makeCity>>): Promise<void> {
  while (here.tick < tick) here.step();
  if (here.tick > tick) await world.step(here.tick - tick);
  const [there, hash] = [await world.hash(), here.world.hash()];
  if (there !== hash) throw new WorkFault(`computed ${there} in the thread, ${hash} here`);
}

/** Asks for all positions after each tick; the function that it returns gives the rows that came. */
function readEachTick(world: HostedWorld): () => Promise<number> {
  let rows = 0;
  const ticks = world.ticks();
  const done = (async () => {
    for await (const _ of ticks) rows += (await world.query({ Position: true })).count;
  })();
  return async () => {
    await ticks.return();
    await done;
    return rows;
  };
}

/** How far the last tick in 10 s is from where it should be, and the last call of an interval. */
async function measureDrift(hz: number): Promise<Figures> {
  const tickMs = 1000 / hz;
  const world = { tick: 0, step: () => void world.tick++ };
  const going = loop(world, { tickMs });
  let [ours, peer, calls] = [Number.NaN, Number.NaN, 0];
  const startMs = performance.now();
  const off = (count: number): number => Math.abs(performance.now() - startMs - count * tickMs);
  going.onTick(({ tick }) => {
    // What was dropped is late for ever, and is not made up for.
    ours = off(tick + going.overruns);
  });
  going.start();
  const interval = setInterval(() => {
    peer = off(++calls);
  }, tickMs);
  await wait(10_000);
  clearInterval(interval);
  await going.stop();
  return { ours, peer, ratio: peer / ours };
}

const NOTHING = "no world";

function delayWorkload(name: string, queried: boolean, peers: readonly string[]): Workload {
  return {
    name,
    item: "tick",
    unit: "ms",
    peers,
    targets: { [NOTHING]: { text: `<= ${DELAY_MS_MAX} ms`, met: ({ ours }) => ours <= DELAY_MS_MAX } },
    measure: (peer) => measureDelay(peer, queried),
  };
}

function driftWorkload(hz: number): Workload {
  return {
    name: `distance of a tick from its time after 10 s, ${hz} Hz`,
    item: "tick",
    unit: "ms",
    peers: ["setInterval"],
    measure: () => measureDrift(hz),
  };
}

const CITY = `p99 of the event loop's delay, ${AGENTS.toLocaleString("en-US")} agents in a thread at ${HZ} Hz`;

/** Worlds in a thread of their own, and the loop. */
export const hostWorkloads: readonly Workload[] = [
  delayWorkload(CITY, false, [NOTHING, "the world in this thread"]),
  delayWorkload(`${CITY}, positions read each tick`, true, [NOTHING]),
  driftWorkload(30),
  driftWorkload(60),
];
