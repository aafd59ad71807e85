import { afterEach, describe, expect, it } from "vitest";
import { type LuaEngine, luaEngine } from "../../../src/script/lua/engine.ts";
import type { LuaModuleSource } from "../../../src/script/lua/modules.ts";
import { versionFits } from "../../../src/script/lua/version.ts";
import { LuaStage } from "./lua-stage.ts";

const engines: LuaEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

async function withModules(...modules: readonly LuaModuleSource[]): Promise<LuaEngine> {
  const engine = await luaEngine({ modules });
  engines.push(engine);
  return engine;
}

async function stageOf(engine: LuaEngine, code: string): Promise<LuaStage> {
  const stage = new LuaStage(engine);
  await stage.load(code);
  stage.expectStarted(stage.start());
  return stage;
}

describe("require", () => {
  it("gives what a module returns, once for an instance", async () => {
    const engine = await withModules({
      name: "count",
      code: "local n = 0 return { up = function() n = n + 1 return n end }",
    });
    const stage = await stageOf(
      engine,
      'local a, b = require "count", require("count") function f() a.up() return b.up() end',
    );
    expect(stage.value("f")).toBe(2);
    const first = stage.instance;
    stage.start(1);
    expect(stage.value("f")).toBe(2);
    stage.instance = first;
    expect(stage.value("f")).toBe(4);
  });
  it("is lazy, and gives true where a module returns nothing", async () => {
    const engine = await withModules({ name: "late", code: "Seen = true" });
    const stage = await stageOf(engine, 'function f() return require("late") end function g() return Seen end');
    expect(stage.value("f")).toBe(true);
    expect(stage.value("g")).toBe(undefined);
  });
  it("finds the modules of modules, in order", async () => {
    const engine = await withModules(
      { name: "a", code: 'local b = require "b" return { x = b.x + 1 }' },
      { name: "b", code: 'return { x = require("deep/c").x * 2 }' },
      { name: "deep/c", code: "return { x = 5 }" },
    );
    const stage = await stageOf(engine, 'function f() return require("a").x end');
    expect(stage.value("f")).toBe(11);
    const chunk = await engine.compile({ name: "other", code: 'local a = require "a"' });
    expect(chunk.manifest.requires).toEqual(["deep/c", "b", "a"]);
  });
  it("names the circle of modules that need each other", async () => {
    const engine = await withModules({ name: "a", code: 'require "b"' }, { name: "b", code: 'require "a"' });
    await expect(engine.compile({ name: "x", code: 'require "a"' })).rejects.toMatchObject({
      code: "script-invalid",
      message: expect.stringMatching(/a -> b -> a/),
    });
  });
  it("names a circle that shows at run time alone", async () => {
    const engine = await withModules(
      { name: "a", code: 'local name = "b" return require(name)' },
      { name: "b", code: 'return require("a")' },
    );
    const stage = await stageOf(engine, 'function f() local ok, e = pcall(require, "b") return e end -- require "b"');
    expect(stage.value("f")).toMatch(/modules need each other: b -> a -> b/);
  });
  it("can be tried again after a module failed", async () => {
    const engine = await withModules({ name: "bad", code: 'error("no luck")' });
    const stage = await stageOf(
      engine,
      'function f() local _, e = pcall(require, "bad") return e end -- require "bad"',
    );
    expect(stage.value("f")).toMatch(/bad:1: no luck/);
    expect(stage.value("f")).toMatch(/bad:1: no luck/);
  });
  it("checks versions", async () => {
    const engine = await withModules({ name: "m", version: "1.4.2", code: "return { v = 1 }" });
    const stage = await stageOf(engine, 'function f(self, wanted) return require("m", wanted).v end');
    expect(stage.value("f", ">=1.2")).toBe(1);
    expect(stage.value("f", "^1.4")).toBe(1);
    expect(stage.fault("f", ">=2").message).toMatch(/module m is version 1.4.2, wanted is >=2/);
    expect(stage.fault("f", "new").message).toMatch(/"new" is no version/);
    expect(stage.fault("f", 5).message).toMatch(/expected a text/);
  });
  it("asks for the capability that a module needs", async () => {
    const engine = await withModules({ name: "power", code: "return {}", capability: "write" });
    const chunk = await engine.compile({ name: "x", code: 'require "power"' });
    const stage = new LuaStage(engine);
    const open = (profile: "standard" | "trusted") =>
      engine.open({ name: profile, host: stage.host, budget: { ...stage.budget }, profile });
    expect(() => open("standard").load(chunk, stage.host.access)).toThrow(
      expect.objectContaining({ code: "script-denied", message: expect.stringMatching(/power.*write.*standard/) }),
    );
    expect(open("trusted").load(chunk, stage.host.access)).toBe(1);
  });
  it("shares the standard library, which cannot be changed", async () => {
    const stage = await stageOf(
      await withModules(),
      `local vec, class = require "vec", require "class"
       function f() return rawequal(vec, require "vec") and getmetatable(vec) == false end
       function g() vec.mine = 1 end
       function h() for name in pairs(vec) do if name == "vec2" then return true end end end`,
    );
    expect(stage.value("f")).toBe(true);
    expect(stage.fault("g").message).toMatch(/vec is read-only/);
    expect(stage.value("h")).toBe(true);
  });
});

describe("modules", () => {
  it("change the hash of scripts that need them", async () => {
    const engine = await withModules({ name: "a", code: 'return require "b"' }, { name: "b", code: "return 1" });
    const hash = async (code: string) => (await engine.compile({ name: "x", code })).hash;
    const [before, alone] = [await hash('require "a"'), await hash("local x")];
    engine.addModule({ name: "b", code: "return 2" });
    expect(await hash('require "a"')).not.toBe(before);
    expect(await hash("local x")).toBe(alone);
    expect(engine.modules).toEqual(expect.arrayContaining(["a", "b", "vec", "promise"]));
  });
  it("run in their new version where a script is loaded again, and in the old one until then", async () => {
    const engine = await withModules({ name: "m", code: "return 1" });
    const code = 'function f() return require "m" end';
    const stage = await stageOf(engine, code);
    engine.addModule({ name: "m", code: "return 2" });
    expect(stage.value("f")).toBe(1);
    await stage.load(code);
    stage.start();
    expect(stage.value("f")).toBe(2);
  });
  it.each<[string, LuaModuleSource, string]>([
    ["a bad name", { name: "a b", code: "" }, "script-invalid"],
    ["a bad version", { name: "a", version: "one", code: "" }, "script-invalid"],
    ["the name of a library", { name: "vec", code: "" }, "name-taken"],
    ["bad syntax", { name: "a", code: "\nx =" }, "script-syntax"],
  ])("are refused for %s", async (_, module, code) => {
    const engine = await withModules();
    expect(() => engine.addModule(module)).toThrow(expect.objectContaining({ code }));
  });
  it("say where they are malformed", async () => {
    const engine = await withModules();
    expect(() => engine.addModule({ name: "a", file: "lib/a.lua", code: "\nx = = 1" })).toThrow(
      expect.objectContaining({
        message: "lib/a.lua:2: unexpected symbol near '='",
        operands: { name: "a", file: "lib/a.lua", line: 2 },
      }),
    );
  });
});

describe("versionFits", () => {
  it.each([
    ["1.2.3", "1.2.3", true],
    ["1.2.3", "1.2", true],
    ["1.2.3", "=1", true],
    ["1.2.3", "1.3", false],
    ["1.2.3", ">=1.2 <2", true],
    ["2.0.0", ">=1.2 <2", false],
    ["1.10.0", ">1.9", true],
    ["1.2.3", "<=1.2.3", true],
    ["1.2.3", "^1.2.4", false],
    ["2.0.0", "^1.2", false],
  ])("%s in %s: %s", (version, range, fits) => {
    expect(versionFits(version, range)).toBe(fits);
  });
});
