import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fma32, fma64 } from "../../src/native/reference/tensor/fma.ts";
import { anyF32 } from "./values.ts";

const bits = new DataView(new ArrayBuffer(8));

/** What is rounded to: bits of the significand, the exponent of the last bit of the smallest numbers, the largest exponent. */
interface Format {
  readonly precision: number;
  readonly last: number;
  readonly top: number;
}
const single: Format = { precision: 24, last: -149, top: 104 };
const double: Format = { precision: 53, last: -1074, top: 971 };

/** `a * b + c` of finite numbers, rounded once, in integers alone. */
function model(a: number, b: number, c: number, { precision, last, top }: Format): number {
  const [x, y, z] = [whole(a), whole(b), whole(c)];
  // In units of 2^-2148, which all products and sums are multiples of.
  const sum = x * y + (z << 1074n);
  // A zero has the sign that the f64 operations give it: their results are exact then.
  if (sum === 0n) return a === 0 || b === 0 ? a * b + c : 0;
  const size = sum < 0n ? -sum : sum;
  const length = size.toString(2).length;
  const unit = Math.max(length - precision, last + 2148);
  const shift = BigInt(unit);
  let scaled = size >> shift;
  const rest = size - (scaled << shift);
  const tie = shift === 0n ? 0n : 1n << (shift - 1n);
  if (rest > tie || (rest === tie && rest > 0n && scaled % 2n === 1n)) scaled++;
  const exponent = unit - 2148;
  const limit = 1n << BigInt(precision);
  const overflows = exponent > top || (exponent === top && scaled >= limit);
  // In two steps, each exact: 2^exponent alone may be too small.
  const value = overflows
    ? Infinity
    : Number(scaled) * 2 ** Math.max(exponent, -1000) * 2 ** Math.min(exponent + 1000, 0);
  return sum < 0n ? -value : value;
}

/** In units of 2^-1074. */
function whole(value: number): bigint {
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return word >> 63n === 1n ? -size : size;
}

function f32Of(word: number): number {
  bits.setUint32(0, word);
  return bits.getFloat32(0);
}

const f32 = anyF32.map(f32Of).filter(Number.isFinite);
/** Few bits and close exponents: products and sums that are halfway between two numbers. */
const simple = fc
  .tuple(fc.integer({ min: -17, max: 17 }), fc.integer({ min: -30, max: 30 }))
  .map(([m, e]) => m * 2 ** e);
const f64 = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -4, max: 4 }),
  simple,
  fc.constantFrom(0, -0, 5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** -540, 2 ** 511),
);
const runs = { seed: 20_261_121, numRuns: 20_000 };

describe("fused multiply-add", () => {
  test("of any f32", () => {
    fc.assert(
      fc.property(fc.oneof(f32, simple), fc.oneof(f32, simple), fc.oneof(f32, simple), (a, b, c) => {
        expect(fma32(a, b, c)).toBe(model(a, b, c, single));
      }),
      runs,
    );
  });

  test("of f32 whose product is a little less than half of the last bit of the sum", () => {
    let nudged = 0;
    const step = 2 ** -23;
    const sides = fc.tuple(fc.integer({ min: -100, max: 100 }), fc.integer({ min: 0, max: 2 ** 23 - 1 }), fc.nat(600));
    fc.assert(
      fc.property(sides, fc.boolean(), ([exponent, significand, i], negative) => {
        const c = (1 + significand * step) * 2 ** exponent;
        const a = (1 + i * step) * 2 ** (exponent - 24) * (negative ? -1 : 1);
        const b = 1 - i * step;
        const value = fma32(a, b, c);
        expect(value).toBe(model(a, b, c, single));
        if (value !== Math.fround(a * b + c)) nudged++;
      }),
      runs,
    );
    expect(nudged).toBeGreaterThan(1000);
  });

  test("of any f64", () => {
    fc.assert(
      fc.property(f64, f64, f64, (a, b, c) => {
        expect(fma64(a, b, c)).toBe(model(a, b, c, double));
      }),
      runs,
    );
  });

  test("of f64 that cancel, or differ by as much as they have bits", () => {
    const scale = fc.integer({ min: -110, max: 60 }).map((places) => 2 ** places);
    fc.assert(
      fc.property(f64, f64, scale, fc.boolean(), (a, b, factor, negative) => {
        const c = a * b * (factor < 2 ** -100 ? 1 : factor) * (negative ? -1 : 1);
        fc.pre(Number.isFinite(c));
        expect(fma64(a, b, c)).toBe(model(a, b, c, double));
      }),
      runs,
    );
  });

  const edges: [number, number, number, number][] = [
    [1, 1, -1, 0],
    [-1, 1, 1, 0],
    [0, -1, -0, -0],
    [0, 1, -0, 0],
    [Infinity, 0, 1, NaN],
    [Infinity, 1, -Infinity, NaN],
    [Infinity, -1, 1, -Infinity],
    [1, 1, Infinity, Infinity],
    [NaN, 1, 1, NaN],
    [1, 1, NaN, NaN],
  ];
  test.each(edges)("%f * %f + %f", (a, b, c, expected) => {
    expect(fma32(a, b, c)).toBe(expected);
    expect(fma64(a, b, c)).toBe(expected);
  });

  test("a product that overflows is finite", () => {
    const max = Number.MAX_VALUE;
    expect(fma64(max, max, -Infinity)).toBe(-Infinity);
    expect(fma64(max, -max, Infinity)).toBe(Infinity);
    expect(fma64(max, 2, -max)).toBe(max);
  });

  test("at the limit of f32 the product decides", () => {
    const max = f32Of(0x7f7fffff);
    const half = 2 ** 52;
    expect(fma32(half, half / 2, max)).toBe(Infinity);
    expect(fma32(Math.fround(half * (1 - 2 ** -24)), half / 2, max)).toBe(max);
    expect(fma32(-half, Math.fround((half / 2) * (1 - 2 ** -24)), -max)).toBe(-max);
    // Halfway from the sum of the two, which is less by too little for an f64 to hold.
    expect(fma32(f32Of(1), -f32Of(1), 2 ** -148)).toBe(2 ** -148);
  });
});
