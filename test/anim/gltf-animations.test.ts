import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import { framePose } from "../../src/anim/frame-pose.ts";
import { AnimArena, type Clip, type GltfOptions, loadGltf, type Model } from "../../src/anim.ts";
import { GltfBuilder } from "./gltf-builder.ts";

let arena: AnimArena;
let model: Model | undefined;

beforeEach(() => {
  arena = new AnimArena();
});

afterEach(() => {
  model?.dispose();
  model = undefined;
  expect(arena.live).toBe(0);
});

type Change = (gltf: GltfBuilder) => { sampler?: object; target?: object; channel?: object; json?: object };

/** A model whose second node is moved from 0 to 1 on x in a second, as `change` has it. */
async function load(change: Change = () => ({}), options: Partial<GltfOptions> = {}): Promise<Model> {
  const gltf = new GltfBuilder();
  const input = gltf.add(Float32Array.of(0, 1), 1);
  const output = gltf.add(Float32Array.of(0, 0, 0, 1, 0, 0), 3);
  const { sampler, target, channel, json } = change(gltf);
  const samplers = [{ input, output, ...sampler }];
  const channels = [{ sampler: 0, target: { node: 1, path: "translation", ...target }, ...channel }];
  const nodes = [{ name: "base", children: [1] }, { name: "door" }, { name: "still" }];
  model = await loadGltf(gltf.file({ nodes, animations: [{ name: "open", samplers, channels }], ...json }), {
    arena,
    ...options,
  });
  return model;
}

function poseAt(clip: Clip, joint: number, time: number): number[] {
  const { stride, count } = clip.skeleton;
  const out = new Float64Array(count * 10);
  framePose(clip.toFrames(), stride, count, clip.toSteps())(time * clip.rate, out);
  return [...out.subarray(joint * 10, joint * 10 + 10)];
}

describe("animations", () => {
  test("of nodes make skeletons of these and all above them; what is still is in none", async () => {
    const { skeletons, nodes } = await load();
    expect(skeletons.map(({ name, names }) => [name, ...names])).toEqual([["base", "base", "door"]]);
    expect(nodes.map(({ joint }) => joint)).toEqual([0, 1, -1]);
    const clip = model!.clip("open");
    expect([clip.duration, clip.frameCount]).toEqual([1, 2]);
    expect(poseAt(clip, 1, 0.25)[0]).toBe(0.25);
    expect(() => model!.clip("close")).toThrow(
      expect.objectContaining({ code: "anim-clip", message: expect.stringMatching(/open/) }),
    );
    expect(() => model!.mesh("door")).toThrow(expect.objectContaining({ code: "anim-asset" }));
  });

  test("of several roots are one clip for each, of the same name and length", async () => {
    await load((gltf) => {
      const [input, output] = [
        gltf.add(Float32Array.of(0, 2), 1),
        gltf.add(Float32Array.of(0, 0, 0, 1, 1, 0, 0, 0), 4),
      ];
      const samplers = [
        { input: 0, output: 1 },
        { input, output },
      ];
      const channels = [
        { sampler: 0, target: { node: 1, path: "translation" } },
        { sampler: 1, target: { node: 2, path: "rotation" } },
      ];
      return {
        json: {
          animations: [
            { samplers, channels },
            { samplers, channels: channels.slice(1) },
          ],
        },
      };
    });
    const found = model!.clips.map(({ name, skeleton, duration }) => [name, skeleton.name, duration]);
    expect(found).toEqual([
      ["animation0", "base", 2],
      ["animation0", "still", 2],
      ["animation1", "still", 2],
    ]);
    expect(model!.clip("animation0", model!.skeletons[1]).skeleton.name).toBe("still");
  });

  test("are read from normalised integers", async () => {
    const half = Math.round(32767 * Math.SQRT1_2);
    await load((gltf) => ({
      sampler: { output: gltf.add(Int16Array.of(0, 0, 0, 32767, half, 0, 0, half), 4, { normalized: true }) },
      target: { path: "rotation" },
    }));
    const [, , , x, , , w] = poseAt(model!.clip("open"), 1, 1);
    expect([x, w].map((value) => value!.toFixed(6))).toEqual(["0.707107", "0.707107"]);
  });

  test("have events where their extras say so", async () => {
    model = await loadGltf(figure({ joints: 20, vertices: 600 }), { arena });
    const events = model.clip("walk").events.map(({ time, name }) => `${name} ${time.toFixed(1)}`);
    expect([events, model.clip("idle").events]).toEqual([["left 0.3", "right 0.9", "left 1.5", "right 2.1"], []]);
    model.dispose();
    for (const events of [{}, [{ time: 0 }], [null], [{ name: "a", time: -1 }], [{ name: "a", time: 9 }]]) {
      const channels = [{ sampler: 0, target: { node: 1, path: "translation" } }];
      const animations = [{ samplers: [{ input: 0, output: 1 }], channels, extras: { events } }];
      await load(() => ({ json: { animations } }));
      expect(model.clips[0]!.events).toEqual([]);
      expect(model.warnings).toEqual([expect.stringContaining("animations[0].extras.events")]);
      model.dispose();
    }
  });

  test("leave out what they do not move", async () => {
    await load((gltf) => {
      const weights = gltf.add(Float32Array.of(0, 1), 1);
      const samplers = [
        { input: 0, output: 1 },
        { input: 0, output: weights },
      ];
      const to = (node: number | undefined, path: string, sampler = 0) => ({ sampler, target: { node, path } });
      const channels = [
        to(1, "translation"),
        to(1, "translation"),
        to(undefined, "scale"),
        to(1, "pointer"),
        to(1, "weights", 1),
      ];
      return { json: { animations: [{ name: "open", samplers, channels }] } };
    });
    expect(model!.clips.length).toBe(1);
    expect(model!.warnings).toEqual([
      expect.stringMatching(/animations\[0\]\.channels\[1\] moves the translation of nodes\[1\] again/),
      expect.stringMatching(/animations\[0\]\.channels\[3\] moves "pointer"/),
      expect.stringMatching(/animations\[0\]\.channels\[4\] moves morph weights/),
    ]);
  });

  test("of morph weights belong to the skeleton of the mesh's skin", async () => {
    model = await loadGltf(figure({ joints: 20, vertices: 600, morphs: true }), { arena });
    expect(model.skeletons.length).toBe(1);
    expect(model.clips.map(({ name, morphs }) => [name, morphs.length])).toEqual([
      ["idle", 1],
      ["walk", 0],
      ["run", 0],
      ["wave", 0],
      ["jump", 0],
    ]);
    const [track] = model.clip("idle").morphs;
    expect([track!.node, track!.targets, model.meshes[0]!.morphTargets.map(({ name }) => name)]).toEqual([
      "Figure",
      2,
      ["breathe", "smile"],
    ]);
    const frame = Math.round(1.5 * model.clip("idle").rate);
    expect([...track!.weights.subarray(2 * frame, 2 * frame + 2)]).toEqual([1, 0]);
  });

  test.for<[string, Change, RegExp]>([
    [
      "a sampler that is not there",
      () => ({ channel: { sampler: 1 } }),
      /animations\[0\]\.channels\[0\]\.sampler names animations\[0\]\.samplers\[1\]/,
    ],
    [
      "a node that is not there",
      () => ({ target: { node: 3 } }),
      /animations\[0\]\.channels\[0\]\.target\.node names nodes\[3\]/,
    ],
    ["no path", () => ({ target: { path: undefined } }), /^$/],
    [
      "an interpolation that does not exist",
      () => ({ sampler: { interpolation: "BEZIER" } }),
      /animations\[0\]\.samplers\[0\]\.interpolation is "BEZIER"/,
    ],
    [
      "too few values",
      () => ({ sampler: { interpolation: "CUBICSPLINE" } }),
      /animations\[0\]\.channels\[0\]\.sampler has 6 numbers for 2 keys, which take 18/,
    ],
    [
      "times that fall",
      (g) => ({ sampler: { input: g.add(Float32Array.of(1, 0), 1) } }),
      /channels\[0\]\.sampler has the time 0 at key 1/,
    ],
    [
      "times of NaN",
      (g) => ({ sampler: { input: g.add(Float32Array.of(0, Number.NaN), 1) } }),
      /channels\[0\]\.sampler has the time NaN/,
    ],
    [
      "vectors for a rotation",
      () => ({ target: { path: "rotation" } }),
      /animations\[0\]\.samplers\[0\]\.output names accessors\[1\]/,
    ],
    [
      "bytes as times",
      (g) => ({ sampler: { input: g.add(Uint8Array.of(0, 1), 1) } }),
      /animations\[0\]\.samplers\[0\]\.input/,
    ],
    [
      "values that are not finite",
      (g) => ({ sampler: { output: g.add(new Float32Array(6).fill(Infinity), 3) } }),
      /animations\[0\] cannot be made a clip: .*"door"/,
    ],
    [
      "thirty years",
      (g) => ({ sampler: { input: g.add(Float32Array.of(0, 5e8, 1e9), 1), output: g.add(new Float32Array(9), 3) } }),
      /^$/,
    ],
    [
      "keys a year apart from three",
      (g) => ({ sampler: { input: g.add(Float32Array.of(0, 0.1, 3e7), 1), output: g.add(new Float32Array(9), 3) } }),
      /animations\[0\] cannot be made a clip: .*too long/,
    ],
  ])("with %s are refused, or read", async ([, change, message]) => {
    if (message.source === "^$") return void (await load(change));
    await expect(load(change)).rejects.toEqual(
      expect.objectContaining({ code: "gltf-input", message: expect.stringMatching(message) }),
    );
  });
});
