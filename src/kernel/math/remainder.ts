import { assert } from "../../core/errors.ts";
import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions } from "./expression.ts";

/** Quotients below this are found in one step. */
const STEP: number = 2 ** 28;
/** Steps for the largest quotient of two f32, which is below 2^277. */
const STEPS = 10;

/** `a % b` as in JavaScript, exact, with the sign of `a`; for f32, i32 and u32. Of integers by zero it is 0. */
export function remainder(graph: Graph, a: Node, b: Node): Node {
  const f = expressions(graph);
  assert(a.type !== "f64", "no remainder of f64");
  if (a.type === "f32") return ofFloats(graph, a, b);
  const rest = f("sub", a, f("mul", f("div", a, b), b));
  return f("select", f("eq", b, 0), 0, rest);
}

function ofFloats(graph: Graph, a: Node, b: Node): Node {
  const f = expressions(graph);
  const [dividend, divisor] = [f("abs", a), f("abs", b)];
  const plain = f("and", f("lt", dividend, f("mul", divisor, STEP / 2)), f("lt", divisor, Infinity));
  const special = graph.apart(`% ${a.id} ${b.id}`, () => {
    let rest = graph.convert("f64", dividend);
    for (let step = STEPS - 1; step >= 0; step--) {
      let power = graph.convert("f64", divisor);
      for (let k = 0; k < step; k++) power = f("mul", power, STEP);
      rest = reduced(graph, rest, power);
    }
    const byInfinity = f("and", f("eq", divisor, Infinity), f("lt", dividend, Infinity));
    return f("select", byInfinity, dividend, graph.convert("f32", rest));
  });
  const rest = reduced(graph, graph.convert("f64", dividend), graph.convert("f64", divisor));
  return f("copysign", f("rare", f("not", plain), special, graph.convert("f32", rest)), a);
}

/**
 * The remainder of f64 that have at most 24 significant bits, exact if the quotient is below 2^28: both then are
 * multiples of a number that is at least 2^-52 of the first, so that no quotient is rounded up to an integer.
 */
function reduced(graph: Graph, a: Node, b: Node): Node {
  const f = expressions(graph);
  return f("sub", a, f("mul", f("trunc", f("div", a, b)), b));
}
