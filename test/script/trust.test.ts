import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Arena, createWorld, type WorldloomError } from "../../src/index.ts";
import { codeHash, createScripts, luaEngine, type Scripts, TrustList } from "../../src/script.ts";

const file = (): string => join(mkdtempSync(join(tmpdir(), "trust-")), "trusted.json");
const source = { name: "Warden", code: "script { state = { ticks = 0 } } function onUpdate(self) error('no') end" };

const codeOf = async (action: () => unknown): Promise<string> => {
  try {
    await action();
  } catch (error) {
    return (error as WorldloomError).code;
  }
  return "ok";
};

function worldOf({ components, resources, events, inputs }: Scripts, arena?: Arena) {
  return createWorld({ components, resources, events, inputs, ...(arena === undefined ? {} : { arena }) });
}

test("code is trusted once it is listed, in the file too, and no longer when it changes", async () => {
  const path = file();
  const engine = await luaEngine();
  const add = (trust: TrustList, code = source.code) =>
    createScripts({ engines: [engine], trust }).add({ ...source, code }, { profile: "trusted" });
  expect(await codeOf(() => add(new TrustList(path)))).toBe("script-denied");
  const hash = new TrustList(path).add(source.code, "warden.lua");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ [hash]: "warden.lua" });
  expect([hash, new TrustList(path).entries]).toEqual([codeHash(source.code), [[hash, "warden.lua"]]]);
  expect(await codeOf(() => add(new TrustList(path)))).toBe("ok");
  expect(await codeOf(() => add(new TrustList(path), `${source.code} `))).toBe("script-denied");
  const scripts = createScripts({ engines: [engine], trust: new TrustList(path) });
  await scripts.add(source, { profile: "trusted" });
  expect(await codeOf(() => scripts.provide({ ...source, code: "script { state = {} }" }))).toBe("script-denied");
  await scripts.add({ ...source, name: "Other", code: "script { state = {} }" });
  const list = new TrustList(path);
  expect([list.remove(hash), list.remove(hash), new TrustList(path).has(source.code)]).toEqual([true, false, false]);
});

test.for(["", "[]", "{", '{ "abc": "x" }', `{ "${"a".repeat(64)}": 3 }`])(
  "a list that says %s is refused",
  async (text) => {
    const path = file();
    writeFileSync(path, text);
    expect(await codeOf(() => new TrustList(path))).toBe("bad-file");
  },
);

test("a list that cannot be written says so", async () => {
  expect(await codeOf(() => new TrustList("/nowhere/at/all.json").add("", "x"))).toBe("file-io");
});

test("health falls with faults and says who is where", async () => {
  const scripts = createScripts({ engines: [await luaEngine()], policy: { backoffTicks: 1, healthLoss: 0.5 } });
  const script = await scripts.add(source);
  const world = worldOf(scripts);
  expect(scripts.health(world)).toEqual([]);
  world.spawnMany(4, script.component);
  const systems = scripts.systems();
  world.step(systems);
  const [first] = scripts.health(world);
  expect(first).toMatchObject({ domain: "main", programs: ["Warden"], health: 0.5 });
  expect(first!.scripts).toEqual([
    { script: "Warden", health: 0.5, running: 0, waiting: 4, paused: 0, quarantined: 0 },
  ]);
  for (let tick = 0; tick < 3; tick++) world.step(systems);
  expect(scripts.health(world)[0]!.scripts[0]).toMatchObject({ health: 0, quarantined: 4 });
  scripts.dispose();
  world.dispose();
});

test("scripts refuse worlds whose memory is not shared", async () => {
  const scripts = createScripts({ engines: [await luaEngine()] });
  await scripts.add(source);
  const world = worldOf(scripts, new Arena({ bytesMax: 1 << 22, shared: false }));
  expect(await codeOf(() => world.step(scripts.systems()))).toBe("tick-failed");
  world.dispose();
});
