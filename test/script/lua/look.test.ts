import { describe, expect, it } from "vitest";
import { FakeHost } from "../fake-host.ts";
import { LuaStage } from "./lua-stage.ts";

/** The most that may happen between two looks of the host: what counters are given at once. */
const [FUEL, WORK] = [1 << 16, 1 << 18];

/** A host that counts how often it is asked, and from some number on ends what asks. */
class Looking extends FakeHost {
  looks = 0;
  most = Number.POSITIVE_INFINITY;
  look(): void {
    if (++this.looks > this.most) throw new TypeError("enough");
  }
}

async function looking(code: string, instructions = 3_000_000) {
  const stage = await LuaStage.of(code, { instructions, instructionsPerTick: 100_000_000 });
  const host = new Looking();
  Object.defineProperty(stage.host, "look", { value: () => host.look() });
  return { stage, host };
}

describe("a call that takes long", () => {
  it.each([
    ["a loop", "while true do end"],
    ["errors that are caught", 'while true do pcall(error, "x") end'],
    ["coroutines", "while true do coroutine.wrap(function() coroutine.yield() end)() end"],
    [
      "metamethods",
      "local t = setmetatable({}, { __index = function(t, k) return k end }) while true do local x = t.x end",
    ],
  ])("asks the host at least once in so many instructions for %s, and uses its budget exactly", async (_, body) => {
    const { stage, host } = await looking(`function f() ${body} end`);
    const before = stage.domain.inspect().instructions;
    expect(stage.fault("f").kind).toBe("instructions");
    expect(stage.domain.inspect().instructions - before).toBe(3_000_000);
    // And for the work in C that goes with it.
    expect(host.looks).toBeGreaterThanOrEqual(Math.ceil(3_000_000 / FUEL) - 1);
  });

  it.each([
    ["patterns", 'local s = ("a"):rep(4000) s:find(".-.-.-.-b")'],
    ["tables", "local t = {} for i = 1, 30000 do t[i] = i end while true do table.insert(t, 1, 0) end"],
  ])("asks it in the midst of C code for %s, whose limit stays what it is", async (_, body) => {
    const { stage, host } = await looking(`function f() ${body} end`, 1_000_000);
    expect(stage.fault("f").kind).toBe("work");
    // 10 times the instructions and 20 million more.
    expect(host.looks).toBeGreaterThanOrEqual(Math.floor(30_000_000 / WORK) - 1);
    expect(host.looks).toBeLessThanOrEqual(Math.ceil(30_000_000 / WORK) + Math.ceil(1_000_000 / FUEL));
  });

  it("counts what the library charges for the length of texts once", async () => {
    const { stage } = await looking(
      'local s = ("x"):rep(1000000) function f() for i = 1, 4 do s:find("y", 1, true) end end',
    );
    const before = stage.domain.inspect().instructions;
    expect(stage.value("f")).toBeUndefined();
    const used = stage.domain.inspect().instructions - before;
    expect(used).toBeGreaterThan(4 * 500_000);
    expect(used).toBeLessThan(4 * 500_000 + 200);
  });

  it.each([
    ["Lua", "while true do pcall(pcall, error) end"],
    ["C", 'local s = ("a"):rep(4000) pcall(s.find, s, ".-.-.-.-b")'],
  ])("ends where the host throws, which no script can catch: %s", async (_, body) => {
    const { stage, host } = await looking(`function f() ${body} end`);
    host.most = 2;
    expect(() => stage.call("f")).toThrow("enough");
    expect(host.looks).toBeGreaterThanOrEqual(3);
    expect(host.looks).toBeLessThanOrEqual(5);
  });

  it("asks between the rows of a batch, by what they use together", async () => {
    const { stage, host } = await looking("function onUpdate() for i = 1, 20000 do end end");
    const instances = [stage.instance];
    for (let row = 1; row < 4; row++) {
      stage.start(row);
      instances.push(stage.instance);
    }
    for (let round = 0; round < 10; round++) stage.domain.update(stage.program, stage.host.batch(instances), 0, 1);
    // Four rows of 20,000 instructions are more than a slice: once in a batch.
    expect(host.looks).toBe(10);
  });
});
