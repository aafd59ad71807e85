import fc from "fast-check";
import { expect, it } from "vitest";
import type { AccessLayout, ElementKind } from "../../../src/script/engine.ts";
import { BridgeVm, columnsOf, type LuaValue } from "./bridge-vm.ts";

const KINDS = ["f32", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "bool", "entity"] as const;
const RANGES: Partial<Record<ElementKind, readonly [bigint, bigint]>> = {
  i8: [-128n, 127n],
  u8: [0n, 255n],
  i16: [-32_768n, 32_767n],
  u16: [0n, 65_535n],
  i32: [-2_147_483_648n, 2_147_483_647n],
  u32: [0n, 4_294_967_295n],
  entity: [0n, 2_147_483_647n],
};
const LANES = [1, 5];
const ROWS = 3;

const access: readonly AccessLayout[] = [
  ...LANES.map((lanes) => ({
    name: `By${lanes}`,
    write: true,
    fields: KINDS.map((kind) => ({ name: kind, kind, lanes, nan: false })),
  })),
  {
    name: "Nan",
    write: true,
    fields: [
      { name: "v.x", kind: "f32", lanes: 1, nan: true },
      { name: "v.y", kind: "f64", lanes: 1, nan: true },
    ],
  },
];

/** What a field reads after the value was written, or nothing if it is refused. */
function stored(kind: ElementKind, nan: boolean, value: LuaValue): LuaValue {
  if (kind === "bool") return typeof value === "boolean" ? value : undefined;
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  if (kind === "f32" || kind === "f64") {
    const number = Number(value);
    if (Number.isNaN(number) && !nan) return undefined;
    return kind === "f32" ? Math.fround(number) : number;
  }
  if (typeof value === "number" && !Number.isInteger(value)) return undefined;
  const whole = BigInt(value);
  const [low, high] = RANGES[kind]!;
  return whole >= low && whole <= high ? whole : undefined;
}

const edges = [
  0,
  -0,
  0.5,
  -1,
  127,
  128,
  255,
  256,
  32_768,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 63,
  1e39,
  Number.NaN,
  1 / 0,
];
const values = fc.oneof(
  fc.constantFrom<LuaValue>(...edges, ...edges.map((edge) => -edge), undefined, true, false, "7"),
  fc.constantFrom(...Object.values(RANGES).flatMap(([low, high]) => [low - 1n, low, high, high + 1n])),
  fc.double(),
  fc.integer().map(BigInt),
  fc.integer({ min: -200, max: 300 }).map(BigInt),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
);
const paths = [
  ...KINDS.map((kind) => ({ path: ["By1", kind], kind, nan: false })),
  ...KINDS.flatMap((kind) => [1n, 3n, 5n].map((i) => ({ path: ["By5", kind, i], kind, nan: false }))),
  { path: ["Nan", "v", "x"], kind: "f32" as const, nan: true },
  { path: ["Nan", "v", "y"], kind: "f64" as const, nan: true },
];
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ target: fc.constantFrom(...paths), value: values }) },
  { weight: 1, arbitrary: fc.constantFrom("call" as const, "undo" as const) },
);

it.each([true, false])("values go through as in a model, and the undo log takes them back (metered: %s)", (metered) => {
  const vm = new BridgeVm(undefined, metered, metered);
  vm.declare(3, access, "self");
  const columns = columnsOf(vm.world, access, ROWS, 512);
  vm.run(`
    function write(value, a, b, c) if c then self[a][b][c] = value else self[a][b] = value end end
    function read(a, b, c) if c then return self[a][b][c] else return self[a][b] end end`);
  const bytes = () => new Uint8Array(vm.world.buffer).slice(0, 8192);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: ROWS - 1 }), fc.array(step, { maxLength: 60 }), (row, steps) => {
      const enter = () => {
        vm.undo.clear();
        vm.bridge.enter(3, { entity: 1, row, columns });
      };
      enter();
      let before = bytes();
      for (const each of steps) {
        if (each === "undo") {
          vm.undo.revert(new Uint8Array(vm.world.buffer));
          expect(bytes()).toEqual(before);
        }
        if (typeof each === "string") {
          enter();
          before = bytes();
          continue;
        }
        const { target, value } = each;
        const wanted = stored(target.kind, target.nan, value);
        const old = vm.callGlobal("read", ...target.path).value;
        const { ok } = vm.callGlobal("write", value, ...target.path);
        expect([ok, vm.callGlobal("read", ...target.path).value]).toEqual([
          wanted !== undefined,
          wanted === undefined ? old : wanted,
        ]);
      }
      const cells = access.reduce((sum, a) => sum + a.fields.reduce((n, f) => n + f.lanes, 0), 0);
      expect(vm.undo.count).toBeLessThanOrEqual(cells);
      vm.undo.revert(new Uint8Array(vm.world.buffer));
      expect(bytes()).toEqual(before);
    }),
    { seed: 20_261_121, numRuns: 300 },
  );
});

it("stores every NaN with the same bits", () => {
  const vm = new BridgeVm(undefined);
  vm.declare(0, access, "self");
  const columns = columnsOf(vm.world, access, ROWS, 512);
  vm.bridge.enter(0, { entity: 1, row: 0, columns });
  const view = new DataView(vm.world.buffer as ArrayBuffer);
  for (const code of ["0/0", "-(0/0)", "string.unpack('d', '\\1\\2\\3\\4\\5\\6\\xf7\\x7f')"]) {
    vm.run(`self.Nan.v = { x = ${code}, y = ${code} }`);
    expect(view.getUint32(columns[2]![0]!.byteOffset, true)).toBe(0x7fc00000);
    expect(view.getBigUint64(columns[2]![1]!.byteOffset, true)).toBe(0x7ff8000000000000n);
  }
  view.setUint32(columns[2]![0]!.byteOffset, 0xffc00001, true);
  expect(vm.run("return string.pack('d', self.Nan.v.x) == string.pack('d', self.Nan.v.y)").value).toBe(true);
});
