import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { cosineOfRest, type Reduced, reduceLarge, reduceSmall, SMALL, sineOfRest } from "./angle.ts";
import { expressions } from "./expression.ts";

/** Sine of an f32 in radians, whatever its size. */
export function sin(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  return ofAngle(graph, x, "sin", (isEven, sine, cosine) => f("select", isEven, sine, cosine));
}

/** Cosine of an f32 in radians; it shares most of the work with the sine of the same. */
export function cos(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  return ofAngle(graph, x, "cos", (isEven, sine, cosine) => f("select", isEven, cosine, f("neg", sine)));
}

/** `choose` gives the result for the first half of a turn; in the second it is the same with the other sign. */
function ofAngle(graph: Graph, x: Node, name: string, choose: (isEven: Node, sine: Node, cosine: Node) => Node): Node {
  const f = expressions(graph);
  const of = (reduced: Reduced): Node => {
    const value = choose(isEven(graph, reduced.quarter), sineOfRest(graph, reduced), cosineOfRest(graph, reduced));
    return flipped(graph, value, f("shl", graph.bits("i32", reduced.quarter), 30));
  };
  const special = graph.apart(`${name} ${x.id}`, () => of(large(graph, x)));
  return f("rare", f("gt", f("abs", x), SMALL), special, of(reduceSmall(graph, x)));
}

export function isEven(graph: Graph, quarter: Node): Node {
  const f = expressions(graph);
  return f("eq", f("and", quarter, 1), 0);
}

/** An f32 with its sign changed where the highest bit of an i32 is set. */
export function flipped(graph: Graph, value: Node, bits: Node): Node {
  const f = expressions(graph);
  return graph.bits("f32", f("xor", graph.bits("i32", value), f("and", bits, -0x80000000)));
}

function large(graph: Graph, x: Node): Reduced {
  const f = expressions(graph);
  const { quarter, rest } = reduceLarge(graph, f("abs", x));
  const bits = graph.bits("i32", x);
  const turns = graph.bits("i32", quarter);
  return {
    quarter: f("select", f("lt", bits, 0), f("neg", turns), turns),
    rest: flipped(graph, graph.convert("f32", rest), bits),
  };
}
