import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/kernel/graph.ts";
import { mathTable } from "../../src/kernel/math/index.ts";
import type { Node } from "../../src/kernel/node.ts";
import {
  binary32,
  binary64,
  type MathBinary,
  type MathUnary,
  unary32,
  unary64,
} from "../../src/native/reference/tensor/math.ts";
import { Chance } from "../kernel/random-program.ts";
import { compute } from "../kernel/stage.ts";
import { ulps } from "../kernel/ulps.ts";
import { checksum, KINDS, numbers, SPECIAL } from "./tensor-math-inputs.ts";

const unaries = Object.keys(unary64) as MathUnary[];
const binaries = Object.keys(binary64) as MathBinary[];
const { fround } = Math;

/** The name that native code has for a function. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

describe("bits", () => {
  // Native code is compared with the same file by `cargo test`.
  test("are those of the file of checksums", async () => {
    const lines: string[] = [];
    for (const single of [true, false]) {
      const kinds = Array.from({ length: KINDS }, (_, kind) => numbers(kind, 0, single));
      const others = Array.from({ length: KINDS }, (_, kind) => numbers(kind, 7, single));
      const type = single ? "f32" : "f64";
      for (const name of unaries) {
        const of = (single ? unary32 : unary64)[name];
        const sums = kinds.map((xs) => checksum(xs.map(of), single));
        lines.push([snake(name), type, ...sums].join(" "));
      }
      for (const name of binaries) {
        const of = (single ? binary32 : binary64)[name];
        // Each kind with each, in turn.
        const sums = kinds.flatMap((as) =>
          others.map((bs) =>
            checksum(
              as.map((a, i) => of(a, bs[i]!)),
              single,
            ),
          ),
        );
        lines.push([snake(name), type, ...sums].join(" "));
      }
    }
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("vectors/tensor-math.txt");
  });

  const random = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((kind) => numbers(kind, 0, true));

  test.for(["sin", "cos", "tan", "exp", "log", "tanh"] as const)("f32 %s is that of kernels", (name) => {
    const { expand } = mathTable[name]!;
    const results = compute("f32", (graph: Graph, ...args: Node[]) => expand(graph, args), random);
    expect(random.filter((x, i) => !Object.is(results[i], unary32[name](x)))).toEqual([]);
  });

  test.for(["atan2", "pow"] as const)("f32 %s is that of kernels", (name) => {
    const { expand } = mathTable[name]!;
    const others = [...random.slice(700), ...random.slice(0, 700)];
    const columns = [
      [...random, ...SPECIAL.flatMap((a) => SPECIAL.map(() => fround(a)))],
      [...others, ...SPECIAL.flatMap(() => SPECIAL.map(fround))],
    ] as const;
    const results = compute("f32", (graph: Graph, ...args: Node[]) => expand(graph, args), ...columns);
    const wrong = columns[0].flatMap((a, i) => {
      const b = columns[1][i]!;
      // C says 1 where JavaScript says NaN.
      const other = name === "pow" && (a === 1 || (a === -1 && Math.abs(b) === Infinity));
      return other || Object.is(results[i], binary32[name](a, b)) ? [] : [[a, b, results[i], binary32[name](a, b)]];
    });
    expect(wrong).toEqual([]);
  });
});

/** f32 of each exponent and sign: the ends and random ones. */
function everyExponent(count: number): number[] {
  const chance = new Chance(11);
  const bits = new Uint32Array(1);
  const single = new Float32Array(bits.buffer);
  return Array.from({ length: 512 * count }, (_, i) => {
    const low = i % count < 2 ? i % count : i % count < 4 ? 0x7ffffe + (i & 1) : chance.below(0x800000);
    bits[0] = (Math.floor(i / count) << 23) | low;
    return single[0]!;
  });
}

describe("accuracy", () => {
  const xs = [...everyExponent(48), ...[1, 2, 3, 4, 5, 6].flatMap((kind) => numbers(kind, 3, true))];

  test.for(unaries)("f32 %s is within 2 ulp of f64", (name) => {
    const wrong = xs.filter((x) => !(ulps(unary32[name](x), unary64[name](x)) <= 2));
    expect(wrong.map((x) => [x, unary32[name](x), unary64[name](x)])).toEqual([]);
  });

  test("f32 gelu is within 2 ulp of f64 on both sides of where its formula changes, and down to where it is 0", () => {
    const count = 40_000;
    const wide = Array.from({ length: count }, (_, i) => fround(1 - (15 * i) / count));
    const narrow = Array.from({ length: count }, (_, i) => fround(-5.9 - (0.2 * i) / count));
    const wrong = [...wide, ...narrow].filter((x) => !(ulps(unary32.gelu(x), unary64.gelu(x)) <= 2));
    expect(wrong.map((x) => [x, unary32.gelu(x), unary64.gelu(x)])).toEqual([]);
  });

  test.for(binaries)("f32 %s is within 2 ulp of f64", (name) => {
    const ys = [...xs.slice(1111), ...xs.slice(0, 1111)];
    const exact = name === "remainder" || name === "floorDivide";
    const wrong = xs.filter((x, i) => {
      const y = ys[i]!;
      // Of these, f64 does not round as f32 does.
      if (exact && (Math.abs(x / y) > 2 ** 23 || Math.abs(x / y) < 2 ** -23)) return false;
      return !(ulps(binary32[name](x, y), binary64[name](x, y)) <= 2);
    });
    expect(wrong).toEqual([]);
  });

  const known = unaries.filter((name) => name in Math && name !== "round") as (MathUnary & keyof typeof Math)[];

  test.for(known)("f64 %s is within 3 ulp of the engine's", (name) => {
    const theirs = Math[name] as (x: number) => number;
    const all = [...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((kind) => numbers(kind, 5, false)), ...SPECIAL];
    const wrong = all.filter((x) => !close(unary64[name](x), theirs(x)));
    expect(wrong.map((x) => [x, unary64[name](x), theirs(x)])).toEqual([]);
  });

  test.for(["pow", "atan2"] as const)("f64 %s is within 3 ulp of the engine's", (name) => {
    const as = [0, 1, 2, 3, 4, 5, 6, 8].flatMap((kind) => numbers(kind, 5, false));
    const bs = [...as.slice(1000), ...as.slice(0, 1000)];
    const wrong = as.filter((a, i) => !(a === 1) && !close(binary64[name](a, bs[i]!), Math[name](a, bs[i]!)));
    expect(wrong).toEqual([]);
  });

  // By arithmetic of 120 bits.
  const exact: readonly [name: MathUnary, x: number, value: number][] = [
    ["erf", 1e-10, 1.1283791670955126e-10],
    ["erf", 0.25, 0.27632639016823696],
    ["erf", -0.5, -0.5204998778130465],
    ["erf", 0.75, 0.7111556336535151],
    ["erf", 1.0, 0.8427007929497149],
    ["erf", -1.5, -0.9661051464753108],
    ["erf", 2.5, 0.999593047982555],
    ["erf", 5.5, 0.9999999999999927],
    ["erfc", -6.0, 2.0],
    ["erfc", -1.0, 1.8427007929497148],
    ["erfc", 0.25, 0.7236736098317631],
    ["erfc", 0.5, 0.4795001221869535],
    ["erfc", 1.0, 0.15729920705028513],
    ["erfc", 3.0, 2.209049699858544e-5],
    ["erfc", 10.0, 2.088487583762545e-45],
    ["erfc", 26.0, 5.663192408856143e-296],
    ["gelu", -30.0, -1.472014178144456e-196],
    ["gelu", -10.0, -7.619853024160526e-23],
    ["gelu", -3.0, -0.0040496940948902835],
    ["gelu", -1.0, -0.15865525393145705],
    ["gelu", -0.25, -0.10032341857926907],
    ["gelu", 1e-5, 5.0000398942280396e-6],
    ["gelu", 0.5, 0.34573123063700656],
    ["gelu", 2.0, 1.9544997361036416],
    ["gelu", 9.0, 9.0],
    ["sin", 5.319372648326541e255, 1.0],
    ["cos", 5.319372648326541e255, -4.687165924254628e-19],
    ["tan", 5.319372648326541e255, -2.133485385753704e18],
    ["sin", 5.319372648326541e255, 1.0],
    ["cos", 5.319372648326541e255, -4.687165924254628e-19],
    ["tan", 5.319372648326541e255, -2.133485385753704e18],
    ["sin", 1e300, -0.8178819121159085],
    ["cos", 1e300, -0.5753861119575491],
    ["tan", 1e300, 1.4214488238747245],
    ["sin", 3.458764513820541e18, -0.1994285014775054],
    ["cos", 3.458764513820541e18, 0.979912380163878],
    ["tan", 3.458764513820541e18, -0.20351666691276366],
  ];

  test.for(exact)("f64 %s of %d", ([name, x, value]) => {
    const error = Math.abs(unary64[name](x) - value);
    expect(error).toBeLessThanOrEqual(3 * 2 ** -52 * Math.abs(value));
  });
});

function close(got: number, want: number): boolean {
  if (Object.is(got, want)) return true;
  if (!Number.isFinite(got) || !Number.isFinite(want) || want === 0) return false;
  return Math.abs(got - want) <= 3 * Math.max(2 ** -52 * Math.abs(want), 5e-324);
}

describe("special values", () => {
  const inf = Infinity;
  const nan = Number.NaN;
  const unary: readonly [name: MathUnary, ...pairs: (readonly [x: number, value: number])[]][] = [
    ["sign", [0, 0], [-0, -0], [nan, nan], [-inf, -1], [1e-40, 1]],
    ["round", [0.5, 0], [1.5, 2], [2.5, 2], [-0.5, -0], [-1.5, -2], [-0, -0], [inf, inf], [nan, nan]],
    ["floor", [-0, -0], [-0.5, -1], [inf, inf]],
    ["ceil", [-0.5, -0], [0.5, 1]],
    ["trunc", [-0.5, -0], [-1.5, -1]],
    ["exp", [0, 1], [-0, 1], [inf, inf], [-inf, 0], [nan, nan], [1e3, inf], [-1e3, 0]],
    ["expm1", [0, 0], [-0, -0], [inf, inf], [-inf, -1], [nan, nan], [1e-320, 1e-320]],
    ["log", [0, -inf], [-0, -inf], [1, 0], [inf, inf], [-1, nan], [-inf, nan], [nan, nan]],
    ["log1p", [0, 0], [-0, -0], [-1, -inf], [inf, inf], [-2, nan], [nan, nan]],
    ["log2", [0, -inf], [1, 0], [8, 3], [2 ** -140, -140], [inf, inf], [-1, nan], [nan, nan]],
    ["log10", [0, -inf], [1, 0], [1000, 3], [1e10, 10], [inf, inf], [-1, nan], [nan, nan]],
    ["sin", [0, 0], [-0, -0], [inf, nan], [-inf, nan], [nan, nan]],
    ["cos", [0, 1], [-0, 1], [inf, nan], [-inf, nan], [nan, nan]],
    ["tan", [0, 0], [-0, -0], [inf, nan], [-inf, nan], [nan, nan]],
    ["asin", [0, 0], [-0, -0], [1.5, nan], [-1.5, nan], [nan, nan]],
    ["acos", [1, 0], [1.5, nan], [-1.5, nan], [nan, nan]],
    ["atan", [0, 0], [-0, -0], [nan, nan]],
    ["sinh", [0, 0], [-0, -0], [inf, inf], [-inf, -inf], [nan, nan], [1e3, inf]],
    ["cosh", [0, 1], [-0, 1], [inf, inf], [-inf, inf], [nan, nan]],
    ["tanh", [0, 0], [-0, -0], [inf, 1], [-inf, -1], [nan, nan]],
    ["asinh", [0, 0], [-0, -0], [inf, inf], [-inf, -inf], [nan, nan]],
    ["acosh", [1, 0], [0.5, nan], [-5, nan], [inf, inf], [-inf, nan], [nan, nan]],
    ["atanh", [0, 0], [-0, -0], [1, inf], [-1, -inf], [1.5, nan], [-inf, nan], [nan, nan]],
    ["erf", [0, 0], [-0, -0], [inf, 1], [-inf, -1], [nan, nan]],
    ["erfc", [0, 1], [-0, 1], [inf, 0], [-inf, 2], [nan, nan]],
    ["logistic", [0, 0.5], [inf, 1], [-inf, 0], [nan, nan]],
    ["gelu", [0, 0], [-0, -0], [inf, inf], [-inf, -0], [nan, nan]],
  ];

  test.for(unary)("%s", ([name, ...pairs]) => {
    for (const [x, value] of pairs) {
      expect(unary64[name](x), `f64 ${name}(${x})`).toBe(value);
      expect(unary32[name](fround(x)), `f32 ${name}(${x})`).toBe(fround(value));
    }
  });

  const binary: readonly [name: MathBinary, ...triples: (readonly [a: number, b: number, value: number])[]][] = [
    ["pow", [1, nan, 1], [nan, 0, 1], [nan, -0, 1], [-1, inf, 1], [-1, -inf, 1], [2, inf, inf], [0.5, inf, 0]],
    ["pow", [2, -inf, 0], [0.5, -inf, inf], [0, -3, inf], [-0, -3, -inf], [-0, -2, inf], [-0, 3, -0], [-0, 2, 0]],
    ["pow", [0, inf, 0], [0, -inf, inf], [inf, 1, inf], [inf, -1, 0], [-inf, 3, -inf], [-inf, 2, inf]],
    ["pow", [-inf, -3, -0], [-inf, -2, 0], [-2, 3, -8], [-2, 0.5, nan], [nan, 1, nan], [2, nan, nan], [3, 4, 81]],
    ["atan2", [0, 1, 0], [-0, 1, -0], [0, 0, 0], [-0, 0, -0], [5, inf, 0], [-5, inf, -0], [nan, 1, nan], [1, nan, nan]],
    ["atan2", [inf, nan, nan], [nan, inf, nan]],
    ["remainder", [5, 3, 2], [-5, 3, 1], [5, -3, -1], [-5, -3, -2], [6, 3, 0], [-6, 3, 0], [6, -3, -0], [0, -3, -0]],
    [
      "remainder",
      [5, inf, 5],
      [-5, inf, inf],
      [5, -inf, -inf],
      [5, 0, nan],
      [inf, 3, nan],
      [nan, 3, nan],
      [3, nan, nan],
    ],
    ["floorDivide", [5, 3, 1], [-5, 3, -2], [5, -3, -2], [-5, -3, 1], [5, 0, inf], [-5, 0, -inf], [0, 0, nan]],
    ["floorDivide", [-0, 3, -0], [0, -3, -0], [1, 4, 0], [-5, inf, -1], [5, inf, 0], [inf, 3, nan], [1, nan, nan]],
  ];

  test.for(binary)("%s", ([name, ...triples]) => {
    for (const [a, b, value] of triples) {
      expect(binary64[name](a, b), `f64 ${name}(${a}, ${b})`).toBe(value);
      expect(binary32[name](a, b), `f32 ${name}(${a}, ${b})`).toBe(value);
    }
  });

  test("angles of the axes and of infinite points", () => {
    const table: readonly [y: number, x: number, eighths: number][] = [
      [0, -1, 4],
      [-0, -1, -4],
      [0, -0, 4],
      [1, 0, 2],
      [-1, -0, -2],
      [inf, inf, 1],
      [inf, -inf, 3],
      [-inf, inf, -1],
      [-inf, 5, -2],
      [5, -inf, 4],
    ];
    for (const [y, x, eighths] of table) {
      expect(binary64.atan2(y, x), `${y} ${x}`).toBe((eighths * Math.PI) / 4);
      expect(ulps(binary32.atan2(y, x), (eighths * Math.PI) / 4), `${y} ${x}`).toBeLessThan(2);
    }
  });

  test("remainders are those of integers, and quotients whole", () => {
    const chance = new Chance(12);
    for (let i = 0; i < 2000; i++) {
      const a = chance.below(2_000_001) - 1_000_000;
      const b = (chance.below(1000) + 1) * (i & 1 ? 1 : -1);
      expect(binary32.floorDivide(a, b) + 0).toBe(Math.floor(a / b) + 0);
      expect(binary32.remainder(a, b) + 0).toBe(a - Math.floor(a / b) * b + 0);
    }
  });
});
