import { describe, expect, test } from "vitest";
import { createWorld, type WorldOptions } from "../../src/index.ts";
import {
  type Budget,
  createScripts,
  DEFAULT_BUDGET,
  luaEngine,
  type ScriptOptions,
  ScriptTask,
  wasmEngine,
} from "../../src/script.ts";

const lua = await luaEngine();
const scriptsOf = () => createScripts({ engines: [lua] });

describe("budgets", () => {
  test.for<[name: string, budget: object, message: RegExp]>([
    [
      "a count with a fraction",
      { instructions: 1.5 },
      /budget.instructions must be an integer from 0 to 2147483647, not/,
    ],
    ["a count that is none", { spawns: Number.NaN }, /budget.spawns must be an integer/],
    ["more than engines can count", { instructionsPerTick: 2 ** 31 }, /not 2147483648/],
    ["no end", { hostCalls: Infinity }, /not Infinity/],
    ["memory that is no multiple of a page", { memoryBytes: 100_000 }, /memoryBytes must be a multiple of 65536 up to/],
    ["more memory than engines can address", { memoryBytes: 2 ** 31 }, /up to 1073741824, not 2147483648/],
    ["less than no time", { watchdogMs: -1 }, /watchdogMs must be milliseconds of at least 0/],
    ["what there is not", { fuel: 1 }, /A budget has no fuel; it has instructions, /],
  ])("%s", ([, budget, message]) => {
    const run = () => createScripts({ engines: [wasmEngine()], budget: budget as Partial<Budget> });
    expect(run).toThrow(expect.objectContaining({ code: "bad-argument", message: expect.stringMatching(message) }));
  });

  test("what is left out is the default", () => {
    const given = { instructions: 7, watchdogMs: Infinity, spawns: undefined } as unknown as Partial<Budget>;
    const { budget } = createScripts({ engines: [wasmEngine()], budget: given });
    expect(budget).toEqual({ ...DEFAULT_BUDGET, instructions: 7, watchdogMs: Infinity });
  });
});

describe("scripts", () => {
  test.for<[name: string, options: object, message: RegExp]>([
    ["a profile that there is not", { profile: "root" }, /profile must be minimal, standard, trusted, not "root"/],
    ["a profile that every object has", { profile: "constructor" }, /profile must be/],
    ["a domain without a name", { domain: "" }, /domain must be a letter, then/],
    ["a domain with the name of another's region", { domain: "main_globals" }, /not _globals at its end/],
    ["too many spare columns", { spare: 17 }, /spare must be an integer from 0 to 16, not 17/],
    ["less than no spare columns", { spare: -1 }, /spare must be/],
    ["too many spare columns of a kind", { spare: { str: 17 } }, /spare.str must be an integer from 0 to 16, not 17/],
    ["spare columns of no kind", { spare: { text: 1 } }, /spare must be an object with the keys f32, .*, not "text"/],
    [
      "too many spare columns of all kinds",
      { spare: 9 },
      /spare must be at most 57 columns beside those of the state, not 63/,
    ],
    ["spare columns that are a text", { spare: "4" }, /spare must be an integer from 0 to 16, or an object/],
  ])("%s", async ([, options, message]) => {
    const scripts = scriptsOf();
    const add = scripts.add({ name: "A", code: "function onUpdate() end" }, options as ScriptOptions);
    await expect(add).rejects.toMatchObject({ code: "bad-argument", message: expect.stringMatching(message) });
  });

  test.for(["scriptStatus", "scriptInstance", "scriptSpare0", "scriptSpare12"])(
    "no state is called %s, as columns of the run time are",
    async (field) => {
      const scripts = scriptsOf();
      const taken = `script { state = { ${field} = 0 } } function onUpdate() end`;
      const error = { code: "script-invalid", message: expect.stringContaining(`field ${field} in its state`) };
      await expect(scripts.add({ name: "A", code: taken })).rejects.toMatchObject(error);
      await scripts.add({ name: "B", code: "function onUpdate() end" });
      const reports: (string | undefined)[] = [];
      scripts.onReload(({ refused }) => reports.push(refused));
      const { components, resources, events, inputs } = scripts;
      const game = createWorld({ components, resources, events, inputs });
      await scripts.reload(game, { name: "B", code: taken });
      game.step(scripts.systems());
      expect(reports).toEqual([error.message]);
      game.dispose();
    },
  );

  test.for(["", "1a", "a-b", "\u540d", "a".repeat(51)])("no engine takes the name %j", async (name) => {
    const error = { code: "script-invalid", message: expect.stringContaining("cannot name a script") };
    await expect(lua.compile({ name, code: "" })).rejects.toMatchObject(error);
    await expect(wasmEngine().compile({ name, code: Uint8Array.of(0) })).rejects.toMatchObject(error);
  });
});

describe("tasks that wait", () => {
  const waiting = async (wait: string, limits: WorldOptions["limits"] = {}) => {
    const scripts = scriptsOf();
    const code = `function onStart(self) for i = 1, 60 do Tasks.start(function() ${wait} end) end end`;
    const { component } = await scripts.add({ name: "Waits", code });
    const { components, resources, events, inputs } = scripts;
    const world = createWorld({ components, resources, events, inputs, limits });
    world.spawn(component);
    const faults: string[] = [];
    scripts.onFault(({ kind, message }) => faults.push(`${kind}: ${message}`));
    const systems = scripts.systems();
    return { world, systems, faults, tasks: () => world.query(ScriptTask).count };
  };

  test("for which the world has no room end their instance, not the tick", async () => {
    const { world, systems, faults, tasks } = await waiting("Tasks.wait(3)", { entities: 32 });
    for (let tick = 0; tick < 5; tick++) world.step(systems);
    const fault = "spawns: the world has no room for another task that waits";
    expect([faults, tasks()]).toEqual([[fault], 0]);
    world.dispose();
  });

  test("for events that nobody knows bring no texts into the world", async () => {
    const name = 'Tasks.waitFor(i == 1 and ("x"):rep(100000) or "event" .. i .. Time.tick())';
    const { world, systems, faults, tasks } = await waiting(name, { strings: 8 });
    for (let tick = 0; tick < 5; tick++) world.step(systems);
    expect([faults, tasks()]).toEqual([[], 60]);
    world.dispose();
  });
});
