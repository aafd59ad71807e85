import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { complete } from "../../src/cli/repl-complete.ts";
import { REPL_SCRIPT, replPrelude } from "../../src/cli/repl-prelude.ts";
import { ReplSession } from "../../src/cli/repl-session.ts";
import { openStage, type ScriptStage } from "../../src/cli/script-stage.ts";

let folder: string;
const open: ScriptStage[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-repl-"));
});
afterEach(async () => {
  for (const stage of open.splice(0)) await stage.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MOVER = `script { state = { hp = 100 }, writes = { "Position" } }
function onUpdate(self, dt)
  self.Position.x = self.Position.x + 1
end
`;

async function session(): Promise<ReplSession> {
  const file = join(folder, "mover.lua");
  writeFileSync(file, MOVER);
  const stage = await openStage({
    paths: [file],
    profile: "standard",
    entities: 2,
    seed: 1,
    rate: 60,
    budget: { instructions: 20_000 },
    more: [{ name: REPL_SCRIPT, file: "", ending: "lua", code: replPrelude, profile: "trusted" }],
  });
  open.push(stage);
  return new ReplSession(stage);
}

/** What each line gives: its text, or its status where it is no `ok`. */
async function say(repl: ReplSession, ...lines: string[]): Promise<string[]> {
  const said: string[] = [];
  for (const line of lines) {
    const { status, text } = await repl.line(line);
    said.push(status === "ok" ? text : `${status}: ${text}`);
  }
  return said;
}

describe("a session", () => {
  test.each([
    ["1 + 2", "3"],
    ["return 4", "4"],
    ['"a", nil, true', '"a"  nil  true'],
    ["x = 1", ""],
    ["local y = 1", ""],
    ["{}", "{}"],
    ['{ 1, 2, a = { b = "c" } }', '{ 1, 2, a = { b = "c" } }'],
    ["{ [1.5] = 1, [true] = 2 }", "{ [true] = 2, [1.5] = 1 }"],
    ["print", expect.stringMatching(/^function/)],
    ['error("no")', expect.stringMatching(/^error: repl:1: no$/)],
    ["error({ a = 1 })", "error: { a = 1 }"],
    ["foo bar", expect.stringMatching(/^error: repl:1: /)],
    ["", ""],
    ["-- nothing", ""],
  ])("%s gives %s", async (line, expected) => {
    expect(await say(await session(), line)).toEqual([expected]);
  });

  test("prints large tables over several lines, and itself once", async () => {
    const repl = await session();
    const [text] = await say(repl, "{ list = { 1, 2, 3 }, long = ('x'):rep(60), other = ('y'):rep(60) }");
    expect(text).toMatch(/^\{\n {2}list = \{ 1, 2, 3 \},\n {2}long = "x+",\n {2}other = "y+",\n\}$/);
    expect(await say(repl, "t = {}; t.t = t", "t")).toEqual(["", "{ t = <itself> }"]);
  });

  test("keeps what lines set, and the latest result", async () => {
    const repl = await session();
    expect(await say(repl, "x = 20", "function f(a) return a + x end", "f(1)", "_ + 1")).toEqual(["", "", "21", "22"]);
  });

  test("waits for the rest of a chunk", async () => {
    const repl = await session();
    const lines = ["for i = 1, 3 do", "  total = (total or 0) + i", "end"];
    expect((await say(repl, ...lines)).map((said) => said.split(":")[0])).toEqual(["incomplete", "incomplete", ""]);
    expect(await say(repl, "total")).toEqual(["6"]);
    await repl.line("{");
    expect(repl.pending).toBe(true);
    repl.drop();
    expect(await say(repl, "1")).toEqual(["1"]);
  });

  test("changes a live world, and takes back what an error did", async () => {
    const repl = await session();
    const { world, scripts } = repl.stage;
    const entity = world.query(scripts.script("mover").component).entities()[0]!;
    const x = `Component.get(${entity}, "Position").x`;
    expect(await say(repl, `Component.set(${entity}, "Position", { x = 7 })`, x)).toEqual(["", "7"]);
    const [said] = await say(repl, `Component.set(${entity}, "Position", { x = 9 }) error("no")`);
    expect(said).toMatch(/no/);
    expect(await say(repl, x, ".step 3", x)).toEqual(["7", expect.stringMatching(/^tick \d+$/), "10"]);
  });

  test("lets a chunk wait that goes on in later ticks", async () => {
    const repl = await session();
    expect(await repl.line("Tasks.wait(2) done = Time.tick()")).toEqual({
      status: "ok",
      text: "It waits; .step lets it go on.",
    });
    expect(await repl.line("done")).toEqual({ status: "ok", text: "nil" });
    await repl.line(".step 4");
    expect(await repl.line("done > 2")).toEqual({ status: "ok", text: "true" });
  });
  test("goes on after a line that never ends", async () => {
    const repl = await session();
    const [, stopped, gone] = await say(repl, "x = 1", "while true do end", "x");
    expect(stopped).toMatch(/^error: instructions: .*what the lines before have set is gone/);
    expect(gone).toBe("nil");
  });

  test("has commands", async () => {
    const repl = await session();
    const { world, scripts } = repl.stage;
    const [first] = world.query(scripts.script("mover").component).entities();
    const [help, hash, entities, some, inspected, list] = await say(
      repl,
      ".help",
      ".hash",
      ".entities",
      ".entities mover",
      `.inspect ${first}`,
      ".scripts",
    );
    expect(help).toMatch(/\.step \[N\].*\.reload FILE/s);
    expect(hash).toBe(world.hash());
    expect(entities!.split("\n").length).toBe(2 + 3);
    expect(some!.split("\n").length).toBe(2 + 2);
    expect(inspected).toMatch(/^Position \{ x: 0, y: 0, z: 0 \}\nmover \{ status: 'fresh', hp: 100 \}$/);
    expect(list).toMatch(/mover +lua +\w+ +2/);
    expect((await repl.line(".quit")).status).toBe("quit");
  });

  test.each([
    [".nope", /There is no \.nope/],
    [".step 0", /N is a whole number/],
    [".step many", /N is a whole number/],
    [".inspect", /ENTITY is a whole number/],
    [".inspect 5", /There is no entity 5/],
    [".entities Nothing", /There is no component Nothing/],
    [".reload", /Say which file/],
    [".reload nothing.lua", /cannot be read/],
  ])("%s is refused", async (line, message) => {
    const { status, text } = await (await session()).line(line);
    expect(status).toBe("error");
    expect(text).toMatch(message);
  });

  test("reloads a file", async () => {
    const repl = await session();
    await say(repl, ".step 1");
    expect(await say(repl, ".reload mover.lua")).toEqual(["mover means the same as before"]);
    writeFileSync(join(folder, "mover.lua"), MOVER.replace("+ 1", "+ 100"));
    expect(await say(repl, ".reload mover.lua")).toEqual(["mover runs the new version: 2 instances"]);
    writeFileSync(join(folder, "mover.lua"), "= =");
    expect(await say(repl, ".reload mover.lua")).toEqual([
      expect.stringMatching(/^error: .*mover\.lua:1: .*script-syn/),
    ]);
  });
});

describe("completion", () => {
  test.each([
    ["World.ne", ["World.near", "World.nearest"]],
    ["x = Comp", ["Component"]],
    ["math.fl", ["math.floor"]],
    ["self.Pos", ["self.Position"]],
    ["self.Position.", ["self.Position.x", "self.Position.y", "self.Position.z"]],
    ['Component.get(1, "Vel', ["Velocity"]],
    ["whi", ["while"]],
    ["sco", ["score"]],
    ["retu", ["return"]],
    [".st", [".step"]],
    [".entities mo", ["mover"]],
    ["nothing.", []],
  ])("of %s is %o", async (line, expected) => {
    const { stage } = await session();
    expect(complete(stage, line, ["score = 5"])[0]).toEqual(expected);
  });

  test("of files", async () => {
    const { stage } = await session();
    const [found, part] = complete(stage, `.reload ${folder}/mo`);
    expect(found).toEqual([join(folder, "mover.lua")]);
    expect(part).toBe(`${folder}/mo`);
  });

  test("runs nothing", async () => {
    const { stage } = await session();
    const hash = stage.world.hash();
    complete(stage, "World.spawn");
    expect(stage.world.hash()).toBe(hash);
  });
});
