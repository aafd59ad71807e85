/** The jobs that a crowd in a city needs: neighbours, separation, distance and flow fields, steering. */
import { randomBits } from "../src/core/prng.ts";
import { elementCode } from "../src/native/element.ts";
import { distanceScratchBytes } from "../src/native/field.ts";
import type { Jobs } from "../src/native/jobs.ts";
import type { Memory } from "../src/native/memory.ts";
import { referenceJobs } from "../src/native/reference/index.ts";
import { spatialInit } from "../src/native/spatial.ts";
import { steerInit } from "../src/native/steer.ts";
import { type Case, MIB } from "./native-case.ts";

const AGENTS = 100_000;
/** Cells a side: 8.5 neighbours within 1 cell. */
const SIDE = 192;
const CELLS = SIDE * SIDE;
const FIELDS = 8;
const NEAREST = 8;

/** Byte offsets. Columns are 1 MiB apart and a few cache lines more, so that they do not compete for the same ones. */
const column = (at: number): number => at * (MIB + 576);
const [x, y, entity, vx, vy] = [column(0), column(1), column(2), column(3), column(4)];
const [goal, pushX, pushY, pushCount, arrived] = [column(5), column(6), column(7), column(8), column(9)];
const INDEX = 16 * MIB;
const SPANS = 32 * MIB;
const PARAMS = SPANS + 64;
const TABLE = SPANS + 128;
const GOALS = SPANS + 192;
const GRID = 33 * MIB;
const DISTANCES = 34 * MIB;
const FLOWS = 35 * MIB;
const OUT = 48 * MIB;
const OUT_MORE = 64 * MIB;
const SCRATCH = 96 * MIB;

export const crowdCases: readonly Case[] = [
  crowdCase("spatialBuild", (jobs, m) => jobs.spatialBuild(m, SPANS, 1, INDEX)),
  {
    ...crowdCase("spatialBuild and spatialOrder, shuffled", (jobs, m) => {
      jobs.spatialBuild(m, SPANS, 1, INDEX);
      jobs.spatialOrder(m, INDEX);
    }),
    prepare: (m) => {
      prepareCrowd(m);
      for (let i = 0; i < AGENTS; i++) m.i32[entity / 4 + i] = Math.imul(i, 0x9e3779b1) & 0xfffff;
    },
  },
  crowdCase("spatialRadius, radius 1", (jobs, m) =>
    jobs.spatialRadius(m, INDEX, x, y, AGENTS, 1, OUT_MORE, OUT, 2_000_000),
  ),
  crowdCase(`spatialNearest, ${NEAREST} within 2`, (jobs, m) =>
    jobs.spatialNearest(m, INDEX, x, y, AGENTS, NEAREST, 2, OUT, OUT_MORE, SCRATCH),
  ),
  crowdCase("spatialPairs, distance 1", (jobs, m) => jobs.spatialPairs(m, INDEX, 1, OUT, 1_000_000)),
  crowdCase("separate, radius 1", (jobs, m) => jobs.separate(m, INDEX, 1, pushX, pushY, pushCount)),
  crowdCase("steer", (jobs, m) => jobs.steer(m, SPANS + 256, 1, PARAMS)),
  fieldCase("distanceField", (jobs, m) => jobs.distanceField(m, GRID, SIDE, SIDE, GOALS, 1, DISTANCES, SCRATCH)),
  fieldCase("flowField", (jobs, m) => jobs.flowField(m, GRID, SIDE, SIDE, DISTANCES, FLOWS)),
];

function crowdCase(name: string, run: (jobs: Jobs, memory: Memory) => unknown): Case {
  return { name: `${name}, ${AGENTS} agents`, work: AGENTS, unit: "agent", prepare: prepareCrowd, run };
}

function fieldCase(name: string, run: (jobs: Jobs, memory: Memory) => unknown): Case {
  return { name: `${name} ${SIDE} x ${SIDE}`, work: CELLS, unit: "cell", prepare: prepareFields, run };
}

/** Agents all over the grid, in an order that has nothing to do with their places, and everything made from them. */
function prepareCrowd(m: Memory): void {
  prepareFields(m);
  const bits = new Uint32Array(2);
  for (let i = 0; i < AGENTS; i++) {
    randomBits(bits, 1, 2, 3, i);
    m.f32[x / 4 + i] = (bits[0]! / 2 ** 32) * SIDE;
    m.f32[y / 4 + i] = (bits[1]! / 2 ** 32) * SIDE;
    m.i32[entity / 4 + i] = i;
    m.u8[goal + i] = i % FIELDS;
  }
  m.u32.set([x, y, entity, AGENTS], SPANS / 4);
  m.u32.set([x, y, vx, vy, goal, elementCode.u8, AGENTS, 0], (SPANS + 256) / 4);
  spatialInit(m, INDEX, { cell: 1, width: SIDE, height: SIDE, capacity: AGENTS });
  referenceJobs.spatialBuild(m, SPANS, 1, INDEX);
  referenceJobs.separate(m, INDEX, 1, pushX, pushY, pushCount);
  const fields = { width: SIDE, height: SIDE, grid: GRID, fields: TABLE, fieldCount: FIELDS };
  const agents = { pushX, pushY, arrived, rows: AGENTS };
  steerInit(m, PARAMS, { ...fields, ...agents, speed: 1, strength: 2, pushMax: 2, dt: 0.1 });
}

/** A grid with one cell in six blocked, and a flow field to each of some goals. */
function prepareFields(m: Memory): void {
  const bits = new Uint32Array(2);
  for (let cell = 0; cell < CELLS; cell++) {
    randomBits(bits, 4, 5, 6, cell);
    m.u8[GRID + cell] = bits[0]! % 6 === 0 ? 0 : 1;
  }
  if (distanceScratchBytes(SIDE, SIDE) > 64 * MIB) throw new Error("the grid needs more scratch");
  const goals = Array.from({ length: FIELDS }, (_, field) => Math.floor(((field + 0.5) / FIELDS) * CELLS));
  for (const cell of goals) m.u8[GRID + cell] = 1;
  for (const [field, cell] of goals.entries()) {
    m.u32[GOALS / 4] = cell;
    m.u32[TABLE / 4 + field] = FLOWS + field * CELLS;
    referenceJobs.distanceField(m, GRID, SIDE, SIDE, GOALS, 1, DISTANCES, SCRATCH);
    referenceJobs.flowField(m, GRID, SIDE, SIDE, DISTANCES, FLOWS + field * CELLS);
  }
}
