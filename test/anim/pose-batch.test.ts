import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnimArena,
  Clip,
  JointMask,
  ModelPoses,
  makeAdditive,
  Palettes,
  Pose,
  PoseBatch,
  Skeleton,
  Skin,
} from "../../src/anim.ts";
import { jobSets } from "../native/both.ts";
import { arenaOf, figure, models, put, randomClip, restFrames, sampled, turn } from "./rigs.ts";

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, most = 2e-6) => {
  const far = Array.from(actual, (x, i) => Math.abs(x - expected[i]!)).reduce((a, b) => Math.max(a, b), 0);
  expect(far).toBeLessThan(most);
};

/** The local pose and the models of one character that `say` describes. */
function evaluate(arena: AnimArena, skeleton: Skeleton, say: (batch: PoseBatch) => void) {
  using batch = new PoseBatch(arena);
  using local = new Pose(skeleton);
  using model = new ModelPoses(skeleton);
  batch.begin().character(skeleton, { local, model });
  say(batch);
  expect(batch.run()).toBe(1);
  const joints = Array.from({ length: skeleton.count }, (_, joint) => [...local.get(joint)]);
  return { joints, models: Float32Array.from(model.view(0)) };
}

const place = (matrices: ArrayLike<number>, joint: number) => [3, 7, 11].map((i) => matrices[joint * 12 + i]!);

describe.each(jobSets)("poses (%s)", (_, jobs) => {
  const arena = arenaOf({ jobs });
  const skeleton = figure(arena);
  const hand = skeleton.jointOf("hand");

  test("a spine turned by 90 degrees about y takes the hand along", () => {
    const joints = [
      { name: "root", parent: -1 },
      { name: "spine", parent: 0, translation: [0, 1, 0] },
      { name: "arm", parent: 1, translation: [0.5, 0, 0] },
      { name: "hand", parent: 2, translation: [0.3, 0, 0] },
    ];
    using chain = Skeleton.create(arena, { joints });
    using pose = new Pose(chain).setRotation("spine", 0, Math.SQRT1_2, 0, Math.SQRT1_2);
    const { models: matrices } = evaluate(arena, chain, (batch) => batch.layer().pose(pose));
    close(place(matrices, chain.jointOf("hand")), [0, 1, -0.8]);
  });

  test("without layers a character rests, at the places that were given", () => {
    const rest = evaluate(arena, skeleton, () => {});
    close(place(rest.models, hand), [1.2, 2, 0]);
    close(rest.joints.flat(), restJoints(skeleton).flat());
  });

  test("clips blend as a naive evaluator in f64 does", () => {
    using a = randomClip(skeleton, 1);
    using b = randomClip(skeleton, 2);
    using c = randomClip(skeleton, 3);
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, unit, unit, (u, v, w, seconds) => {
        const weights = [u + 0.01, v, w];
        const result = evaluate(arena, skeleton, (batch) => {
          batch.layer();
          [a, b, c].forEach((clip, i) => {
            batch.clip(clip, seconds, weights[i]!, "clamp");
          });
        });
        const frame = Math.min(7, Math.floor(seconds * 8));
        const parts = [a, b, c].map((clip) => sampled(clip, frame, seconds * 8 - frame));
        const expected = blended(parts, weights);
        close(result.joints.flat(), expected.flat(), 1e-5);
        close(result.models, models(skeleton.parents, expected).flat(), 1e-5);
      }),
      { seed: 7201, numRuns: 60 },
    );
  });

  test("layers with weights, masks and differences are as a naive evaluator in f64 has them", () => {
    using base = randomClip(skeleton, 41);
    using over = randomClip(skeleton, 42);
    using added = makeAdditive(randomClip(skeleton, 43), { reference: "rest" });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const masks = fc.array(fc.constantFrom(0, 0.25, 0.5, 1), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(unit, unit, unit, masks, (weight, other, seconds, masked) => {
        using mask = new JointMask(skeleton);
        masked.forEach((value, joint) => {
          mask.set(joint, value);
        });
        const result = evaluate(arena, skeleton, (batch) => {
          batch.layer().clip(base, seconds, 1, "clamp");
          batch.layer("override", weight, mask).clip(over, seconds, 0.3, "clamp");
          batch.layer("additive", other, mask).clip(added, seconds, 7, "clamp");
          batch.layer("additive", weight).clip(added, 1, 1, "clamp");
        });
        const frame = Math.min(7, Math.floor(seconds * 8));
        const at = (clip: Clip) => blended([sampled(clip, frame, seconds * 8 - frame)], [1]);
        const [low, high, difference] = [at(base), at(over), at(added)];
        const expected = low.map((values, joint) => {
          const mixed = mix(values, high[joint]!, weight * masked[joint]!);
          const once = addTo(mixed, difference[joint]!, other * masked[joint]!);
          return addTo(once, blended([sampled(added, 8, 0)], [1])[joint]!, weight);
        });
        // Turns, not quaternions: where a weight is 1 in f32, the layer keeps its sign.
        close(result.models, models(skeleton.parents, expected).flat(), 1e-5);
      }),
      { seed: 7202, numRuns: 60 },
    );
  });

  test("a cross-fade goes from one clip to the other", () => {
    using a = randomClip(skeleton, 4);
    using b = randomClip(skeleton, 5);
    const at = (weight: number) =>
      evaluate(arena, skeleton, (batch) =>
        batch
          .layer()
          .clip(a, 0.25, 1 - weight)
          .clip(b, 0.5, weight),
      );
    const [start, middle, end] = [at(0), at(0.5), at(1)];
    expect(start).toEqual(evaluate(arena, skeleton, (batch) => batch.layer().clip(a, 0.25)));
    expect(end).toEqual(evaluate(arena, skeleton, (batch) => batch.layer().clip(b, 0.5)));
    for (let c = 0; c < 3; c++)
      expect(middle.joints[hand]![c]).toBeCloseTo((start.joints[hand]![c]! + end.joints[hand]![c]!) / 2, 6);
  });

  test("quaternions of either sign blend the short way", () => {
    const pose = (sign: number, degrees: number) => {
      const [x = 0, y = 0, z = 0, w = 0] = turn(degrees, 0, 0, 1).map((value) => value * sign);
      return new Pose(skeleton).setRotation("arm", x, y, z, w);
    };
    for (const sign of [1, -1]) {
      using a = pose(1, 40);
      using b = pose(sign, 80);
      const { joints } = evaluate(arena, skeleton, (batch) => batch.layer().pose(a).pose(b));
      close(joints[3]!.slice(3, 7), turn(60, 0, 0, 1));
    }
  });

  test("a mask keeps a layer to the joints that it names, feathered", () => {
    using clip = randomClip(skeleton, 6);
    using mask = new JointMask(skeleton).subtree("arm", 1, { feather: 1 });
    expect(["root", "spine", "arm", "elbow", "hand"].map((name) => mask.get(name))).toEqual([0, 0, 0.5, 1, 1]);
    const rest = evaluate(arena, skeleton, () => {});
    const full = evaluate(arena, skeleton, (batch) => batch.layer().clip(clip, 0.3));
    const masked = evaluate(arena, skeleton, (batch) => batch.layer("override", 1, mask).clip(clip, 0.3));
    expect(masked.joints[2]).toEqual(rest.joints[2]);
    expect(masked.joints[4]).toEqual(full.joints[4]);
    for (let c = 0; c < 3; c++)
      expect(masked.joints[3]![c]).toBeCloseTo((rest.joints[3]![c]! + full.joints[3]![c]!) / 2, 6);
    expect(mask.invert().get("root")).toBe(1);
    expect(mask.set("root", 0.25).get(0)).toBe(0.25);
  });

  test("differences added to what they were taken from are the clip", () => {
    using clip = randomClip(skeleton, 7);
    for (const reference of [
      clip,
      "rest",
      randomClip(skeleton, 8),
      new Pose(skeleton).setTranslation(1, 3, 2, 1),
    ] as const) {
      using additive = makeAdditive(clip, { reference, frame: 0 });
      expect(additive.additive).toBe(true);
      using base = new Pose(skeleton);
      using batch = new PoseBatch(arena);
      batch.begin().character(skeleton, { local: base });
      if (reference instanceof Clip) batch.layer().clip(reference, 0);
      else if (reference !== "rest") batch.layer().pose(reference);
      batch.run();
      const at = (weight: number) =>
        evaluate(arena, skeleton, (one) => {
          one
            .layer()
            .pose(base)
            .layer("additive", weight)
            .clip(additive, 5 / 8);
        });
      close(at(1).models, evaluate(arena, skeleton, (one) => one.layer().clip(clip, 5 / 8)).models, 5e-6);
      close(at(0).models, evaluate(arena, skeleton, (one) => one.layer().pose(base)).models, 1e-7);
    }
  });

  test("an additive wave rides on any pose, by its weight", () => {
    const frames = restFrames(skeleton, 2);
    put(skeleton, frames, 1, 3, [0.5, 0, 0.2, ...turn(40, 0, 0, 1), 1, 2, 1]);
    using clip = Clip.fromFrames(arena, skeleton, { name: "wave", rate: 1, frames });
    using wave = makeAdditive(clip);
    using base = new Pose(skeleton).setRotation("arm", ...quad(turn(90, 0, 1, 0)));
    const at = (weight: number) =>
      evaluate(arena, skeleton, (batch) => batch.layer().pose(base).layer("additive", weight).clip(wave, 1, 1, "clamp"))
        .joints[3]!;
    close(at(1), [0.5, 0, 0.2, ...product(turn(90, 0, 1, 0), turn(40, 0, 0, 1)), 1, 2, 1]);
    expect(at(0.5)[2]).toBeCloseTo(0.1, 6);
    expect(at(0.5)[8]).toBeCloseTo(1.5, 6);
  });

  test("palettes bring a mesh from how it was bound to the pose", () => {
    using clip = randomClip(skeleton, 9);
    const bind = models(skeleton.parents, restJoints(skeleton));
    const inverseBind = bind.flatMap((m) => [1, 0, 0, -m[3]!, 0, 1, 0, -m[7]!, 0, 0, 1, -m[11]!]);
    using skin = Skin.create(arena, { skeleton, joints: skeleton.names.map((_, i) => i), inverseBind });
    using palettes = new Palettes(skin, 3);
    using batch = new PoseBatch(arena);
    batch
      .begin()
      .character(skeleton, { palettes: [palettes], index: 2 })
      .run();
    const still = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
    for (let joint = 0; joint < skeleton.count; joint++)
      close(palettes.view(2).subarray(joint * 12, joint * 12 + 12), still);
    batch
      .begin()
      .character(skeleton, { palettes: [palettes], index: 1 })
      .layer()
      .clip(clip, 0.4)
      .run();
    const { models: matrices } = evaluate(arena, skeleton, (one) => one.layer().clip(clip, 0.4));
    const point = [bind[hand]![3]!, bind[hand]![7]!, bind[hand]![11]!];
    const row = (r: number) => palettes.view(1).subarray(hand * 12 + r * 4, hand * 12 + r * 4 + 4);
    close(
      [0, 1, 2].map((r) => row(r)[0]! * point[0]! + row(r)[1]! * point[1]! + row(r)[2]! * point[2]! + row(r)[3]!),
      place(matrices, hand),
    );
  });

  test("a steady tick allocates nothing and gives equal bits", () => {
    const clips = [randomClip(skeleton, 10), randomClip(skeleton, 11)] as const;
    using batch = new PoseBatch(arena, { characters: 1 });
    using model = new ModelPoses(skeleton, 100);
    using mask = new JointMask(skeleton).subtree("spine");
    const limb = { upper: 3, middle: 4, end: 5, target: [1, 2, 0.5], pole: [0, -1, 0] };
    const tick = () => {
      batch.begin();
      for (let i = 0; i < 100; i++) {
        batch.character(skeleton, { model, index: i });
        batch
          .layer()
          .clip(clips[0], i * 0.07, 0.25)
          .clip(clips[1], i * 0.03, 0.75);
        batch.layer("override", 0.5, mask).clip(clips[1], i * 0.11, 1, "ping-pong");
        if (i % 3 === 0) batch.twoBone(limb).lookAt({ joint: 2, target: [i, 3, 4] });
      }
      return batch.run();
    };
    expect(tick()).toBe(100);
    const first = Array.from({ length: 100 }, (_, i) => [...model.view(i)]);
    const { allocations } = arena;
    const { growths } = batch;
    expect(growths).toBeGreaterThan(4);
    for (let i = 0; i < 3; i++) tick();
    expect(arena.allocations).toBe(allocations);
    expect(batch.growths).toBe(growths);
    expect(Array.from({ length: 100 }, (_, i) => [...model.view(i)])).toEqual(first);
    const alone = evaluate(arena, skeleton, (one) => {
      one
        .layer()
        .clip(clips[0], 7 * 0.07, 0.25)
        .clip(clips[1], 7 * 0.03, 0.75);
      one.layer("override", 0.5, mask).clip(clips[1], 7 * 0.11, 1, "ping-pong");
    });
    expect(first[7]).toEqual([...alone.models]);
    for (const clip of clips) clip.dispose();
  });

  test("room for more characters keeps what was there", () => {
    using model = new ModelPoses(skeleton, 2);
    model.view(1).fill(7);
    model.reserve(3);
    expect([model.capacity, model.growths, model.pitch % 64]).toEqual([4, 1, 0]);
    expect([...model.view(1)]).toEqual(Array(skeleton.count * 12).fill(7));
    expect(() => model.offset(4)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });

  test("what does not fit is refused with what to do", () => {
    using other = figure(arena);
    using clip = randomClip(skeleton, 12);
    using additive = makeAdditive(clip);
    using foreign = randomClip(other, 12);
    using pose = new Pose(other);
    using mask = new JointMask(other);
    using batch = new PoseBatch(arena);
    const start = () => batch.begin().character(skeleton, {}).layer();
    const code = (of: string) => expect.objectContaining({ code: of });
    expect(() => start().clip(foreign, 0)).toThrow(code("anim-clip"));
    expect(() => start().clip(additive, 0)).toThrow(code("anim-clip"));
    expect(() => start().layer("additive").clip(clip, 0)).toThrow(code("anim-clip"));
    expect(() => start().clip(clip, Number.NaN)).toThrow(code("bad-argument"));
    expect(() => start().clip(clip, 0, -1)).toThrow(code("bad-argument"));
    expect(() => start().clip(clip, 0, Infinity)).toThrow(code("bad-argument"));
    expect(() => start().pose(pose)).toThrow(code("anim-asset"));
    expect(() => start().layer("override", 2)).toThrow(code("bad-argument"));
    expect(() => start().layer("override", 1, mask)).toThrow(code("anim-asset"));
    expect(() => batch.begin().character(skeleton, { local: pose })).toThrow(code("anim-asset"));
    expect(() => batch.begin().layer()).toThrow("a character before its layers");
    expect(() => batch.begin().character(skeleton, {}).pose(new Pose(skeleton))).toThrow("a layer before");
    expect(() => new Pose(skeleton).get("tail")).toThrow(code("anim-joint"));
    expect(() => new Pose(skeleton).get(9)).toThrow(code("anim-joint"));
    expect(() => mask.set(0, 1.5)).toThrow(code("bad-argument"));
    expect(() => new Pose(skeleton).copyFrom(pose)).toThrow(code("anim-asset"));
    const many = () => {
      start();
      for (let i = 0; i < 65; i++) batch.clip(clip, 0);
    };
    expect(many).toThrow(code("bad-argument"));
    const gone = randomClip(skeleton, 13);
    gone.dispose();
    expect(() => start().clip(gone, 0)).toThrow(code("anim-asset"));
    expect(() =>
      start()
        .twoBone({ upper: 5, middle: 4, end: 3, target: [0, 0, 0] })
        .run(),
    ).toThrow(code("job-input"));
  });

  test("a pose that is not a number stays in its joints", () => {
    using pose = new Pose(skeleton).setTranslation("arm", Number.NaN, 0, 0).setRotation("shin", Number.NaN, 0, 0, 1);
    const { models: matrices } = evaluate(arena, skeleton, (batch) => batch.layer().pose(pose));
    expect(place(matrices, 3)[0]).toBeNaN();
    close(place(matrices, 2), [0, 2, 0]);
    close(place(matrices, 8), [0.1, 0, 0], 1);
  });

  test("batches and poses give their memory back", () => {
    const { live } = arena;
    const batch = new PoseBatch(arena);
    const pose = new Pose(skeleton);
    const matrices = new ModelPoses(skeleton, 5);
    for (const one of [batch, pose, matrices, batch, pose, matrices]) one.dispose();
    expect(arena.live).toBe(live);
  });
});

function restJoints(skeleton: Skeleton): number[][] {
  return Array.from({ length: skeleton.count }, (_, joint) =>
    Array.from({ length: 10 }, (_, row) => skeleton.rest[row * skeleton.stride + joint]!),
  );
}

/** The weighted means, joint by joint, rotations on the side of the sum so far and normalised. */
function blended(parts: readonly number[][][], weights: readonly number[]): number[][] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return parts[0]!.map((_, joint) => {
    const sum = Array<number>(10).fill(0);
    parts.forEach((part, i) => {
      const values = part[joint]!;
      const dot = [3, 4, 5, 6].reduce((all, c) => all + sum[c]! * values[c]!, 0);
      values.forEach((value, c) => {
        sum[c]! += (c >= 3 && c < 7 && dot < 0 ? -value : value) * (weights[i]! / total);
      });
    });
    const size = Math.hypot(sum[3]!, sum[4]!, sum[5]!, sum[6]!);
    return sum.map((value, c) => (c >= 3 && c < 7 ? value / size : value));
  });
}

/** From a to b, rotations the short way. */
function mix(a: readonly number[], b: readonly number[], weight: number): number[] {
  const side = [3, 4, 5, 6].reduce((sum, c) => sum + a[c]! * b[c]!, 0) < 0 ? -1 : 1;
  return normalised(a.map((x, c) => x * (1 - weight) + (c >= 3 && c < 7 ? side : 1) * b[c]! * weight));
}

/** The part `weight` of a difference added to a. */
function addTo(a: readonly number[], difference: readonly number[], weight: number): number[] {
  const part = mix([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], difference, weight);
  const turned = product(a.slice(3, 7), part.slice(3, 7));
  return normalised(a.map((x, c) => (c < 3 ? x + part[c]! : c < 7 ? turned[c - 3]! : x * part[c]!)));
}

function normalised(values: readonly number[]): number[] {
  const size = Math.hypot(...values.slice(3, 7));
  return values.map((x, c) => (c >= 3 && c < 7 ? x / size : x));
}

function quad([x = 0, y = 0, z = 0, w = 1]: readonly number[]): [number, number, number, number] {
  return [x, y, z, w];
}

function product(
  [ax = 0, ay = 0, az = 0, aw = 1]: readonly number[],
  [bx = 0, by = 0, bz = 0, bw = 1]: readonly number[],
) {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}
