import { describe, expect, test } from "vitest";
import type { ScriptValue } from "../../../src/script/value.ts";
import { WasmEngine } from "../../../src/script/wasm/engine.ts";
import { guest } from "./guest-rows.ts";
import { startGuest } from "./guest-world.ts";

const identity = (type: string) => ({ name: `same_${type}`, parameters: type, results: type, code: [[0x20, 0]] });
const vector = { name: "same_v", parameters: "v", results: "v", code: [[0x20, 0]] };
const names = [identity("i"), identity("l"), identity("f"), identity("d"), vector];

describe("functions that hosts call by name", () => {
  const wrong = (message: string) => ({ ok: false, fault: { kind: "error", message } });
  const fine = (value: ScriptValue) => ({ ok: true, value });
  const kinds = "functions of WebAssembly take numbers and booleans alone";
  test.for<[name: string, values: ScriptValue[], outcome: object]>([
    ["same_i", [7.9], fine(7)],
    ["same_i", [], fine(0)],
    ["same_i", [2n ** 40n + 5n], fine(5)],
    ["same_l", [7], fine(7)],
    ["same_l", [], fine(0)],
    ["same_l", [true], fine(1)],
    ["same_l", [2n ** 62n], fine(2n ** 62n)],
    ["same_l", [0.5], wrong("this function of WebAssembly takes an integer, not 0.5")],
    ["same_l", [Infinity], wrong("this function of WebAssembly takes an integer, not Infinity")],
    ["same_f", [0.1], fine(Math.fround(0.1))],
    ["same_d", [0.1, 1, 2], fine(0.1)],
    ["same_d", [], fine(0)],
    ["same_d", ["1"], wrong(kinds)],
    ["same_v", [1], fine(undefined)],
    ["no_such", [1], fine(undefined)],
  ])("%s (%#)", async ([name, values, outcome]) => {
    const { world, domain, program } = await startGuest(guest(names, ["Position.x"]));
    expect(domain.call(program, 1, world.row(0), name, values)).toMatchObject(outcome);
  });

  test("what cannot start is refused before a world has it", async () => {
    const start = guest([{ name: "_initialize", code: [0x00] }], ["Position.x"]);
    const error = { code: "script-invalid", message: "Bad: cannot start: unreachable." };
    await expect(new WasmEngine({}).compile({ name: "Bad", code: start })).rejects.toMatchObject(error);
  });

  test.for(["_initialize", "__wasm_call_ctors"])("%s takes nothing", async (name) => {
    const start = guest([{ name, parameters: "l", code: [] }], ["Position.x"]);
    const message = expect.stringContaining(`exports ${name} as (i64) -> nothing, but it is () -> nothing`);
    await expect(startGuest(start)).rejects.toMatchObject({ code: "script-invalid", message });
  });
});
