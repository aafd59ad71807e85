import { describe, expect, it } from "vitest";
import type { GraphDefinition } from "../../src/anim/graph/definition.ts";
import { AnimationGraph } from "../../src/anim/graph/graph.ts";
import { Playback, type PlaybackColumns } from "../../src/anim/graph/playback.ts";

const definition: GraphDefinition = {
  name: "Locomotion",
  parameters: { speed: "number", grounded: { kind: "boolean", default: true }, jump: "trigger" },
  layers: [
    {
      name: "body",
      states: {
        idle: { clip: "idle" },
        move: {
          blend1d: {
            parameter: "speed",
            points: [
              { at: 1, clip: "walk" },
              { at: 3, clip: "run" },
            ],
          },
        },
        jump: { clip: "jump", wrap: "clamp" },
      },
      transitions: [
        { from: "*", to: "jump", when: [{ parameter: "jump" }, { parameter: "grounded", is: true }], fade: 0.1 },
        { from: "idle", to: "move", when: [{ parameter: "speed", above: 0.1 }], fade: 0.5 },
        { from: "move", to: "idle", when: [{ parameter: "speed", below: 0.1 }], fade: 0.5 },
        { from: "jump", to: "idle", after: 1, fade: 0 },
      ],
    },
  ],
};
const SECONDS: Readonly<Record<string, number>> = { idle: 4, walk: 1, run: 0.5, jump: 2 };

function player(graph = new AnimationGraph(definition)) {
  const slots = graph.layers.length * 3;
  const columns: PlaybackColumns = {
    state: new Uint16Array(slots),
    time: new Float64Array(slots),
    cycles: new Float64Array(slots),
    fade: new Float32Array(slots),
    fadeSeconds: new Float32Array(slots),
    place: new Float32Array(slots * 2),
    parameters: graph.parameters.map((one) => Float32Array.of(one.default)),
  };
  const durations = graph.clips.map((clip) => SECONDS[clip]!);
  const playback = new Playback(graph);
  return {
    columns,
    set(name: string, value: number) {
      columns.parameters[graph.parameters.findIndex((one) => one.name === name)]![0] = value;
    },
    get: (name: string) => columns.parameters[graph.parameters.findIndex((one) => one.name === name)]![0],
    step(dt: number) {
      playback.advance(columns, 0, 0, dt, 1, durations);
      const { count, clip, time, weight, before, moved } = playback.plays;
      const plays = Array.from({ length: count }, (_, i) => ({
        clip: graph.clips[clip[i]!],
        time: time[i]!,
        weight: weight[i]!,
        from: before[i]!,
        moved: moved[i]!,
      }));
      playback.follow(columns, 0, 0, durations);
      return plays;
    },
    get state() {
      return graph.layers[0]!.states[columns.state[0]! - 1]?.name;
    },
  };
}

describe("a graph of animations", () => {
  it("begins in the first state and goes on in time", () => {
    const one = player();
    expect(one.step(0.5)).toEqual([{ clip: "idle", time: 0, weight: 1, from: 0, moved: 0 }]);
    expect(one.step(0.5)).toEqual([{ clip: "idle", time: 0.5, weight: 1, from: 0, moved: 0.5 }]);
    for (let i = 0; i < 6; i++) one.step(0.5);
    expect(one.step(0.75)).toEqual([{ clip: "idle", time: 0.25, weight: 1, from: 3.5, moved: 0.75 }]);
  });

  it("fades to the state that a condition opens, and blends its clips in step", () => {
    const one = player();
    one.step(0);
    one.set("speed", 2);
    one.step(0.25);
    expect(one.state).toBe("move");
    // Walking and running are played half each: a cycle takes 0.75 s.
    const [walk, run, idle] = one.step(0.1875);
    expect([walk!.clip, run!.clip, idle!.clip]).toEqual(["walk", "run", "idle"]);
    expect([walk!.time, run!.time]).toEqual([0.25, 0.125]);
    expect(walk!.weight).toBe(0.1875);
    expect(idle!.weight).toBe(0.625);
    one.step(0.5);
    expect(one.step(0).map(({ clip }) => clip)).toEqual(["walk", "run"]);
  });

  it("takes a trigger once, and leaves at the end of the clip", () => {
    const one = player();
    one.step(0);
    one.set("jump", 1);
    one.step(0.25);
    expect(one.state).toBe("jump");
    expect(one.get("jump")).toBe(0);
    for (let i = 0; i < 7; i++) one.step(0.25);
    expect(one.state).toBe("jump");
    expect(one.step(0.25)[0]).toMatchObject({ clip: "jump", time: 2, weight: 1 });
    expect(one.state).toBe("idle");
    expect(one.step(0)).toEqual([{ clip: "idle", time: 0, weight: 1, from: 0, moved: 0 }]);
  });

  it("keeps a trigger that opens nothing", () => {
    const one = player();
    one.set("grounded", 0);
    one.set("jump", 1);
    one.step(0);
    one.step(0.5);
    expect([one.state, one.get("jump")]).toEqual(["idle", 1]);
  });

  it("fades between three states when a fade is interrupted, with weights of 1 in all", () => {
    const one = player();
    one.step(0);
    one.set("speed", 1);
    one.step(0);
    one.step(0.25);
    one.set("jump", 1);
    one.step(0);
    const plays = one.step(0.05);
    expect(plays.map(({ clip }) => clip)).toEqual(["jump", "walk", "idle"]);
    expect(plays.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(plays[0]!.weight).toBeCloseTo(0.5, 6);
    expect(plays[1]!.weight).toBeCloseTo(0.3, 6);
  });

  it("plays backwards, turns round and holds", () => {
    const wraps = (wrap: "loop" | "clamp" | "ping-pong", speed: number) => {
      const one = player(
        new AnimationGraph({ name: "A", layers: [{ name: "a", states: { a: { clip: "walk", wrap, speed } } }] }),
      );
      return [0, 0.25, 0.5, 0.75].map((dt) => one.step(dt)[0]!.time);
    };
    expect(wraps("loop", 1)).toEqual([0, 0.25, 0.75, 0.5]);
    expect(wraps("loop", -1)).toEqual([0, 0.75, 0.25, 0.5]);
    expect(wraps("clamp", 1)).toEqual([0, 0.25, 0.75, 1]);
    expect(wraps("clamp", -1)).toEqual([0, 0, 0, 0]);
    expect(wraps("ping-pong", 1)).toEqual([0, 0.25, 0.75, 1.5]);
  });

  it("begins at the same part of the cycle where asked", () => {
    const one = player(
      new AnimationGraph({
        name: "A",
        parameters: { fast: "boolean" },
        layers: [
          {
            name: "a",
            states: { walk: { clip: "walk" }, run: { clip: "run" } },
            transitions: [{ from: "walk", to: "run", when: [{ parameter: "fast", is: true }], sync: true, fade: 0.25 }],
          },
        ],
      }),
    );
    one.step(0);
    one.set("fast", 1);
    one.step(0.5);
    expect(one.step(0)).toMatchObject([{ clip: "walk", time: 0.5 }]);
    expect(one.step(0.125)[0]).toMatchObject({ clip: "run", time: 0.375 });
  });
});

describe("an empty state", () => {
  it("lets a layer fade in and out", () => {
    const graph = new AnimationGraph({
      name: "A",
      parameters: { wave: "trigger" },
      layers: [
        {
          name: "arms",
          states: { rest: { empty: true }, wave: { clip: "walk", wrap: "clamp" } },
          transitions: [
            { from: "rest", to: "wave", when: [{ parameter: "wave" }], fade: 0.5 },
            { from: "wave", to: "rest", after: 1, fade: 0.5 },
          ],
        },
      ],
    });
    const one = player(graph);
    expect(one.step(0)).toEqual([]);
    one.set("wave", 1);
    one.step(0.25);
    expect(one.step(0.25)).toMatchObject([{ clip: "walk", time: 0.25, weight: 0.5 }]);
    expect(one.step(0.75)).toMatchObject([{ time: 1, weight: 1 }]);
    expect(one.step(0.25)).toMatchObject([{ time: 1, weight: 0.5 }]);
    expect(one.step(0.25)).toEqual([]);
  });
});

describe("a definition", () => {
  const layer = definition.layers[0]!;
  it.each<[string, unknown, string]>([
    ["nothing", undefined, "name"],
    ["a bad name", { ...definition, name: "a b" }, "name"],
    ["no layers", { ...definition, layers: [] }, "layers"],
    ["a parameter of the component", { ...definition, parameters: { times: "number" } }, 'parameter "times"'],
    ["an unknown kind", { ...definition, parameters: { a: "vector" } }, 'parameter "a"'],
    ["no states", { ...definition, layers: [{ name: "a", states: {} }] }, "layers[0].states"],
    ["a wrong initial state", { ...definition, layers: [{ ...layer, initial: "fly" }] }, "layers[0].initial"],
    [
      "a wrong target",
      { ...definition, layers: [{ ...layer, transitions: [{ from: "idle", to: "fly", after: 1 }] }] },
      "layers[0].transitions[0].to",
    ],
    [
      "a transition that is always open",
      { ...definition, layers: [{ ...layer, transitions: [{ from: "idle", to: "move" }] }] },
      "layers[0].transitions[0]",
    ],
    [
      "an unknown parameter",
      {
        ...definition,
        layers: [{ ...layer, transitions: [{ from: "idle", to: "move", when: [{ parameter: "x", above: 1 }] }] }],
      },
      "layers[0].transitions[0].when[0]",
    ],
    [
      "a number taken as a switch",
      {
        ...definition,
        layers: [{ ...layer, transitions: [{ from: "idle", to: "move", when: [{ parameter: "speed", is: true }] }] }],
      },
      "layers[0].transitions[0].when[0]",
    ],
    [
      "points out of order",
      {
        ...definition,
        layers: [
          {
            name: "a",
            states: {
              a: {
                blend1d: {
                  parameter: "speed",
                  points: [
                    { at: 1, clip: "a" },
                    { at: 1, clip: "b" },
                  ],
                },
              },
            },
          },
        ],
      },
      "layers[0].states.a.blend1d.points[1].at",
    ],
    [
      "points on a line",
      {
        ...definition,
        layers: [
          {
            name: "a",
            states: {
              a: {
                blend2d: {
                  parameters: ["speed", "speed"],
                  points: [
                    { at: [0, 0], clip: "a" },
                    { at: [1, 1], clip: "b" },
                  ],
                },
              },
            },
          },
        ],
      },
      "layers[0].states.a.blend2d.points",
    ],
    [
      "two motions",
      { ...definition, layers: [{ name: "a", states: { a: { clip: "a", blend1d: {} } } }] },
      "layers[0].states.a",
    ],
    ["a weight above 1", { ...definition, layers: [{ ...layer, weight: 2 }] }, "layers[0].weight"],
  ])("with %s is refused", (_, wrong, part) => {
    expect(() => new AnimationGraph(wrong as GraphDefinition)).toThrowError(
      expect.objectContaining({ code: "anim-graph", operands: expect.objectContaining({ part }) }),
    );
  });
});
