import { component, createWorld, f32, integrate, loadJobs, write } from "../../src/index.ts";
import { copySide } from "../copies.ts";
import type { Side } from "../pairs.ts";
import { atLeast, type Target, type Workload } from "../workload.ts";

const Position = component("Position", { x: f32, y: f32, z: f32 });
const Velocity = component("Velocity", { x: f32, y: f32, z: f32 });
/** A power of two: positions stay exact. */
const DT = 1 / 64;
/** Bytes that are read and written for an entity: 12 of position and 12 of velocity in, 12 of position out. */
const TRAFFIC_BYTES = 36;

/** Worlds of so many entities have large chunks: longer runs of memory, and snapshots that copy more. */
const HUGE = 1_000_000;

function velocities(count: number, axis: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((i * 7 + axis) % 13) - 5);
}

/** `integrate` over the chunks of a world. */
function ours(count: number): Side {
  if (loadJobs().name !== "addon") throw new Error("the addon is not there: build it with npm run setup");
  const world = createWorld({
    components: [Position, Velocity],
    limits: { entities: count },
    chunkRows: count >= HUGE ? 65_536 : 1024,
  });
  world.spawnMany(count, Position, [
    Velocity,
    { x: velocities(count, 0), y: velocities(count, 1), z: velocities(count, 2) },
  ]);
  const query = world.query(write(Position), Velocity);
  return {
    reset() {
      for (const { count: rows, position } of query.chunks())
        for (const axis of [position.x, position.y, position.z]) axis.fill(0, 0, rows);
    },
    run() {
      integrate(query, DT);
      return query.count;
    },
    checksum() {
      let sum = 0;
      for (const { count: rows, position } of query.chunks()) {
        for (let i = 0; i < rows; i++) sum += position.x[i]! + 2 * position.y[i]! + 3 * position.z[i]!;
      }
      return sum;
    },
  };
}

interface Axes {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly z: Float32Array;
}

const loops: Readonly<Record<string, (p: Axes, v: Axes, count: number) => void>> = {
  "plain loop"(p, v, count) {
    const { x, y, z } = p;
    const { x: vx, y: vy, z: vz } = v;
    for (let i = 0; i < count; i++) {
      x[i]! += vx[i]! * DT;
      y[i]! += vy[i]! * DT;
      z[i]! += vz[i]! * DT;
    }
  },
  "plain loop for each axis"(p, v, count) {
    plainAxis(p.x, v.x, count);
    plainAxis(p.y, v.y, count);
    plainAxis(p.z, v.z, count);
  },
  "unrolled loop for each axis"(p, v, count) {
    unrolledAxis(p.x, v.x, count);
    unrolledAxis(p.y, v.y, count);
    unrolledAxis(p.z, v.z, count);
  },
};

function plainAxis(p: Float32Array, v: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) p[i]! += v[i]! * DT;
}

function unrolledAxis(p: Float32Array, v: Float32Array, count: number): void {
  let i = 0;
  for (const end = count - 7; i < end; i += 8) {
    p[i]! += v[i]! * DT;
    p[i + 1]! += v[i + 1]! * DT;
    p[i + 2]! += v[i + 2]! * DT;
    p[i + 3]! += v[i + 3]! * DT;
    p[i + 4]! += v[i + 4]! * DT;
    p[i + 5]! += v[i + 5]! * DT;
    p[i + 6]! += v[i + 6]! * DT;
    p[i + 7]! += v[i + 7]! * DT;
  }
  for (; i < count; i++) p[i]! += v[i]! * DT;
}

function loopSide(name: string, count: number): Side {
  const p: Axes = { x: new Float32Array(count), y: new Float32Array(count), z: new Float32Array(count) };
  const v: Axes = { x: velocities(count, 0), y: velocities(count, 1), z: velocities(count, 2) };
  const loop = loops[name]!;
  return {
    reset() {
      for (const axis of [p.x, p.y, p.z]) axis.fill(0);
    },
    run() {
      loop(p, v, count);
      return count;
    },
    checksum() {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += p.x[i]! + 2 * p.y[i]! + 3 * p.z[i]!;
      return sum;
    },
  };
}

const COPY = "memory.copy with the same traffic";

/** What the sum of all positions is after `runs` runs from zero. */
function expectedSum(count: number, runs: number): number {
  const [x, y, z] = [velocities(count, 0), velocities(count, 1), velocities(count, 2)];
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[i]! + 2 * y[i]! + 3 * z[i]!;
  return sum * DT * runs;
}

function workload(
  name: string,
  count: number,
  group: number,
  target: Target | undefined,
  copy: Target | undefined,
): Workload {
  const plain = Object.keys(loops);
  return {
    name: `integrate, ${name} entities`,
    item: "entity",
    env: { WORLDLOOM_JOBS: "addon" },
    peers: [...plain, COPY],
    judged: plain,
    ...(target === undefined ? {} : { target }),
    ...(copy === undefined ? {} : { targets: { [COPY]: copy } }),
    async pair(peer) {
      const sum = peer === COPY ? expectedSum(count, group) : 0;
      const other = peer === COPY ? copySide((count * TRAFFIC_BYTES) / 2, 1, count, () => sum) : loopSide(peer, count);
      return { ours: ours(count), peer: other, work: count, group };
    },
  };
}

export const integrateWorkloads: readonly Workload[] = [
  workload("10,000", 10_000, 64, atLeast(8), undefined),
  workload("1,000,000", 1_000_000, 4, atLeast(4), undefined),
  workload("8,000,000", 8_000_000, 1, undefined, atLeast(0.9)),
];
