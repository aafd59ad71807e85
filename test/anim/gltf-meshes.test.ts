import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AnimArena, loadGltf, type Mesh, type Model } from "../../src/anim.ts";
import { encode, GltfBuilder } from "./gltf-builder.ts";

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

/** Three corners of a triangle in the plane z = 0. */
const corners = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0);
const square = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0);

/** A model whose first node holds one mesh of one primitive. */
async function load(primitive: (gltf: GltfBuilder) => object, more: object = {}): Promise<Mesh> {
  const gltf = new GltfBuilder();
  const meshes = [{ primitives: [primitive(gltf)] }];
  model = await loadGltf(gltf.file({ nodes: [{ mesh: 0 }], meshes, ...more }), { arena });
  return model.meshes[0]!;
}

const refuses = (element: RegExp) =>
  expect.objectContaining({ code: "gltf-input", message: expect.stringMatching(element) });

describe("triangles", () => {
  test.for<[string, number, number[] | undefined, number[]]>([
    ["a list without indices", 4, undefined, [0, 1, 2]],
    ["a list with indices", 4, [2, 1, 0, 1, 2, 3], [2, 1, 0, 1, 2, 3]],
    ["a strip, every second triangle turned", 5, [0, 1, 2, 3], [0, 1, 2, 2, 1, 3]],
    ["a strip with joints, which are left out", 5, [0, 1, 2, 2, 3, 1], [0, 1, 2, 3, 2, 1]],
    ["a fan", 6, [0, 1, 2, 3], [0, 1, 2, 0, 2, 3]],
  ])("of %s", async ([, mode, indices, expected]) => {
    const mesh = await load((gltf) => ({
      mode,
      attributes: { POSITION: gltf.add(indices ? square : corners, 3) },
      ...(indices && { indices: gltf.add(Uint16Array.from(indices), 1) }),
    }));
    expect([...mesh.indices]).toEqual(expected);
    expect(mesh.parts).toEqual([{ first: 0, count: expected.length, colour: [1, 1, 1, 1] }]);
  });

  test("of several primitives are parts of one mesh; those of the same vertices share them", async () => {
    const gltf = new GltfBuilder();
    const [first, second] = [gltf.add(corners, 3), gltf.add(square, 3)];
    const indices = gltf.add(Uint8Array.of(1, 2, 3), 1);
    const file = gltf.file({
      nodes: [{ mesh: 0 }],
      materials: [{ pbrMetallicRoughness: { baseColorFactor: [1, 0.5, 0.25, 1] } }, {}],
      meshes: [
        {
          primitives: [
            { attributes: { POSITION: first } },
            { attributes: { POSITION: second }, indices, material: 0 },
            { attributes: { POSITION: first }, material: 1 },
            { attributes: { POSITION: first }, mode: 1 },
          ],
        },
      ],
    });
    model = await loadGltf(file, { arena });
    const mesh = model.meshes[0]!;
    expect(mesh.positions).toEqual(Float32Array.of(...corners, ...square));
    expect([...mesh.indices]).toEqual([0, 1, 2, 4, 5, 6, 0, 1, 2]);
    expect(mesh.parts.map(({ first: at, colour }) => [at, colour[1]])).toEqual([
      [0, 1],
      [3, 0.5],
      [6, 1],
    ]);
    expect(model.warnings).toEqual([expect.stringContaining("meshes[0].primitives[3]")]);
  });
});

describe("attributes", () => {
  test("normals that are missing are those of the surface", async () => {
    const mesh = await load((gltf) => ({ attributes: { POSITION: gltf.add(corners, 3) } }));
    expect([...mesh.normals]).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1]);
    expect([mesh.tangents, mesh.influences, mesh.joints.length, mesh.skin]).toEqual([undefined, 0, 0, undefined]);
  });

  test("are read when they are interleaved, normalised, or sparse", async () => {
    const gltf = new GltfBuilder();
    const sparse = { indices: Uint8Array.of(0, 2), values: Float32Array.of(9, 8, 7, 6, 5, 4) };
    const attributes = {
      POSITION: gltf.add(new Int16Array([0, 0, 0, 32767, 0, 0, 0, -32768, 0]), 3, { normalized: true, stride: 8 }),
      NORMAL: gltf.add(new Int8Array([0, 0, 127, 0, 0, 127, -128, 0, 0]), 3, { normalized: true, stride: 4 }),
      TANGENT: gltf.add(Float32Array.of(1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1), 4, { stride: 20 }),
    };
    const targets = [
      { POSITION: gltf.add(new Float32Array(9), 3, { zeros: true, sparse }) },
      { POSITION: gltf.add(Float32Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3), 3, { sparse }) },
    ];
    const extensions = ["KHR_mesh_quantization"];
    const meshes = [
      { primitives: [{ attributes, targets }], weights: [0.5, 0.25], extras: { targetNames: ["a", "b"] } },
    ];
    const nodes = [{ mesh: 0 }, { mesh: 0, weights: [1, 0] }];
    model = await loadGltf(gltf.file({ nodes, meshes, extensionsUsed: extensions, extensionsRequired: extensions }), {
      arena,
    });
    const [mesh, other] = model.meshes as [Mesh, Mesh];
    expect([...mesh.positions]).toEqual([0, 0, 0, 1, 0, 0, 0, -1, 0]);
    expect([...mesh.normals]).toEqual([0, 0, 1, 0, 0, 1, -1, 0, 0]);
    expect([...mesh.tangents!]).toEqual([1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1]);
    const moved = mesh.morphTargets.map(({ name, positions, normals }) => [name, [...positions], normals]);
    expect(moved).toEqual([
      ["a", [9, 8, 7, 0, 0, 0, 6, 5, 4], undefined],
      ["b", [9, 8, 7, 2, 2, 2, 6, 5, 4], undefined],
    ]);
    expect([[...mesh.morphWeights], [...other.morphWeights]]).toEqual([
      [0.5, 0.25],
      [1, 0],
    ]);
    expect([other.positions === mesh.positions, mesh.name, other.name]).toEqual([true, "mesh0", "mesh0.2"]);
  });

  test.for<[string, (gltf: GltfBuilder) => object, RegExp]>([
    [
      "indices past the vertices",
      (g) => ({ indices: g.add(Uint8Array.of(0, 1, 3), 1) }),
      /primitives\[0\]\.indices names vertex 3/,
    ],
    ["two thirds of a triangle", (g) => ({ indices: g.add(Uint8Array.of(0, 1), 1) }), /primitives\[0\]\.indices has 2/],
    ["f32 as indices", (g) => ({ indices: g.add(Float32Array.of(0, 1, 2), 1) }), /primitives\[0\]\.indices/],
    [
      "signed joints",
      (g) => ({
        attributes: { POSITION: 0, JOINTS_0: g.add(new Int8Array(12), 4), WEIGHTS_0: g.add(new Float32Array(12), 4) },
      }),
      /JOINTS_0 names accessors\[1\], which holds VEC4 of i8, not VEC4 of unsigned integers/,
    ],
    ["an accessor that is not there", () => ({ indices: 7 }), /primitives\[0\]\.indices names accessors\[7\]/],
    [
      "normals of other vertices",
      (g) => ({ attributes: { POSITION: 0, NORMAL: g.add(new Float32Array(6), 3) } }),
      /NORMAL has 2/,
    ],
    [
      "NaN",
      (g) => ({ attributes: { POSITION: g.add(new Float32Array(9).fill(Number.NaN), 3) } }),
      /POSITION is not finite at vertex 0/,
    ],
    [
      "joints without weights",
      (g) => ({ attributes: { POSITION: 0, JOINTS_0: g.add(new Uint8Array(12), 4) } }),
      /1 sets of joints/,
    ],
    ["a mode that does not exist", () => ({ mode: 7 }), /primitives\[0\]\.mode is 7/],
    ["a material that is not there", () => ({ material: 0 }), /primitives\[0\]\.material names materials\[0\]/],
    ["a text for a number", () => ({ mode: "4" }), /primitives\[0\]\.mode is "4"/],
    ["more weights than morph targets", () => ({ targets: [] }), /nodes\[0\]\.weights has 1/],
  ])("refuse %s", async ([, change, element]) => {
    const make = (gltf: GltfBuilder) => ({ attributes: { POSITION: gltf.add(corners, 3) }, ...change(gltf) });
    await expect(load(make, { nodes: [{ mesh: 0, weights: [1] }] })).rejects.toEqual(refuses(element));
  });
});

describe("skins", () => {
  /** A triangle of the skin of nodes 1 and 2, the root of which is moved. */
  async function bound(joints: number[][], weights: number[][], options: { bytes?: boolean } = {}): Promise<Mesh> {
    const gltf = new GltfBuilder();
    const attributes: Record<string, number> = { POSITION: gltf.add(corners, 3) };
    joints.forEach((set, i) => {
      attributes[`JOINTS_${i}`] = gltf.add(Uint8Array.from(set), 4);
      const values = weights[i]!;
      attributes[`WEIGHTS_${i}`] = options.bytes
        ? gltf.add(Uint8Array.from(values), 4, { normalized: true })
        : gltf.add(Float32Array.from(values), 4);
    });
    const nodes = [
      { mesh: 0, skin: 0, translation: [5, 5, 5] },
      { name: "hip", translation: [0, 1, 0], children: [2] },
      { name: "knee", translation: [0, -0.5, 0], children: [3] },
      { name: "hat", mesh: 1 },
    ];
    const meshes = [{ primitives: [{ attributes }] }, { primitives: [{ attributes: { POSITION: 0 } }] }];
    const file = gltf.file({ nodes, meshes, skins: [{ joints: [2, 1] }] });
    model = await loadGltf(file, { arena });
    return model.meshes[0]!;
  }

  test("have identity matrices where there are none; the transform of the mesh's node does not count", async () => {
    const mesh = await bound([new Array(12).fill(0)], [[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]]);
    expect(mesh.skin?.skeleton.names).toEqual(["hip", "knee"]);
    expect([...mesh.skin!.joints]).toEqual([1, 0]);
    expect([...mesh.skin!.inverseBind.subarray(0, 12)]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
    expect([...mesh.matrix]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
    const hat = model!.meshes[1]!;
    expect([hat.skin, hat.skeleton, hat.joint, hat.matrix[7]]).toEqual([undefined, undefined, -1, 0.5]);
    expect(model!.nodes.map(({ parent, joint }) => [parent, joint])).toEqual([
      [-1, -1],
      [-1, 0],
      [1, 1],
      [2, -1],
    ]);
  });

  test("weights are sorted, summed for a joint that is named twice, and made to be 1 in sum", async () => {
    const mesh = await bound(
      [[0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1]],
      [[0.25, 0.5, 0.25, 0, 0.5, 0.5, 1, 0, 0.1, 0, 0, 0]],
    );
    expect(mesh.influences).toBe(2);
    expect([...mesh.joints]).toEqual([1, 0, 1, 0, 1, 0]);
    expect([...mesh.weights]).toEqual([0.5, 0.5, 0.75, 0.25, 1, 0]);
    expect(model!.warnings).toEqual([expect.stringContaining("2 vertices whose weights have a sum other than 1")]);
  });

  test("weights of zero hang on the first joint, and the file says so", async () => {
    const mesh = await bound([new Array(12).fill(200)], [new Array(12).fill(0)]);
    expect([[...mesh.joints], [...mesh.weights]]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(model!.warnings).toEqual([expect.stringContaining("3 vertices without weights")]);
  });

  test("weights of bytes are near enough to 1", async () => {
    const mesh = await bound([[0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]], [[127, 127, 0, 0, 128, 127, 0, 0, 255, 0, 0, 0]], {
      bytes: true,
    });
    expect(model!.warnings).toEqual([]);
    expect([...mesh.weights].map((weight) => weight.toFixed(3))).toEqual([
      "0.500",
      "0.500",
      "0.502",
      "0.498",
      "1.000",
      "0.000",
    ]);
  });

  test.for<[string, number[][], number[][], RegExp]>([
    [
      "a joint that the skin does not have",
      [new Array(12).fill(2)],
      [new Array(12).fill(0.25)],
      /meshes\[0\]\.primitives\[0\], vertex 0, hangs on joint 2/,
    ],
    [
      "NaN",
      [new Array(12).fill(0)],
      [[...new Array(11).fill(0.25), Number.NaN]],
      /meshes\[0\]\.primitives\[0\], vertex 2, has the weight NaN/,
    ],
    ["weights below 0", [new Array(12).fill(0)], [[-1, ...new Array(11).fill(1)]], /vertex 0, has the weight -1/],
    ["no joints", [], [], /meshes\[0\]\.primitives\[0\] has no JOINTS_0 and WEIGHTS_0, but nodes\[0\]/],
  ])("refuse %s", async ([, joints, weights, element]) => {
    await expect(bound(joints, weights)).rejects.toEqual(refuses(element));
  });

  test("take 8 joints for a vertex, and of more the largest", async () => {
    const gltf = new GltfBuilder();
    const attributes: Record<string, number> = { POSITION: gltf.add(corners, 3) };
    for (let set = 0; set < 3; set++) {
      const joints = Uint16Array.from({ length: 12 }, (_, i) => set * 4 + (i % 4));
      const weights = Float32Array.from({ length: 12 }, (_, i) => (i < 4 || set < 2 ? joints[i]! + 1 : 0) / 64);
      attributes[`JOINTS_${set}`] = gltf.add(joints, 4);
      attributes[`WEIGHTS_${set}`] = gltf.add(weights, 4);
    }
    const joints = Array.from({ length: 12 }, (_, i) => i + 1);
    const nodes = [{ mesh: 0, skin: 0 }, ...joints.map((i) => (i < 12 ? { children: [i + 1] } : {}))];
    model = await loadGltf(gltf.file({ nodes, meshes: [{ primitives: [{ attributes }] }], skins: [{ joints }] }), {
      arena,
    });
    const mesh = model.meshes[0]!;
    expect(mesh.influences).toBe(8);
    expect([...mesh.joints.subarray(0, 8)]).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
    expect([...mesh.joints.subarray(8, 16)]).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
    for (let v = 0; v < 3; v++)
      expect(mesh.weights.subarray(v * 8, v * 8 + 8).reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 6);
    expect(model.warnings.some((warning) => warning.includes("more than 8 joints"))).toBe(true);
  });

  test("of one file share skeletons, also across roots; meshes share skins", async () => {
    const gltf = new GltfBuilder();
    const weights = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    const attributes = {
      POSITION: gltf.add(corners, 3),
      JOINTS_0: gltf.add(new Uint8Array(12), 4),
      WEIGHTS_0: gltf.add(weights, 4),
    };
    const matrices = gltf.add(
      Float32Array.from({ length: 32 }, (_, i) => i),
      16,
    );
    const file = gltf.file({
      nodes: [
        { mesh: 0, skin: 0 },
        { mesh: 0, skin: 0 },
        { mesh: 0, skin: 1 },
        { name: "a" },
        { name: "b" },
        { name: "c" },
      ],
      meshes: [{ primitives: [{ attributes }] }],
      skins: [{ joints: [3, 4], inverseBindMatrices: matrices }, { joints: [5] }],
    });
    model = await loadGltf(file, { arena });
    expect(model.skeletons.map(({ names }) => names)).toEqual([["a", "b"], ["c"]]);
    expect(model.meshes.map(({ skin }) => model!.skins.indexOf(skin!))).toEqual([0, 0, 1]);
    expect([...model.skins[0]!.inverseBind.subarray(0, 12)]).toEqual([0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14]);
    expect(model.warnings).toEqual([expect.stringContaining("last row")]);
  });

  test.for<[string, object, RegExp]>([
    ["no joints", { joints: [] }, /skins\[0\]\.joints has 0/],
    ["a joint that is no node", { joints: [9] }, /skins\[0\]\.joints\[0\] names nodes\[9\]/],
    ["too many joints", { joints: new Array(1025).fill(0) }, /skins\[0\]\.joints has 1025/],
    ["matrices that are not there", { joints: [0], inverseBindMatrices: 3 }, /skins\[0\]\.inverseBindMatrices/],
  ])("with %s are refused", async ([, skin, element]) => {
    await expect(
      loadGltf(encode({ asset: { version: "2.0" }, nodes: [{}], skins: [skin] }), { arena }),
    ).rejects.toEqual(refuses(element));
  });
});
