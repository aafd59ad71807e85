import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { BIAS, exponentialOfRest, scaled } from "./exponential.ts";
import { expressions, polynomial, ROUNDER } from "./expression.ts";
import { NORMAL_MIN, splitBinary } from "./logarithm.ts";

/** log2 m = s L(s^2) with s = (m - 1) / (m + 1), within 2^-37.8; minimax by Remez' exchange. */
const LOGARITHM = [2.885390081790142, 0.9617966732663629, 0.5770836003193857, 0.4116717462892963, 0.34074897401999976];

/** `x` to the power `y`, both f32. As JavaScript has it, 1 to the power NaN is NaN, and so is 1 to an infinite power. */
export function pow(graph: Graph, x: Node, y: Node): Node {
  const f = expressions(graph);
  const simple = y.op === "const" ? ofConstant(graph, x, y.value) : undefined;
  if (simple !== undefined) return simple;
  const plain = f("and", f("and", f("ge", x, NORMAL_MIN), f("lt", x, Infinity)), f("lt", f("abs", y), Infinity));
  const special = graph.apart(`pow ${x.id} ${y.id}`, () => ofAny(graph, x, y));
  return f("rare", f("not", plain), special, ofNormal(graph, x, y, graph.constant("i32", 0)));
}

/** Powers that a few operations give, in f32 and within 2 ulp. */
function ofConstant(graph: Graph, x: Node, power: number): Node | undefined {
  const f = expressions(graph);
  switch (power) {
    case -1:
      return f("div", 1, x);
    case 0:
      return graph.constant("f32", 1);
    case 0.5:
      // Unlike the root, it is 0 for -0 and Infinity for -Infinity.
      return f("select", f("eq", x, -Infinity), Infinity, f("sqrt", f("add", x, 0)));
    case 1:
      return x;
    case 2:
      return f("mul", x, x);
    case 3:
      return f("mul", f("mul", x, x), x);
    default:
      return;
  }
}

/** `x * 2^exponent` to the power `y`, for normal positive `x` and finite `y`: 2^(y log2 x), the exponent in f64. */
function ofNormal(graph: Graph, x: Node, y: Node, exponent: Node): Node {
  const f = expressions(graph);
  const { count, significand } = splitBinary(graph, x);
  const m = graph.convert("f64", significand);
  const s = f("div", f("sub", m, 1), f("add", m, 1));
  const logarithm = f("mul", s, polynomial(graph, f("mul", s, s), LOGARITHM));
  const total = f("mul", graph.convert("f64", y), f("add", graph.convert("f64", f("add", count, exponent)), logarithm));
  const whole = f("nearest", total);
  const rest = graph.convert("f32", f("mul", f("sub", total, whole), Math.LN2));
  // Beyond, the result is 0 or infinite.
  const steps = f("min", f("max", graph.convert("f32", whole), -200), 200);
  return scaled(graph, exponentialOfRest(graph, rest), graph.bits("i32", f("add", steps, ROUNDER + 2 * BIAS)));
}

function ofAny(graph: Graph, x: Node, y: Node): Node {
  const f = expressions(graph);
  const [base, height] = [f("abs", x), f("abs", y)];
  const denormal = f("lt", base, NORMAL_MIN);
  const normal = f("select", denormal, f("mul", base, 2 ** 24), base);
  const ordinary = ofNormal(graph, normal, y, f("select", denormal, graph.constant("i32", -24), 0));
  const [high, low] = [f("eq", height, Infinity), f("lt", height, Infinity)];
  const [infinite, zero] = [f("eq", base, Infinity), f("eq", base, 0)];
  const grows = f("eq", toNumber(graph, f("gt", base, 1)), toNumber(graph, f("gt", y, 0)));
  const limit = f("select", grows, graph.constant("f32", Infinity), 0);
  const magnitude = f("select", f("or", high, f("or", infinite, zero)), limit, ordinary);
  const negative = f("lt", graph.bits("i32", x), 0);
  const isWhole = f("eq", f("trunc", y), y);
  const isOdd = f("and", f("and", isWhole, f("lt", height, 2 ** 24)), f("ne", f("and", graph.convert("i32", y), 1), 0));
  const value = f("select", f("and", negative, isOdd), f("neg", magnitude), magnitude);
  const ordinaryBase = f("not", f("or", infinite, zero));
  const imaginary = f("and", f("and", negative, ordinaryBase), f("and", low, f("not", isWhole)));
  const undecided = f("and", f("eq", base, 1), high);
  const unordered = f("or", f("ne", x, x), f("ne", y, y));
  const none = f("or", unordered, f("or", undecided, imaginary));
  return f("select", f("eq", y, 0), 1, f("select", none, Number.NaN, value));
}

function toNumber(graph: Graph, mask: Node): Node {
  return graph.convert("i32", mask);
}
