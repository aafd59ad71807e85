import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import { AnimArena, loadGltf } from "../../src/anim.ts";
import { ModelView } from "../../src/cli/view-model.ts";
import { frameOf, viewPicture } from "../../src/cli/view-picture.ts";
import type { Image } from "../../src/raster.ts";
import { pictureHash } from "../raster/picture.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "worldloom-view-"));
const file = join(folder, "figure.glb");
writeFileSync(file, figure({ joints: 24, vertices: 600, morphs: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function view(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { encoding: "utf8", cwd: folder, env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "view", ...words], options);
  return { status, output: stdout, errors: stderr };
}

/** Width and height in the header of a PNG file. */
function sizeOf(name: string): [number, number] {
  const bytes = readFileSync(join(folder, name));
  expect(bytes.subarray(1, 4).toString()).toBe("PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe("worldloom view", () => {
  test("says what a file holds", () => {
    const { status, output } = view([file, "--info"]);
    expect(output).toMatch(/^figure: 1 skeleton, 1 mesh, 5 clips$/m);
    expect(output).toMatch(/^Figure +600 +[\d,]+ +24 +4 +2$/m);
    expect(output).toMatch(/^walk +Root +[\d.]+ s/m);
    expect(status).toBe(0);
  });

  test("writes a picture, the same with the addon and without", () => {
    const words = [
      "--clip",
      "walk",
      "--time",
      "0.4",
      "--size",
      "120x160",
      "--skeleton",
      "--boxes",
      "--shapes",
      "--names",
    ];
    expect(view([file, ...words, "--out", "a.png"])).toMatchObject({
      status: 0,
      output: "written: a.png (120 x 160)\n",
    });
    expect(sizeOf("a.png")).toEqual([120, 160]);
    expect(view([file, ...words, "--out", "b.png"], { WORLDLOOM_JOBS: "reference" }).status).toBe(0);
    expect(readFileSync(join(folder, "b.png")).equals(readFileSync(join(folder, "a.png")))).toBe(true);
  });

  test("writes a contact sheet", () => {
    const words = ["--clip", "run", "--sheet", "3", "--columns", "3", "--size", "64x80", "--out", "sheet.png"];
    expect(view([file, ...words]).status).toBe(0);
    expect(sizeOf("sheet.png")).toEqual([3 * 68 + 4, 88]);
  });

  test("draws what has no skeleton, and says that it has no clips", () => {
    const places = Buffer.from(Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0).buffer).toString("base64");
    const triangle = {
      asset: { version: "2.0" },
      scenes: [{ nodes: [0] }],
      nodes: [{ mesh: 0, translation: [0, 2, 0] }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
      accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: "VEC3", min: [0, 0, 0], max: [1, 1, 0] }],
      bufferViews: [{ buffer: 0, byteLength: 36 }],
      buffers: [{ byteLength: 36, uri: `data:application/octet-stream;base64,${places}` }],
    };
    writeFileSync(join(folder, "triangle.gltf"), JSON.stringify(triangle));
    const words = ["--boxes", "--shapes", "--skeleton", "--size", "40x40", "--out", "triangle.png"];
    expect(view(["triangle.gltf", "--info", ...words])).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^triangle: 0 skeletons, 1 mesh, 0 clips$/m),
    });
    expect(sizeOf("triangle.png")).toEqual([40, 40]);
    expect(view(["triangle.gltf", "--sheet", "2"])).toMatchObject({
      status: 2,
      errors: expect.stringContaining('"triangle" has no clips; leave out --clip and --sheet.'),
    });
  });

  test("writes JPEG files where sharp is installed", ({ skip }) => {
    const { status, errors } = view([file, "--size", "64x64", "--out", "a.jpg"]);
    if (errors.includes("peer-missing")) skip("sharp is not installed");
    expect(status).toBe(0);
    expect(readFileSync(join(folder, "a.jpg")).subarray(0, 3).toString("hex")).toBe("ffd8ff");
  });

  test("shows it in the terminal", () => {
    const { output } = view([file, "--size", "64x64"], { NO_COLOR: "1" });
    const lines = output.trimEnd().split("\n");
    expect(lines.length).toBe(32);
    expect(new Set(output).size).toBeGreaterThan(3);
  });

  test.for<[words: string[], message: RegExp]>([
    [[], /^worldloom: Say first which model/],
    [["--clip"], /Say first which model/],
    [
      ["figure.glb", "--clip", "wlak"],
      /"figure" has no clip "wlak"; it has idle, walk, run, wave, jump. Did you mean walk/,
    ],
    [["figure.glb", "--out", "a.gif"], /--out is a .png or .jpg file, not "a.gif"/],
    [["figure.glb", "--size", "20"], /--size is a width and a height of 16 to 2048 pixels, such as 640x640, not "20"/],
    [["figure.glb", "--size", "9999x20"], /--size is/],
    [["figure.glb", "--columns", "3"], /--columns is for a sheet; give --sheet N/],
    [["figure.glb", "--time", "5"], /--time is a time of a clip; give --clip NAME/],
    [["figure.glb", "--angle", "x"], /--angle must be a number/],
  ])("%j is not understood", ([words, message]) => {
    const { status, errors } = view(words);
    expect(errors).toMatch(message);
    expect(errors).toContain("Try: worldloom view --help");
    expect(status).toBe(2);
  });

  test("says which file cannot be read", () => {
    const { status, errors } = view(["none.glb"]);
    expect(errors).toMatch(/none\.glb/);
    expect(status).toBe(1);
    expect(view(["figure.glb", "--out", "no/such/a.png"])).toMatchObject({
      status: 1,
      errors: expect.stringContaining("file-io"),
    });
    expect(existsSync(join(folder, "no"))).toBe(false);
  });
});

describe("a view of a model", () => {
  const options = {
    width: 60,
    height: 80,
    angle: 30,
    elevation: 12,
    skeleton: false,
    boxes: false,
    shapes: false,
    names: false,
  };

  test("moves with its clip, stays at its end, and gives all of its memory back", async () => {
    const arena = new AnimArena();
    const model = await loadGltf(file, { arena });
    const before = arena.live;
    const shown = new ModelView(arena, model);
    const at = (clip: string | undefined, time: number): Image => {
      const posed = shown.pose(clip, time);
      return viewPicture(posed, frameOf([shown.pose(undefined, 0)]), "", options);
    };
    const hashes = [at(undefined, 0), at("run", 0.2), at("run", 0.5), at("idle", 1.5)].map(pictureHash);
    expect(new Set(hashes).size).toBe(4);
    expect(pictureHash(at("run", 0.2))).toBe(hashes[1]);
    const end = model.clip("run").duration;
    expect(pictureHash(at("run", end + 5))).toBe(pictureHash(at("run", end)));
    shown.dispose();
    expect(arena.live).toBe(before);
    model.dispose();
    expect(arena.live).toBe(0);
  });
});
