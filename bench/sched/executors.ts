import {
  Arena,
  createWorld,
  type Executor,
  kernel,
  loadJobs,
  parallel,
  type Simulation,
  serial,
  simulate,
  system,
} from "../../src/index.ts";
import { median, type Side, WorkFault } from "../pairs.ts";
import { atLeast, type Measured, type Workload } from "../workload.ts";
import { parts, queries } from "./bodies.ts";
import { cityTicks, halvedTicks } from "./city.ts";
import { ticking } from "./ticking.ts";

const THREADS = 2;
/** Each makes half of the ticks. */
const HALVED = "two serial cities at once";

/** One tick of a simulation. */
function tickOf(simulation: Simulation, work: number): Side {
  return ticking(simulation.world, work, () => simulation.step());
}

const ENTITIES = 1_000_000;
const SYSTEMS = 64;

/** 64 systems whose entities are computed: about 60 operations each. */
const turns = parts.map((part, i) =>
  kernel(`turn${i}`, { write: [part] }, (p) => {
    const a = Math.sin(p.x) + Math.cos(p.y);
    const b = Math.exp(-a * a) * 0.5;
    p.x = a * 0.75 + b;
    p.y = Math.sin(b + p.y) - a * 0.25;
  }),
);
/** The same number of systems that do next to nothing with what they load and store: four floats in, two out. */
const moves = parts.map((part, i) =>
  kernel(`move${i}`, { write: [part], read: [parts[(i + 1) % parts.length]!] }, (to, from) => {
    to.x += from.x * 0.5;
    to.y -= from.y * 0.25;
  }),
);
/** Columns of floats that are copied for each such system: as many bytes are loaded and stored. */
const COPIED = 3;

const bodiesUrl = new URL("./bodies.ts", import.meta.url).href;

/** Systems with modules, in chunks of the usual length. */
async function modules(executor: Executor, entities: number): Promise<Simulation> {
  const world = createWorld({ components: parts, arena: new Arena() });
  world.spawnMany(entities, ...parts.map((part) => [part, { y: (row: number) => (row % 64) / 16 }] as const));
  const systems = queries.map((query, i) =>
    system(`system${i}`, { query, module: { url: bodiesUrl, export: `spin${i}` } }),
  );
  const simulation = await simulate(world, systems, { executor });
  for (let tick = 0; tick < 200; tick++) simulation.step();
  return simulation;
}

async function many(
  executor: Executor,
  kernels: readonly (typeof turns)[number][],
  entities = ENTITIES,
  count = SYSTEMS,
): Promise<Simulation> {
  const world = createWorld({
    components: parts,
    arena: new Arena(),
    chunkRows: 65_536,
    limits: { entities: 2 ** 20 },
  });
  world.spawnMany(
    entities,
    ...parts.map((part, i) => [part, { x: (row: number) => ((row * 31 + i) % 1024) / 256, y: i }] as const),
  );
  for (const one of kernels) one.prepare(world);
  const systems = Array.from({ length: count }, (_, i) => kernels[i % kernels.length]!.system({ name: `system${i}` }));
  const simulation = await simulate(world, systems, { executor });
  simulation.step();
  return simulation;
}

/** As many bytes as the adding systems load and store, copied by as many threads. */
function copiedBytes(): Side {
  const jobs = loadJobs();
  const { memory } = new Arena();
  const bytes = 4 * ENTITIES;
  const columns = parts.length * 2;
  memory.grow(Math.ceil((columns * bytes + 65_536) / 65_536) + 1);
  const spans = 64;
  const cut = 64;
  for (let i = 0; i < columns * ENTITIES; i++) memory.f32[16_384 + i] = i % 1000;
  return {
    run() {
      jobs.wake(THREADS);
      for (let s = 0; s < SYSTEMS; s++) {
        for (let c = 0; c < COPIED; c++) {
          const to = 65_536 + ((s * 2 + c) % columns) * bytes;
          const from = 65_536 + ((s * 2 + COPIED + c) % columns) * bytes;
          for (let i = 0; i < cut; i++) {
            const at = (spans + i * 12) >>> 2;
            const part = bytes / cut;
            memory.u32[at] = to + i * part;
            memory.u32[at + 1] = from + i * part;
            memory.u32[at + 2] = part;
          }
          jobs.copy(memory, spans, cut);
        }
      }
      jobs.rest();
      jobs.threads(1);
      return ENTITIES * SYSTEMS;
    },
    checksum: () => 1,
  };
}

const idle = (name: string) => system(name, { run: () => {} });

/** Nanoseconds that a system with nothing to do adds to a tick. */
async function idleNs(executor: Executor): Promise<number> {
  const world = createWorld({ components: parts, arena: new Arena() });
  world.spawnMany(100, ...parts.slice(0, 2));
  const counts = [1, 1001];
  const simulations = await Promise.all(
    counts.map(async (count, i) => {
      const systems = Array.from({ length: count }, (_, s) => idle(`idle${s}`));
      return simulate(world, systems, { executor: i === 1 ? executor : serial() });
    }),
  );
  const TICKS = 40;
  const timed = (simulation: Simulation): number => {
    const start = performance.now();
    for (let tick = 0; tick < TICKS; tick++) simulation.step();
    return ((performance.now() - start) * 1e6) / TICKS;
  };
  const found: number[] = [];
  for (let turn = 0; turn < 60; turn++) {
    const [few, lots] = simulations.map(timed) as [number, number];
    if (turn >= 10) found.push((lots - few) / (counts[1]! - counts[0]!));
  }
  for (const simulation of simulations) await simulation.close();
  if (world.tick !== 60 * TICKS * 2) throw new WorkFault(`made ${world.tick} ticks`);
  return median(found);
}

async function measureIdle(make: () => Executor, limit: number): Promise<Pick<Measured, "ours" | "peer" | "ratio">> {
  const ours = await idleNs(make());
  return { ours, peer: limit, ratio: limit / ours };
}

const within = (limit: number, text: string) => ({ text, met: ({ ours }: Measured) => ours <= limit });

/** Small worlds gain nothing from threads, and should lose nothing. */
function small(
  what: string,
  entities: number,
  makeOf: (executor: Executor, entities: number) => Promise<Simulation>,
): Workload {
  return {
    name: `8 systems with ${what}, ${entities.toLocaleString("en-US")} entities, ${THREADS} threads`,
    item: "entity",
    peers: ["serial"],
    target: atLeast(0.95),
    async pair() {
      const make = async (executor: Executor): Promise<Side> => tickOf(await makeOf(executor, entities), entities * 8);
      const [ours, peer] = [await make(parallel({ threads: THREADS })), await make(serial())];
      return { ours, peer, work: entities * 8, group: 10 };
    },
  };
}
const smallKernels = (entities: number) => small("kernels", entities, (by, count) => many(by, turns, count, 8));
const smallModules = (entities: number) => small("modules", entities, modules);

export const executorWorkloads: readonly Workload[] = [
  {
    name: `city, 100,000 agents, ${THREADS} threads`,
    item: "agent",
    peers: ["serial", HALVED],
    targets: { serial: atLeast(1.6) },
    async pair(name) {
      const [agents, ticks] = [100_000, 10];
      const ours = await cityTicks(agents, ticks, parallel({ threads: THREADS }));
      const peer = name === HALVED ? await halvedTicks(agents, ticks) : await cityTicks(agents, ticks, serial());
      return { ours, peer, work: agents * ticks };
    },
  },
  {
    name: `64 systems that compute, 1,000,000 entities, ${THREADS} threads`,
    item: "entity",
    peers: ["serial"],
    target: atLeast(1.7),
    async pair() {
      const make = async (executor: Executor): Promise<Side> => tickOf(await many(executor, turns), ENTITIES * SYSTEMS);
      const [ours, peer] = [await make(parallel({ threads: THREADS })), await make(serial())];
      return { ours, peer, work: ENTITIES * SYSTEMS };
    },
  },
  {
    name: `64 systems that add, 1,000,000 entities, ${THREADS} threads`,
    item: "entity",
    itemBytes: 24,
    peers: ["serial", `memory copy by ${THREADS} threads`],
    targets: { [`memory copy by ${THREADS} threads`]: atLeast(0.9) },
    async pair(name) {
      const make = async (executor: Executor): Promise<Side> => tickOf(await many(executor, moves), ENTITIES * SYSTEMS);
      const ours = await make(parallel({ threads: THREADS }));
      if (name === "serial") return { ours, peer: await make(serial()), work: ENTITIES * SYSTEMS, group: 4 };
      // Copies have no world: what is compared is the time for the same bytes.
      return { ours: { ...ours, checksum: () => 1 }, peer: copiedBytes(), work: ENTITIES * SYSTEMS, group: 4 };
    },
  },
  smallKernels(100),
  smallKernels(1000),
  smallKernels(10_000),
  smallModules(100),
  smallModules(2500),
  smallModules(10_000),
  {
    name: "a system with nothing to do, serial",
    item: "system",
    peers: ["the limit"],
    target: within(300, "<= 0.3 us"),
    measure: () => measureIdle(serial, 300),
  },
  {
    name: "a system with nothing to do, parallel",
    item: "system",
    peers: ["the limit"],
    target: within(1000, "<= 1 us"),
    measure: () => measureIdle(() => parallel({ threads: THREADS }), 1000),
  },
];
