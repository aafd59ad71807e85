import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { array, component, createWorld, i32 as i32Field, str, type World } from "../../../src/index.ts";
import { createScripts, luaEngine, type ScriptSource, wasmEngine } from "../../../src/script.ts";
import { add, alloc, assemble, call, get, i32, load, set, store, store8 } from "../wasm/guest-module.ts";
import { at, perRow, ROW } from "../wasm/guest-rows.ts";

const Label = component("Label", { title: str, tags: array(str, 2), fails: i32Field });
const AT = ROW + 1;
const [RET, RESULTS] = [512, 2048];
/** Each update: the title gets a "!", the second tag becomes the title that was, and what has `fails` traps behind that. */
const guest = assemble({
  imports: [
    { name: "text_get", parameters: "li" },
    { name: "text_id", parameters: "ii", results: "l" },
  ],
  manifest: { writes: ["Label"], columns: ["Label.title: str", "Label.tags: str", "Label.fails: i32"] },
  functions: [
    alloc,
    { name: "cabi_realloc", parameters: "iiii", results: "i", code: [i32(RESULTS)] },
    perRow(
      [...at(1, 3), ...at(0, 2), ...load(), ...store(4)],
      [...at(0, 2), ...load(), 0xad, ...i32(RET), ...call(0)],
      [...i32(RET), ...load(), ...set(AT)],
      [...get(AT), ...i32(RET), ...load(4), add, ...i32(33), ...store8()],
      [...at(0, 2), ...get(AT), ...i32(RET), ...load(4), ...i32(1), add, ...call(1), 0xa7, ...store()],
      [...at(2, 2), ...load(), 0x04, 0x40, 0x00, 0x0b],
    ),
  ],
});

const inLua = `script { writes = { "Label" } }
function onUpdate(self)
  local label = self.Label
  label.tags[2] = label.title
  label.title = label.title .. "!"
  if label.fails ~= 0 then error("as told") end
end`;

const byName = `script { writes = { "Label" } }
function onUpdate(self)
  local title = Component.get(self.id, "Label").title
  Component.set(self.id, "Label", { title = title .. "!", tags = { "", title } })
  if Component.get(self.id, "Label").fails ~= 0 then error("as told") end
end`;

const byId = `script { writes = { "Label" }, state = { title = 0 } }
function onUpdate(self)
  local label = self.Label
  local before = Text.id(label.title)
  label.title = Text.get(Text.id(Text.get(before) .. "!"))
  label.tags[2] = Text.get(before)
  if label.fails ~= 0 then error("as told") end
end`;

const programs: readonly [name: string, code: ScriptSource["code"]][] = [
  ["a guest", guest],
  ["Lua", inLua],
  ["Lua, by the name of the component", byName],
  ["Lua, by ids", byId],
];

async function start(code: ScriptSource["code"]) {
  const engine = typeof code === "string" ? await luaEngine() : wasmEngine();
  const scripts = createScripts({ engines: [engine], components: [Label], delta: 1 / 60 });
  const Marks = await scripts.add({ name: "Marks", code });
  const faults: string[] = [];
  scripts.onFault(({ kind, message }) => faults.push(`${kind}: ${message}`));
  const world = createWorld(scripts.worldTypes());
  const systems = scripts.systems();
  const spawn = (title: string, fails = 0) => world.spawn([Label, { title, fails }], Marks.component);
  const run = (of: World, ticks = 1): unknown => {
    for (let k = 0; k < ticks; k++) of.step(systems);
    return of.hash();
  };
  return { world, faults, spawn, run, read: (entity: number) => world.get(entity, Label) };
}

describe.each(programs)("texts in columns, in %s", (_, code) => {
  test("are read and written", async () => {
    const { spawn, run, world, read, faults } = await start(code);
    const [first, second, empty] = [spawn("ü"), spawn("shot"), spawn("")];
    run(world, 3);
    expect(faults).toEqual([]);
    expect(read(first)).toEqual({ title: "ü!!!", tags: ["", "ü!!"], fails: 0 });
    expect(read(second)).toEqual({ title: "shot!!!", tags: ["", "shot!!"], fails: 0 });
    expect(read(empty)).toEqual({ title: "!!!", tags: ["", "!!"], fails: 0 });
  });

  test("are as before where the call fails, and new ones are unknown", async () => {
    const { spawn, run, world, read, faults } = await start(code);
    const it = spawn("calm", 1);
    run(world, 1);
    expect(faults).toHaveLength(1);
    expect(read(it)).toEqual({ title: "calm", tags: ["", ""], fails: 1 });
    expect(world.core.strings.find("calm!")).toBe(-1);
  });

  test("go on to the same hash in forks and after a restore", async () => {
    const { spawn, run, world } = await start(code);
    for (let n = 0; n < 20; n++) spawn(`title ${n % 7}`);
    run(world, 2);
    const snapshot = world.snapshot();
    const fork = world.fork();
    const expected = run(world, 3);
    expect(run(fork, 3)).toBe(expected);
    world.restore(snapshot);
    expect(run(world, 3)).toBe(expected);
  });
});

const compiler = fileURLToPath(
  new URL("../../../examples/guests/node_modules/assemblyscript/bin/asc.js", import.meta.url),
);
test.skipIf(!existsSync(compiler))("the guide's functions on texts (install examples/guests to run this)", async () => {
  const page = readFileSync(new URL("../../../docs/wasm-guide.md", import.meta.url), "utf8");
  const ofTexts = [...page.matchAll(/```as\n(.*?)```/gs)]
    .map(([, text]) => text!)
    .find((text) => /text_get/.test(text));
  const rest = `
export function worldloom_alloc(bytes: i32): usize { return heap.alloc(<usize>bytes); }
export function on_update(count: i32, dt: f64, lists: usize): void {
  const titles = <usize>load<u32>(lists, 4);
  for (let row: usize = 0; row < <usize>count; row++) setTitle(titles, row, title(titles, row) + "!");
}`;
  const folder = mkdtempSync(join(tmpdir(), "worldloom-texts-"));
  try {
    writeFileSync(join(folder, "texts.ts"), ofTexts + rest);
    const words = ["texts.ts", "--outFile", "texts.wasm", "--runtime", "stub", "--use", "abort="];
    const built = spawnSync(process.execPath, [compiler, ...words], { cwd: folder, encoding: "utf8" });
    expect(built.stderr).toBe("");
    const scripts = createScripts({ engines: [wasmEngine()], components: [Label] });
    const manifest = { writes: ["Label"], columns: ["Label.title: str"] };
    const code = readFileSync(join(folder, "texts.wasm"));
    const Titles = await scripts.add({ name: "Titles", code, manifest });
    const world = createWorld(scripts.worldTypes());
    const [first, second] = ["ü", ""].map((title) => world.spawn([Label, { title }], Titles.component));
    for (let tick = 0; tick < 3; tick++) world.step(scripts.systems());
    expect([first, second].map((one) => world.get(one!, Label)!.title)).toEqual(["ü!!!", "!!!"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a guest that asks for the text of no id fails", async () => {
  const asking = (id: number) =>
    assemble({
      imports: [{ name: "text_get", parameters: "li" }],
      manifest: { writes: ["Label"] },
      functions: [
        alloc,
        { name: "cabi_realloc", parameters: "iiii", results: "i", code: [i32(RESULTS)] },
        { name: "on_update", parameters: "idi", code: [[...i32(id), 0xac, ...i32(RET), ...call(0)]] },
      ],
    });
  for (const [id, expected] of [
    [9_999, "error: Text.get: id: expected the id of a text, got 9999"],
    [-4, "error: Text.get: id: expected an integer of at least 0, got -4"],
  ] as const) {
    const { spawn, run, world, faults } = await start(asking(id));
    spawn("calm");
    run(world);
    expect(faults).toEqual([expected]);
  }
});
