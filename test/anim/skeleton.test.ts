import { describe, expect, test } from "vitest";
import { AnimArena, type JointOptions, Skeleton } from "../../src/anim.ts";

const joint = (name: string, parent: number, more: Partial<JointOptions> = {}): JointOptions => ({
  name,
  parent,
  ...more,
});

describe("skeletons", () => {
  const arena = new AnimArena();

  test("have parents before children, and tell where the joints given went", () => {
    const joints = [joint("hand", 2), joint("root", -1), joint("arm", 1), joint("leg", 1)];
    using skeleton = Skeleton.create(arena, { joints });
    expect(skeleton.names).toEqual(["root", "arm", "hand", "leg"]);
    expect([...skeleton.parents]).toEqual([-1, 0, 1, 0]);
    expect([...skeleton.mapping]).toEqual([2, 0, 1, 3]);
    expect([skeleton.count, skeleton.stride, skeleton.jointOf("hand"), skeleton.findJoint("tail")]).toEqual([
      4, 16, 2, -1,
    ]);
    expect(() => skeleton.jointOf("tail")).toThrow(expect.objectContaining({ code: "anim-joint" }));
  });

  test("lie in the arena as jobs read them", () => {
    const joints = Array.from({ length: 17 }, (_, i) => joint(`j${i}`, i - 1));
    joints[16] = joint("j16", 15, { translation: [1, 2, 3], rotation: [0, 0, 3, 4], scale: [5, 6, 7] });
    const { live } = arena;
    const skeleton = Skeleton.create(arena, { joints });
    const { u32, i32, f32 } = arena.memory;
    const [, count, stride = 0, rest = 0, parents = 0] = u32.subarray(
      skeleton.offset >>> 2,
      (skeleton.offset >>> 2) + 5,
    );
    expect([count, stride, rest % 64, parents % 64]).toEqual([17, 32, 0, 0]);
    expect([...i32.subarray(parents >>> 2, (parents >>> 2) + 18)].slice(14)).toEqual([13, 14, 15, -1]);
    const row = (r: number) => [...f32.subarray((rest >>> 2) + r * stride + 15, (rest >>> 2) + r * stride + 18)];
    expect(Array.from({ length: 10 }, (_, r) => row(r)[1])).toEqual(
      [1, 2, 3, 0, 0, 0.6, 0.8, 5, 6, 7].map((value) => Math.fround(value)),
    );
    expect(Array.from({ length: 10 }, (_, r) => row(r)[2])).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect(f32.subarray(rest >>> 2, (rest >>> 2) + 10 * stride)).toEqual(skeleton.rest);
    skeleton.dispose();
    expect(arena.live).toBe(live);
  });

  test("give joints of the same name others", () => {
    using skeleton = Skeleton.create(arena, {
      joints: [joint("a", -1), joint("a", 0), joint("a.2", 0), joint("a", 0)],
    });
    expect([...skeleton.names].sort()).toEqual(["a", "a.2", "a.3", "a.4"]);
  });

  test.for<[string, JointOptions[]]>([
    ["a circle", [joint("a", -1), joint("b", 2), joint("c", 1)]],
    ["a joint that is its parent", [joint("a", 0)]],
    ["a parent that does not exist", [joint("a", 1)]],
    ["half a parent", [joint("a", -0.5)]],
    ["no joints", []],
    ["too many joints", Array.from({ length: 1025 }, (_, i) => joint(`${i}`, i - 1))],
    ["NaN", [joint("a", -1, { translation: [0, Number.NaN, 0] })]],
    ["more than f32 holds", [joint("a", -1, { scale: [1e300, 1, 1] })]],
    ["a rotation of zero", [joint("a", -1, { rotation: [0, 0, 0, 0] })]],
    ["a short translation", [joint("a", -1, { translation: [1, 2] })]],
  ])("refuse %s", ([, joints]) => {
    const { live } = arena;
    expect(() => Skeleton.create(arena, { joints })).toThrow(expect.objectContaining({ code: "anim-asset" }));
    expect(arena.live).toBe(live);
  });
});
