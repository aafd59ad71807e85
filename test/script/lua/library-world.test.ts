import { describe, expect, test } from "vitest";
import { createWorld, type Entity, simulate, type World } from "../../../src/index.ts";
import { createScripts, luaEngine, type Profile, type Script, type Scripts } from "../../../src/script.ts";

const engine = await luaEngine();

interface Lab {
  readonly scripts: Scripts;
  readonly script: Script;
  readonly world: World;
  readonly lines: string[];
  readonly step: (ticks: number) => void;
}

async function labOf(
  code: string,
  entities = 1,
  profile: Profile = "standard",
): Promise<Lab & { readonly spawned: readonly Entity[] }> {
  const scripts = createScripts({
    engines: [engine],
    budget: { instructions: 20_000 },
    policy: { backoffTicks: 2, healthLoss: 0 },
  });
  const lines: string[] = [];
  scripts.onLog(({ text }) => lines.push(text.replaceAll("\t", " ")));
  scripts.onFault(({ kind }) => lines.push(`stopped: ${kind}`));
  const script = await scripts.add({ name: "Lab", code }, { profile });
  const world = createWorld({
    components: scripts.components,
    resources: scripts.resources,
    events: scripts.events,
    inputs: scripts.inputs,
  });
  const spawned = Array.from({ length: entities }, () => world.spawn(script.component));
  const game = await simulate(world, scripts.systems());
  const step = (ticks: number): void => {
    for (let i = 0; i < ticks; i++) game.step();
  };
  return { scripts, script, world, lines, step, spawned };
}

const waiting = `
local promise = require("promise")
script { state = { sum = 0 } }

local function later(n) return promise.after(n, n) end

local work = promise.async(function(self)
  for round = 1, 4 do
    local values = promise.await(promise.all({ later(1), later(round), promise.race({ later(2), later(9) }) }))
    Tasks.wait(1)
    for i = 1, values.n do self.State.sum = self.State.sum + values[i] end
    print(Time.tick(), self.State.sum)
  end
end)

function onStart(self) work(self) end
`;

describe("libraries in worlds", () => {
  test.for([1, 3, 6, 9])(
    "promises and async functions go on after a restore and in a fork, from tick %i",
    async (at) => {
      const { world, scripts, lines, step } = await labOf(waiting, 3);
      step(at);
      const snapshot = world.snapshot();
      const before = lines.length;
      step(20 - at);
      const [hash, printed] = [world.hash(), lines.splice(before)];
      world.restore(snapshot);
      step(20 - at);
      expect(lines.slice(before)).toEqual(printed);
      expect(world.hash()).toBe(hash);
      expect([...lines.slice(0, before), ...printed]).toHaveLength(12);
      world.restore(snapshot);
      const fork = world.fork();
      const game = await simulate(fork, scripts.systems());
      for (let i = at; i < 20; i++) game.step();
      expect(fork.hash()).toBe(hash);
      await game.close();
    },
  );

  test("what a stopped call left to do is dropped, of that instance alone", async () => {
    const { lines, step } = await labOf(
      `local promise = require("promise")
       script { state = { tries = 0 } }
       local tries = 0
       function onUpdate(self)
         tries = tries + 1
         promise.resolve(tries):andThen(function(n) print(Time.tick(), n) end)
         if Time.tick() == 3 and self.id % 2 == 0 then while true do end end
       end`,
      2,
    );
    step(6);
    const per = (tick: number): string[] => lines.filter((line) => line.startsWith(`${tick} `));
    expect(per(2)).toEqual(["2 2", "2 2"]);
    expect(lines.filter((line) => line === "stopped: instructions")).toHaveLength(1);
    expect(per(3)).toEqual(["3 3"]);
    expect(per(4)).toEqual(["4 4"]);
    expect(per(5)).toEqual(["5 1", "5 5"]);
  });

  test("continuations without end use up the budget of the call", async () => {
    const { lines, step } = await labOf(
      `local promise = require("promise")
       function onStart()
         local function again() return promise.resolve():andThen(again) end
         again()
         print("end of the call")
       end`,
    );
    step(1);
    expect(lines).toEqual(["end of the call", "stopped: instructions"]);
  });

  test("an error in a continuation that nobody catches stays in its promise", async () => {
    const { lines, step, world, script, spawned } = await labOf(
      `local promise = require("promise")
       script { state = { done = 0 } }
       function onStart(self)
         promise.resolve():andThen(function() error("oops", 0) end)
         promise.resolve():andThen(function() self.State.done = 1 end)
       end`,
    );
    step(1);
    expect(lines).toEqual(["unhandled rejection: oops"]);
    expect(world.get(spawned[0]!, script.component)).toMatchObject({ done: 1 });
  });

  test("scripts that may not log can have rejections that nobody handles", async () => {
    const { lines, step, world, script, spawned } = await labOf(
      `local promise = require("promise")
       script { state = { done = 0 } }
       function onStart(self)
         promise.reject("alone")
         promise.resolve():andThen(function() self.State.done = 1 end)
       end`,
      1,
      "minimal",
    );
    step(1);
    expect(lines).toEqual([]);
    expect(world.get(spawned[0]!, script.component)).toMatchObject({ done: 1 });
  });

  test("a file of tests gives its results to whoever calls it", async () => {
    const { lines, step } = await labOf(
      `local test = require("test")
       test.describe("sums", function()
         test.it("adds", function() test.equal(1 + 1, 2) end)
         test.it("fails", function() test.equal(1 + 1, 3) end)
       end)
       function onStart()
         local r = test.run()
         print(r.ok, r.passed, r.failed, r.tests[2].name, r.tests[2].message, r.tests[2].where)
       end`,
    );
    step(1);
    expect(lines).toEqual(["false 1 1 sums > fails expected 3, got 2 Lab:4"]);
  });
});
