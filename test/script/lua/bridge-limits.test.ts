import { expect, it } from "vitest";
import type { AccessLayout } from "../../../src/script/engine.ts";
import { hookProxies } from "../../../src/script/lua/bridge-hook.ts";
import { decodeModule } from "../../../src/script/wasm/module.ts";
import { BridgeVm, columnsOf } from "./bridge-vm.ts";

const wide = (components: number, fields: number): AccessLayout[] =>
  Array.from({ length: components }, (_, c) => ({
    name: `C${c}`,
    write: true,
    fields: Array.from({ length: fields }, (_, f) => ({ name: `f${f}`, kind: "i32" as const, lanes: 1, nan: false })),
  }));

it("finds every field of the widest components", () => {
  const vm = new BridgeVm(undefined);
  const access = wide(16, 64);
  vm.declare(0, access, "self");
  const columns = columnsOf(vm.world, access, 2, 64);
  vm.bridge.enter(0, { entity: 1, row: 1, columns });
  const code = `for c = 0, 15 do for f = 0, 63 do
    local fields, name = self["C" .. c], "f" .. f
    fields[name] = c * 100 + f
    assert(fields[name] == c * 100 + f)
  end end`;
  expect(vm.run(code)).toMatchObject({ ok: true });
  expect(columns.map((fields) => fields.map((field) => field[1]))).toEqual(
    access.map(({ fields }, c) => fields.map((_, f) => c * 100 + f)),
  );
  expect(columns.every((fields) => fields.every((field) => field[0] === 0))).toBe(true);
});

it("refuses scripts with more columns", () => {
  const vm = new BridgeVm(undefined);
  expect(() => vm.declare(0, wide(17, 64), "self")).toThrow("at most 1024 columns, not 1088");
});

it("refuses builds of Lua that it does not know", () => {
  const empty = decodeModule(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  expect(() => hookProxies(empty)).toThrow("install wasmoon 1.16.0");
});

it("has room for rows of large chunks", () => {
  const vm = new BridgeVm(undefined);
  const access = wide(1, 1);
  vm.declare(0, access, "proxies");
  const count = 20_000;
  vm.run(`
    envs, selves = {}, {}
    local env = { onUpdate = function(self, dt) self.C0.f0 = self.C0.f0 + 1 end }
    for i = 1, ${count} do envs[i] = env selves[i] = proxies end`);
  const columns = columnsOf(vm.world, access, count, 64);
  const numbers = Int32Array.from({ length: count }, (_, row) => row + 1);
  const batch = { count, entities: numbers, instances: numbers, due: new Uint8Array(count).fill(1), columns };
  expect(vm.update(0, batch, 0, 1)).toBeUndefined();
  expect(columns[0]![0]!.every((value) => value === 1)).toBe(true);
  expect(vm.bridge.row).toBe(count);
});
