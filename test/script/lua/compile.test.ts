import { beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/core/clock.ts";
import { Cache } from "../../../src/script/lua/cache.ts";
import type { LuaEngine } from "../../../src/script/lua/engine.ts";
import { luaEngine } from "../../../src/script/lua/engine.ts";
import { stageEngine } from "./lua-stage.ts";

let engine: LuaEngine;
beforeAll(async () => {
  engine = await stageEngine();
});

const compile = (code: string | Uint8Array, name = "s") => engine.compile({ name, file: "dir/s.lua", code });

describe("a manifest", () => {
  it("is what a script says of itself", async () => {
    const { manifest } = await compile(`script {
      state = { hp = 100, speed = f32(1.5), far = 2.0, alive = true, name = "x", target = entity(), small = u32(7), big = f64(), text = str() },
      reads = { "Velocity" }, writes = { "Position" }, hears = { "Hit" },
    }
    function onStart() end
    onUpdate = function() end
    local function onEvent() end
    onSave = 5`);
    expect(manifest).toEqual({
      state: {
        alive: { kind: "bool", default: true },
        big: { kind: "f64", default: 0 },
        far: { kind: "f64", default: 2 },
        hp: { kind: "i32", default: 100 },
        name: { kind: "str", default: "x" },
        small: { kind: "u32", default: 7 },
        speed: { kind: "f32", default: 1.5 },
        target: { kind: "entity", default: 0 },
        text: { kind: "str", default: "" },
      },
      reads: ["Velocity"],
      writes: ["Position"],
      hears: ["Hit"],
      requires: [],
      hooks: ["onStart", "onUpdate"],
    });
  });
  it("is empty where a script says nothing", async () => {
    const { manifest } = await compile("");
    expect(manifest).toEqual({ state: {}, reads: [], writes: [], hears: [], requires: [], hooks: [] });
  });
  it("may come with the source", async () => {
    const chunk = await engine.compile({ name: "s", code: "", manifest: { hears: ["Hit"] } });
    expect(chunk.manifest.hears).toEqual(["Hit"]);
  });
  it.each([
    ["script { stat = {} }", /there is no key stat/],
    ["script { reads = 'Position' }", /reads: expected a list of names/],
    ["script { reads = { 1 } }", /reads: expected a list of names/],
    ["script { state = { ['a b'] = 1 } }", /"a b" cannot name a field/],
    ["script { state = { a = {} } }", /state.a: expected a number, text or boolean/],
    ["script { state = { a = print } }", /state.a: expected a number/],
    ["script { state = { a = i32(1.5) } }", /state.a: expected an integer/],
    ["script { state = { a = u32(-1) } }", /state.a: expected an integer from 0/],
    ["script { state = { a = f32('x') } }", /state.a: expected a number/],
    ["script { state = 5 }", /state: expected a table/],
    ["script(5)", /script: expected a table, got number/],
    ["script {} script {}", /called twice/],
    ["script({}, {})", /expected one table/],
    ["script { state = { a = 2^40 // 1 | 0 } }", /state.a: expected an integer of 32 bits/],
  ])("%s is refused", async (code, message) => {
    await expect(compile(code)).rejects.toMatchObject({
      code: "script-invalid",
      message: expect.stringMatching(message),
    });
  });
});

describe("compile", () => {
  it.each([
    ["x = = 1", "script-syntax", "dir/s.lua:1: unexpected symbol near '='", 1],
    ["\n\nlocal function f(", "script-syntax", "dir/s.lua:3: <name> or '...' expected near <eof>", 3],
    ["\x1bLua", "script-syntax", "dir/s.lua:1: compiled chunks are not taken, only text", 1],
    ["\nerror('oh')", "script-invalid", "dir/s.lua:2: oh", 2],
    ["\n\nlocal x = nil + 1", "script-invalid", "dir/s.lua:3: attempt to perform arithmetic on a nil value", 3],
    ["\nwhile true do end", "script-invalid", "dir/s.lua:2: used up its instructions: is there a loop without end?", 2],
    [
      "World.spawn('x')",
      "script-invalid",
      "dir/s.lua:1: World.spawn: cannot be called at the top level of a script; call it in onStart",
      1,
    ],
    ["Tasks.wait(1)", "script-invalid", "dir/s.lua:1: Tasks.wait: nothing can wait here; use Tasks.start", 1],
    ["\nerror({})", "script-invalid", "dir/s.lua:2: an error that is no text", 2],
    ["\nerror({ message = 'said' })", "script-invalid", "dir/s.lua:2: said", 2],
  ])("%j: %s", async (code, kind, message, line) => {
    await expect(compile(code)).rejects.toMatchObject({ code: kind, message, operands: { file: "dir/s.lua", line } });
  });
  it("takes text with a name alone", async () => {
    await expect(compile(new Uint8Array(3))).rejects.toMatchObject({ code: "script-invalid" });
    await expect(compile("", "1x")).rejects.toMatchObject({ code: "script-invalid" });
    await expect(compile("", "a b")).rejects.toMatchObject({ code: "script-invalid" });
  });
  it("does not mind what ran before it", async () => {
    const code = "function onStart() end local t = {} for i = 1, 1000 do t[i] = {} end";
    const before = (await luaEngine()).compile({ name: "s", code });
    await compile("local t = {} for i = 1, 1e5 do t[i] = {} end");
    expect((await compile(code)).hash).toBe((await before).hash);
  });
  it("keeps chunks", async () => {
    const own = await luaEngine({ cache: { bytes: 4000 } });
    const first = await own.compile({ name: "s", code: "--1" });
    expect(await own.compile({ name: "s", code: "--1" })).toBe(first);
    expect(await own.compile({ name: "t", code: "--1" })).not.toBe(first);
    expect(own.metrics.cache).toMatchObject({ hits: 1, misses: 2, entries: 2 });
    for (let i = 0; i < 20; i++) await own.compile({ name: "s", code: `--${i} ${"-".repeat(500)}` });
    expect(own.metrics.cache.bytes).toBeLessThanOrEqual(4000);
    expect(own.metrics.cache.dropped).toBeGreaterThan(10);
    own.dispose();
  });
});

describe("Cache", () => {
  it("drops what was used longest ago, and what was not used for long", () => {
    const clock = new ManualClock(1000);
    const cache = new Cache<number>({ bytes: 100, ttlMs: 50, clock });
    cache.put("a", 1, 40);
    cache.put("b", 2, 40);
    expect(cache.get("a")).toBe(1);
    cache.put("c", 3, 40);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
    clock.advance(40);
    expect(cache.get("a")).toBe(1);
    clock.advance(40);
    expect([cache.get("c"), cache.get("a")]).toEqual([undefined, 1]);
    cache.put("big", 4, 101);
    expect(cache.get("big")).toBe(undefined);
    cache.put("a", 5, 10);
    expect(cache.metrics).toEqual({ hits: 5, misses: 3, dropped: 2, entries: 1, bytes: 10 });
  });
});
