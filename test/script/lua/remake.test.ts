import { describe, expect, it } from "vitest";
import type { LuaChunk } from "../../../src/script/lua/compile.ts";
import { ROWS } from "../fake-host.ts";
import { HEAD, LuaStage, stageEngine } from "./lua-stage.ts";

/** A stage with an instance for each row, and the batch of these. */
async function filled(code: string, budget = {}) {
  const stage = new LuaStage(await stageEngine(), budget);
  await stage.load(code);
  const instances = Array.from({ length: ROWS }, (_, row) => {
    stage.expectStarted(stage.start(row));
    return stage.instance;
  });
  return { stage, instances, batch: stage.host.batch(instances) };
}

describe("instances that are made anew together", () => {
  it("have their own globals, and nothing of those before", async () => {
    const { stage, instances, batch } = await filled("function onUpdate(self) held = 7 Tasks.own().kept = 1 end");
    stage.domain.update(stage.program, batch, 0, 1);
    await stage.load(`mark = {}
      function look(self) return { held == nil, Tasks.own().kept == nil, self.id } end
      function set(self) mark[1] = self.id return mark end`);
    stage.domain.remake!(stage.program, batch);
    expect(stage.domain.fault).toBeUndefined();
    expect([...batch.instances]).toEqual(instances);
    const call = (row: number, name: string) =>
      stage.domain.call(stage.program, instances[row]!, stage.host.row(row), name, []);
    for (let row = 0; row < ROWS; row++) {
      expect(call(row, "look")).toEqual({ ok: true, value: [true, true, 101 + row] });
      expect(call(row, "set")).toEqual({ ok: true, value: [101 + row] });
    }
  });

  it("own what their top level begins and puts off", async () => {
    const { stage, instances, batch } = await filled("Tasks.start(function() Tasks.wait(9) end)");
    stage.domain.takeWaits();
    expect(stage.domain.inspect().tasks).toBe(ROWS);
    await stage.load(`Tasks.start(function() Tasks.wait(3) woken = true end)
      Tasks.defer(function() later = Tasks.own().first end)
      Tasks.own().first = 5
      function look(self) return { later, woken } end`);
    stage.domain.remake!(stage.program, batch);
    const waits = stage.domain.takeWaits();
    expect(waits.map(({ instance, entity, tick }) => [instance, entity, tick])).toEqual(
      instances.map((instance, row) => [instance, 101 + row, 4]),
    );
    expect(stage.domain.inspect().tasks).toBe(ROWS);
    const { task } = waits[2]!;
    expect(stage.domain.resume(stage.program, task, instances[1]!, stage.host.row(1), undefined)).toMatchObject({
      ok: true,
    });
    stage.domain.resume(stage.program, task, instances[2]!, stage.host.row(2), undefined);
    const looks = instances.map((instance, row) =>
      stage.domain.call(stage.program, instance, stage.host.row(row), "look", []),
    );
    expect(looks.map((look) => look.ok && look.value)).toEqual([[5], [5], [5, true], [5]]);
  });

  it.each([
    ["an error", "error('no')", "error", {}],
    ["a loop", "while true do end", "instructions", { instructions: 5_000 }],
    ["what was put off", "Tasks.defer(error, 'no')", "error", {}],
    ["a wait", "coroutine.yield()", "error", {}],
  ])("stop at %s, and leave nothing of that one", async (_, code, kind, budget) => {
    const { stage, instances, batch } = await filled("function f() return 1 end", budget);
    const chunk: LuaChunk = await stage.engine.compile({
      name: "test",
      code: `${HEAD} Tasks.start(function() Tasks.wait(3) end) last = 1`,
    });
    // Compiled without what fails: that is found out when the top level runs for an instance.
    const failing = { ...chunk, hash: "failing", code: chunk.code.replace("last = 1", code) };
    stage.domain.load(failing, stage.host.access);
    stage.domain.remake!(stage.program, { ...batch, due: new Uint8Array([0, 0, 1, 1]) });
    expect(stage.domain.fault).toMatchObject({ kind, entity: 103 });
    expect(stage.domain.takeWaits().filter(({ instance }) => instance === instances[2])).toEqual([]);
    const alive = stage.domain.instances();
    expect(Array.from({ length: alive.length / 3 }, (_, i) => alive[i * 3])).not.toContain(instances[2]);
    // The machine is as good as before.
    await stage.load("function f() return 2 end");
    stage.expectStarted(stage.start(2));
    expect(stage.instance).toBe(instances[2]);
    expect(stage.value("f")).toBe(2);
  });

  it("leave a heap that is tidied up in the ticks after", async () => {
    const { stage, batch } = await filled("text = string.rep('x', 100000)");
    const sizes: number[] = [];
    for (let tick = 2; tick < 400; tick++) {
      stage.domain.beginTick(tick);
      if (tick % 10 === 0) stage.domain.remake!(stage.program, batch);
      stage.domain.tidy!();
      sizes.push(stage.domain.bytes.length);
    }
    expect(stage.domain.globals.slice(12)).toEqual(new Uint8Array(4));
    expect(sizes.at(-1)).toBeLessThanOrEqual(4 << 20);
    // Every tick, so that there is no time for it.
    for (let tick = 400; tick < 600; tick++) {
      stage.domain.beginTick(tick);
      stage.domain.remake!(stage.program, batch);
      stage.domain.tidy!();
    }
    expect(stage.domain.bytes.length).toBeLessThanOrEqual(6 << 20);
  });
});
