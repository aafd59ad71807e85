import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADDON, findCargo } from "../scripts/addon.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const entries = Object.entries<string | object>(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports)
  .filter(([, target]) => typeof target !== "string")
  .map(([name]) => `worldloom${name.slice(1)}`);
const LEFT_OUT = new Set(["node_modules", "target", "dist", ".git", ".worldloom"]);
const hasAddon = existsSync(join(root, ADDON));
const windows = process.platform === "win32";

let temporary = "";
let project = "";

/** Runs a program in the project that uses the package. Its Node is this one; it finds nothing of ours on PATH. */
function run(program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = project) {
  const { WORLDLOOM_JOBS: _, NODE_OPTIONS: __, ...rest } = process.env;
  const result = spawnSync(program, words, { cwd, encoding: "utf8", shell: windows, env: { ...rest, ...env } });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

function node(code: string, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(project, "try.mjs"), code);
  return run(process.execPath, ["try.mjs"], env);
}

// Packs a copy of the working tree, so that nothing is built inside it, and installs that into an empty project.
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), "worldloom-package-"));
  const copy = join(temporary, "source");
  project = join(temporary, "project");
  cpSync(root, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  // Set-up inside the copy need not build the addon again: the copy of ours is packed.
  const packed = run("npm", ["pack", "--pack-destination", temporary], { WORLDLOOM_JOBS: "reference" }, copy);
  expect(packed.output).toContain(".tgz");
  expect(packed.status).toBe(0);
  // What npm keeps of earlier downloads need not tell which versions of a library there are: ours is packed, too.
  const library = join(root, "node_modules", "acorn");
  expect(run("npm", ["pack", library, "--ignore-scripts"], {}, temporary)).toMatchObject({ status: 0 });
  const tarballs = readdirSync(temporary).filter((name) => name.endsWith(".tgz"));
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const words = ["install", "--offline", "--no-audit", "--no-fund", ...tarballs.map((name) => join("..", name))];
  const installed = run("npm", words);
  expect(installed.output).not.toContain("npm error");
  expect(installed.status).toBe(0);
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

test("carries what it needs and nothing else", () => {
  const folder = join(project, "node_modules", "worldloom");
  expect(readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
    "acorn",
    "worldloom",
  ]);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const all = new Set(names);
  for (const name of ["LICENSE", "package.json", "dist/index.js", "dist/index.d.ts", "Cargo.toml", "Cargo.lock"]) {
    expect(all).toContain(name);
  }
  expect(all).toContain("native/core/src/lib.rs");
  expect(all.has(`dist/native/${process.platform}-${process.arch}.node`)).toBe(hasAddon);
  const foreign = names.filter((name) => /^(src|test|bench|node_modules)\b|(?<!\.d)\.ts$|\.js\.map$|\.log$/.test(name));
  expect(foreign).toEqual([]);
});

test("has what its pages lead to", () => {
  const folder = join(project, "node_modules", "worldloom");
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  const links = pages.flatMap((page) => {
    const prose = readFileSync(join(folder, page), "utf8").replace(/^```[\s\S]*?^```|`[^`]*`/gm, "");
    return [...prose.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, path]) => ({ page, path: path! }));
  });
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(({ page, path }) => !existsSync(join(folder, dirname(page), path)))).toEqual([]);
});

test("imports nothing that it does not carry", () => {
  const folder = join(project, "node_modules", "worldloom", "dist");
  const scripts = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  const missing = scripts.flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    return [...text.matchAll(/^(?:import|export)\b[^;]*? from "(\.[^"]+)"/gm)]
      .filter(([, path]) => !existsSync(join(folder, dirname(name), path!)))
      .map(([line]) => `${name}: ${line}`);
  });
  expect(scripts.length).toBeGreaterThan(300);
  expect(missing).toEqual([]);
});

describe("a plain JavaScript project", () => {
  test.for(entries)("imports %s", (entry) => {
    const code = `import * as all from "${entry}"; console.log(Object.keys(all).length > 0);`;
    expect(node(code)).toMatchObject({ status: 0, output: expect.stringMatching(/^true$/m) });
  });

  test("requires it from CommonJS", () => {
    const code = `import { createRequire } from "node:module";
      const { WorldloomError } = createRequire(import.meta.url)("worldloom");
      console.log(new WorldloomError("usage", "fine").message);`;
    expect(node(code)).toMatchObject({ status: 0, output: expect.stringContaining("fine") });
  });

  test("cannot import what is not public", () => {
    expect(node('await import("worldloom/dist/index.js");').output).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("has the command", () => {
    const bin = join(project, "node_modules", ".bin", "worldloom");
    expect(run(bin, ["--version"])).toMatchObject({ status: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\s*$/) });
    expect(run(bin, ["--help"])).toMatchObject({ status: 0, output: expect.stringContaining("build-addon") });
    expect(run(bin, ["no-such-command"])).toMatchObject({ status: 2 });
    expect(run(bin, [])).toMatchObject({ status: 2 });
  });

  test("runs the city", () => {
    const bin = join(project, "node_modules", ".bin", "worldloom");
    const words = ["run", "examples/city", "--agents", "50", "--ticks", "3"];
    const { status, output } = run(bin, [...words, "--json"], { WORLDLOOM_JOBS: "reference" });
    expect(JSON.parse(output)).toMatchObject({ agents: 50, ticks: 3, hash: expect.stringMatching(/^[\da-f]{16}$/) });
    expect(status).toBe(0);
    expect(run(bin, words)).toMatchObject({ status: 0, output: expect.stringMatching(/^map +bundled\.map$/m) });
    expect(run(bin, [...words, "--report", "report"])).toMatchObject({ status: 0 });
    expect(readFileSync(join(project, "report/picture.png")).subarray(1, 4).toString()).toBe("PNG");
    const paths = join(project, "node_modules/worldloom/dist/examples/city/paths.js");
    expect(run(process.execPath, [paths, "--help"])).toMatchObject({ status: 0 });
  });

  test("runs scripts in WebAssembly, and says what those in Lua need", () => {
    cpSync(join(root, "examples/guests/drift.wasm"), join(project, "drift.wasm"));
    const code = `import { readFileSync } from "node:fs";
      import { component, createWorld, f32 } from "worldloom";
      import { createScripts, luaEngine, scriptEngine } from "worldloom/script";
      const Position = component("Position", { x: f32, y: f32 });
      const scripts = createScripts({ engines: [await scriptEngine("wasm")], components: [Position] });
      const drift = await scripts.add({ name: "Drift", code: readFileSync("drift.wasm") });
      const { components, resources, events, inputs } = scripts;
      const world = createWorld({ components: [Position, ...components], resources, events, inputs });
      const who = world.spawn([Position, { x: 100 }], drift.component);
      world.step(scripts.systems());
      console.log(world.get(who, Position).x > 100, await luaEngine().catch(({ code, message }) => code + ": " + message));`;
    expect(node(code)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^true peer-missing: .*npm install wasmoon/m),
    });
  });

  test("compiles and differentiates tensors", () => {
    const code = `import { compile, grad, like, tensor } from "worldloom/tensor";
      const x = tensor([1, 2, 3]);
      const plan = compile(grad((v) => v.multiply(v).sum()), like(x));
      console.log(JSON.stringify(plan.run(x).toArray()));`;
    expect(node(code)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^\[2,4,6\]$/m),
    });
  });

  test("makes skeletons, and says what glTF files need", () => {
    const code = `import { AnimArena, loadGltf, Skeleton } from "worldloom/anim";
      const arena = new AnimArena();
      const skeleton = Skeleton.create(arena, { joints: [{ name: "root", parent: -1 }] });
      const file = new TextEncoder().encode(JSON.stringify({ asset: { version: "2.0" } }));
      const missing = await loadGltf(file, { arena }).catch(({ code, message }) => code + ": " + message);
      console.log(skeleton.count, missing);`;
    expect(node(code)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^1 peer-missing: .*npm install @gltf-transform\/core/m),
    });
  });

  const jobs =
    'import { loadJobs } from "./node_modules/worldloom/dist/native/index.js"; console.log(loadJobs().name);';

  test.runIf(hasAddon)("runs the addon that the package carries", () => {
    expect(node(jobs)).toMatchObject({ status: 0, output: "addon\n" });
  });

  test("runs the reference jobs without the addon, and says so", () => {
    rmSync(join(project, "node_modules/worldloom/dist/native", `${process.platform}-${process.arch}.node`), {
      force: true,
    });
    const { status, output } = node(jobs);
    expect(status).toBe(0);
    expect(output).toMatch(/^reference$/m);
    expect(output).toMatch(/reference jobs run/);
  });

  test("says so where there is no cargo to build the addon", () => {
    const bin = join(project, "node_modules/worldloom/dist/cli/main.js");
    const alone = { PATH: project, CARGO_HOME: project };
    expect(run(process.execPath, [bin, "build-addon"], alone)).toMatchObject({
      status: 1,
      output: expect.stringMatching(/No cargo on this machine/),
    });
  });

  test.runIf(findCargo() !== undefined)("builds the addon from the sources in the package", () => {
    const bin = join(project, "node_modules/worldloom/dist/cli/main.js");
    const { status, output } = run(process.execPath, [bin, "build-addon"], {
      CARGO_TARGET_DIR: join(temporary, "target"),
    });
    expect(output).toContain("The native addon is at ");
    expect(status).toBe(0);
    expect(node(jobs)).toMatchObject({ status: 0, output: "addon\n" });
  });
});

describe("a TypeScript project", () => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const options = { strict: true, noEmit: true, target: "es2024", lib: ["es2024"], types: [] as string[] };
  const nodenext = { ...options, module: "nodenext" };
  const bundler = { ...options, module: "preserve", moduleResolution: "bundler" };

  test.for([
    ["skipLibCheck", { ...nodenext, skipLibCheck: true }],
    ["without skipLibCheck, DOM and Node types", { ...nodenext, skipLibCheck: false }],
    [
      "with all strictness",
      { ...nodenext, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ],
    ["for a bundler", { ...bundler, skipLibCheck: false }],
  ] as const)("compiles %s", ([, compilerOptions]) => {
    const imports = entries.map((entry, i) => `import * as entry${i} from "${entry}";\nexport { entry${i} };\n`);
    const code = `${imports.join("")}import { WorldloomError, type ErrorCode } from "worldloom";
      export const code: ErrorCode = new WorldloomError("usage", "fine").code;
      // @ts-expect-error: typings that fail to resolve would allow everything.
      export const wrong: number = new WorldloomError("usage", "fine").code;\n`;
    writeFileSync(join(project, "try.ts"), code);
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["try.ts"] }));
    expect(run(process.execPath, [compiler, "-p", "."])).toEqual({ status: 0, output: "" });
  });
});
