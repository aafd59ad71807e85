import { expect, test } from "vitest";
import { type Ask, type Body, DebugStage, top } from "./debug-stage.ts";

const CODE = `script { state = { sum = 0, text = "" } }
local kept = {}
local function churn(n)
  local all = {}
  for i = 1, n do
    all[i] = { i, tostring(i), function() return i + n end }
  end
  local sum = 0
  for i = 1, n do
    sum = sum + all[i][3]() + #all[i][2]
  end
  return sum
end
local function inner(n)
  local made = ("x"):rep(n)
  coroutine.yield(made)
  local ok, message = pcall(function()
    local deep = { made }
    error({ message = "thrown", deep = deep })
  end)
  assert(not ok and message.deep[1] == made)
  return #made
end
function onUpdate(self)
  local first = churn(30)
  local go = coroutine.wrap(inner)
  local made = go(40)
  kept[#kept % 20 + 1] = { made, first }
  local size = go()
  self.State.sum = self.State.sum + first + size
  self.State.text = made
end
`;

const EXPRESSIONS = [
  "{ 1, 2, { 3 } }",
  "('y'):rep(5000)",
  "collect and collect() or 1",
  "(function() local t = {} for i = 1, 300 do t[i] = { i } end return #t end)()",
  "pcall(error, { 'inside' })",
  "select(2, pcall(string.rep))",
  "error('out')",
  "error()",
  "nil + 1",
  "(function() return coroutine.wrap(function() coroutine.yield(1) end)() end)()",
  "coroutine.wrap(function() error('there') end)()",
  "coroutine.yield(1)",
  "(function() while true do end end)()",
  "(function() local s = 'z' while true do s = s .. s end end)()",
  "(function() local function f() return f() + 1 end return f() end)()",
  "('a'):rep(300000):find(('a-'):rep(40) .. 'b')",
  "self and self.State.sum",
  "made and #made",
  "self.State.missing",
  "load('return 1 + 1')()",
  "Log.info('x')",
  "require('nothing')",
];

/** Numbers from a seed, below `most`. */
function numbers(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

function run(ask: Ask, expression: string, context: string, frameId: number): void {
  try {
    ask("evaluate", { expression, context, frameId });
  } catch {
    return;
  }
}

test.each([1, 2])("whatever is evaluated wherever, scripts compute what they should (seed %i)", async (seed) => {
  const totals: Body[] = [];
  const hashes: string[] = [];
  for (const mode of ["plain", "watch", "repl"]) {
    const stage = await DebugStage.of(CODE, { entities: 3, debugged: mode !== "plain" });
    const pick = numbers(seed);
    if (mode !== "plain") {
      stage.debug.pause();
      stage.ask("setExceptionBreakpoints", { filters: ["all"] });
      for (let i = 0; i < 80; i++)
        stage.stops.push((ask) => {
          const { stackFrames } = ask("stackTrace");
          for (let n = pick(3); n > 0; n--)
            run(ask, EXPRESSIONS[pick(EXPRESSIONS.length)]!, mode, 1 + pick(stackFrames.length));
          expect(top(ask)).toMatch(/:\d+$/);
          ask(["next", "stepIn", "stepOut"][pick(3)]!);
        });
    }
    stage.step(8);
    if (mode !== "plain") expect(stage.stops.length).toBe(0);
    expect(stage.faults).toEqual([]);
    const { sum } = stage.world.get(
      stage.world.query(stage.script.component).entities()[1]!,
      stage.script.component,
    ) as Body;
    totals.push(sum);
    hashes.push(await stage.end());
  }
  expect(totals).toEqual([totals[0], totals[0], totals[0]]);
  expect(hashes[1]).toBe(hashes[0]);
});
