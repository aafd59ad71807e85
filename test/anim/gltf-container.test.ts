import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import { AnimArena, loadGltf } from "../../src/anim.ts";
import { encode, GltfBuilder } from "./gltf-builder.ts";

const arena = new AnimArena();
let folder = "";

/** A triangle whose buffer is at `uri`. */
function triangle(uri: string): Uint8Array {
  const gltf = new GltfBuilder();
  const attributes = { POSITION: gltf.add(new Float32Array(9), 3) };
  return encode(gltf.json({ nodes: [{ mesh: 0 }], meshes: [{ primitives: [{ attributes }] }] }, uri));
}

const refused = (message: RegExp, code = "gltf-input") =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

beforeAll(() => {
  const base = mkdtempSync(join(tmpdir(), "gltf-"));
  folder = join(base, "models");
  mkdirSync(join(folder, "parts"), { recursive: true });
  const bytes = new Uint8Array(36);
  for (const path of ["a.bin", "parts/b c.bin", "../secret.bin"]) writeFileSync(join(folder, path), bytes);
  writeFileSync(join(folder, "short.bin"), bytes.subarray(1));
  symlinkSync(join(base, "secret.bin"), join(folder, "link.bin"));
  symlinkSync(base, join(folder, "up"));
  symlinkSync(join(folder, "a.bin"), join(folder, "inside.bin"));
});

afterAll(() => rmSync(join(folder, ".."), { recursive: true }));

describe("buffers outside the file", () => {
  test.for(["a.bin", "./a.bin", "parts/b%20c.bin", "inside.bin"])("%s is read", async (uri) => {
    writeFileSync(join(folder, "model.gltf"), triangle(uri));
    for (const path of [join(folder, "model.gltf"), pathToFileURL(join(folder, "model.gltf"))]) {
      using model = await loadGltf(path, { arena });
      expect([model.name, model.meshes.length]).toEqual(["model", 1]);
    }
    using given = await loadGltf(triangle(uri), { arena, folder, name: "given" });
    expect(given.name).toBe("given");
    await expect(loadGltf(triangle(uri), { arena })).rejects.toEqual(refused(/buffers\[0\]\.uri .* no folder/));
  });

  test.for([
    "../secret.bin",
    "parts/../../secret.bin",
    "%2e%2e/secret.bin",
    "%2E%2E%2Fsecret.bin",
    "..\\secret.bin",
    "/etc/hostname",
    "//server/secret.bin",
    "file:///etc/hostname",
    "http://localhost/a.bin",
    "a.bin%00",
    "C:\\a.bin",
    "%zz",
    ".",
    "link.bin",
    "up/secret.bin",
  ])("%s is not", async (uri) => {
    await expect(loadGltf(triangle(uri), { arena, folder })).rejects.toEqual(refused(/^buffers\[0\]\.uri/));
  });

  test.for([
    ["short.bin", /buffers\[0\] has 35 bytes; 36 are announced/, "gltf-input"],
    ["none.bin", /none\.bin/, "file-io"],
    ["parts", /is not a file/, "file-io"],
    ["data:text/plain,hello", /buffers\[0\]\.uri is a data: URI without base64/, "gltf-input"],
    ["data:;base64,????", /buffers\[0\]\.uri is not base64/, "gltf-input"],
    ["data:;base64,AAAA", /buffers\[0\] has 3 bytes/, "gltf-input"],
  ] as const)("%s is refused", async ([uri, message, code]) => {
    await expect(loadGltf(triangle(uri), { arena, folder })).rejects.toEqual(refused(message, code));
  });

  test.for(["http://localhost/model.glb", "file://server/model.glb", "file:///a%2fb"])(
    "%s is no file",
    async (href) => {
      const message = /not a path, a file: URL or bytes/;
      await expect(loadGltf(new URL(href), { arena })).rejects.toEqual(refused(message, "bad-argument"));
    },
  );

  test("a file that is not there says so", async () => {
    await expect(loadGltf(join(folder, "none.glb"), { arena })).rejects.toEqual(refused(/none\.glb/, "file-io"));
  });
});

describe("containers", () => {
  const glb = figure({ joints: 20, vertices: 600 });
  const patched = (at: number, word: number) => {
    const bytes = glb.slice();
    new DataView(bytes.buffer).setUint32(at, word, true);
    return bytes;
  };

  test.for<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /neither \.glb nor JSON/],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), /neither \.glb nor JSON/],
    ["a list", encode([]), /The file is not an object/],
    ["null", new TextEncoder().encode("null"), /The file is not an object/],
    ["glTF 1", encode({ asset: { version: "1.0" } }), /asset\.version is "1\.0"/],
    ["no version", encode({ asset: {} }), /asset\.version/],
    ["a .glb of version 1", patched(4, 1), /version 1/],
    ["a .glb that announces more", patched(8, glb.length + 1), /cut off/],
    ["a .glb whose JSON is too long", patched(12, glb.length), /Chunk 0/],
    ["a .glb without JSON", patched(16, 0x004e4942), /Chunk 0 of the \.glb is not JSON/],
    ["a .glb of a header", glb.slice(0, 12), /cut off after 12 bytes/],
  ])("%s is refused", async ([, bytes, message]) => {
    await expect(loadGltf(bytes, { arena })).rejects.toEqual(refused(message));
    expect(arena.live).toBe(0);
  });

  test.for([
    ["KHR_draco_mesh_compression", /extensionsRequired\[0\] is KHR_draco_mesh_compression, .* without it/],
    ["EXT_meshopt_compression", /EXT_meshopt_compression/],
    ["VENDOR_other", /VENDOR_other/],
  ] as const)("%s is refused where it is required", async ([name, message]) => {
    const file = encode({ asset: { version: "2.0" }, extensionsRequired: [name] });
    await expect(loadGltf(file, { arena })).rejects.toEqual(refused(message));
    using model = await loadGltf(encode({ asset: { version: "2.0" }, extensionsUsed: [name] }), { arena });
    expect(model.nodes).toEqual([]);
  });

  test.for(["KHR_materials_unlit", "KHR_texture_transform", "KHR_lights_punctual", "EXT_texture_webp"])(
    "%s changes pictures only",
    async (name) => {
      using model = await loadGltf(encode({ asset: { version: "2.1" }, extensionsRequired: [name] }), { arena });
      expect([model.warnings, model.skeletons]).toEqual([[], []]);
    },
  );
});

describe("elements", () => {
  const file = (json: object) => encode({ asset: { version: "2.0" }, ...json });
  const view = { buffer: 0, byteLength: 36 };
  const used = (accessor: object, views: object[] = [view], uri = `data:;base64,${"A".repeat(48)}`) =>
    file({
      buffers: [{ byteLength: 36, uri }],
      bufferViews: views,
      accessors: [{ componentType: 5126, type: "VEC3", count: 3, bufferView: 0, ...accessor }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
    });

  test.for<[string, Uint8Array, RegExp]>([
    ["a circle of nodes", file({ nodes: [{ children: [1] }, { children: [0] }] }), /nodes\[\d\]\.children leads back/],
    ["a node in itself", file({ nodes: [{ children: [0] }] }), /nodes\[0\]\.children leads back/],
    [
      "two parents",
      file({ nodes: [{ children: [2] }, { children: [2] }, {}] }),
      /nodes\[1\]\.children\[0\] names nodes\[2\]/,
    ],
    ["a child that is not there", file({ nodes: [{ children: [1] }] }), /nodes\[0\]\.children\[0\]/],
    ["half a child", file({ nodes: [{ children: [0.5] }] }), /nodes\[0\]\.children\[0\] is 0\.5/],
    ["a rotation of zero", file({ nodes: [{ rotation: [0, 0, 0, 0] }] }), /nodes\[0\]\.rotation has length zero/],
    ["a short matrix", file({ nodes: [{ matrix: [1] }] }), /nodes\[0\]\.matrix has 1 numbers/],
    ["null as a number", file({ nodes: [{ translation: [0, null, 0] }] }), /nodes\[0\]\.translation\[1\] is null/],
    ["more than f32 holds", file({ nodes: [{ scale: [1e300, 1, 1] }] }), /nodes\[0\]\.scale\[0\]/],
    ["an object as a list", file({ nodes: {} }), /nodes is not a list/],
    ["null as an element", file({ nodes: [null] }), /nodes\[0\] is not an object/],
    ["a mesh that is not there", file({ nodes: [{ mesh: 0 }] }), /nodes\[0\]\.mesh names meshes\[0\]/],
    ["a negative number", file({ nodes: [{ mesh: -1 }] }), /nodes\[0\]\.mesh is -1/],
    ["a view past its buffer", used({}, [{ buffer: 0, byteLength: 37 }]), /bufferViews\[0\] ends 1 bytes behind/],
    ["an accessor past its view", used({ byteOffset: 4 }), /accessors\[0\] ends 4 bytes behind/],
    ["a huge count", used({ count: 2 ** 30 }), /accessors\[0\]/],
    [
      "a huge count of zeros",
      used({ count: 2 ** 28, bufferView: undefined }),
      /accessors\[0\] makes the file unpack to more than/,
    ],
    ["a stride that is too small", used({}, [{ ...view, byteStride: 8 }]), /accessors\[0\] has elements of 12 bytes/],
    ["a component type that does not exist", used({ componentType: 5124 }), /accessors\[0\]\.componentType is 5124/],
    ["a type that does not exist", used({ type: "constructor" }), /accessors\[0\]\.type is "constructor"/],
    ["no count", used({ count: undefined }), /accessors\[0\]\.count is missing/],
    [
      "sparse indices that fall",
      used({ sparse: { count: 2, indices: { bufferView: 0, componentType: 5121 }, values: { bufferView: 0 } } }),
      /accessors\[0\]\.sparse\.indices has 0 at 1/,
    ],
    ["more sparse values than elements", used({ sparse: { count: 4 } }), /accessors\[0\]\.sparse\.count is 4/],
    ["a buffer without bytes", used({}, [view], ""), /buffers\[0\]\.uri is missing, but accessors\[0\] is in/],
  ])("%s is refused by name", async ([, bytes, message]) => {
    await expect(loadGltf(bytes, { arena })).rejects.toEqual(refused(message));
    expect(arena.live).toBe(0);
  });

  test("a matrix is taken apart, also a mirrored one; a skewed one is nearly so", async () => {
    const turned = [0, 0, -2, 0, 0, 3, 0, 0, -4, 0, 0, 0, 5, 6, 7, 1];
    const joints = [0, 1];
    const skewed = [1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    using model = await loadGltf(
      file({ nodes: [{ matrix: turned, children: [1] }, { matrix: skewed }], skins: [{ joints }] }),
      { arena },
    );
    const { rest, stride } = model.skeletons[0]!;
    const [tx, ty, tz, x, y, z, w, sx, sy, sz] = Array.from(
      { length: 10 },
      (_, row) => rest[row * stride]!,
    ) as number[];
    expect([tx, ty, tz]).toEqual([5, 6, 7]);
    expect(Math.abs(sx! * sy! * sz!)).toBeCloseTo(24, 4);
    // The first column again: the rotation of the x axis, scaled.
    const column = [1 - 2 * (y! * y! + z! * z!), 2 * (x! * y! + w! * z!), 2 * (x! * z! - w! * y!)].map(
      (value) => value * sx!,
    );
    column.forEach((value, i) => {
      expect(value).toBeCloseTo([0, 0, -2][i]!, 5);
    });
    expect(model.warnings).toEqual([expect.stringContaining("nodes[1].matrix is skewed")]);
  });

  test("a chain of 60,000 nodes is no problem, and too many joints are refused", async () => {
    const nodes = Array.from({ length: 60_000 }, (_, i) => (i < 59_999 ? { children: [i + 1] } : {}));
    using model = await loadGltf(file({ nodes }), { arena });
    expect(model.nodes.length).toBe(60_000);
    await expect(loadGltf(file({ nodes, skins: [{ joints: [59_999] }] }), { arena })).rejects.toEqual(
      refused(/nodes\[0\] has 60000 joints/),
    );
  });

  test("what a small file unpacks to has a limit: many primitives of many attributes", async () => {
    const gltf = new GltfBuilder();
    const positions = gltf.add(new Float32Array(3000), 3);
    for (let i = 0; i < 200; i++) gltf.accessors.push(gltf.accessors[positions]!);
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    const primitives = numbers.flatMap((NORMAL) =>
      numbers.slice(0, 20).map((POSITION) => ({ attributes: { POSITION, NORMAL }, mode: 5 })),
    );
    const bytes = gltf.file({ nodes: [{ mesh: 0 }], meshes: [{ primitives }] });
    const limit = refused(/^meshes\[0\]\.primitives\[\d+\] makes the file unpack to more than \d+ bytes, far more/);
    await expect(loadGltf(bytes, { arena })).rejects.toEqual(limit);
    const low = refused(/accessors\[0\] makes the file unpack to more than 1000 bytes, more than bytesMax/);
    await expect(loadGltf(bytes, { arena, bytesMax: 1000 })).rejects.toEqual(low);
  });

  test("an arena that is too small says so and is left empty", async () => {
    const small = new AnimArena({ bytesMax: 70_000 });
    await expect(loadGltf(figure({ joints: 40, vertices: 900 }), { arena: small })).rejects.toEqual(
      refused(/more do not fit/, "anim-memory"),
    );
    expect(small.live).toBe(0);
  });
});
