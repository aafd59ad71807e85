import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, describe, expect, it } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import { component, createWorld, event, f32 } from "../../src/index.ts";
import * as s from "../../src/script.ts";
import { placesOf, replaced, wrongs } from "../wrongs.ts";
import { FakeHost } from "./fake-host.ts";

/** A public function with arguments that it takes; each place of them, and of the objects among them, is then filled with what is wrong. */
type Case = readonly [name: string, call: (...given: never[]) => unknown, args: readonly unknown[]];

const P = component("P", { x: f32, y: f32 });
const H = event("H", { damage: f32 });
const source = { name: "A", code: "script { state = { n = 0 } } function onUpdate(self) end", file: "a.lua" };
const lua = await s.luaEngine();
const options = { engines: [lua], components: [P], prefabs: [], events: [H], inputs: [], delta: 1 };
const make = () => s.createScripts(options);
const scripts = make();
const A = await scripts.add(source);
const world = createWorld(scripts.worldTypes());
const entity = world.spawn(A.component);
world.step(scripts.systems());
const folder = mkdtempSync(`${tmpdir()}/worldloom-`);
const module = { name: "m", version: "1.0.0", code: "return {}", file: "m.lua" };
const stopped = <T extends { stop?(): unknown; close?(): unknown }>(one: T) => one.stop?.() ?? one.close?.();

const cases: readonly Case[] = [
  ["createScripts", (o) => s.createScripts(o), [{ ...options, budget: s.DEFAULT_BUDGET, policy: s.DEFAULT_POLICY }]],
  ["createScripts: budget", (budget) => s.createScripts({ ...options, budget }), [{ ...s.DEFAULT_BUDGET }]],
  ["createScripts: policy", (policy) => s.createScripts({ ...options, policy }), [{ ...s.DEFAULT_POLICY }]],
  ["createScripts: place", (place) => s.createScripts({ ...options, place }), [{ component: P, position: "" }]],
  [
    "add",
    (a, b) => make().add(a, b),
    [source, { domain: "main", profile: "standard", spare: 1, engine: "lua", policy: {} }],
  ],
  ["add: spare", (spare) => make().add(source, { spare }), [{ f64: 1, str: 2 }]],
  ["addPrefabs", (one) => make().addPrefabs(one), [undefined]],
  ["provide", (one) => scripts.provide(one), [source]],
  ["reload", (of, one) => scripts.reload(of, one), [world, source]],
  ["resume", (of, who, script) => scripts.resume(of, who, script), [world, entity, A]],
  ["script", (name) => scripts.script(name), ["A"]],
  ["worldTypes", (more) => scripts.worldTypes(more), [{ components: [], resources: [], events: [], inputs: [] }]],
  ["of", (of) => scripts.of(of), [world]],
  ["state", (of, who, script) => scripts.state(of, who, script), [world, entity, A]],
  ["health", (of) => scripts.health(of), [world]],
  ["onFault", (listener) => scripts.onFault(listener)(), [() => {}]],
  ["onReload", (listener) => scripts.onReload(listener)(), [() => {}]],
  ["onLog", (listener) => scripts.onLog(listener)(), [() => {}]],
  [
    "luaEngine",
    (o) => s.luaEngine(o),
    [{ modules: [module], pool: { least: 1, most: 2 }, cache: { bytes: 9, ttlMs: 9 } }],
  ],
  ["luaEngine: pool", (pool) => s.luaEngine({ pool }), [{ least: 1, most: 2 }]],
  ["luaEngine: cache", (cache) => s.luaEngine({ cache }), [{ bytes: 100, ttlMs: 10 }]],
  ["luaEngine: module", (one) => s.luaEngine({ modules: [one] }), [{ ...module, capability: "write" }]],
  ["compile in Lua", (one) => lua.compile(one), [source]],
  ["wasmEngine", (o) => s.wasmEngine(o), [{ api: s.scriptApi, memoryBytesMax: 1 << 20, cacheFolder: folder }]],
  ["compile in WebAssembly", (one) => s.wasmEngine().compile(one), [{ ...source, code: new Uint8Array(8) }]],
  ["scriptEngine", (name, o) => s.scriptEngine(name, o), ["lua", {}]],
  ["codeFrame", (text, place) => s.codeFrame(text, place), ["a\nb", { line: 1, column: 1, start: 0, end: 1 }]],
  ["describeApi", (format, api) => s.describeApi(format, api), ["wit", s.scriptApi]],
  ["codeHash", (code) => s.codeHash(code), ["x"]],
  ["physicsSystem", (o) => s.physicsSystem(o), [{ delta: 1, iterations: 4 }]],
  ["createLinter", (o) => s.createLinter(o), [{ api: s.scriptApi }]],
  ["readLintConfig", (text, file) => s.readLintConfig(text, file), ["{}", "lint.json"]],
  ["watchFiles", (paths, changed) => stopped(s.watchFiles(paths, changed)), [[folder], () => {}]],
  ["watchScripts", (of, worlds, paths) => stopped(s.watchScripts(of, worlds, paths)), [scripts, world, [folder]]],
  ["profileScripts", (engines) => s.profileScripts(engines).end(), [[lua]]],
  ["UndoLog", (pages) => new s.UndoLog(pages), [1]],
];

afterAll(() => {
  world.dispose();
  scripts.dispose();
});

describe("bad input", () => {
  it.each(cases)("of %s gets a coded error", async (_, call, args) => {
    const wrong: string[] = [];
    for (const path of placesOf(args))
      for (const [kind, value] of Object.entries(wrongs)) {
        const place = path.join(".");
        try {
          await call(...(replaced(args, path, value()) as never[]));
        } catch (error) {
          if (!(error instanceof WorldloomError)) wrong.push(`${place}=${kind}: ${error}`);
        }
      }
    expect(wrong).toEqual([]);
  });
});

describe("an engine that was disposed", () => {
  it.each(["lua", "wasm"])("compiles and opens nothing: %s", async (name) => {
    const engine = await s.scriptEngine(name);
    engine.dispose();
    const gone = { code: "script-disposed", message: expect.stringMatching(name) };
    await expect(engine.compile({ ...source, name: "B" })).rejects.toMatchObject(gone);
    const domain = { name: "main", host: new FakeHost(), budget: s.DEFAULT_BUDGET, profile: "trusted" } as const;
    expect(() => engine.open(domain)).toThrow(expect.objectContaining(gone));
  });
});
