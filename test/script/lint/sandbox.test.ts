import { afterAll, describe, expect, test } from "vitest";
import { scriptApi } from "../../../src/script/api/index.ts";
import { globalsOf, sandboxOf } from "../../../src/script/lint/sandbox.ts";
import { luaEngine } from "../../../src/script/lua/engine.ts";

const engine = await luaEngine();
afterAll(() => engine.dispose());
const sandbox = sandboxOf(scriptApi);

/** What a script says when its top level runs. */
async function said(code: string): Promise<string> {
  try {
    await engine.compile({ name: "probe", code });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the linter knows what the engine gives", () => {
  test("all globals that it knows are there", async () => {
    const names = [...globalsOf(sandbox)];
    expect(names.length).toBeGreaterThan(40);
    expect(await said(names.map((name) => `assert(${name} ~= nil, "no ${name}")`).join("\n"))).toBe("");
  });

  test("and no other", async () => {
    for (const name of ["io", "os", "debug", "package", "dofile", "loadfile", "collectgarbage", "module", "unpack"])
      expect(await said(`assert(${name} == nil, "there is ${name}")`)).toBe("");
    expect(await said('assert(string.dump == nil and math.randomseed == nil, "there are")')).toBe("");
  });

  const tables = new Set([...sandbox.libraries.keys(), ...sandbox.api.keys()]);
  test.for([...tables].map((name) => ({ name })))("$name has what it knows", async ({ name }) => {
    const members = [...(sandbox.libraries.get(name) ?? []), ...(sandbox.api.get(name)?.keys() ?? [])];
    const listing = `local names = {} for name in pairs(${name}) do names[#names + 1] = name end
      table.sort(names) error("<" .. table.concat(names, " ") .. ">")`;
    const [, listed = ""] = /<(.*)>/.exec(await said(listing)) ?? [];
    expect(listed.split(" ")).toEqual([...new Set(members)].sort());
  });

  test("a chunk may have one local less than Lua's", async () => {
    const locals = (count: number): string => `local ${Array.from({ length: count }, (_, i) => `a${i}`).join(", ")}`;
    expect(await said(locals(199))).toBe("");
    expect(await said(locals(200))).toMatch(/too many local variables/);
  });
});
