import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCode } from "../../src/native/element.ts";
import type { Memory } from "../../src/native/memory.ts";
import { type SteerOptions, steerArrived, steerInit, steerParams } from "../../src/native/steer.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { float } from "./points.ts";
import { anyF32 } from "./values.ts";

const { fround } = Math;

interface Agent {
  readonly x: number;
  readonly y: number;
  readonly goal: number;
  readonly pushX: number;
  readonly pushY: number;
}

interface Scene {
  readonly width: number;
  readonly height: number;
  /** 1 is free. */
  readonly grid: readonly number[];
  /** Codes of each field. */
  readonly fields: readonly (readonly number[])[];
  readonly agents: readonly Agent[];
  readonly goalType: "u8" | "u16" | "u32";
  readonly speed: number;
  readonly strength: number;
  readonly pushMax: number;
  readonly dt: number;
}

const GRID = 4_096;
const TABLE = 8_192;
const FIELDS = 8_256;
const COLUMNS = 16_384;
const PARAMS = 65_472;

/** Writes the scene with its agents in two records, and returns where the columns are. */
function lay(memory: Memory, scene: Scene) {
  const { width, height, grid, fields, agents } = scene;
  const rows = agents.length;
  const column = (k: number) => COLUMNS + k * 4 * rows;
  const [x, y, vx, vy, goal, pushX, pushY, arrived] = Array.from({ length: 8 }, (_, k) => column(k)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  memory.u8.set(grid, GRID);
  fields.forEach((field, i) => {
    memory.u32[TABLE / 4 + i] = FIELDS + i * width * height;
    memory.u8.set(field, FIELDS + i * width * height);
  });
  const goals = { u8: memory.u8, u16: memory.u16, u32: memory.u32 }[scene.goalType];
  agents.forEach((agent, i) => {
    memory.f32[x / 4 + i] = agent.x;
    memory.f32[y / 4 + i] = agent.y;
    memory.f32[vx / 4 + i] = 99;
    memory.f32[vy / 4 + i] = 99;
    goals[goal / goals.BYTES_PER_ELEMENT + i] = agent.goal;
    memory.f32[pushX / 4 + i] = agent.pushX;
    memory.f32[pushY / 4 + i] = agent.pushY;
    memory.u8[arrived + i] = 77;
  });
  // The second half comes first.
  const half = Math.floor(rows / 2);
  const record = (first: number, count: number) => [
    ...[x, y, vx, vy].map((at) => at + 4 * first),
    goal + goals.BYTES_PER_ELEMENT * first,
    elementCode[scene.goalType],
    count,
    first,
  ];
  memory.u32.set([...record(half, rows - half), ...record(0, half)], 0);
  const { speed, strength, pushMax, dt } = scene;
  const options: SteerOptions = {
    width,
    height,
    grid: GRID,
    fields: TABLE,
    fieldCount: fields.length,
    pushX,
    pushY,
    arrived,
    rows,
    speed,
    strength,
    pushMax,
    dt,
  };
  steerInit(memory, PARAMS, options);
  return { vx, vy, arrived };
}

const anyScene: fc.Arbitrary<Scene> = fc
  .record({ width: fc.integer({ min: 1, max: 8 }), height: fc.integer({ min: 1, max: 8 }) })
  .chain(({ width, height }) => {
    const cells = width * height;
    const cell = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, 2) });
    const code = fc.oneof(
      { weight: 8, arbitrary: fc.nat(7) },
      { weight: 2, arbitrary: fc.constantFrom(8, 9, 254, 255) },
    );
    const field = fc.array(code, { minLength: cells, maxLength: cells });
    const place = (side: number) =>
      fc.oneof(
        { weight: 6, arbitrary: fc.double({ min: 0, max: side, noNaN: true }).map(fround) },
        { weight: 2, arbitrary: fc.nat(4 * side).map((quarters) => quarters / 4) },
        { weight: 1, arbitrary: anyF32.map(float) },
      );
    const push = fc.oneof(
      { weight: 4, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }).map(fround) },
      { weight: 1, arbitrary: anyF32.map(float) },
    );
    const agent = fc.record({ x: place(width), y: place(height), goal: fc.nat(3), pushX: push, pushY: push });
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      grid: fc.array(cell, { minLength: cells, maxLength: cells }),
      fields: fc.array(field, { maxLength: 3 }),
      agents: fc.array(agent, { maxLength: 150 }),
      goalType: fc.constantFrom("u8" as const, "u16" as const, "u32" as const),
      speed: fc.constantFrom(0, 0.3, 1, 2.5).map(fround),
      strength: fc.constantFrom(0, 1, -2, 0.37).map(fround),
      pushMax: fc.constantFrom(0, 0.5, 2.5).map(fround),
      dt: fc.constantFrom(0, 0.05, 0.1, 0.2).map(fround),
    });
  });

const stepX = [1, 1, 0, -1, -1, -1, 0, 1];
const stepY = [0, 1, 1, 1, 0, -1, -1, -1];

const street: Scene = {
  width: 4,
  height: 3,
  grid: [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1],
  fields: [[0, 0, 0, 8, 2, 255, 7, 6, 255, 4, 3, 1]],
  agents: [],
  goalType: "u8",
  speed: 1,
  strength: 1,
  pushMax: 1,
  dt: 0.5,
};
const still = { goal: 0, pushX: 0, pushY: 0 };

describe.each(jobSets)("steer (%s)", (_, jobs) => {
  function run(scene: Scene) {
    const memory = pages(1);
    const { vx, vy, arrived } = lay(memory, scene);
    jobs.steer(memory, 0, 2, PARAMS);
    return scene.agents.map((_, i) => ({
      vx: memory.f32[vx / 4 + i]!,
      vy: memory.f32[vy / 4 + i]!,
      arrived: memory.u8[arrived + i]!,
    }));
  }

  test.each([
    ["follows the field", { x: 0.5, y: 0.5, ...still }, 1, 0, steerArrived.moving],
    [
      "follows it diagonally",
      { x: 2.5, y: 1.5, ...still },
      fround(Math.SQRT1_2),
      -fround(Math.SQRT1_2),
      steerArrived.moving,
    ],
    ["stands at the goal", { x: 3.5, y: 0.5, ...still }, 0, 0, steerArrived.goal],
    ["is pushed at the goal", { x: 3.5, y: 0.5, ...still, pushX: -0.25 }, -0.25, 0, steerArrived.goal],
    ["is lost where no way leads on", { x: 0.5, y: 2.5, ...still }, 0, 0, steerArrived.lost],
    ["is lost without a field", { x: 0.5, y: 0.5, ...still, goal: 9 }, 0, 0, steerArrived.lost],
    ["is lost in a wall", { x: 1.5, y: 1.5, ...still, pushX: 1 }, 0, 0, steerArrived.lost],
    ["is lost outside", { x: -0.5, y: 1.5, ...still, pushX: 1 }, 0, 0, steerArrived.lost],
    ["is lost nowhere", { x: Number.NaN, y: 1.5, ...still }, 0, 0, steerArrived.lost],
    ["limits the push", { x: 0.25, y: 0.5, ...still, pushX: 7 }, 2, 0, steerArrived.moving],
    ["does not leave the grid", { x: 3.75, y: 0.5, ...still, pushX: 1 }, 0, 0, steerArrived.goal],
    ["keeps x beside a wall", { x: 1.25, y: 0.75, ...still, pushY: 1 }, 1, 0, steerArrived.moving],
    ["keeps y beside a wall", { x: 0.75, y: 1.25, ...still, pushX: 1 }, 0, 1, steerArrived.moving],
    ["does not cut a corner", { x: 0.75, y: 0.75, ...still, pushY: 1 }, 1, 0, steerArrived.moving],
    [
      "is stopped by a NaN push, but for the other axis",
      { x: 0.5, y: 0.5, ...still, pushY: Number.NaN },
      1,
      0,
      steerArrived.moving,
    ],
  ])("%s", (_, agent, vx, vy, arrived) => {
    expect(run({ ...street, agents: [agent, agent] })).toEqual([
      { vx, vy, arrived },
      { vx, vy, arrived },
    ]);
  });

  test("nobody leaves the free cells, crosses a corner or goes beyond the limits", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const { width, height, grid, dt, speed, pushMax } = scene;
        fc.pre(fround(fround(speed + pushMax) * dt) <= 1);
        const free = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && grid[y * width + x] === 1;
        for (const [i, { vx, vy, arrived }] of run(scene).entries()) {
          const { x, y, goal } = scene.agents[i]!;
          const [fromX, fromY] = [Math.floor(x), Math.floor(y)];
          const code = free(fromX, fromY) ? scene.fields[goal]?.[fromY * width + fromX] : undefined;
          expect(arrived).toBe(
            code === 8 ? steerArrived.goal : code !== undefined && code < 8 ? steerArrived.moving : steerArrived.lost,
          );
          if (!free(fromX, fromY)) {
            expect([vx, vy]).toEqual([0, 0]);
            continue;
          }
          const [toX, toY] = [Math.floor(fround(x + fround(vx * dt))), Math.floor(fround(y + fround(vy * dt)))];
          expect([free(toX, toY), free(toX, fromY), free(fromX, toY)]).toEqual([true, true, true]);
          expect(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY))).toBeLessThanOrEqual(1);
          const along = code !== undefined && code < 8 ? [stepX[code]! * speed, stepY[code]! * speed] : [0, 0];
          if (vx !== 0)
            expect(Math.abs(vx - along[0]! * (along[1] ? Math.SQRT1_2 : 1))).toBeLessThanOrEqual(pushMax + 1e-5);
          if (vy !== 0)
            expect(Math.abs(vy - along[1]! * (along[0] ? Math.SQRT1_2 : 1))).toBeLessThanOrEqual(pushMax + 1e-5);
        }
      }),
      { seed: 51, numRuns: 200 },
    );
  });

  test.each([
    ["no width", { width: 0 }, "width", "value"],
    ["a height above the limit", { height: 65_536 }, "height", "value"],
    ["a grid past the end", { width: 300, height: 300 }, "grid", "range"],
    ["a negative speed", { speed: -1 }, "speed", "value"],
    ["an infinite push", { pushMax: Infinity }, "pushMax", "value"],
    ["a NaN strength", { strength: Number.NaN }, "strength", "value"],
    ["steps of more than a cell", { dt: 0.6 }, "dt", "value"],
    ["a table past the end", { fields: 65_533 }, "fields", "range"],
    ["a field past the end", {}, "field", "range"],
    ["too few pushes", { rows: 1 }, "first", "range"],
    ["flags on a field", { arrived: FIELDS }, "arrived", "overlap"],
    ["flags on a column", { arrived: COLUMNS }, "x", "overlap"],
  ] as const)("refuses %s and writes nothing", (_, wrong, operand, reason) => {
    const memory = pages(1);
    lay(memory, {
      ...street,
      agents: [
        { x: 0.5, y: 0.5, ...still },
        { x: 0.5, y: 0.5, ...still },
      ],
    });
    for (const [name, value] of Object.entries(wrong) as [keyof typeof steerParams, number][]) {
      const view = ["speed", "strength", "pushMax", "dt"].includes(name) ? memory.f32 : memory.u32;
      view[PARAMS / 4 + steerParams[name]] = value;
    }
    if (operand === "field") memory.u32[TABLE / 4] = 65_530;
    const before = memory.u8.slice();
    expect(() => jobs.steer(memory, 0, 2, PARAMS)).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }),
    );
    expect(Buffer.compare(memory.u8, before)).toBe(0);
  });
});

test.skipIf(alone)("steer: both job sets give the same bits", () => {
  fc.assert(
    fc.property(anyScene, (scene) => {
      expectSame(
        1,
        (memory) => {
          lay(memory, scene);
        },
        (jobs, memory) => jobs.steer(memory, 0, 2, PARAMS),
      );
    }),
    { seed: 52, numRuns: 500 },
  );
});
