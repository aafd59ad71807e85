import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { checkNumber, isFloat, plus, preciseNode, truth } from "./arithmetic.ts";
import { Refusal } from "./error.ts";
import { type Scalar, typed } from "./value.ts";

/** The constants of `Number`. */
export const NUMBERS: Readonly<Record<string, number | undefined>> = {
  EPSILON: Number.EPSILON,
  MAX_SAFE_INTEGER: Number.MAX_SAFE_INTEGER,
  MAX_VALUE: Number.MAX_VALUE,
  MIN_SAFE_INTEGER: Number.MIN_SAFE_INTEGER,
  MIN_VALUE: Number.MIN_VALUE,
  NaN: Number.NaN,
  NEGATIVE_INFINITY: Number.NEGATIVE_INFINITY,
  POSITIVE_INFINITY: Number.POSITIVE_INFINITY,
};

/** `Number(a)`, `Boolean(a)`, and what `Number` has of functions that ask a number for something. Undefined for all others. */
export function conversion(name: string): ((graph: Graph, args: readonly Scalar[]) => Scalar) | undefined {
  const convert = Object.hasOwn(CONVERSIONS, name) ? CONVERSIONS[name] : undefined;
  return (
    convert &&
    ((graph, [value, ...more]) => {
      if (value === undefined || more.length > 0)
        throw new Refusal(`${name} takes 1 argument, not ${value ? 1 + more.length : 0}`, "give it as many");
      return convert(graph, value);
    })
  );
}

const CONVERSIONS: Readonly<Record<string, (graph: Graph, value: Scalar) => Scalar>> = {
  Number: plus,
  Boolean: (graph, value) => typed(truth(graph, value), "boolean"),
  isNaN: asks("isNaN", missing, 0),
  "Number.isNaN": asks("Number.isNaN", missing, 0),
  isFinite: asks("isFinite", finite, 1),
  "Number.isFinite": asks("Number.isFinite", finite, 1),
  "Number.isInteger": asks("Number.isInteger", whole, 1),
  "Number.isSafeInteger": asks("Number.isSafeInteger", safe, 1),
};

/** What is asked of floats; `ofIntegers` is the answer for integers. */
function asks(title: string, ask: (graph: Graph, x: Node) => Node, ofIntegers: 0 | 1) {
  return (graph: Graph, value: Scalar): Scalar => {
    checkNumber(value, title);
    const x = value.is === "typed" && value.exact !== undefined ? value.exact() : preciseNode(value);
    return typed(isFloat(x.type) ? ask(graph, x) : graph.constant("bool", ofIntegers), "boolean");
  };
}

function missing(graph: Graph, x: Node): Node {
  return graph.op("ne", x, x);
}

function finite(graph: Graph, x: Node): Node {
  return graph.op("lt", graph.op("abs", x), graph.constant(x.type, Number.POSITIVE_INFINITY));
}

function whole(graph: Graph, x: Node): Node {
  return graph.op("and", graph.op("eq", graph.op("trunc", x), x), finite(graph, x));
}

function safe(graph: Graph, x: Node): Node {
  return graph.op("and", whole(graph, x), graph.op("lt", graph.op("abs", x), graph.constant(x.type, 2 ** 53)));
}
