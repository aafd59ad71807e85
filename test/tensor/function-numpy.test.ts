import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as tensors from "../../src/tensor.ts";
import { numbers, of } from "./values.ts";

/** A tensor as `fixtures/from-numpy.py` writes it. */
interface Packed {
  readonly dtype: tensors.DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

interface Case {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly expected: Packed | readonly Packed[];
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL("fixtures/from-numpy.json", import.meta.url), "utf8"));

const isPacked = (x: unknown): x is Packed => typeof x === "object" && x !== null && "dtype" in x && "data" in x;

function unpacked(x: unknown): unknown {
  if (isPacked(x)) return of(x.data.map(Number), x.shape, x.dtype);
  return Array.isArray(x) ? x.map(unpacked) : x;
}

/** What gives zeros a definite sign. */
const signed = new Set(["floor", "ceil", "trunc", "round", "abs", "negative"]);

function same(name: string, got: tensors.Value, { dtype, shape, data }: Packed): void {
  expect(got.dtype).toBe(dtype);
  expect(got.dims).toEqual(shape);
  const tolerance = dtype === "f32" ? 1e-6 : 1e-13;
  const size = Math.max(1, ...data.map((x) => Math.abs(Number(x))).filter(Number.isFinite));
  numbers(got).forEach((value, i) => {
    const expected = Number(data[i]);
    if (!Number.isFinite(expected) || !Number.isFinite(value)) expect(value).toBe(expected);
    else if (Math.abs(value - expected) > tolerance * size) expect(value).toBe(expected);
    else if (expected === 0 && value === 0 && signed.has(name)) expect(Object.is(value, expected)).toBe(true);
  });
}

const functions = tensors as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;

describe("functions give what NumPy gives", () => {
  let live = 0;
  beforeEach(() => {
    live = tensors.currentArena().live;
  });
  afterEach(() => {
    expect(tensors.currentArena().live).toBe(live);
  });

  const named = cases.map((one, i): [string, Case] => [`${one.name} (${i})`, one]);

  it.each(named)("%s", (_, { name, args, expected }) => {
    tensors.scope(() => {
      const got = functions[name]!(...args.map(unpacked));
      if (isPacked(expected)) same(name, got as tensors.Value, expected);
      else {
        expect((got as tensors.Value[]).length).toBe(expected.length);
        (got as tensors.Value[]).forEach((value, i) => {
          same(name, value, expected[i]!);
        });
      }
      return undefined;
    });
  });
});
