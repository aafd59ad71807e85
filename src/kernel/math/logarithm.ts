import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { LN2 } from "./exponential.ts";
import { expressions, polynomial } from "./expression.ts";

export const NORMAL_MIN: number = 2 ** -126;
/** Bits of the f32 next to the root of 1/2: significands are taken from there to the root of 2. */
const ROOT_HALF_BITS = 0x3f3504f3;

/** ln m = 2s + s L(s^2) with s = (m - 1) / (m + 1), within 2^-30; minimax by Remez' exchange, coefficients rounded one after the other. */
const LOGARITHM = [0.6666677594184875, 0.3997756838798523, 0.29871460795402527];

/** Natural logarithm of an f32. */
export function log(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const plain = f("and", f("ge", x, NORMAL_MIN), f("lt", x, Infinity));
  const special = graph.apart(`log ${x.id}`, () => {
    const denormal = ofNormal(graph, f("mul", x, 2 ** 24), -24);
    const positive = f("select", f("gt", x, 1), x, denormal);
    const zero = f("select", f("eq", x, 0), graph.constant("f32", -Infinity), Number.NaN);
    return f("select", f("gt", x, 0), positive, zero);
  });
  return f("rare", f("not", plain), special, ofNormal(graph, x, 0));
}

/** The logarithm of `x * 2^exponent`, for a normal `x`. */
function ofNormal(graph: Graph, x: Node, exponent: number): Node {
  const f = expressions(graph);
  const { count, significand } = splitBinary(graph, x);
  const k = graph.convert("f32", f("add", count, exponent));
  const y = f("sub", significand, 1);
  const s = f("div", y, f("add", y, 2));
  const square = f("mul", s, s);
  const half = f("mul", f("mul", y, 0.5), y);
  const end = f("mul", s, f("add", half, f("mul", square, polynomial(graph, square, LOGARITHM))));
  const low = f("sub", half, f("add", end, f("mul", k, LN2[1])));
  return f("add", f("sub", y, low), f("mul", k, LN2[0]));
}

/** A normal f32 as `significand * 2^count`, the significand between the roots of 1/2 and 2; `count` is i32. */
export function splitBinary(graph: Graph, x: Node): { readonly count: Node; readonly significand: Node } {
  const f = expressions(graph);
  const bits = graph.bits("i32", x);
  const above = f("sub", bits, ROOT_HALF_BITS);
  const significand = f("sub", bits, f("and", above, -0x800000));
  return { count: f("shr", above, 23), significand: graph.bits("f32", significand) };
}
