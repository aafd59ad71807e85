import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createWorld } from "../../../src/index.ts";
import { createScripts, luaEngine } from "../../../src/script.ts";

const program = fileURLToPath(new URL("./nan-world.ts", import.meta.url));

function run(...flags: string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { texts: string[]; hash: string };
}

test("a NaN has the same bits from whichever compiler", () => {
  const found = run();
  expect(found.texts).toEqual(["nan nan nan 9221120237041090560"]);
  expect(run("--no-liftoff")).toEqual(found);
});

test("integers below 0, which have the bits of NaNs as floats, stay what they are", async () => {
  const code = `script {}
  local function pass(...) return ... end
  function onStart(self)
    local list, three = { x = -12, -1, -2 }, 3
    local all = { list.x, three * -4, -2 - three, -three, ~three, -13 // three, -7 % -4, math.mininteger, list.x << 1,
      list.x | 1, pass(-9), select(-1, -5), table.unpack(list), string.unpack("<i8", string.pack("<i8", -77)), tonumber("-8") }
    for i = 1, -3, -1 do all[#all + 1] = i end
    local object = setmetatable({}, { __index = function(_, key) return key - 10 end, __sub = function() return -6 end })
    all[#all + 1], all[#all + 2], all[#all + 3] = object[2], object - 1, coroutine.wrap(function() coroutine.yield(-4) end)()
    print(table.concat(all, " "))
    print(load("= =") == nil, pcall(error, -3))
  end`;
  const scripts = createScripts({ engines: [await luaEngine()] });
  const { component } = await scripts.add({ name: "Integers", code });
  const world = createWorld(scripts.worldTypes());
  world.spawn(component);
  const told: string[] = [];
  scripts.onLog(({ text }) => told.push(text));
  scripts.onFault(({ message }) => told.push(message));
  world.step(scripts.systems());
  expect(told).toEqual([
    "-12 -12 -5 -3 -4 -5 -3 -9223372036854775808 -24 -11 -9 -5 -1 -77 -8 1 0 -1 -2 -3 -8 -6 -4",
    "true\tfalse\t-3",
  ]);
  world.dispose();
  scripts.dispose();
});
