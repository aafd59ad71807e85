import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions } from "./expression.ts";

/** Where the sum of squares is neither too large nor imprecise, for f32 and f64. */
const PLAIN = { f32: [2 ** -100, Infinity], f64: [2 ** -960, Infinity] } as const;
/** From here on f64 are scaled down, below up. */
const HUGE: number = 2 ** 500;
const SCALE: number = 2 ** 600;

/** The root of the sum of squares of f32, or of f64; infinite if one of them is, even if another is NaN. */
export function hypot(graph: Graph, ...sides: readonly Node[]): Node {
  const f = expressions(graph);
  if (sides.length === 1) return f("abs", sides[0]!);
  const type = sides[0]!.type as "f32" | "f64";
  const [least, limit] = PLAIN[type];
  const sum = squares(graph, sides);
  const plain = f("and", f("ge", sum, least), f("lt", sum, limit));
  const name = `hypot ${sides.map(({ id }) => id).join(" ")}`;
  const special = graph.apart(name, () => {
    const sizes = sides.map((side) => f("abs", side));
    const infinite = sizes.map((size) => f("eq", size, Infinity)).reduce((a, b) => f("or", a, b));
    const length = type === "f32" ? longer(graph, sides) : scaled(graph, sizes);
    return f("select", infinite, Infinity, length);
  });
  return f("rare", f("not", plain), special, f("sqrt", sum));
}

function squares(graph: Graph, sides: readonly Node[]): Node {
  const f = expressions(graph);
  return sides.map((side) => f("mul", side, side)).reduce((a, b) => f("add", a, b));
}

/** Of f32, in f64. */
function longer(graph: Graph, sides: readonly Node[]): Node {
  const long = sides.map((side) => graph.convert("f64", side));
  return graph.convert("f32", expressions(graph)("sqrt", squares(graph, long)));
}

/** Of f64: times a power of two that brings the longest near 1. */
function scaled(graph: Graph, sizes: readonly Node[]): Node {
  const f = expressions(graph);
  const huge = f(
    "gt",
    sizes.reduce((a, b) => f("max", a, b)),
    HUGE,
  );
  const scale = f("select", huge, graph.constant("f64", 1 / SCALE), SCALE);
  const length = f(
    "sqrt",
    squares(
      graph,
      sizes.map((size) => f("mul", size, scale)),
    ),
  );
  return f("mul", length, f("select", huge, graph.constant("f64", SCALE), 1 / SCALE));
}
