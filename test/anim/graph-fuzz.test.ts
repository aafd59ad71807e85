import { describe, expect, it } from "vitest";
import type { GraphDefinition } from "../../src/anim/graph/definition.ts";
import { AnimationGraph } from "../../src/anim/graph/graph.ts";
import { Playback, type PlaybackColumns } from "../../src/anim/graph/playback.ts";
import { WorldloomError } from "../../src/core/errors.ts";
import { noise } from "./rigs.ts";

const circle = Array.from({ length: 8 }, (_, i) => ({
  at: [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)] as const,
  clip: `walk ${i}`,
}));
/** Something of everything. */
const definition: GraphDefinition = {
  name: "Everything",
  parameters: {
    x: "number",
    y: "number",
    pace: { kind: "number", default: 1 },
    armed: { kind: "boolean", default: true },
    jump: "trigger",
  },
  layers: [
    {
      name: "body",
      states: {
        stand: { clip: "idle" },
        go: { blend2d: { parameters: ["x", "y"], points: circle, damping: 0.2 }, speed: "pace" },
        stroll: {
          blend1d: {
            parameter: "x",
            points: [
              { at: 1, clip: "walk 0" },
              { at: 2, clip: "walk 1" },
            ],
          },
        },
        leap: { clip: "jump", wrap: "clamp", speed: 1.5 },
        sway: { clip: "idle", wrap: "ping-pong" },
      },
      initial: "stand",
      transitions: [
        { from: "*", to: "leap", when: [{ parameter: "jump" }, { parameter: "armed", is: true }], fade: 0.1 },
        { from: ["stand", "sway"], to: "go", when: [{ parameter: "pace", above: 0.5, below: 9 }], sync: true },
        { from: "leap", to: "stand", after: 1 },
        { from: "go", to: "sway", after: 2, fade: 0.3 },
      ],
    },
    {
      name: "arms",
      states: { rest: { empty: true }, wave: { clip: "wave" } },
      transitions: [{ from: "rest", to: "wave", when: [{ parameter: "armed", is: true }], fade: 0.4 }],
      mode: "additive",
      weight: "pace",
      joints: ["arm"],
    },
  ],
};

const WRONG: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Infinity,
  -Infinity,
  -1,
  -0,
  0.5,
  1e300,
  5e-324,
  65_536,
  true,
  false,
  "",
  "stand",
  "x",
  "2",
  "__proto__",
  7n,
  Symbol("wrong"),
  () => 1,
  [],
  [[]],
  [null],
  new Array(3),
  {},
  { empty: false },
  Object.create(null),
  new Map(),
  "a".repeat(1000),
];

describe("definitions with one thing or several wrong", () => {
  it.each([1, 2, 3, 4])("are graphs or refused as anim-graph, seed %i", (seed) => {
    const next = noise(seed);
    const below = (count: number) => Math.min(count - 1, Math.floor(((next() + 1) / 2) * count));
    let refused = 0;
    for (let run = 0; run < 1500; run++) {
      const wrong = { whole: copyOf(definition) };
      for (let n = 1 + below(2); n > 0; n--) mutate(wrong, below);
      try {
        const graph = new AnimationGraph(wrong.whole as GraphDefinition);
        for (let tick = 0; tick < 3; tick++) play(graph, () => next() * 2);
      } catch (cause) {
        if (!(cause instanceof WorldloomError)) throw cause;
        expect(cause.code).toBe("anim-graph");
        expect(typeof cause.operands.part).toBe("string");
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(200);
    expect(refused).toBeLessThan(1500);
  });
});

describe("columns that hold anything", () => {
  const numbers = [Number.NaN, Infinity, -Infinity, -1, -0, 0, 1, 2.5, 1e30, -1e30, 1e300, 5e-324, 0.999999];
  it.each([1, 2, 3, 4])("play what is in range, seed %i", (seed) => {
    const next = noise(seed);
    const graph = new AnimationGraph(definition);
    const any = () => numbers[Math.floor(((next() + 1) / 2) * numbers.length)] ?? 0;
    for (let run = 0; run < 400; run++) {
      const columns = columnsOf(graph, any);
      const states = graph.layers[0]!.states.length;
      for (let k = 0; k < 3; k++) columns.state[k] = Math.floor(((next() + 1) / 2) * (states + 1));
      const playback = new Playback(graph);
      const durations = graph.clips.map((_, i) => (run % 3 === 0 ? [0, 1e-300, 1e300][i % 3]! : 0.5 + i));
      for (let tick = 0; tick < 3; tick++) {
        const before = Array.from({ length: 6 }, (_, i) => columns.state[i]!);
        playback.collect(columns, 0, 0, durations);
        expectSound(playback, before);
        playback.advance(columns, 0, 0, 0.1, any(), durations);
        expectSound(playback, before);
        playback.follow(columns, 0, 0, durations);
        for (let k = 0; k < 3; k++) {
          if (columns.state[k] === 0) break;
          expect(columns.time[k]).toBeGreaterThanOrEqual(0);
          expect(columns.time[k]).toBeLessThan(Infinity);
          expect(columns.cycles[k]).toBeGreaterThanOrEqual(0);
          expect(columns.fade[k]).toBeGreaterThanOrEqual(0);
          expect(columns.fade[k]).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  it.each([6, 300, 65_535])("name state %i as none of the layer", (state) => {
    const graph = new AnimationGraph(definition);
    for (let slot = 0; slot < 3; slot++) {
      const columns = columnsOf(graph, () => 0.5);
      columns.state[0] = columns.state[1] = 1;
      columns.state[slot] = state;
      const playback = new Playback(graph);
      const durations = graph.clips.map(() => 1);
      const refused = expect.objectContaining({ code: "anim-graph", operands: expect.objectContaining({ state }) });
      expect(() => playback.advance(columns, 0, 0, 0.1, 1, durations)).toThrowError(refused);
      expect(() => playback.collect(columns, 0, 0, durations)).toThrowError(refused);
      if (slot === 0) expect(() => playback.follow(columns, 0, 0, durations)).toThrowError(refused);
    }
  });
});

function expectSound({ plays }: Playback, states: readonly number[]): void {
  let sum = 0;
  for (let i = 0; i < plays.count; i++) {
    const numbers = [plays.time[i]!, plays.before[i]!, plays.moved[i]!, plays.weight[i]!];
    expect(numbers.every(Number.isFinite), `${numbers} from states ${states}`).toBe(true);
    expect(plays.weight[i]).toBeGreaterThan(0);
    sum += plays.weight[i]!;
  }
  expect(sum).toBeLessThanOrEqual(1 + 1e-6);
  expect(plays.share).toBeGreaterThanOrEqual(-1e-6);
}

function columnsOf(graph: AnimationGraph, any: () => number): PlaybackColumns {
  const slots = graph.layers.length * 3;
  return {
    state: new Uint16Array(slots),
    time: new Float64Array(slots).map(any),
    cycles: new Float64Array(slots).map(any),
    fade: new Float32Array(slots).map(any),
    fadeSeconds: new Float32Array(slots).map(any),
    place: new Float32Array(slots * 2).map(any),
    parameters: graph.parameters.map(() => Float32Array.of(any())),
  };
}

function play(graph: AnimationGraph, any: () => number): void {
  const columns = columnsOf(graph, () => 0);
  const playback = new Playback(graph);
  const durations = graph.clips.map(() => 0.7);
  for (let tick = 0; tick < 4; tick++) {
    for (const parameter of columns.parameters) parameter[0] = any();
    for (let layer = 0; layer < graph.layers.length; layer++) {
      playback.advance(columns, 0, layer, 0.2, 1, durations);
      playback.follow(columns, 0, layer, durations);
    }
  }
}

/** Puts something wrong in a place of a definition, takes it away, or doubles it. */
function mutate(root: { whole: unknown }, below: (count: number) => number): void {
  let owner: Record<string, unknown> = root;
  let key = "whole";
  for (let depth = below(9); depth > 0; depth--) {
    const inner = owner[key];
    if (typeof inner !== "object" || inner === null || Object.keys(inner).length === 0) break;
    owner = inner as Record<string, unknown>;
    const keys = Object.keys(owner);
    key = keys[below(keys.length)]!;
  }
  const what = below(12);
  if (what === 0 && owner !== root) delete owner[key];
  else if (what === 1 && Array.isArray(owner)) owner.push(owner[key as unknown as number]);
  else if (what === 2) owner[`${key}2`] = owner[key];
  else owner[key] = WRONG[below(WRONG.length)];
}

function copyOf(value: unknown): unknown {
  return structuredClone(value);
}
