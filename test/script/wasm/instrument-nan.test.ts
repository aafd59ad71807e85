import { describe, expect, test } from "vitest";
import { instrument } from "../../../src/script/wasm/instrument.ts";
import { op } from "../../../src/script/wasm/opcode.ts";
import { arm, constant, f32, get, i32, i64, load, moduleOf, type Parts, real } from "./assemble.ts";

const metered = (parts: Parts) => load(instrument(moduleOf(parts), { pagesMax: 4 }));

describe("NaNs become canonical", () => {
  const single = [op.f32Const, 1, 0, 0xa0, 0xff];
  const double = [op.f64Const, 1, 0, 0, 0, 0, 0, 0xf4, 0xff];
  const add = (value: readonly number[], code: number) => [...value, ...value, code];
  const nan32 = add(single, 0x92);
  const nan64 = add(double, 0xa0);
  const load32 = [...constant(0), op.i32Load, 2, 0];
  const load64 = [...constant(0), op.i64Load, 3, 0];
  const lane = (code: readonly number[], wide: boolean) => [...code, 0xfd, ...(wide ? [0x1d] : [0x1b]), 0];
  const splat = (value: readonly number[], code: number) => [...value, 0xfd, code];
  const places: readonly [name: string, type: number, code: readonly number[], expected: number | bigint][] = [
    ["f32.store", i32, [...constant(0), ...nan32, 0x38, 2, 0, ...load32], 0x7fc00000],
    ["f64.store", i64, [...constant(0), ...nan64, 0x39, 3, 0, ...load64], 0x7ff8000000000000n],
    ["i32.reinterpret", i32, [...nan32, 0xbc], 0x7fc00000],
    ["i64.reinterpret", i64, [...nan64, 0xbd], 0x7ff8000000000000n],
    ["f32.copysign", i32, [op.f32Const, 0, 0, 0x80, 0x3f, ...nan32, 0x98, 0xbc], 0x3f800000],
    ["f64.copysign", i64, [...real(1), ...nan64, 0xa6, 0xbd], 0x3ff0000000000000n],
    ["f32x4.splat", i32, lane(splat(nan32, 0x13), false), 0x7fc00000],
    ["f64x2.splat", i64, lane(splat(nan64, 0x14), true), 0x7ff8000000000000n],
    ["f32x4.replace_lane", i32, lane([...splat(single, 0x13), ...nan32, 0xfd, 0x20, 0], false), 0x7fc00000],
    ["f64x2.replace_lane", i64, lane([...splat(double, 0x14), ...nan64, 0xfd, 0x22, 0], true), 0x7ff8000000000000n],
    ["f32x4.add", i32, lane([...splat(single, 0x13), ...splat(single, 0x13), 0xfd, 0xe4, 1], false), 0x7fc00000],
    [
      "f32x4.add and mul",
      i32,
      lane(
        [...splat(single, 0x13), ...splat(single, 0x13), ...splat(single, 0x13), 0xfd, 0xe4, 1, 0xfd, 0xe6, 1],
        false,
      ),
      0x7fc00000,
    ],
    [
      "f64x2.add, then f32x4.add",
      i64,
      lane([...splat(double, 0x14), ...splat(double, 0x14), 0xfd, 0xf0, 1, 0xfd, 0xe3, 1], true),
      0x7fc0000000000000n,
    ],
    ["f64x2.sqrt", i64, lane([...splat(double, 0x14), 0xfd, 0xef, 1], true), 0x7ff8000000000000n],
    ["f32x4.demote", i32, lane([...splat(double, 0x14), 0xfd, 0x5e], false), 0x7fc00000],
    ["f64x2.promote", i64, lane([...splat(single, 0x13), 0xfd, 0x5f], true), 0x7ff8000000000000n],
  ];
  test.for(places)("%s", ([, kind, code, expected]) => {
    const exports = metered({ routines: [{ name: "run", results: [kind], code }], memories: [{ initial: 1 }] });
    arm(exports);
    expect(exports["run"]!()).toBe(expected);
  });

  test("what is only moved keeps its bits", () => {
    const code = [...constant(8), ...constant(0), 0x2b, 3, 0, 0x39, 3, 0, ...constant(8), op.i64Load, 3, 0];
    const data = new Uint8Array([1, 0, op.i32Const, 0, op.end, 8, 1, 2, 3, 4, 5, 6, 0xf4, 0x7f]);
    const exports = metered({ routines: [{ name: "run", results: [i64], code }], memories: [{ initial: 1 }], data });
    arm(exports);
    expect(exports["run"]!()).toBe(0x7ff4060504030201n);
  });

  test("integers that are moved through locals as floats stay what they are", () => {
    // (local f64): local = i64 -1 read as a float; store it; read it as an integer.
    const code = [
      ...[...constant(0), op.f64Load, 3, 0, op.localSet, 0, ...constant(8), op.localGet, 0, op.f64Store, 3, 0],
      ...[...constant(8), op.i64Load, 3, 0],
    ];
    const data = new Uint8Array([1, 0, op.i32Const, 0, op.end, 8, 255, 255, 255, 255, 255, 255, 255, 255]);
    const routine = { name: "run", results: [i64], locals: [0x7c], code };
    const exports = metered({ routines: [routine], memories: [{ initial: 1 }], data });
    arm(exports);
    expect(exports["run"]!()).toBe(-1n);
  });

  test("numbers stay what they are", () => {
    const store = [...constant(0), ...get(0), 0x38, 2, 0, ...constant(0), op.f32Load, 2, 0];
    const exports = metered({
      routines: [{ name: "run", parameters: [f32], results: [f32], code: store }],
      memories: [{ initial: 1 }],
    });
    arm(exports);
    for (const value of [0, -0, 1.5, -Infinity, 1e-45]) expect(exports["run"]!(value)).toBe(Math.fround(value));
  });
});
