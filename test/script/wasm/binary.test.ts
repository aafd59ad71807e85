import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader, Writer } from "../../../src/script/wasm/binary.ts";
import { decodeModule, encodeModule, instructionsOf } from "../../../src/script/wasm/module.ts";
import { op } from "../../../src/script/wasm/opcode.ts";
import { constant, f64, get, i32, moduleOf, real } from "./assemble.ts";
import { randomModule } from "./random-module.ts";

describe("numbers", () => {
  test("come back as they were written", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer(),
        fc.string({ unit: "grapheme" }),
        (u, s, text) => {
          const { written } = new Writer(1).u32(u).s32(s).name(text);
          const reader = new Reader(written);
          expect([reader.u32(), reader.s32(), reader.name(), reader.done]).toEqual([u, s, text, true]);
        },
      ),
      { seed: 41 },
    );
  });

  const wrong: readonly [name: string, bytes: readonly number[], read: (reader: Reader) => unknown, message: RegExp][] =
    [
      ["nothing", [], (r) => r.byte(), /ends too early/],
      ["a number without an end", [0x80, 0x80], (r) => r.u32(), /ends too early/],
      ["more than 32 bits", [0xff, 0xff, 0xff, 0xff, 0x1f], (r) => r.u32(), /more than 32 bits/],
      ["a number that is too long", [0x80, 0x80, 0x80, 0x80, 0x80, 0], (r) => r.s33(), /too long/],
      ["a name that is no text", [2, 0xc3, 0x28], (r) => r.name(), /UTF-8/],
      ["a list longer than its part", [9, 1], (r) => r.list((item) => item.byte()), /longer than its part/],
      ["more bytes than there are", [1], (r) => r.take(2), /ends too early/],
    ];
  test.for(wrong)("%s is refused", ([, bytes, read, message]) => {
    expect(() => read(new Reader(new Uint8Array(bytes), 0, bytes.length, "function 3"))).toThrow(message);
    expect(() => read(new Reader(new Uint8Array(bytes), 0, bytes.length, "function 3"))).toThrow(
      /^function 3, byte \d+/,
    );
  });
});

describe("modules", () => {
  test("come back byte for byte", () => {
    const wasmoon = readFileSync(createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm"));
    expect(Buffer.compare(wasmoon, encodeModule(decodeModule(wasmoon)))).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 200 }), (choices) => {
        const bytes = randomModule(choices);
        expect(encodeModule(decodeModule(bytes))).toEqual(bytes);
      }),
      { seed: 42, numRuns: 50 },
    );
  });

  test("instructions follow one another without gaps", () => {
    const wasmoon = decodeModule(readFileSync(createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm")));
    let count = 0;
    for (const [index, body] of wasmoon.bodies.entries()) {
      const at = instructionsOf(body, `function ${index}`);
      let end = body.at;
      while (at.next()) {
        expect(at.start).toBe(end);
        end = at.end;
        count++;
      }
      expect([end, at.code]).toEqual([body.end, op.end]);
    }
    expect(count).toBe(114_365);
  });

  test("that are cut off or changed are read or refused, and nothing else", () => {
    const whole = moduleOf({
      routines: [
        { name: "a", parameters: [i32], results: [f64], locals: [i32], code: [op.block, f64, ...real(1), op.end] },
        { code: [...constant(1), op.if, 0x40, op.loop, 0x40, ...constant(0), op.brTable, 1, 0, 1, op.end, op.end] },
      ],
      memories: [{ initial: 1, maximum: 3 }],
      globals: [{ type: i32, mutable: true, init: constant(7) }],
      table: [0],
      data: new Uint8Array([1, 1, 1, 9]),
      dataCount: 1,
    });
    const read = (bytes: Uint8Array): void => {
      try {
        const module = decodeModule(bytes);
        for (const body of module.bodies) {
          const at = instructionsOf(body, "function");
          while (at.next());
        }
        encodeModule(module);
      } catch (error) {
        expect(error).toMatchObject({ code: "script-invalid" });
      }
    };
    for (let length = 0; length < whole.length; length++) read(whole.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length - 1), fc.nat(255), (i, x, j, y) => {
        const bytes = whole.slice();
        bytes[i] = x;
        bytes[j] = y;
        read(bytes);
      }),
      { seed: 43, numRuns: 5000 },
    );
  });
});

describe("instructions", () => {
  const forms: readonly [name: string, code: readonly number[]][] = [
    ["select of a type", [0x1c, 1, i32]],
    ["a load from another memory", [op.i32Load, 0x42, 1, 8]],
    ["a constant of 64 bits", [op.i64Const, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["saturation", [0xfc, 0x07]],
    ["memory.init", [0xfc, 0x08, 1, 0]],
    ["memory.copy between memories", [0xfc, 0x0a, 0, 1]],
    ["table.copy", [0xfc, 0x0e, 0, 0]],
    ["ref.null", [0xd0, 0x70]],
    ["ref.func", [0xd2, 3]],
    ["a tail call", [op.returnCallIndirect, 0, 0]],
    ["a vector", [0xfd, 0x0c, ...new Array<number>(16).fill(1)]],
    ["a shuffle", [0xfd, 0x0d, ...new Array<number>(16).fill(1)]],
    ["a lane", [0xfd, 0x15, 3]],
    ["a load of a lane", [0xfd, 0x54, 0, 1, 3]],
    ["a second number of two bytes", [0xfd, 0xff, 0x01]],
    ["a block of a type by number", [op.block, 0x80, 0x01]],
  ];
  test.for(forms)("%s ends where it ends", ([, code]) => {
    const bytes = new Uint8Array([...code, op.nop]);
    const at = instructionsOf({ locals: [], bytes, at: 0, end: bytes.length }, "code");
    expect([at.next(), at.end, at.next(), at.code, at.next()]).toEqual([true, code.length, true, op.nop, false]);
  });

  const refused: readonly [name: string, code: readonly number[], message: RegExp][] = [
    ["atomics", [0xfe, 0x10, 2, 0], /threads and atomics/],
    ["relaxed SIMD", [0xfd, 0x80, 0x02], /relaxed SIMD/],
    ["garbage collection", [0xfb, 0x00, 0], /garbage collection/],
    ["old exceptions", [0x06, 0x40], /exceptions/],
    ["new exceptions", [0x1f, 0x40, 0], /exceptions/],
    ["throwing", [0x08, 0], /exceptions/],
    ["call_ref", [0x14, 0], /typed function references/],
    ["a block of a typed reference", [op.block, 0x63, 0], /type of a block/],
    ["an unknown number", [0x27], /unknown proposal/],
    ["an unknown bulk number", [0xfc, 0x12], /unknown proposal/],
  ];
  test.for(refused)("%s: refused, by function and byte", ([, code, message]) => {
    const bytes = new Uint8Array([...get(0), ...code]);
    const at = instructionsOf({ locals: [], bytes, at: 0, end: bytes.length }, "function 5");
    at.next();
    expect(() => at.next()).toThrow(message);
    const again = instructionsOf({ locals: [], bytes, at: 2, end: bytes.length }, "function 5");
    expect(() => again.next()).toThrow(/^function 5, byte [23]: /);
  });
});
