import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deadLinks } from "./tidy/links.ts";
import { unreached } from "./tidy/reach.ts";
import {
  addonLoads,
  clockReads,
  inexactMath,
  packageImports,
  packages,
  peerNames,
  peers,
  wrongImports,
} from "./tidy/rules.ts";
import { files, modules, parse, read, root } from "./tidy/source.ts";

interface Manifest {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
  scripts: Record<string, string>;
  dependencies?: object;
  peerDependencies?: object;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

const LINES_MAX = 400;
const GENERATED = new Set(["native/core/src/layout.rs", "native/core/src/tensor/format.rs", "docs/api/worldloom.d.ts"]);
const manifest: Manifest = JSON.parse(read("package.json"));
const source = modules("src");
const code = files("", /\.(ts|mjs|rs)$/);
const entries = [
  ...Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? [] : [target.default])),
  ...Object.values(manifest.bin),
].map((built) => built.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, ".ts"));

describe("layers", () => {
  test("a layer imports only what its row allows", () => {
    expect(source.flatMap(wrongImports)).toEqual([]);
  });

  test("only src/native loads the addon", () => {
    expect(source.flatMap(addonLoads)).toEqual([]);
  });

  test("only src/core/clock.ts and src/core/prng.ts read time or randomness", () => {
    expect(source.flatMap(clockReads)).toEqual([]);
  });

  test("no function whose last bits depend on the engine", () => {
    expect(source.flatMap(inexactMath)).toEqual([]);
  });

  test("native/core knows neither Node nor threads", () => {
    expect(read("native/core/Cargo.toml")).not.toMatch(/napi|neon|rayon|crossbeam/);
    const threaded = files("native/core", /\.rs$/).filter((path) => /\bthread::|\bRayon/.test(read(path)));
    expect(threaded).toEqual([]);
  });

  test("nothing comes along at run time but acorn, for kernels alone", () => {
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(Object.keys(packages));
    expect(source.flatMap(packageImports)).toEqual([]);
  });

  test("what can be installed besides is optional, and loaded in one place each", () => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
    expect(Object.keys(peerDependencies).sort()).toEqual(Object.keys(peers).sort());
    expect(Object.keys(peers).filter((name) => peerDependenciesMeta[name]?.optional !== true)).toEqual([]);
    const named = Object.entries(peers).filter(([name, path]) => !read(path).includes(`"${name}`));
    expect(named).toEqual([]);
    expect(source.flatMap(peerNames)).toEqual([]);
  });
});

describe("reach", () => {
  test("every entry point exists", () => {
    expect(entries.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("every exported symbol is reached from a public entry point or the command line", () => {
    // What only Rust needs besides is reached through the generator.
    const generator = parse("scripts/generate.ts", read("scripts/generate.ts"));
    expect(unreached([...source, generator], [...entries, generator.path])).toEqual([]);
  });
});

describe("files", () => {
  test(`at most ${LINES_MAX} lines`, () => {
    const long = code.filter((path) => !GENERATED.has(path) && read(path).trimEnd().split("\n").length > LINES_MAX);
    expect(long).toEqual([]);
  });

  test("nothing is put off in a comment", () => {
    const mark = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`);
    expect([...code, ...files("", /\.(md|json|toml)$/)].filter((path) => mark.test(read(path)))).toEqual([]);
  });

  test("no address of a package registry", () => {
    const address = /https?:\/\/[^\s"')]*(registry|artifactory|nexus|verdaccio|pypi|npmjs|crates-io|index\.crates)/;
    const canonical = 'source = "registry+https://github.com/rust-lang/crates.io-index"';
    const found = files().filter((path) => {
      const text = path.endsWith("Cargo.lock") ? read(path).replaceAll(canonical, "") : read(path);
      return address.test(text) || (path.endsWith("package-lock.json") && text.includes('"resolved"'));
    });
    expect(found).toEqual([]);
  });

  test("the generated Rust layout is up to date", () => {
    const run = spawnSync(process.execPath, ["scripts/generate.ts", "--check"], { cwd: root, encoding: "utf8" });
    expect(run.stderr + run.stdout).not.toMatch(/stale/);
    expect(run.status).toBe(0);
  });
});

describe("docs", () => {
  test.for(files("", /\.md$/))("%s leads nowhere that does not exist", (path) => {
    expect(deadLinks(path, read(path), Object.keys(manifest.scripts))).toEqual([]);
  });
});

describe("the rules find what they look for", () => {
  const broken: readonly [name: string, rule: (m: ReturnType<typeof parse>) => string[], path: string, text: string][] =
    [
      ["a layer above", wrongImports, "src/ecs/a.ts", 'import type { A } from "../sched/b.ts";'],
      ["a layer above, passed on", wrongImports, "src/core/a.ts", 'export * from "../ecs/b.ts";'],
      ["a layer above, later", wrongImports, "src/core/a.ts", 'await import("../ecs/b.ts");'],
      ["an entry point", wrongImports, "src/ecs/a.ts", 'import { a } from "../index.ts";'],
      ["outside src", wrongImports, "src/cli/a.ts", 'import { a } from "../../test/b.ts";'],
      ["no layer", wrongImports, "src/misc/a.ts", ""],
      ["the ECS outside systems.ts", wrongImports, "src/anim/a.ts", 'import { a } from "../ecs/b.ts";'],
      ["a package", packageImports, "src/cli/a.ts", 'import { stringify } from "yaml";'],
      ["the parser outside kernels", packageImports, "src/ecs/a.ts", 'import { parse } from "acorn";'],
      ["an optional package, later", packageImports, "src/script/a.ts", 'await import("wasmoon");'],
      ["an optional package in two places", peerNames, "src/cli/a.ts", 'const name = "wasmoon"; import(name);'],
      ["a file of one", peerNames, "src/a.ts", 'import.meta.resolve("@bytecodealliance/jco/package.json");'],
      ["a version of one", peerNames, "src/a.ts", 'install("wasmoon@1.16.0");'],
      ["Date", clockReads, "src/ecs/a.ts", "const a = Date.now();"],
      ["new Date", clockReads, "src/ecs/a.ts", "const a = new Date();"],
      ["performance", clockReads, "src/cli/a.ts", "const a = performance.now();"],
      ["a global by its object", clockReads, "src/cli/a.ts", "const a = globalThis.performance.now();"],
      ["Math.random", clockReads, "src/ecs/a.ts", "const a = Math.random();"],
      ["process.hrtime", clockReads, "src/ecs/a.ts", "const a = process.hrtime.bigint();"],
      ["perf_hooks", clockReads, "src/ecs/a.ts", 'import { performance as p } from "node:perf_hooks";'],
      ["randomBytes", clockReads, "src/ecs/a.ts", 'import { randomBytes } from "node:crypto";'],
      ["Math.sin", inexactMath, "src/ecs/a.ts", "const a = Math.sin(1);"],
      ["Math.sin by destructuring", inexactMath, "src/ecs/a.ts", "const { sin } = Math;"],
      ["Math.sin by computation", inexactMath, "src/ecs/a.ts", 'const a = Math["sin"](1);'],
      ["**", inexactMath, "src/ecs/a.ts", "const a = 3 ** 2;"],
      ["Math.sin by destructuring among others", inexactMath, "src/ecs/a.ts", "const { abs, sin } = Math;"],
      ["**=", inexactMath, "src/ecs/a.ts", "let a = 3; a **= 2;"],
      ["createRequire", addonLoads, "src/ecs/a.ts", 'import { createRequire } from "node:module";'],
      ["a .node file", addonLoads, "src/ecs/a.ts", 'const a = "./b.node";'],
    ];
  test.for(broken)("%s", ([, rule, path, text]) => {
    expect(rule(parse(path, text))).not.toEqual([]);
  });

  const fine: readonly [rule: (m: ReturnType<typeof parse>) => string[], path: string, text: string][] = [
    [wrongImports, "src/ecs/a.ts", 'import { a } from "../core/b.ts"; import { c } from "./c.ts"; import "node:fs";'],
    [wrongImports, "src/anim/systems.ts", 'import { a } from "../ecs/b.ts";'],
    [packageImports, "src/cli/a.ts", 'import { a } from "./b.ts"; import { deflateSync } from "node:zlib";'],
    [peerNames, "src/script/lua/glue.ts", 'import.meta.resolve("wasmoon/dist/glue.wasm");'],
    [peerNames, "src/cli/a.ts", 'const a = "install wasmoon", b = "wasmoons";'],
    [clockReads, "src/core/clock.ts", "const a = performance.now();"],
    [clockReads, "src/ecs/a.ts", "const a = { Date: 1 }; a.Date; const f = (b: Date) => b; // Date.now()"],
    [inexactMath, "src/ecs/a.ts", "const { imul, fround } = Math; const a = 2 ** 31;"],
    [inexactMath, "src/ecs/a.ts", 'const a = Math.imul(1, 2) + Math.PI; const b = "Math.sin(1)";'],
    [addonLoads, "src/native/a.ts", 'import { createRequire } from "node:module";'],
  ];
  test.for(fine)("and nothing else (%#)", ([rule, path, text]) => {
    expect(rule(parse(path, text))).toEqual([]);
  });

  test("what nobody reaches", () => {
    const all = [
      parse("src/index.ts", 'export { a, type A } from "./a.ts"; export * from "./b.ts";'),
      parse("src/a.ts", 'import { c } from "./c.ts"; export interface A {} export const a = c, unused = 1;'),
      parse("src/b.ts", "export const b = 1; export type B = number;"),
      parse("src/c.ts", "export type P = number; export const c = (p: P) => p; export type Q = number;"),
      parse("src/d.ts", "export const d = 1;"),
    ];
    expect(unreached(all, ["src/index.ts"])).toEqual([
      "src/a.ts: unused is exported for nobody",
      "src/c.ts: Q is exported for nobody",
      "src/d.ts: no caller",
    ]);
  });

  test("dead links", () => {
    const page =
      "# One two\n[a](../CONTRIBUTING.md#no) [b](#one-two) [d](#two) [c](no.md) `src/no.ts` `src/core/errors.ts`\n`npm run no`\n";
    expect(deadLinks("docs/page.md", page, ["test"])).toEqual([
      "docs/page.md links to ../CONTRIBUTING.md#no, but there is no such heading",
      "docs/page.md links to #two, but there is no such heading",
      "docs/page.md links to no.md",
      "docs/page.md names src/no.ts",
      "docs/page.md names npm run no",
    ]);
  });
});
