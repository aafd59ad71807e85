import { describe, expect, test } from "vitest";
import { component, createWorld, i32 as i32Field, simulate, type World } from "../../../src/index.ts";
import {
  type ApiFunction,
  type ApiNamespace,
  createLinter,
  createScripts,
  describeApi,
  luaEngine,
  ScriptError,
  type ScriptSource,
  scriptApi,
  wasmEngine,
} from "../../../src/script.ts";
import { add, alloc, assemble, call, get, i32, load, shl } from "../wasm/guest-module.ts";
import { LISTS, perRow, ROW } from "../wasm/guest-rows.ts";

const Purse = component("Purse", { coins: i32Field, spent: i32Field });

const entityOf = { name: "entity", type: "entity", doc: "Whose purse." } as const;
const give: ApiFunction = {
  name: "give",
  doc: "Puts coins into a purse, of which there is room for 100.",
  parameters: [entityOf, { name: "coins", type: "integer", doc: "How many.", least: 1, most: 50 }],
  returns: "integer",
  run(scope, entity, coins) {
    const purse = scope.get(entity as number, "Purse");
    if (purse === undefined) throw new ScriptError("Inventory.give: the entity has no purse");
    const sum = (purse["coins"] as number) + (coins as number);
    if (sum > 100) throw new ScriptError("Inventory.give: the purse is full");
    scope.set(entity as number, "Purse", { coins: sum });
    return sum;
  },
};
const inventory = (more: readonly ApiFunction[] = []): ApiNamespace => ({
  name: "Inventory",
  doc: "What entities carry.",
  functions: [give, ...more],
});

const guest = assemble({
  imports: [
    { name: "batch_row", parameters: "i" },
    { name: "inventory_give", parameters: "il", results: "l" },
  ],
  manifest: { writes: ["Purse"], columns: ["Purse.spent: i32"] },
  functions: [
    alloc,
    perRow(
      [...get(ROW), ...call(0)],
      [...get(LISTS), ...load(), ...get(ROW), ...i32(2), shl, add, ...load(), 0x42, 7, ...call(1), 0x1a],
    ),
  ],
});
const inLua = `local give = Inventory.give
script { writes = { "Purse" } }
function onUpdate(self) give(self.id, 7) end`;

async function start(code: ScriptSource["code"], own: ApiNamespace = inventory()) {
  const api = [...scriptApi, own];
  const engine = typeof code === "string" ? await luaEngine({ api }) : wasmEngine({ api });
  const scripts = createScripts({ engines: [engine], components: [Purse] });
  const script = await scripts.add({ name: "Miser", code });
  const faults: string[] = [];
  scripts.onFault(({ kind, message }) => faults.push(`${kind}: ${message}`));
  const world = createWorld(scripts.worldTypes());
  const entity = world.spawn(Purse, script.component);
  const run = (of: World, ticks: number) => {
    for (let k = 0; k < ticks; k++) of.step(scripts.systems());
    return of.hash();
  };
  return { world, entity, faults, run, scripts };
}

describe("functions of the game's own", () => {
  test.each([
    ["Lua", inLua],
    ["a guest", guest],
  ])("are called by %s, within its transactions and snapshots", async (_, code) => {
    const { world, entity, faults, run } = await start(code);
    run(world, 2);
    const [kept, hash] = [world.snapshot(), world.hash()];
    const ahead = run(world, 10);
    expect(world.get(entity, Purse)).toEqual({ coins: 84, spent: 0 });
    expect(faults).toEqual([]);
    world.restore(kept);
    expect(world.hash()).toEqual(hash);
    expect(run(world, 10)).toEqual(ahead);
    run(world, 3);
    expect(world.get(entity, Purse)!.coins).toBe(98);
    expect(faults.length).toBe(1);
    expect(faults[0]).toMatch(/Inventory\.give: the purse is full/);
    const again = await start(code);
    expect(again.run(again.world, 12)).toEqual(ahead);
  });

  test("refuse arguments as Worldloom's own do, and need their capability", async () => {
    const loud: ApiFunction = { ...give, name: "shout", capability: "write" };
    for (const [call, message] of [
      ["Inventory.give(self.id, 51)", /Inventory\.give: coins: expected an integer from 1 to 50, got 51/],
      ["Inventory.give(self.id, 1, 2)", /expected at most 2 arguments/],
      ["Inventory.shout(self.id, 1)", /Inventory\.shout.*write/],
    ] as const) {
      const code = `script { writes = { "Purse" } } function onUpdate(self) self.Purse.spent = 1 ${call} end`;
      const { world, entity, faults, run } = await start(code, inventory([loud]));
      run(world, 1);
      expect(faults[0]).toMatch(message);
      expect(world.get(entity, Purse)).toEqual({ coins: 0, spent: 0 });
    }
  });

  const wrong: readonly [result: string, returns: ApiFunction["returns"], value: unknown][] = [
    ["a text", "integer", "seven"],
    ["half", "integer", 0.5],
    ["nothing", "integer", undefined],
    ["null", "table", null],
    ["a promise", "nothing", Promise.resolve()],
    ["a function", "value", () => 1],
    ["a list", "vec3", [1, 2, 3]],
  ];
  test.each(wrong)("fail the tick whole where they return %s", async (_, returns, value) => {
    const bad: ApiFunction = { name: "bad", doc: "Is wrong.", parameters: [], returns, run: () => value as never };
    const code = `script { writes = { "Purse" } } function onUpdate(self) self.Purse.spent = 1 pcall(Inventory.bad) end`;
    const { world, scripts } = await start(code, inventory([bad]));
    const game = await simulate(world, scripts.systems());
    const before = world.hash();
    expect(() => game.step()).toThrow(/Inventory\.bad/);
    expect(world.hash()).toEqual(before);
    await game.close();
  });

  test.each(["Lua", "a guest"])(
    "fail the tick whole where they throw what is no error of the script: %s",
    async (name) => {
      let isBroken = true;
      const run: ApiFunction["run"] = (...given) => {
        if (isBroken) throw new TypeError("a bug of the game");
        return give.run(...given);
      };
      const own = { ...inventory(), functions: [{ ...give, run }] };
      const { world, entity, scripts } = await start(name === "Lua" ? inLua : guest, own);
      const game = await simulate(world, scripts.systems());
      const before = world.hash();
      expect(() => game.step()).toThrow(/a bug of the game/);
      expect(world.hash()).toEqual(before);
      isBroken = false;
      game.step();
      expect(world.get(entity, Purse)!.coins).toBe(7);
      await game.close();
    },
  );

  test("are described and known to the linter as the others are", async () => {
    const api = [...scriptApi, inventory()];
    expect(describeApi("lua", api)).toMatch(/function Inventory\.give\(entity, coins\)/);
    expect(describeApi("ts", api)).toMatch(/module "worldloom:script\/inventory@[\s\S]*function give/);
    expect(describeApi("wit", api)).toMatch(/interface inventory[\s\S]*give: func/);
    expect(describeApi("md", api)).toMatch(/Inventory\.give/);
    const findings = async (of: readonly ApiNamespace[]) =>
      (await createLinter({ api: of })).lint(inLua, "miser.lua").map(({ rule }) => rule);
    expect(await findings(api)).toEqual([]);
    expect(await findings(scriptApi)).not.toEqual([]);
  });

  test("count in what tells schedules apart", async () => {
    const codeOf = async (own: ApiNamespace) =>
      (await start(inLua, own)).scripts.systems().map(({ code }) => code ?? "")[0];
    const other = inventory([{ ...give, name: "take", run: () => 1 }]);
    expect(await codeOf(inventory())).toBe(await codeOf(inventory()));
    expect(await codeOf(inventory())).not.toBe(await codeOf(other));
  });

  test("are the same for all engines of some scripts", async () => {
    const lua = await luaEngine({ api: [...scriptApi, inventory()] });
    expect(() => createScripts({ engines: [lua, wasmEngine()] })).toThrow(
      expect.objectContaining({ code: "bad-argument", message: expect.stringMatching(/engines with one API/) }),
    );
    lua.dispose();
  });

  test.each<[what: string, own: object, message: RegExp]>([
    ["a namespace that is there", { name: "World" }, /taken/],
    ["a name that Lua cannot write", { name: "in-ventory" }, /letters and digits/],
    ["a function twice", { functions: [give, { ...give, name: "Give" }] }, /taken/],
    ["a type that there is not", { functions: [{ ...give, returns: "float" }] }, /Inventory\.give: returns/],
    ["a capability that there is not", { functions: [{ ...give, capability: "gold" }] }, /capability must be one of/],
    ["no code", { functions: [{ ...give, run: undefined }] }, /run must be a function/],
    ["a parameter twice", { functions: [{ ...give, parameters: [entityOf, entityOf] }] }, /taken/],
    [
      "an optional one before another",
      { functions: [{ ...give, parameters: [{ ...entityOf, optional: true }, give.parameters[1]] }] },
      /optional, as the one before/,
    ],
  ])("are refused with %s", async (_, own, message) => {
    const api = [...scriptApi, { ...inventory(), ...own }];
    const refused = { code: "bad-argument", message: expect.stringMatching(message) };
    await expect(luaEngine({ api })).rejects.toMatchObject(refused);
    expect(() => wasmEngine({ api })).toThrow(expect.objectContaining(refused));
  });
});
