import { describe, expect, test } from "vitest";
import { WorldloomError } from "../../../src/core/errors.ts";
import { wasm } from "../../../src/native/wasm.ts";
import { Writer } from "../../../src/script/wasm/binary.ts";
import { GLOBAL_PREFIX, instrument, START } from "../../../src/script/wasm/instrument.ts";
import { guestWhy } from "../../../src/script/wasm/meter.ts";
import { op } from "../../../src/script/wasm/opcode.ts";
import { arm, constant, f64, get, i32, i64, load, moduleOf, outcome, type Parts, real, set, v128 } from "./assemble.ts";

const metered = (parts: Parts, pagesMax = 4) => load(instrument(moduleOf(parts), { pagesMax }));

describe("fuel", () => {
  const cases: readonly [name: string, code: readonly number[], cost: number][] = [
    ["nothing", [...get(0)], 1],
    ["structure is free", [op.block, i32, op.nop, op.loop, i32, ...get(0), op.end, op.end], 1],
    ["the arm that is taken", [...constant(1), op.if, i32, ...constant(5), op.else, ...many(9), op.end], 3],
    ["the other arm", [...constant(0), op.if, i32, ...constant(5), op.else, ...many(9), op.end], 11],
    ["code that is jumped over", [op.block, i32, ...constant(1), op.br, 0, ...many(5), op.end], 2],
    ["code behind a jump that was not taken", [op.block, i32, ...constant(1), ...constant(0), op.brIf, 0, op.end], 3],
    ["code behind a return", [...constant(1), op.return, ...many(5)], 2],
    ["ten turns", loop(10), 2 + 10 * 5 + 1],
    ["a call", [...constant(1), op.call, 1], 2 + 3],
    ["a tail call", [...constant(1), op.returnCall, 1], 2 + 3],
    ["an indirect call", [...constant(1), ...constant(0), op.callIndirect, 1, 0], 3 + 3],
    ["filling 160 bytes", [...bytes(160), 0xfc, 0x0b, 0, ...constant(1)], 5 + 10],
    ["copying 15 bytes", [...bytes(15), 0xfc, 0x0a, 0, 0, ...constant(1)], 5],
    ["copying 16 bytes", [...bytes(16), 0xfc, 0x0a, 0, 0, ...constant(1)], 5 + 1],
    ["two pages", [...constant(2), op.memoryGrow, 0], 2 + 2 * 4096],
    ["pages past the limit", [...constant(4), op.memoryGrow, 0], 2],
  ];
  test.for(cases)("%s", ([, code, cost]) => {
    const parts = partsOf(code);
    const exact = metered(parts);
    arm(exact, cost);
    expect(outcome(() => exact["run"]!(7))).not.toBe("trap");
    expect([exact.fuel.value, exact.why.value]).toEqual([0, 0]);
    const short = metered(parts);
    arm(short, cost - 1);
    expect(outcome(() => short["run"]!(7))).toBe("trap");
    expect(short.why.value).toBe(guestWhy.fuel);
  });

  test("ends what would run for ever", () => {
    for (const code of [
      [op.loop, 0x40, op.br, 0, op.end],
      [op.loop, 0x40, ...constant(1), op.brIf, 0, op.end],
    ]) {
      const exports = metered(partsOf([...code, ...constant(1)]));
      arm(exports);
      expect(outcome(() => exports["run"]!(0))).toBe("trap");
      expect(exports.why.value).toBe(guestWhy.fuel);
    }
  });

  test("is nothing at first, so that nothing runs by itself", () => {
    const exports = metered(partsOf(get(0)));
    expect(outcome(() => exports["run"]!(0))).toBe("trap");
  });
});

describe("depth", () => {
  const down = [
    ...get(0),
    op.if,
    i32,
    ...get(0),
    ...constant(1),
    op.i32Sub,
    op.call,
    0,
    op.else,
    ...constant(9),
    op.end,
  ];
  const self: Parts = { routines: [{ name: "run", parameters: [i32], results: [i32], code: down }] };

  test("is exact, and given back", () => {
    const exports = metered(self);
    arm(exports, 1e6, 100);
    expect(exports["run"]!(99)).toBe(9);
    expect(exports.depth.value).toBe(100);
    expect(outcome(() => exports["run"]!(100))).toBe("trap");
    expect(exports.why.value).toBe(guestWhy.stack);
  });

  const leaving: readonly [name: string, code: readonly number[]][] = [
    ["return", [...get(0), op.call, 1, op.return]],
    ["a jump out of all blocks", [...get(0), op.call, 1, op.br, 0]],
    [
      "a return inside blocks",
      [op.block, 0x40, op.loop, 0x40, ...get(0), op.call, 1, op.return, op.end, op.end, op.unreachable],
    ],
    ["a conditional jump", [...get(0), op.call, 1, ...constant(1), op.brIf, 0]],
    ["a table of jumps", [op.block, i32, ...get(0), op.call, 1, ...constant(9), op.brTable, 1, 0, 1, op.end]],
    ["a tail call", [...get(0), op.call, 1, op.returnCall, 1]],
    ["an indirect tail call", [...get(0), op.call, 1, ...constant(0), op.returnCallIndirect, 1, 0]],
  ];
  test.for(leaving)("is given back by %s", ([, code]) => {
    const exports = metered(partsOf(code));
    arm(exports, 1e6, 50);
    expect(exports["run"]!(3)).toBe(
      exports["other"]!(3) === 4 ? (code.includes(op.returnCall) || code.includes(op.returnCallIndirect) ? 5 : 4) : 0,
    );
    expect(exports.depth.value).toBe(50);
  });

  test("several results come back", () => {
    const code = [...get(0), op.call, 1, ...get(0)];
    const parts = partsOf(code);
    const two = metered({ ...parts, routines: [{ ...parts.routines[0]!, results: [i32, i32] }, parts.routines[1]!] });
    arm(two);
    expect(two["run"]!(3)).toEqual([4, 3]);
  });

  test("counts large frames several times", () => {
    const locals = new Array<number>(160).fill(i64);
    const exports = metered({ routines: [{ ...self.routines[0]!, locals }] });
    arm(exports, 1e6, 110);
    expect(exports["run"]!(9)).toBe(9);
    expect(outcome(() => exports["run"]!(10))).toBe("trap");
  });

  test("is never decided by V8's own stack", () => {
    for (const kind of [i32, i64, v128]) {
      for (const count of [0, 7, 15, 100, 1000]) {
        const locals = new Array<number>(count).fill(kind);
        const exports = metered({ routines: [{ ...self.routines[0]!, locals }] });
        arm(exports, 1e6, 5000);
        expect(outcome(() => exports["run"]!(100_000))).toBe("trap");
        expect(exports.why.value).toBe(guestWhy.stack);
      }
    }
  });
});

describe("memory", () => {
  const grow: Parts = {
    routines: [{ name: "run", parameters: [i32], results: [i32], code: [...get(0), op.memoryGrow, 0] }],
    memories: [{ initial: 1 }],
  };

  test("grows to the limit", () => {
    const exports = metered(grow, 10);
    arm(exports);
    expect([3, 7, 0x10000, -1, 6, 1, 0].map((pages) => exports["run"]!(pages))).toEqual([1, -1, -1, -1, 4, -1, 10]);
    expect(exports.why.value).toBe(0);
  });

  test("has the module's own limit if that is lower", () => {
    const exports = metered({ ...grow, memories: [{ initial: 1, maximum: 2 }] }, 10);
    arm(exports);
    expect([1, 1].map((pages) => exports["run"]!(pages))).toEqual([1, -1]);
  });

  test("is exported, whatever its name", () => {
    const exports = metered({ ...grow, memoryName: "heap" });
    expect(exports["memory"]).toBe(exports["heap"]);
  });
});

describe("state", () => {
  test("mutable globals are exported in order", () => {
    const exports = metered({
      routines: [],
      globals: [
        { type: i32, mutable: true, init: constant(1) },
        { type: i32, mutable: false, init: constant(2) },
        { type: f64, mutable: true, init: real(3) },
        { type: i64, mutable: true, init: [op.i64Const, 4] },
      ],
    }) as unknown as Record<string, { value: unknown }>;
    const names = Object.keys(exports).filter((name) => name.startsWith(GLOBAL_PREFIX));
    expect(names.map((name) => [name, exports[name]!.value])).toEqual([
      ["__global_0", 1],
      ["__global_1", 3],
      ["__global_2", 4n],
    ]);
    expect(["fuel", "depth", "why"].map((name) => exports[name]!.value)).toEqual([0, 0, 0]);
  });

  test("the start function waits", () => {
    const code = [...constant(5), op.globalSet, 0];
    const exports = metered({
      routines: [{ code }],
      globals: [{ type: i32, mutable: true, init: constant(1) }],
      start: 0,
    });
    const global = (exports as unknown as Record<string, { value: number }>)["__global_0"]!;
    expect(global.value).toBe(1);
    arm(exports, 2);
    exports[START]!();
    expect([global.value, exports.fuel.value]).toEqual([5, 0]);
  });

  test("segments are not dropped, so that instances differ in memory and globals alone", () => {
    const init = [...constant(0), ...constant(0), ...constant(2), 0xfc, 0x08, 0, 0];
    const code = [...init, 0xfc, 0x09, 0, ...init, ...constant(0), op.i32Load, 2, 0];
    const data = new Uint8Array([1, 1, 2, 7, 0]);
    const parts: Parts = { ...partsOf(code), data, dataCount: 1 };
    const exports = metered(parts);
    arm(exports);
    expect(exports["run"]!(0)).toBe(7);
    expect(outcome(() => load(moduleOf(parts))["run"]!(0))).toBe("trap");
  });
});

describe("refused", () => {
  const cases: readonly [name: string, parts: Parts, message: RegExp][] = [
    ["an imported memory", { routines: [], otherImports: [outside("memory")] }, /imports the memory host.x/],
    ["an imported table", { routines: [], otherImports: [outside("table")] }, /imports the table host.x/],
    ["an imported global", { routines: [], otherImports: [outside("global")] }, /imports the global host.x/],
    ["two memories", { routines: [], memories: [{ initial: 1 }, { initial: 1 }] }, /2 memories/],
    ["a shared memory", { routines: [], memories: [{ initial: 1, maximum: 2, shared: true }] }, /shared/],
    ["too large a memory", { routines: [], memories: [{ initial: 5 }] }, /5 pages/],
    ["huge tables", { routines: [], tableElements: 65_537 }, /tables have 65537 elements/],
    [
      "table.set",
      partsOf([...constant(0), 0xd0, 0x70, op.tableSet, 0, ...constant(0)]),
      /function 0, byte \d+: it changes a table/,
    ],
    ["table.grow", partsOf([0xd0, 0x70, ...constant(1), 0xfc, 0x0f, 0]), /changes a table/],
    [
      "table.fill",
      partsOf([...constant(0), 0xd0, 0x70, ...constant(1), 0xfc, 0x11, 0, ...constant(0)]),
      /changes a table/,
    ],
    ["table.copy", partsOf([...bytes(0), 0xfc, 0x0e, 0, 0, ...constant(0)]), /changes a table/],
    ["atomics", partsOf([...constant(0), 0xfe, 0x10, 2, 0]), /threads and atomics are refused/],
    ["relaxed SIMD", partsOf([...vectors(3), 0xfd, 0x85, 2, 0xfd, 0x15, 0]), /relaxed SIMD are refused/],
    ["exceptions", partsOf([op.block, 0x40, 0x1f, 0x40, 0, op.end, op.end, ...constant(0)]), /exceptions are refused/],
    [
      "a global vector",
      { routines: [], globals: [{ type: v128, mutable: true, init: vectors(1) }] },
      /global 0 changes and is no number/,
    ],
    ["a gauge's name", { routines: [{ name: "fuel", code: [] }] }, /exports "fuel"/],
    ["a global's name", { routines: [{ name: "__global_0", code: [] }] }, /exports "__global_0"/],
    [
      "memory that is none",
      { routines: [{ name: "memory", code: [] }], memories: [{ initial: 1 }], memoryName: "m" },
      /as "memory"/,
    ],
    [
      "invalid code",
      { routines: [{ name: "run", results: [i32], code: real(1) }] },
      /not a valid module: .*expected i32/,
    ],
  ];
  test.for(cases)("%s", ([, parts, message]) => {
    const error = refusal(moduleOf(parts));
    expect(error).toBeInstanceOf(WorldloomError);
    expect((error as WorldloomError).code).toBe("script-invalid");
    expect((error as WorldloomError).message).toMatch(message);
  });

  test("a component", () => {
    expect((refusal(new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])) as Error).message).toMatch(/component/);
  });
});

test("whatever is damaged gives a coded error, or a module that still compiles", () => {
  const whole = moduleOf({ ...partsOf(loop(10)), globals: [{ type: i32, mutable: true, init: constant(1) }] });
  const outcomes = { refused: 0, fine: 0 };
  const attempt = (bytes: Uint8Array<ArrayBuffer>): void => {
    const error = refusal(bytes);
    if (error === undefined) outcomes.fine++;
    else {
      outcomes.refused++;
      expect(error).toMatchObject({ code: "script-invalid" });
    }
  };
  for (let length = 0; length < whole.length; length++) attempt(whole.slice(0, length));
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    attempt(bytes);
  }
  expect(outcomes.refused).toBeGreaterThan(500);
  expect(outcomes.fine).toBeGreaterThan(50);
});

/** The error of instrumenting; undefined where the result compiles. */
function refusal(bytes: Uint8Array<ArrayBuffer>): unknown {
  let out: Uint8Array<ArrayBuffer>;
  try {
    out = instrument(bytes, { pagesMax: 4 });
  } catch (error) {
    return error;
  }
  expect(wasm.validate(out)).toBe(true);
  return undefined;
}

/** A function `run(i32) -> i32` with the code, and `other`, which adds 1, in the table, too. */
function partsOf(code: readonly number[]): Parts {
  return {
    routines: [
      { name: "run", parameters: [i32], results: [i32], locals: [i32], code },
      { name: "other", parameters: [i32], results: [i32], code: [...get(0), ...constant(1), op.i32Add] },
    ],
    memories: [{ initial: 1 }],
    table: [1],
  };
}

function many(count: number): readonly number[] {
  return [...constant(1), ...new Array<number>(count - 1).fill(op.i32Eqz)];
}

function loop(turns: number): readonly number[] {
  const turn = [...get(1), ...constant(1), op.i32Sub, op.localTee, 1, op.brIf, 0];
  return [...constant(turns), ...set(1), op.loop, 0x40, ...turn, op.end, ...get(1)];
}

function bytes(count: number): readonly number[] {
  return [...constant(0), ...constant(0), ...constant(count)];
}

function vectors(count: number): readonly number[] {
  return new Array(count).fill([0xfd, 0x0c, ...new Writer().bytes(new Array(16).fill(0)).written]).flat();
}

function outside(kind: "memory" | "table" | "global") {
  const limits = kind === "global" ? undefined : { initial: 1, maximum: undefined, shared: false };
  return { module: "host", name: "x", kind, type: kind === "table" ? 0x70 : i32, mutable: false, limits } as const;
}
