import { describe, expect, it } from "vitest";
import type { AccessLayout, ElementKind, FieldLayout } from "../../../src/script/engine.ts";
import { BridgeVm, columnsOf, type LuaValue } from "./bridge-vm.ts";

const field = (name: string, kind: ElementKind, lanes = 1, nan = false): FieldLayout => ({ name, kind, lanes, nan });
const LONG = `long${"_".repeat(60)}`;
const KINDS = ["f32", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "bool", "entity", "str"] as const;
const access: readonly AccessLayout[] = [
  { name: "All", write: true, fields: KINDS.map((kind) => field(kind, kind)) },
  { name: "Loose", write: true, fields: [field("f32", "f32", 1, true), field("f64", "f64", 1, true)] },
  { name: "Velocity", write: false, fields: [field("x", "f32"), field("slots.x", "f32")] },
  {
    name: "Body",
    write: true,
    fields: [
      ...["x", "y", "z"].map((axis) => field(`origin.${axis}`, "f64")),
      field("slots", "i16", 3),
      field("names", "str", 2),
      field(LONG, "u8"),
    ],
  },
  { name: "Tag", write: true, fields: [] },
];
const ROWS = 4;

function stage(metered = true, shared = true) {
  const vm = new BridgeVm(undefined, metered, shared);
  vm.declare(0, access, "self");
  vm.declare(1, access, "other");
  const columns = columnsOf(vm.world, access, ROWS, 1024);
  vm.bridge.enter(0, { entity: 7, row: 2, columns });
  const byName = new Map(access.flatMap((a, i) => a.fields.map((f, j) => [`${a.name}.${f.name}`, columns[i]![j]!])));
  return { vm, column: (name: string) => byName.get(name)! };
}

for (const metered of [true, false]) {
  describe(metered ? "proxies in Lua with budgets" : "proxies in plain Lua", () => {
    const { vm, column } = stage(metered, metered);
    const put = (path: string, value: LuaValue) => vm.run(`local value = ...; self.${path} = value`, value);
    const get = (path: string) => vm.run(`return self.${path}`).value;

    it.each<[string, LuaValue, LuaValue, number]>([
      ["All.f32", 0.1, Math.fround(0.1), Math.fround(0.1)],
      ["All.f32", 3n, 3, 3],
      ["All.f32", 1e300, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      ["All.f32", -0, -0, -0],
      ["All.f64", 0.1, 0.1, 0.1],
      ["All.f64", 2n ** 62n, 2 ** 62, 2 ** 62],
      ["All.i8", -128, -128n, -128],
      ["All.u8", 255n, 255n, 255],
      ["All.i16", -32_768n, -32_768n, -32_768],
      ["All.u16", 65_535, 65_535n, 65_535],
      ["All.i32", -2_147_483_648n, -2_147_483_648n, -2_147_483_648],
      ["All.u32", 4_294_967_295n, 4_294_967_295n, 4_294_967_295],
      ["All.bool", true, true, 1],
      ["All.bool", false, false, 0],
      ["All.entity", 2_147_483_647n, 2_147_483_647n, 2_147_483_647],
      ["All.entity", 0n, 0n, 0],
      ["All.str", "zwei", "zwei", 2],
      ["All.str", "grün ✓", "grün ✓", 3],
      ["All.str", "", "", 0],
      ["All.str", "l".repeat(1000), "l".repeat(1000), 4],
      ["Loose.f32", Number.NaN, Number.NaN, Number.NaN],
      ["Loose.f64", Number.NaN, Number.NaN, Number.NaN],
      ["Body.origin.y", 5n, 5, 5],
      [`Body.${LONG}`, 9n, 9n, 9],
    ])("%s = %s", (path, value, read, stored) => {
      expect(put(path, value)).toEqual({ ok: true, value: undefined });
      expect(get(path)).toEqual(read);
      expect(column(path)[2]).toEqual(stored);
      expect(column(path)[1]).toBe(0);
      expect(column(path)[3]).toBe(0);
    });

    it.each<[string, LuaValue, string]>([
      ["All.f32", "1", "All.f32: expected a number, got string"],
      ["All.f32", undefined, "All.f32: expected a number, got nil"],
      ["All.f32", Number.NaN, "All.f32 must not be NaN"],
      ["All.f64", Number.NaN, "All.f64 must not be NaN"],
      ["All.f64", true, "All.f64: expected a number, got boolean"],
      ["All.i8", 128n, "All.i8: expected an integer from -128 to 127, got 128"],
      ["All.u8", -1n, "All.u8: expected an integer from 0 to 255, got -1"],
      ["All.i16", 1.5, "All.i16: expected an integer from -32768 to 32767, got 1.5"],
      ["All.u16", 65_536, "All.u16: expected an integer from 0 to 65535, got 65536"],
      [
        "All.i32",
        2n ** 63n - 1n,
        "All.i32: expected an integer from -2147483648 to 2147483647, got 9223372036854775807",
      ],
      ["All.u32", 2 ** 63, "All.u32: expected an integer from 0 to 4294967295, got 9223372036854776000"],
      ["All.u32", Number.NaN, "All.u32: expected an integer from 0 to 4294967295, got NaN"],
      ["All.u32", "1", "All.u32: expected an integer from 0 to 4294967295, got string"],
      ["All.bool", 1n, "All.bool: expected a boolean, got number"],
      ["All.bool", undefined, "All.bool: expected a boolean, got nil"],
      ["All.entity", -1n, "All.entity: expected an entity, or 0 for none, got -1"],
      ["All.str", 1n, "All.str: expected a string, got number"],
      ["Body.names[1]", undefined, "Body.names[1]: expected a string, got nil"],
      ["All.q", 1n, "All has no field q; it has f32, f64, i8, u8, i16, u16, i32, u32, bool, entity, str"],
      ["All[1]", 1n, "All has no field of type number; it has f32, f64, i8, u8, i16, u16, i32, u32, bool, entity, str"],
      ["Tag.x", 1n, "Tag has no field x; it has none"],
      ["Velocity.x", 1n, "Velocity is read-only here: add it to writes"],
      ["Velocity.slots.x", 1n, "Velocity is read-only here: add it to writes"],
      ["Body.origin", 1n, "Body.origin: expected a table, got number"],
      ["Body.origin.w", 1n, "Body.origin has no field w; it has x, y, z"],
      ["Body.slots[0]", 1n, "Body.slots has elements 1 to 3"],
      ["Body.slots[4]", 1n, "Body.slots has elements 1 to 3"],
      ["Body.slots.x", 1n, "Body.slots has elements 1 to 3"],
      ["Body.slots[3]", 40_000n, "Body.slots[3]: expected an integer from -32768 to 32767, got 40000"],
    ])("%s = %s is refused", (path, value, message) => {
      const before = new Uint8Array(vm.world.buffer).slice(0, 8192);
      expect(put(path, value)).toEqual({ ok: false, value: `code:1: ${message}` });
      expect(new Uint8Array(vm.world.buffer).slice(0, 8192)).toEqual(before);
    });

    it("reads what is not there as an error, past a list as nil", () => {
      expect(vm.run("return self.Body.q").value).toContain("Body has no field q; it has origin, slots, names, long");
      expect(vm.run("return self.Body.slots[4]")).toEqual({ ok: true, value: undefined });
      expect(vm.run("return self.Body.slots[0]")).toEqual({ ok: true, value: undefined });
      expect(vm.run("return #self.Body.slots").value).toBe(3n);
      expect(vm.run("return #self.Body").value).toBe("code:1: Body has no length");
    });

    it("assigns vectors and lists as a whole", () => {
      expect(vm.run("self.Body.origin = { x = 1, y = 2.5, z = -3 }")).toMatchObject({ ok: true });
      expect([get("Body.origin.x"), get("Body.origin.y"), get("Body.origin.z")]).toEqual([1, 2.5, -3]);
      expect(vm.run("self.Body.slots = { 4, 5.0, 6 }")).toMatchObject({ ok: true });
      expect(Array.from(column("Body.slots").subarray(6, 9))).toEqual([4, 5, 6]);
      expect(vm.run("self.Body.slots[2.0] = 8; return self.Body.slots[2.0]").value).toBe(8n);
      expect(vm.run("self.Body.slots = { 1, 2 }").value).toBe(
        "code:1: Body.slots[3]: expected an integer from -32768 to 32767, got nil",
      );
      expect(vm.run("self.Body.names = { 'one', 'new' }; return self.Body.names[2]").value).toBe("new");
      expect(vm.run("self.Body.origin = other.Body.origin").value).toContain("Body belongs to another script");
      expect(vm.run("self.Body.origin = self.Body.origin")).toMatchObject({ ok: true });
    });

    it("takes texts in UTF-8 alone", () => {
      expect(vm.run("self.All.str = 'a\\xff'").value).toBe("code:1: All.str: expected text in UTF-8");
    });

    it("steps through fields and elements in their order", () => {
      const walk =
        "local t = {} for k, v in pairs(self.%s) do t[#t + 1] = k .. '=' .. tostring(v) end return table.concat(t, ' ')";
      vm.run("self.Body.origin = { x = 1, y = 2, z = 3 } self.Body.slots = { 7, 8, 9 }");
      expect(vm.run(walk.replace("%s", "Body.origin")).value).toBe("x=1.0 y=2.0 z=3.0");
      expect(vm.run(walk.replace("%s", "Body.slots")).value).toBe("1=7 2=8 3=9");
      expect(vm.run(walk.replace("%s", "Tag")).value).toBe("");
      expect(vm.run(walk.replace("pairs", "ipairs").replace("%s", "Body.slots")).value).toBe("1=7 2=8 3=9");
      expect(vm.run("return tostring(self.Body) .. ' ' .. tostring(self.Body.origin)").value).toBe("Body Body.origin");
    });

    it("gives its functions nothing to be misused", () => {
      expect(vm.run("return getmetatable(self.Body)").value).toBe(false);
      expect(vm.run("return setmetatable(self.Body, {})").ok).toBe(false);
      for (const values of ["", "1", "{}, 1", "io.stdout", "self.Body, 1", "self.Body, 'q'", "self.Body.slots, 9"]) {
        expect(vm.run(`local step = pairs(self.Body); return step(${values})`).ok).toBe(false);
      }
      expect(vm.run("return rawequal(self.Body, self.Body) and self.Body == self.Body").value).toBe(true);
      expect(vm.run("io.stdout.x = 1").value).toContain("attempt to index a FILE* value");
    });

    it("means nothing outside of a call, nor to another script", () => {
      const { vm: own } = stage(metered);
      expect(own.run("return other.All.f32").value).toBe("code:1: All belongs to another script");
      expect(own.run("other.All.f32 = 1").value).toBe("code:1: All belongs to another script");
      own.bridge.leave();
      expect(own.run("return self.All.f32").value).toBe("code:1: All means nothing here: no entity is being called");
      expect(own.run("self.Body.slots[1] = 1").value).toContain("Body means nothing here");
    });

    it("works in coroutines, through metatables and through functions of the library", () => {
      const { vm: own, column: cells } = stage(metered);
      expect(own.run("return coroutine.wrap(function() self.All.i8 = 3 return self.All.i8 end)()").value).toBe(3n);
      expect(own.run("coroutine.wrap(function() self.All.i8 = 'x' end)()").value).toContain(
        "All.i8: expected an integer",
      );
      const through = "local t = setmetatable({}, { __index = self.All, __newindex = self.All })";
      expect(own.run(`${through} t.u8 = 4 return t.u8 + self.All.u8`).value).toBe(8n);
      expect(own.run("table.move({ 7, 8, 9 }, 1, 3, 1, self.Body.slots) return #self.Body.slots").value).toBe(3n);
      expect(Array.from(cells("Body.slots").subarray(6, 9))).toEqual([7, 8, 9]);
      expect(own.run("table.sort(self.Body.slots, function(a, b) return a > b end)").ok).toBe(true);
      expect(Array.from(cells("Body.slots").subarray(6, 9))).toEqual([9, 8, 7]);
      expect(own.run("return table.concat(self.Body.slots, ' ')").value).toBe("9 8 7");
    });

    it("calls the host with the number of a closure", () => {
      vm.setHost("third", 3);
      vm.setHost("fails", -1);
      expect(vm.run("return third()").value).toBe(307n);
      expect(vm.run("local ok, e = pcall(fails) return e").value).toBe(-93n);
    });

    it.runIf(metered)("takes instructions for what goes through JavaScript", () => {
      const used = (code: string): number => {
        vm.lua.fuel!.value = 1_000_000;
        vm.run(code);
        return 1_000_000 - vm.lua.fuel!.value;
      };
      expect(used("self.Body.slots = { 1, 2, 3 }") - used("local slots = { 1, 2, 3 }")).toBe(20 + 3 * 10 + 3);
      vm.run("self.All.str = 'one'");
      expect(used("local s = self.All.str") - used("local s = self.All.f32")).toBe(20);
      vm.run(`self.All.str = '${"l".repeat(1000)}'`);
      expect(used("local s = self.All.str") - used("local s = self.All.f32")).toBe(20 + 62);
    });

    it("goes on in a copy of the VM that was told nothing", () => {
      vm.run("self.All.i16 = 77 self.All.str = 'grün ✓'");
      const copy = new BridgeVm(vm, metered);
      copy.bridge.enter(0, { entity: 7, row: 2, columns: columnsOf(vm.world, access, ROWS, 1024) });
      expect(copy.run("self.All.i16 = self.All.i16 + 1 self.Body.origin.z = 4 return self.All.str").value).toBe(
        "grün ✓",
      );
      expect([get("All.i16"), get("Body.origin.z")]).toEqual([78n, 4]);
      expect(copy.run("self.All.i8 = 1000").value).toContain("All.i8: expected an integer");
    });
  });
}
