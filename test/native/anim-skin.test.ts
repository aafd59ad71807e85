import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MESH_GROUPS,
  MESH_JOINT_NUMBERS,
  MESH_NORMALS,
  MESH_POSITIONS,
  MESH_TARGET_COUNT,
  MESH_VERTICES,
  SKIN_DUAL_QUATERNION,
  SKIN_NORMALISE,
  SKINNED_MESH_WORDS,
  SKINNING_WORDS,
  TARGET_WORDS,
} from "../../src/native/anim/skin-format.ts";
import type { Memory } from "../../src/native/memory.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { noise } from "./parts.ts";
import { type SceneOptions, skinScene } from "./skins.ts";
import { anyF32 } from "./values.ts";

const NONE = 0xffffffff;
const START = 1024;
const BOTH = SKIN_DUAL_QUATERNION | SKIN_NORMALISE;

const bitsOf = (value: number): number => new Uint32Array(new Float32Array([value]).buffer)[0]!;

/** Bits of f32 that a mesh may have: mostly between -2 and 2, from a seed. */
function ordinary(next: () => number): () => number {
  return () => bitsOf(next() / 2 ** 30 - 2);
}

/** One mesh, one palette, one vertex for each influence count. */
function options(seed: number, more: Partial<SceneOptions> = {}): SceneOptions {
  const next = noise(seed);
  return { groups: [3, 5, 4, 6, 1, 2, 3, 4], joints: 9, instances: 1, bits: ordinary(next), next, ...more };
}

describe.skipIf(alone)("animSkin has the bits of the reference", () => {
  const groups = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });

  test.each([0, SKIN_NORMALISE, SKIN_DUAL_QUATERNION, BOTH])("flags %i", (flags) => {
    const scene = fc.record({
      groups,
      seed: fc.nat(1e9),
      joints: fc.integer({ min: 1, max: 70 }),
      instances: fc.integer({ min: 1, max: 4 }),
      targets: fc.nat(4),
      normals: fc.boolean(),
      tangents: fc.boolean(),
      wild: fc.array(anyF32, { minLength: 40, maxLength: 40 }),
      isWild: fc.boolean(),
    });
    fc.assert(
      fc.property(scene, ({ seed, wild, isWild, ...given }) => {
        const next = noise(seed);
        const plain = ordinary(next);
        const bits = () => (isWild && next() % 8 === 0 ? wild[next() % 40]! : plain());
        const rigid = (flags & SKIN_DUAL_QUATERNION) !== 0;
        const outcome = expectSame(
          4,
          (memory) => void skinScene(memory, START, { ...given, flags, rigid, bits, next: noise(seed) }),
          (jobs, memory) => jobs.animSkin(memory, START, given.instances),
        );
        expect(outcome).toEqual({ result: undefined });
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  test("thousands of vertices, and targets across the tiles that they are added in", () => {
    for (const flags of [0, SKIN_DUAL_QUATERNION]) {
      const groups = [700, 513, 255, 257, 0, 1, 0, 300];
      const given = { groups, targets: 3, flags, rigid: true, instances: 2 };
      expectSame(
        16,
        (memory) => void skinScene(memory, START, options(7, given)),
        (jobs, memory) => jobs.animSkin(memory, START, 2),
      );
    }
  });

  test("palettes for dual quaternions that have NaN in them", () => {
    const outcome = expectSame(
      4,
      (memory) => {
        const scene = skinScene(memory, START, options(3, { flags: BOTH, rigid: true }));
        for (const [joint, value] of [2, 5, 7].entries()) {
          memory.f32[scene.palettes[0]! / 4 + value * 12 + joint * 4 + 1] = NaN;
          memory.u32[scene.palettes[0]! / 4 + value * 12 + 3] = 0xffc12345;
        }
      },
      (jobs, memory) => jobs.animSkin(memory, START, 1),
    );
    expect(outcome).toEqual({ result: undefined });
  });

  test("any palette is either rigid or not for both", () => {
    const nudge = fc.record({
      at: fc.nat(11),
      by: fc.double({ min: -2e-3, max: 2e-3, noNaN: true }),
      seed: fc.nat(999),
    });
    let refused = 0;
    fc.assert(
      fc.property(nudge, fc.boolean(), ({ at, by, seed }, mirror) => {
        const outcome = expectSame(
          2,
          (memory) => {
            const { palettes } = skinScene(memory, START, options(seed, { flags: BOTH, rigid: true, joints: 1 }));
            const first = palettes[0]! / 4;
            memory.f32[first + at]! += by;
            if (mirror) for (const c of [0, 4, 8]) memory.f32[first + c]! *= -1;
          },
          (jobs, memory) => jobs.animSkin(memory, START, 1),
        );
        if ("refused" in outcome) refused++;
        else expect(mirror).toBe(false);
      }),
      { seed: 6, numRuns: 200 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

/** Words that a record or header never has, or has when nothing good is meant. */
const hostile = [0, 1, 2, 3, 4, 7, 1023, 1025, 65_535, 65_536, 0x7fffffff, 0xfffffffc, 0xfffffffd, NONE, 4096, 6000];

describe.skipIf(alone)("hostile words are refused by both, or do no harm", () => {
  const fill = (memory: Memory) =>
    skinScene(memory, START, options(11, { instances: 3, targets: 2, flags: SKIN_NORMALISE }));
  const { mesh, targets } = fill(pages(4));
  const places = [
    ...Array.from({ length: SKINNING_WORDS * 3 }, (_, i) => START / 4 + i),
    ...Array.from({ length: SKINNED_MESH_WORDS }, (_, i) => mesh / 4 + i),
    ...Array.from({ length: TARGET_WORDS * 2 }, (_, i) => targets / 4 + i),
  ];

  test("each word", () => {
    let refused = 0;
    for (const place of places) {
      for (const word of hostile) {
        const outcome = expectSame(
          4,
          (memory) => {
            fill(memory);
            memory.u32[place] = word;
          },
          (jobs, memory) => jobs.animSkin(memory, START, 3),
        );
        if ("refused" in outcome) refused++;
      }
    }
    expect(refused).toBeGreaterThan(places.length * 6);
  });

  test("joint numbers that the palette does not have read zeros behind it, or others of its joints", () => {
    for (const number of [9, 10, 15, 16, 17, 65_535]) {
      expectSame(
        4,
        (memory) => {
          fill(memory);
          memory.u16.fill(
            number,
            memory.u32[mesh / 4 + MESH_JOINT_NUMBERS]! / 2 + 3,
            memory.u32[mesh / 4 + MESH_JOINT_NUMBERS]! / 2 + 20,
          );
        },
        (jobs, memory) => jobs.animSkin(memory, START, 3),
      );
    }
  });
});

describe.each(jobSets)("animSkin (%s)", (_, jobs) => {
  const refusal = (
    break_: (memory: Memory, scene: ReturnType<typeof skinScene>) => void,
    more?: Partial<SceneOptions>,
  ) => {
    const memory = pages(4);
    const scene = skinScene(memory, START, options(21, { instances: 2, ...more }));
    break_(memory, scene);
    const before = memory.u8.slice();
    let operands: unknown;
    try {
      jobs.animSkin(memory, START, 2);
    } catch (error) {
      operands = (error as { operands: unknown }).operands;
    }
    expect(Buffer.compare(memory.u8, before)).toBe(0);
    return operands;
  };
  const second = START / 4 + SKINNING_WORDS;

  test("refuses outputs that overlap anything, naming the record", () => {
    const overlap = { operand: "positions", reason: "overlap", span: 1 };
    expect(
      refusal(({ u32 }) => {
        u32[second + 3] = u32[START / 4 + 3]! + 4;
      }),
    ).toEqual(overlap);
    expect(
      refusal(({ u32 }, { mesh }) => {
        u32[second + 3] = u32[mesh / 4 + MESH_POSITIONS]!;
      }),
    ).toEqual(overlap);
    expect(
      refusal(({ u32 }, { palettes }) => {
        u32[second + 3] = palettes[0]!;
      }),
    ).toEqual(overlap);
    expect(
      refusal(({ u32 }) => {
        u32[second + 3] = START;
      }),
    ).toEqual(overlap);
  });

  test("refuses what does not fit the mesh", () => {
    const value = (operand: string) => ({ operand, reason: "value", span: 1 });
    expect(refusal(({ u32 }) => void (u32[second + 2] = 8))).toEqual(value("joints"));
    expect(refusal(({ u32 }) => void (u32[second + 2] = 1025))).toEqual(value("joints"));
    expect(refusal(({ u32 }) => void (u32[second + 6] = 4))).toEqual(value("flags"));
    expect(refusal(({ u32 }) => void (u32[second + 4] = 4096), { normals: false })).toEqual(value("normals"));
    expect(refusal(({ u32 }) => void (u32[second + 5] = 4096), { tangents: false })).toEqual(value("tangents"));
    expect(refusal(({ u32 }) => void (u32[second + 6] = BOTH))).toEqual(value("palette"));
    const mesh = { operand: "mesh", reason: "value", span: 0 };
    expect(refusal(({ u32 }, { mesh: at }) => void u32[at / 4 + MESH_GROUPS]!++)).toEqual(mesh);
    expect(refusal(({ u32 }, { mesh: at }) => void u32[at / 4 + MESH_VERTICES]!++)).toEqual(mesh);
    expect(refusal(({ u32 }, { mesh: at }) => void (u32[at / 4] = 0))).toEqual(mesh);
    expect(refusal(({ u32 }, { mesh: at }) => void (u32[at / 4 + MESH_NORMALS] = 2))).toEqual({
      operand: "meshNormals",
      reason: "alignment",
      span: 0,
    });
  });

  test("refuses targets whose vertices do not ascend, and takes no notice of targets without weight", () => {
    const memory = pages(4);
    const given = options(1, { targets: 1, groups: [4] });
    const { mesh, targets } = skinScene(memory, START, { ...given, next: noise(1) });
    const morphs = 8000;
    memory.u32[START / 4 + 7] = morphs;
    const [count, at] = memory.u32.subarray(targets / 4);
    expect(memory.u32[mesh / 4 + MESH_TARGET_COUNT]).toBe(1);
    expect(count).toBeGreaterThan(1);
    memory.u32[at! / 4 + 1] = memory.u32[at! / 4]!;
    const order = { code: "job-input", operands: { operand: "targetVertices", reason: "order", span: 0 } };
    for (const weight of [1, NaN, -1e-30]) {
      memory.f32[morphs / 4] = weight;
      expect(() => jobs.animSkin(memory, START, 1)).toThrow(expect.objectContaining(order));
    }
    for (const weight of [0, -0]) {
      memory.f32[morphs / 4] = weight;
      jobs.animSkin(memory, START, 1);
    }
    memory.f32[morphs / 4] = 1;
    memory.u32[at! / 4 + 1] = 4;
    expect(() => jobs.animSkin(memory, START, 1)).toThrow(expect.objectContaining(order));
  });

  test("a quarter turn about z, half of it in linear, all of it in dual quaternions", () => {
    const memory = pages(2);
    for (const flags of [0, SKIN_DUAL_QUATERNION]) {
      const scene = skinScene(memory, START, {
        groups: [0, 1],
        joints: 2,
        instances: 1,
        flags,
        tangents: false,
        bits: () => 0,
        next: () => 9,
      });
      const { f32, u32, u16 } = memory;
      const header = u32.subarray(scene.mesh / 4);
      f32.set([2, 0, 0], header[MESH_POSITIONS]! / 4);
      f32.set([1, 0, 0], header[MESH_NORMALS]! / 4);
      u16.set([0, 1], header[MESH_JOINT_NUMBERS]! / 2);
      f32.set([0.5, 0.5], header[7]! / 4);
      f32.set([1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0], scene.palettes[0]! / 4);
      f32.set([0, -1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0], scene.palettes[0]! / 4 + 12);
      jobs.animSkin(memory, START, 1);
      const [, , , positions, normals] = u32.subarray(START / 4);
      const half = Math.SQRT1_2;
      const wanted = flags === 0 ? [2, 1, 0] : [1 + 2 * half, 2 * half, 0];
      for (let c = 0; c < 3; c++) expect(f32[positions! / 4 + c]).toBeCloseTo(wanted[c]!, 6);
      for (let c = 0; c < 3; c++)
        expect(f32[normals! / 4 + c]).toBeCloseTo(flags === 0 ? [0.5, 0.5, 0][c]! : [half, half, 0][c]!, 6);
    }
  });

  test("a joint that is NaN touches its own vertices only; nothing is skinned for no records", () => {
    for (const flags of [0, SKIN_NORMALISE, SKIN_DUAL_QUATERNION, BOTH]) {
      const memory = pages(4);
      const scene = skinScene(memory, START, options(5, { rigid: true, flags, groups: [20, 20] }));
      const { f32, u32, u16 } = memory;
      f32.fill(NaN, scene.palettes[0]! / 4 + 36, scene.palettes[0]! / 4 + 48);
      const numbers = u32[scene.mesh / 4 + MESH_JOINT_NUMBERS]! / 2;
      const positions = u32[START / 4 + 3]! / 4;
      jobs.animSkin(memory, START, 0);
      expect(f32.subarray(positions, positions + 120).every((value) => value === 0)).toBe(true);
      jobs.animSkin(memory, START, 1);
      for (let vertex = 0; vertex < 40; vertex++) {
        const at = vertex < 20 ? [numbers + vertex] : [0, 1].map((k) => numbers + 20 + (vertex - 20) * 2 + k);
        const isTouched = at.some((place) => u16[place] === 3);
        expect(f32.subarray(positions + vertex * 3, positions + vertex * 3 + 3).some(Number.isNaN)).toBe(isTouched);
        if (isTouched) expect(u32[positions + vertex * 3]).toBe(0x7fc00000);
      }
    }
  });
});
