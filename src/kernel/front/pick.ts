import type { Node } from "../node.ts";
import { checkNumber, choose } from "./arithmetic.ts";
import { Refusal } from "./error.ts";
import type { Lowering } from "./lowering.ts";
import { literal, nodeOf, type Scalar, scalarOf, typed, type Value } from "./value.ts";

/** Most elements that are picked from by an index which is not known before the kernel runs: all of them are looked at. */
const PICK_MAX = 64;

/** The node of an index that is not known yet, into `count` elements. Throws {@link Refusal}. */
export function indexNode(value: Value, name: string, count: number): Node {
  const index = scalarOf(value);
  checkNumber(index, "an index");
  if (count === 0) throw new Refusal(`${name} has no elements`, "give it one at least");
  if (count <= PICK_MAX) return nodeOf(index);
  throw new Refusal(
    `the index of ${name} is not constant, and it has ${count} elements`,
    `use a number or the counter of a for loop; up to ${PICK_MAX} elements can be picked from by a value`,
  );
}

/** The one of `values`, of which there are some, whose number is `index`; if there is none, 0, false or no entity. */
export function pick({ graph }: Lowering, values: readonly Scalar[], index: Node): Scalar {
  const isWhole = index.type === "i32" || index.type === "u32";
  const whole = isWhole ? index : graph.convert("i32", index);
  const constant = (value: number): Node => graph.constant(whole.type, value);
  // Bit by bit: as many choices as there are values, but few conditions.
  const among = (first: number, count: number): Scalar => {
    if (count === 1) return values[first]!;
    const half = count / 2;
    const low = among(first, half);
    if (first + half >= values.length) return low;
    const bit = graph.op("ne", graph.op("and", whole, constant(half)), constant(0));
    return choose(graph, bit, among(first + half, half), low);
  };
  const picked = among(0, 1 << (32 - Math.clz32(values.length - 1)));
  let isThere = graph.op("lt", whole, constant(values.length));
  if (whole.type === "i32") isThere = graph.op("and", isThere, graph.op("ge", whole, constant(0)));
  if (!isWhole) isThere = graph.op("and", isThere, graph.op("eq", graph.convert(index.type, whole), index));
  const [first] = values;
  const nothing =
    first?.is === "typed" && first.kind !== "number"
      ? typed(graph.constant(first.node.type, 0), first.kind)
      : literal(graph, 0);
  return choose(graph, isThere, picked, nothing);
}

/** bool: whether an index is this one. */
export function isAt({ graph }: Lowering, index: Node, at: number): Node {
  return graph.op("eq", index, graph.constant(index.type, at));
}
