import { assert } from "../../core/errors.ts";
import type { Graph } from "../graph.ts";
import type { Node, Op, ValueType } from "../node.ts";
import { acos, asin } from "./arcsine.ts";
import { atan, atan2 } from "./arctangent.ts";
import { exp } from "./exponential.ts";
import { tanh } from "./hyperbolic.ts";
import { hypot } from "./length.ts";
import { log } from "./logarithm.ts";
import { pow } from "./power.ts";
import { round, sign } from "./rounding.ts";
import { cos, sin } from "./sine.ts";
import { tan } from "./tangent.ts";

export { randomFloatNode } from "./random.ts";
export { remainder } from "./remainder.ts";

/** A function of numbers, as an expansion to operations. */
export interface MathFunction {
  /** Fewest and most arguments. */
  readonly min: number;
  readonly max: number;
  /** Whether it takes f64; otherwise arguments must not be f64. */
  readonly f64: boolean;
  /** The result for arguments of any type but bool; those of different types become the wider float. */
  readonly expand: (graph: Graph, args: readonly Node[]) => Node;
}

/**
 * The functions of `Math` that rows may call. Those that are not exact are within 2 ulp of the exact result, for all f32,
 * and give the same bits everywhere, as they are made of operations that do.
 */
export const mathTable: Readonly<Record<string, MathFunction>> = {
  sqrt: ofFloats(1, 1, (graph, [x]) => graph.op("sqrt", x!)),
  abs: ofAny(1, 1, (graph, [x]) => (x!.type === "u32" ? x! : graph.op("abs", x!))),
  min: ofAny(1, Infinity, (graph, args) => args.reduce((a, b) => graph.op("min", a, b))),
  max: ofAny(1, Infinity, (graph, args) => args.reduce((a, b) => graph.op("max", a, b))),
  floor: ofAny(1, 1, toWhole("floor")),
  ceil: ofAny(1, 1, toWhole("ceil")),
  trunc: ofAny(1, 1, toWhole("trunc")),
  round: ofAny(1, 1, (graph, [x]) => (isFloat(x!.type) ? round(graph, x!) : x!)),
  sign: ofAny(1, 1, (graph, [x]) => sign(graph, x!)),
  fround: { min: 1, max: 1, f64: true, expand: (graph, [x]) => graph.convert("f32", x!) },
  hypot: ofFloats(1, 4, (graph, args) => hypot(graph, ...args)),
  sin: ofSingles(1, (graph, [x]) => sin(graph, x!)),
  cos: ofSingles(1, (graph, [x]) => cos(graph, x!)),
  tan: ofSingles(1, (graph, [x]) => tan(graph, x!)),
  asin: ofSingles(1, (graph, [x]) => asin(graph, x!)),
  acos: ofSingles(1, (graph, [x]) => acos(graph, x!)),
  atan: ofSingles(1, (graph, [x]) => atan(graph, x!)),
  atan2: ofSingles(2, (graph, [y, x]) => atan2(graph, y!, x!)),
  exp: ofSingles(1, (graph, [x]) => exp(graph, x!)),
  log: ofSingles(1, (graph, [x]) => log(graph, x!)),
  pow: ofSingles(2, (graph, [x, y]) => pow(graph, x!, y!)),
  tanh: ofSingles(1, (graph, [x]) => tanh(graph, x!)),
};

type Expansion = MathFunction["expand"];

function ofAny(min: number, max: number, expand: Expansion): MathFunction {
  return { min, max, f64: true, expand: (graph, args) => expand(graph, alike(graph, args, false)) };
}

function ofFloats(min: number, max: number, expand: Expansion): MathFunction {
  return { min, max, f64: true, expand: (graph, args) => expand(graph, alike(graph, args, true)) };
}

function ofSingles(count: number, expand: Expansion): MathFunction {
  const single = (graph: Graph, args: readonly Node[]): Node => {
    assert(
      args.every(({ type }) => type !== "f64"),
      "no such function of f64",
    );
    return expand(graph, alike(graph, args, true));
  };
  return { min: count, max: count, f64: false, expand: single };
}

function toWhole(op: Op): Expansion {
  return (graph, [x]) => (isFloat(x!.type) ? graph.op(op, x!) : x!);
}

/** Arguments as one type: f64 if one is, else f32 if one is or must be, else the integer that they are. */
function alike(graph: Graph, args: readonly Node[], float: boolean): readonly Node[] {
  const types = new Set(args.map(({ type }) => type));
  const type = types.has("f64") ? "f64" : float || types.has("f32") ? "f32" : args[0]!.type;
  assert(isFloat(type) || types.size === 1, "i32 and u32 do not mix");
  return args.map((arg) => graph.convert(type, arg));
}

function isFloat(type: ValueType): boolean {
  return type === "f32" || type === "f64";
}
