import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/native/wasm.ts";
import { instrument } from "../../../src/script/wasm/instrument.ts";
import { decodeModule } from "../../../src/script/wasm/module.ts";
import { BareVm, glue } from "../lua/bare-vm.ts";
import { arm, type Exports, load } from "./assemble.ts";
import { Interpreter, OutOfUnits, Trapped } from "./interpreter.ts";
import { FUNCTIONS, randomModule } from "./random-module.ts";

const UNITS = 5000;
const PAGES_MAX = 3;
const choices = fc.array(fc.nat(255), { minLength: 20, maxLength: 600, size: "max" });

describe("random modules", () => {
  test("compute the same as before, as an interpreter says, for the fuel that it counts", () => {
    const seen = { value: 0, trap: 0, spent: 0 };
    fc.assert(
      fc.property(choices, fc.integer(), fc.double(), (list, x, y) => {
        const bytes = randomModule(list);
        expect(wasm.validate(bytes)).toBe(true);
        const metered = instrument(bytes, { pagesMax: PAGES_MAX });
        expect(wasm.validate(metered)).toBe(true);
        const before = load(bytes);
        const after = load(metered);
        const naive = new Interpreter(decodeModule(bytes), PAGES_MAX, UNITS);
        for (let index = 0; index < FUNCTIONS; index++) {
          naive.units = UNITS;
          const expected = attempt(() => naive.call(index, [x, y]));
          arm(after, UNITS);
          const found = attempt(() => after[`f${index}`]!(x, y));
          seen[expected.how]++;
          if (expected.how === "spent") {
            expect([found.how, after.why.value]).toEqual(["trap", 1]);
            return;
          }
          expect(found).toEqual(expected);
          // The memory of the module as it was may grow further.
          if (new Uint8Array(memoryOf(after)).length < PAGES_MAX << 16) {
            expect(attempt(() => before[`f${index}`]!(x, y))).toEqual(expected);
          }
          if (expected.how === "trap") return;
          expect(after.fuel.value).toBe(naive.units);
          expect(after.depth.value).toBe(1000);
          expect(
            [after["__global_0"]!, after["__global_1"]!].map((g) => (g as unknown as { value: number }).value),
          ).toEqual(naive.globals);
          expect(Buffer.compare(Buffer.from(memoryOf(after)), Buffer.from(naive.memory.buffer))).toBe(0);
        }
      }),
      { seed: 51, numRuns: 600 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  test("need all of the fuel that they use, and no more", () => {
    let count = 0;
    fc.assert(
      fc.property(choices, fc.integer(), (list, x) => {
        const metered = instrument(randomModule(list), { pagesMax: PAGES_MAX });
        const run = (units: number): { how: string; left: number; why: number } => {
          const exports = load(metered);
          arm(exports, units);
          const { how } = attempt(() => exports["f3"]!(x, 1.5));
          return { how, left: exports.fuel.value, why: exports.why.value };
        };
        const { how, left } = run(UNITS);
        if (how === "trap") return;
        count++;
        const used = UNITS - left;
        expect(run(used)).toEqual({ how, left: 0, why: 0 });
        const short = run(used - 1);
        expect([short.how, short.why]).toEqual(["trap", 1]);
        expect(short.left).toBeLessThan(0);
      }),
      { seed: 52, numRuns: 300 },
    );
    expect(count).toBeGreaterThan(100);
  });
});

test("a large program, Lua itself, computes the same", () => {
  const module = new wasm.Module(instrument(glue, { pagesMax: 1024 }));
  const source = `local out, s = {}, 1
    for i = 1, 3000 do s = (s * 1103515245 + 12345) % 2147483648 out[i] = s % 1000 + s / 7 end
    table.sort(out)
    local text = {}
    for i, v in ipairs(out) do text[i] = ("%.3f %q"):format(v, v):gsub("1", function(c) return c .. i end) end
    for i = 1, 100 do text[#text + 1] = tostring(math.sin(i) ^ 3 + math.exp(i / 10)) end
    local co = coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i) end error("end") end)
    for i = 1, 101 do text[#text + 1] = tostring(select(2, pcall(co))) end
    return table.concat(text, ",")`;
  const results = [new BareVm({}), new BareVm({ module })].map((vm) => {
    vm.load(source);
    expect(vm.call["lua_pcallk"]!(vm.state, 0, 1, 0, 0, 0)).toBe(0);
    return vm.read(vm.state, -1);
  });
  expect(results[0]!.length).toBeGreaterThan(50_000);
  expect(results[1]).toBe(results[0]);
});

type Attempt = { readonly how: "value" | "trap" | "spent"; readonly value: unknown };

function attempt(run: () => unknown): Attempt {
  try {
    return { how: "value", value: run() };
  } catch (error) {
    if (error instanceof OutOfUnits) return { how: "spent", value: undefined };
    if (!(error instanceof Trapped) && (error as Error).name !== "RuntimeError") throw error;
    return { how: "trap", value: undefined };
  }
}

function memoryOf(exports: Exports): ArrayBuffer {
  return (exports["memory"] as unknown as { buffer: ArrayBuffer }).buffer;
}
