import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { LuaStage, stageEngine } from "./lua-stage.ts";
import { sleepers, wakeAll } from "./sleepers.ts";

const hashOf = (bytes: Uint8Array<ArrayBufferLike>): string => createHash("sha256").update(bytes).digest("hex");

describe("an image", () => {
  it("with 1,000 sleeping coroutines goes on in another machine, to the same bytes", async () => {
    const engine = await stageEngine();
    const { stage, waits } = await sleepers(engine);
    const image = { bytes: stage.domain.bytes.slice(), globals: stage.domain.globals.slice() };
    const run = (on: LuaStage): string[] => wakeAll(on, waits);
    const expected = run(stage);
    const other = new LuaStage(engine);
    if (other.domain.bytes.length !== image.bytes.length) other.domain.resize(image.bytes.length);
    other.domain.bytes.set(image.bytes);
    other.domain.globals.set(image.globals);
    other.domain.restored([]);
    other.program = stage.program;
    other.instance = stage.instance;
    other.host.n.set([0, 0, 0, 0]);
    expect(run(other)).toEqual(expected);
    expect(hashOf(other.domain.bytes)).toBe(hashOf(stage.domain.bytes));
  });

  it("goes back in the same machine, however much ran since", async () => {
    const { stage, waits } = await sleepers(await stageEngine());
    const image = { bytes: stage.domain.bytes.slice(), globals: stage.domain.globals.slice() };
    const expected = wakeAll(stage, waits);
    await stage.load("function other() return 1 end", "other");
    stage.expectStarted(stage.start());
    stage.value("other");
    if (stage.domain.bytes.length !== image.bytes.length) stage.domain.resize(image.bytes.length);
    stage.domain.bytes.set(image.bytes);
    stage.domain.globals.set(image.globals);
    stage.domain.restored([]);
    expect(stage.domain.inspect().programs).toEqual(["test"]);
    stage.host.n.set([0, 0, 0, 0]);
    stage.program = 1;
    stage.instance = 1;
    expect(wakeAll(stage, waits)).toEqual(expected);
  });

  it("is the same in another process", async () => {
    const { stage, waits } = await sleepers(await stageEngine());
    const expected = [hashOf(stage.domain.bytes), ...wakeAll(stage, waits), hashOf(stage.domain.bytes)];
    const made = spawnSync(process.execPath, [new URL("./sleepers.ts", import.meta.url).pathname], {
      encoding: "utf8",
    });
    expect(made.stderr).toBe("");
    expect(made.stdout.trim().split("\n")).toEqual(expected);
  });

  it("is not changed by looking", async () => {
    const { stage } = await sleepers(await stageEngine());
    const before = hashOf(stage.domain.bytes);
    stage.domain.instances();
    stage.domain.instancesOf(1);
    expect(stage.domain.inspect()).toMatchObject({ tasks: 1000, instances: 1, programs: ["test"] });
    stage.domain.restored([]);
    stage.domain.takeWaits();
    expect(hashOf(stage.domain.bytes)).toBe(before);
  });

  it("is not changed by loading what it has", async () => {
    const stage = await LuaStage.of("function f() return 1 end");
    const before = hashOf(stage.domain.bytes);
    expect(await stage.load("function f() return 1 end")).toBe(stage.program);
    stage.domain.restored([]);
    expect(await stage.load("function f() return 1 end")).toBe(stage.program);
    expect(hashOf(stage.domain.bytes)).toBe(before);
  });

  it("of a machine that was killed is the same as that of another one that was killed alike", async () => {
    const code =
      "function f() local t = {} for i = 1, 1e9 do t[i] = { i } end end function g() local t = {} while true do t[1] = {} end end";
    const [one, other] = [await LuaStage.of(code), await LuaStage.of(code)];
    for (const stage of [one, other]) {
      for (let i = 0; i < 5; i++) stage.fault("g");
      stage.fault("f");
      stage.domain.discard(stage.instance);
    }
    expect(hashOf(one.domain.bytes)).toBe(hashOf(other.domain.bytes));
    one.domain.reset();
    const fresh = new LuaStage(one.engine);
    expect(hashOf(one.domain.bytes)).toBe(hashOf(fresh.domain.bytes));
  });
});
