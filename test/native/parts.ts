import { expect } from "vitest";
import { SKIN_DUAL_QUATERNION, SKIN_NORMALISE } from "../../src/native/anim/skin-format.ts";
import { elementCode, elementTypes } from "../../src/native/element.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import type { Memory } from "../../src/native/memory.ts";
import { spatialBytes, spatialInit } from "../../src/native/spatial.ts";
import { steerInit } from "../../src/native/steer.ts";
import { clearScratch, float } from "./points.ts";
import { skinScene } from "./skins.ts";

/** Pages of a memory that holds the operands of any case. */
export const PAGES = 192;
const MIB = 1 << 20;

/** Words that have nothing to do with each other. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

/** Counts of rows that add up to `rows`: some long, many of odd lengths, some empty. */
function lengths(rows: number, next: () => number): number[] {
  const counts: number[] = [];
  for (let left = rows; left > 0; ) {
    const longest = [0, 1, 100, 1024, 1024, 20_000][next() % 6]!;
    const count = Math.min(left, longest === 0 ? 0 : 1 + (next() % longest));
    counts.push(count);
    left -= count;
  }
  return counts;
}

/** A job on generated operands, with enough rows for several parts. */
export interface Case {
  readonly name: string;
  /** Rows of a small input, which runs on one thread or few, and of a large one. */
  readonly rows: readonly [number, number];
  /** Writes operands for so many rows, and gives the call. */
  prepare(memory: Memory, rows: number, next: () => number): (jobs: Jobs, memory: Memory) => unknown;
}

/** Columns of `bytes` bytes a row one after the other from 1 MiB on; each starts on a cache line. */
function columns(rows: number, bytes: readonly number[]): number[] {
  let at = MIB;
  return bytes.map((size) => {
    const start = at;
    at = Math.ceil((at + size * rows) / 64) * 64;
    return start;
  });
}

function fillWords(memory: Memory, offset: number, count: number, next: () => number): void {
  for (let i = 0; i < count; i++) memory.u32[offset / 4 + i] = next();
}

/** Records at offset 0, one for each length: `record(first, count)` gives its words. */
function records(
  memory: Memory,
  counts: readonly number[],
  record: (first: number, count: number) => readonly number[],
): number {
  let first = 0;
  let word = 0;
  for (const count of counts) {
    const words = record(first, count);
    memory.u32.set(words, word);
    word += words.length;
    first += count;
  }
  expect(word * 4).toBeLessThan(MIB);
  return counts.length;
}

/** An index over points most of which lie in the grid, some at the same place, on its border, outside, nowhere. */
function crowd(memory: Memory, rows: number, next: () => number): { index: number; end: number; counts: number[] } {
  const counts = lengths(rows, next);
  const [x, y, entity, index] = columns(rows, [4, 4, 4, 0]) as [number, number, number, number];
  const side = 10 + (next() % 60);
  const odd = [NaN, Infinity, -Infinity, -3, 1e30, side, side + 0.5, 0, float(1)];
  const place = () => (next() % 50 === 0 ? odd[next() % odd.length]! : (next() / 2 ** 32) * (side + 1) - 0.5);
  for (let i = 0; i < rows; i++) {
    const same = i > 0 && next() % 20 === 0;
    memory.f32[x / 4 + i] = same ? memory.f32[x / 4 + i - 1]! : place();
    memory.f32[y / 4 + i] = same ? memory.f32[y / 4 + i - 1]! : place();
    memory.i32[entity / 4 + i] = Math.imul(i, 0x9e3779b1);
  }
  const count = records(memory, counts, (first, size) => [x + 4 * first, y + 4 * first, entity + 4 * first, size]);
  expect(count).toBe(counts.length);
  const grid = { cell: 1, width: side, height: side, capacity: rows + 3 };
  spatialInit(memory, index, grid);
  return { index, end: Math.ceil((index + spatialBytes(grid)) / 64) * 64, counts };
}

function crowdCase(
  name: string,
  rows: readonly [number, number],
  run: (jobs: Jobs, memory: Memory, index: number, rows: number, end: number) => unknown,
): Case {
  return {
    name,
    rows,
    prepare: (memory, count, next) => {
      const { index, end, counts } = crowd(memory, count, next);
      return (jobs, m) => {
        jobs.spatialBuild(m, 0, counts.length, index);
        const result = run(jobs, m, index, count, end);
        clearScratch(m, index);
        return result;
      };
    },
  };
}

const x = MIB;
const yOf = (rows: number): number => columns(rows, [4, 4])[1]!;

export const cases: readonly Case[] = [
  {
    name: "integrate",
    rows: [150_000, 600_000],
    prepare: (memory, rows, next) => {
      const [to, from] = columns(rows, [4, 4]) as [number, number];
      for (let i = 0; i < rows * 2; i++) memory.f32[to / 4 + i] = next() % 1000 === 0 ? NaN : next() / 2 ** 20 - 2000;
      const count = records(memory, lengths(rows, next), (first, size) => [to + 4 * first, from + 4 * first, size]);
      return (jobs, m) => jobs.integrate(m, 0, count, 0.1);
    },
  },
  {
    name: "integrate, records that need each other",
    rows: [150_000, 600_000],
    prepare: (memory, rows, next) => {
      const [to] = columns(rows, [4, 4]) as [number];
      for (let i = 0; i < rows * 2; i++) memory.f32[to / 4 + i] = next() / 2 ** 20 - 2000;
      // Each record reads what the one before it wrote.
      const size = rows / 10;
      const counts = Array<number>(19).fill(size);
      const count = records(memory, counts, (first) => [to + 4 * (first + size), to + 4 * first, size]);
      return (jobs, m) => jobs.integrate(m, 0, count, 0.5);
    },
  },
  {
    name: "copy",
    rows: [300_000, 3_000_000],
    prepare: (memory, rows, next) => {
      const [to, from] = columns(rows, [1, 1]) as [number, number];
      fillWords(memory, from, rows >> 2, next);
      const count = records(memory, lengths(rows, next), (first, size) => [to + first, from + first, size]);
      return (jobs, m) => jobs.copy(m, 0, count);
    },
  },
  {
    name: "copy, one record over another",
    rows: [300_000, 3_000_000],
    prepare: (memory, rows, next) => {
      const [to] = columns(rows, [1, 1]) as [number];
      fillWords(memory, to, rows >> 1, next);
      const count = records(memory, lengths(rows, next), (first, size) => [to + first, to + first + 5, size]);
      return (jobs, m) => jobs.copy(m, 0, count);
    },
  },
  {
    name: "hash",
    rows: [60_000, 500_000],
    prepare: (memory, rows, next) => {
      const [values, out] = columns(rows, [8, 0]) as [number, number];
      fillWords(memory, values, rows * 2, next);
      const counts = lengths(rows, next);
      counts.push(0);
      const count = records(memory, counts, (first, size) => [values + 8 * first, size, next() % elementTypes.length]);
      return (jobs, m) => jobs.hash(m, 0, count, out);
    },
  },
  {
    name: "contentHash",
    rows: [60_000, 300_000],
    prepare: (memory, rows, next) => {
      const [values, entity, out] = columns(rows, [16, 4, 0]) as [number, number, number];
      fillWords(memory, values, rows * 5, next);
      const counts = lengths(rows, next);
      const count = records(memory, counts, (first, size) => [
        entity + 4 * first,
        values + 16 * first,
        size,
        next() % elementTypes.length,
        1 + (next() % 2),
        next(),
      ]);
      return (jobs, m) => jobs.contentHash(m, 0, count, out);
    },
  },
  ...([0, 3, 1000, 1_000_000] as const).map((capacity): Case => {
    return {
      name: `diff, room for ${capacity}`,
      rows: [60_000, 300_000],
      prepare: (memory, rows, next) => {
        const [a, b, out] = columns(rows, [12, 12, 0]) as [number, number, number];
        fillWords(memory, a, rows * 3, next);
        memory.copy(b, a, rows * 12);
        for (let i = 0; i < rows; i += next() % (i > rows / 2 ? 40_000 : 50)) memory.u32[b / 4 + i * 3]! ^= 1;
        const size = () => [4, 12, 3, 8][next() % 4]!;
        const count = records(memory, lengths(rows, next), (first, n) => [a + 12 * first, b + 12 * first, n, size()]);
        return (jobs, m) => jobs.diff(m, 0, count, out, Math.min(capacity, rows));
      },
    };
  }),
  {
    name: "random",
    rows: [20_000, 100_000],
    prepare: (memory, rows, next) => {
      const [ids, out] = columns(rows, [4, 8]) as [number, number];
      fillWords(memory, ids, rows, next);
      return (jobs, m) => jobs.random(m, out, ids, rows, 1, 2, 3);
    },
  },
  ...[0, 0.01, 0.6, 1].map((probability): Case => {
    return {
      name: `sample, ${probability}`,
      rows: [30_000, 200_000],
      prepare: (memory, rows, next) => {
        const [ids, out] = columns(rows, [4, 4]) as [number, number];
        fillWords(memory, ids, rows, next);
        const count = records(memory, lengths(rows, next), (first, size) => [ids + 4 * first, size]);
        return (jobs, m) => jobs.sample(m, 0, count, 1, 2, 3, probability, out, rows);
      },
    };
  }),
  crowdCase("spatialBuild", [10_000, 50_000], () => 0),
  crowdCase("spatialOrder", [4_000, 40_000], (jobs, m, index) => jobs.spatialOrder(m, index)),
  ...[0, 2_000, 1_000_000].map((capacity) =>
    crowdCase(`spatialRadius, room for ${capacity}`, [200, 3_000], (jobs, m, index, rows, end) =>
      jobs.spatialRadius(m, index, x, yOf(rows), rows, 1.5, end, end + 4 * rows + 4, capacity),
    ),
  ),
  crowdCase("spatialNearest", [100, 2_000], (jobs, m, index, rows, end) =>
    jobs.spatialNearest(m, index, x, yOf(rows), rows, 5, 2, end, end + 20 * rows, end + 40 * rows),
  ),
  ...[0.5, 1, 1.7].map((radius) =>
    crowdCase(`separate, radius ${radius}`, [3_000, 15_000], (jobs, m, index, rows, end) =>
      jobs.separate(m, index, radius, end, end + 4 * rows, end + 8 * rows),
    ),
  ),
  ...[0, SKIN_NORMALISE, SKIN_DUAL_QUATERNION].map(skinCase),
  steerCase("steer", (first) => first),
  steerCase("steer, records with the same running rows", (first) => first % 100),
  {
    name: "flowField",
    rows: [20_000, 250_000],
    prepare: (memory, cells, next) => {
      const [grid, distances, out] = columns(cells, [1, 4, 1]) as [number, number, number];
      const width = 1 + (next() % 300);
      const height = Math.floor(cells / width);
      for (let i = 0; i < cells; i++) {
        memory.u8[grid + i] = next() % 5 === 0 ? 0 : 1;
        memory.u32[distances / 4 + i] = next() % 7 === 0 ? 0xffffffff : (next() % 9) * 100_000;
      }
      return (jobs, m) => jobs.flowField(m, grid, width, height, distances, out);
    },
  },
];

function skinCase(flags: number): Case {
  return {
    name: `animSkin, flags ${flags}`,
    rows: [9_000, 50_000],
    prepare: (memory, rows, next) => {
      const instances = 3;
      const groups = [0.05, 0.4, 0.3, 0.2, 0.05].map((share) => Math.floor((rows * share) / instances));
      // 1 to 2, or -2 to -1.
      const bits = () => (((next() & 1) << 31) | 0x3f800000 | (next() >>> 9)) >>> 0;
      const scene = { groups, joints: 40, instances, flags, targets: 2, rigid: true, bits, next };
      const { records } = skinScene(memory, MIB, scene);
      return (jobs, m) => jobs.animSkin(m, records, instances);
    },
  };
}

function steerCase(name: string, runningRow: (first: number) => number): Case {
  return {
    name,
    rows: [3_000, 30_000],
    prepare: (memory, rows, next) => {
      const counts = lengths(rows, next).map((count) => Math.min(count, rows - 100));
      const total = counts.reduce((sum, count) => sum + count, 0);
      const sizes = [4, 4, 4, 4, 4, 4, 4, 1, 0];
      const [px, py, vx, vy, goal, pushX, pushY, arrived, fields] = columns(rows, sizes) as [
        ...[number, number, number, number, number, number, number, number, number],
      ];
      const side = 40;
      const [grid, table, params] = [fields + 4 * side * side, fields + 5 * side * side, fields + 5 * side * side + 64];
      for (let i = 0; i < rows; i++) {
        memory.f32[px / 4 + i] = next() % 100 === 0 ? NaN : (next() / 2 ** 32) * 42 - 1;
        memory.f32[py / 4 + i] = (next() / 2 ** 32) * 42 - 1;
        memory.f32[pushX / 4 + i] = next() / 2 ** 30 - 2;
        memory.f32[pushY / 4 + i] = next() % 100 === 0 ? Infinity : next() / 2 ** 30 - 2;
        memory.u32[goal / 4 + i] = next();
      }
      for (let i = 0; i < 5 * side * side; i++) memory.u8[fields + i] = next() % 10;
      for (let i = 0; i < side * side; i++) memory.u8[grid + i] = next() % 6 === 0 ? 0 : 1;
      for (let g = 0; g < 4; g++) memory.u32[table / 4 + g] = fields + g * side * side;
      steerInit(memory, params, {
        ...{ width: side, height: side, grid, fields: table, fieldCount: 4, pushX, pushY, arrived, rows },
        ...{ speed: 1.5, strength: 0.7, pushMax: 1, dt: 0.3 },
      });
      const types = [elementCode.u8, elementCode.u16, elementCode.u32];
      for (let i = 0; i < rows; i++) memory.u32[goal / 4 + i]! &= 0x03030303;
      const count = records(memory, counts, (first, size) => {
        const at = (column: number) => column + 4 * first;
        const row = Math.min(runningRow(first), rows - size);
        return [at(px), at(py), at(vx), at(vy), at(goal), types[next() % 3]!, size, row];
      });
      expect(total).toBeLessThanOrEqual(rows);
      return (jobs, m) => jobs.steer(m, 0, count, params);
    },
  };
}
