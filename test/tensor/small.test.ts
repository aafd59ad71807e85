import { describe, expect, it } from "vitest";
import { steps, tensorTypes } from "../../src/native/tensor/format.ts";
import { stepTypes } from "../../src/native/tensor/step-types.ts";
import { executeElementwise } from "../../src/tensor/eager.ts";
import { elementwise } from "../../src/tensor/primitive/elementwise.ts";
import { Literal } from "../../src/tensor/value.ts";
import * as t from "../../src/tensor.ts";
import { of, random } from "./values.ts";

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3.75,
  1e-40,
  -1e-310,
  1e30,
  -1e300,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  87.3,
  -744.9,
  ...random(20, 5),
  ...random(20, 6).map((x) => x * 40),
];
const elements = {
  bool: [0, 1],
  u8: [0, 1, 2, 7, 100, 255],
  i32: [0, 1, -1, 5, -9, 1_000_000, 0x7fffffff, -0x80000000],
  f32: floats,
  f64: floats,
} as const;

/** The bytes of the elements, so that NaNs and zeros count. */
const bytesOf = (x: t.Tensor) => {
  const list = x.elements();
  return [...new Uint8Array(list.slice().buffer)];
};

describe("operations on a few elements have the bits of programs", () => {
  const table = Object.values(elementwise).flatMap((row) =>
    tensorTypes
      .filter((_, code) => row.step !== "select" && ((stepTypes[steps.indexOf(row.step)]! >> code) & 1) === 1)
      .map((dtype) => [row.name, dtype] as const),
  );

  it.each(table)("%s of %s", (name, dtype) => {
    const values = elements[dtype];
    const pairs = values.flatMap((a) => values.map((b): [number, number] => [a, b]));
    t.scope(() => {
      for (let at = 0; at < pairs.length; at += 8) {
        const part = pairs.slice(at, at + 8);
        const [a, b] = [part.map(([x]) => x), part.map(([, y]) => y)];
        const tensors = (length: number) => {
          const long = (list: number[]) =>
            of(
              Array.from({ length }, (_, i) => list[i % list.length]!),
              [length],
              dtype,
            );
          return { a: long(a), b: long(b) };
        };
        // 40 elements are too many: a program computes them.
        const [few, many] = [tensors(part.length), tensors(40)];
        const run = ({ a: x, b: y }: { a: t.Tensor; b: t.Tensor }) =>
          executeElementwise(
            name,
            binary.has(name) ? [x, y] : [x],
            binary.has(name) ? [dtype, dtype] : [dtype],
          ) as t.Tensor;
        const expected = bytesOf(t.copy(t.slice(run(many), { stop: part.length })) as t.Tensor);
        expect(bytesOf(run(few))).toEqual(expected);
        if (!binary.has(name)) continue;
        const literal = (x: t.Tensor) =>
          executeElementwise(name, [x, new Literal(b[0]!, dtype)], [dtype, dtype]) as t.Tensor;
        expect(bytesOf(literal(few.a))).toEqual(
          bytesOf(t.copy(t.slice(literal(many.a), { stop: part.length })) as t.Tensor),
        );
        if (dtype !== "f32" || !(name in functions)) continue;
        const operate = functions[name]!;
        expect(bytesOf(operate(few.a, few.b) as t.Tensor)).toEqual(expected);
        expect(bytesOf(operate(few.a, b[0]!) as t.Tensor)).toEqual(bytesOf(literal(few.a)));
      }
      return undefined;
    });
  });
});

describe("arithmetic by loops over the memory", () => {
  const values = (length: number, seed: number) =>
    random(length, seed).map((x, i) => (i % 5 === 3 ? (floats[i % floats.length] as number) : x));

  it.each(["add", "subtract", "multiply", "divide", "maximum", "minimum"] as const)(
    "%s of any length and place",
    (name) => {
      t.scope(() => {
        for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 65, 1000, 4095, 4096, 4097]) {
          for (const start of [0, 1, 6]) {
            const long = of(values(length + start, 7), [length + start], "f32");
            const a = long.slice({ start }) as t.Tensor;
            const b = of(values(length, 8), [length], "f32");
            const operate = functions[name]!;
            const alone = (y: t.Tensor | Literal) => executeElementwise(name, [a, y], ["f32", "f32"]) as t.Tensor;
            expect(bytesOf(operate(a, b) as t.Tensor)).toEqual(bytesOf(alone(b)));
            for (const number of [3, -0, 0.1, 1e300, Number.NaN])
              expect(bytesOf(operate(a, number) as t.Tensor)).toEqual(bytesOf(alone(new Literal(number, "f32"))));
          }
        }
        return undefined;
      });
    },
  );

  it("keeps shapes, and refuses what was disposed", () => {
    t.scope(() => {
      const [a, b] = [of([1, 2, 3, 4], [2, 2], "f32"), of([4, 3, 2, 1], [2, 2], "f32")];
      expect((t.add(a, b) as t.Tensor).toArray()).toEqual([
        [5, 5],
        [5, 5],
      ]);
      const sum = t.add(t.add(a, b), 1) as t.Tensor;
      b.dispose();
      expect(() => t.add(a, b)).toThrow("disposed");
      expect(() => t.add(b, 1)).toThrow("disposed");
      expect(sum.toArray()).toEqual([
        [6, 6],
        [6, 6],
      ]);
      return undefined;
    });
  });
});

const binary = new Set<string>(steps.slice(steps.indexOf("add")));
const functions: Readonly<Record<string, (a: t.Like, b: t.Like) => t.Value>> = {
  add: t.add,
  subtract: t.subtract,
  multiply: t.multiply,
  divide: t.divide,
  maximum: t.maximum,
  minimum: t.minimum,
};
