import { describe, expect, test } from "vitest";
import {
  FIRST_BINARY,
  type Step,
  steps,
  type TensorType,
  tensorTypeBytes,
  tensorTypeCode,
  tensorTypes,
} from "../../src/native/tensor/format.ts";
import { stepTypes } from "../../src/native/tensor/step-types.ts";
import { alone, expectSame } from "./both.ts";
import { fillValue, Maker } from "./tensor-maker.ts";
import * as words from "./tensor-words.ts";

/** More than a tile, and no multiple of the lanes of a vector. */
const COUNT = 1531;
const TARGET = 131_072;
const PROGRAM = 196_608;
const tests = new Set<Step>(["isnan", "isfinite", "equal", "notEqual", "less", "lessEqual"]);

const cases: [Step, TensorType, TensorType][] = steps.flatMap((name, code) => {
  const types = tensorTypes.filter((_, type) => (stepTypes[code]! >>> type) & 1);
  if (name === "constant" || name === "random") return [];
  return types.flatMap((dtype): [Step, TensorType, TensorType][] => {
    if (name === "cast") return tensorTypes.map((to) => [name, dtype, to]);
    return [[name, dtype, tests.has(name) ? "bool" : dtype]];
  });
});

describe.skipIf(alone)("each step gives the same bits in Rust", () => {
  test.each(cases)("%s of %s to %s", (name, dtype, to) => {
    const code = steps.indexOf(name);
    const from: TensorType[] =
      name === "select"
        ? ["bool", dtype, dtype]
        : name === "uniform"
          ? ["i32"]
          : code < FIRST_BINARY
            ? [dtype]
            : [dtype, dtype];
    const maker = new Maker(code * 64 + tensorTypeCode[to], 0);
    const outcome = expectSame(
      4,
      (memory) => {
        const inputs = from.map((type, i) => ({ dtype: type, extents: [COUNT], offset: 16_384 * (i + 1) }));
        for (const { dtype: type, offset } of inputs) fill(memory.u8, maker, type, offset);
        const extra = name === "cast" ? tensorTypeCode[to] : 0;
        const list = words.program(
          words.fuse({
            inputs,
            outputs: [{ dtype: to, extents: [COUNT], offset: TARGET }],
            steps: [words.step(name, dtype, inputs.length, [0, 1, 2], extra)],
            registers: inputs.length + 1,
            results: [inputs.length],
          }),
        );
        memory.u32.set(list, PROGRAM / 4);
      },
      (jobs, memory) => jobs.tensorOnce(memory, PROGRAM, memory.u32[PROGRAM / 4 + 1]!),
    );
    expect(outcome).toEqual({ result: undefined });
  });
});

function fill(u8: Uint8Array<ArrayBufferLike>, maker: Maker, dtype: TensorType, offset: number): void {
  const bytes = tensorTypeBytes[tensorTypeCode[dtype]]!;
  const view = new DataView(u8.buffer);
  for (let i = 0; i < COUNT; i++) {
    const bits = fillValue(maker, dtype);
    if (bytes === 8) view.setBigUint64(offset + i * 8, bits, true);
    else if (bytes === 4) view.setUint32(offset + i * 4, Number(bits), true);
    else view.setUint8(offset + i, Number(bits));
  }
}
