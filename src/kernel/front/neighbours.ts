import type { Expression } from "acorn";
import type { Loop, Node } from "../node.ts";
import { countArguments } from "./argument.ts";
import { checkNumber, choose, toNumber } from "./arithmetic.ts";
import { distanceSquared } from "./displacement.ts";
import { Refusal } from "./error.ts";
import { evaluate, scalar } from "./expression.ts";
import { bodyInside, type Lowering } from "./lowering.ts";
import type { Method } from "./method.ts";
import { Scope } from "./scope.ts";
import { type Cell, State } from "./state.ts";
import { bind, functionBody } from "./statement.ts";
import {
  type LocalFunction,
  type NumberType,
  naturalType,
  type Scalar,
  scalarOf,
  type Typed,
  typed,
  type Value,
} from "./value.ts";

/**
 * `k.neighbours(radius, (other) => { ... })`. What the body changes is carried from one neighbour to the next. Which variables
 * these are, and of which types, comes out of reading the body until nothing new appears.
 */
export const neighbours: Method = (l, args) => {
  countArguments("k.neighbours", args, [2], "write k.neighbours(radius, (other) => { ... })");
  if (l.loop !== undefined) {
    throw new Refusal("neighbour loops inside each other are not supported", "use two loops, or a larger radius");
  }
  const radius = l.at(args[0]!, () => {
    const given = scalar(l, args[0]!);
    checkNumber(given, "a radius");
    return toNumber(l.graph, "f32", given);
  });
  const visit = visitorOf(l, args[1]!);
  const before = l.state;
  const { repetitions } = l;
  let carried = new Map<Cell, Carried | undefined>();
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    l.repetitions = repetitions;
    const loop = l.graph.open(radius, before.path);
    l.state = copyOf(before);
    for (const [cell, one] of carried) {
      if (one === undefined) {
        l.set(cell, { is: "unset", name: cell.name });
        continue;
      }
      const { type, kind } = one;
      const start = scalarOf(before.get(cell));
      const phi = typed(l.graph.carry(loop, nodeIn(l, start, type)), kind);
      l.set(cell, phi);
    }
    const start = l.state;
    const mask = isNeighbour(l, loop, radius);
    read(l, loop, mask, visit);
    const next = carriedBy(l, start, carried, mask);
    if (isSettled(carried, next)) {
      finish(l, loop, before, carried);
      return { is: "nothing" };
    }
    carried = next;
  }
  throw new Refusal(
    "the types of what this loop changes do not settle",
    "convert with k.f32 or k.i32 where it is assigned",
  );
};

const PASSES_MAX = 64;

/** What a carried value is. */
interface Carried {
  readonly type: Node["type"];
  readonly kind: Typed["kind"];
}
type CarriedCells = ReadonlyMap<Cell, Carried | undefined>;

function visitorOf(l: Lowering, node: Expression): LocalFunction {
  const value = l.at(node, () => evaluate(l, node));
  if (value.is !== "local function")
    return l.source.fail(node.start, "k.neighbours takes a function here", "write (other) => { ... } in its place");
  const [, more] = value.node.params;
  if (more !== undefined)
    l.source.fail(more.start, "a neighbour is one parameter", "use other.entity, other.x, other.dx and the like");
  return value;
}

/** bool: whether a candidate is a neighbour: within the radius, in f32, and another entity. Nobody is within less than 0. */
function isNeighbour({ graph }: Lowering, loop: Loop, radius: Node): Node {
  const sensible = graph.op("ge", radius, graph.constant("f32", 0));
  const limit = graph.op("select", sensible, graph.op("mul", radius, radius), graph.constant("f32", Number.NaN));
  const near = graph.op("le", distanceSquared(graph, loop), limit);
  return graph.op("and", near, graph.op("ne", graph.leaf(loop, "other"), graph.entity()));
}

/** The body for one candidate, for the rows that it is a neighbour of. */
function read(l: Lowering, loop: Loop, mask: Node, visit: LocalFunction): void {
  const { scope, inside, visiting } = l;
  const { params, body } = visit.node;
  l.scope = new Scope(visit.scope);
  l.inside = bodyInside(inside);
  l.visiting = true;
  l.loop = loop;
  l.branch(
    mask,
    () => {
      if (params[0]) bind(l, params[0], { is: "neighbour", loop });
      functionBody(l, body);
    },
    () => undefined,
  );
  l.loop = undefined;
  Object.assign(l, { scope, inside, visiting });
}

/** What is carried, and what else the body changed: undefined stands for what has no value at the start of each turn. */
function carriedBy(l: Lowering, start: State, known: CarriedCells, mask: Node): Map<Cell, Carried | undefined> {
  const found = new Map<Cell, Carried | undefined>();
  for (const [cell, next] of l.state.values) {
    const was = start.values.get(cell) ?? cell.initial;
    if (was === undefined) continue;
    if (!known.has(cell) && (was === next || (was.is === "typed" && next.is === "typed" && was.node === next.node)))
      continue;
    if (isLost(was) && isLost(next)) {
      found.set(cell, undefined);
      continue;
    }
    if (was.is === "row" || next.is === "row") {
      throw new Refusal(
        `${cell.name} is a row, which cannot be another one from neighbour to neighbour`,
        "keep its entity in a variable, and look at it with k.at behind the loop",
      );
    }
    const value = choose(l.graph, mask, scalarOf(next), scalarOf(was));
    found.set(cell, { type: naturalType(value), kind: value.is === "typed" ? value.kind : "number" });
  }
  return found;
}

function isLost({ is }: Value): boolean {
  return is === "unset" || is === "conflict";
}

function isSettled(known: CarriedCells, found: CarriedCells): boolean {
  return (
    known.size === found.size &&
    [...found].every(
      ([cell, one]) => known.has(cell) && known.get(cell)?.type === one?.type && known.get(cell)?.kind === one?.kind,
    )
  );
}

function finish(l: Lowering, loop: Loop, before: State, carried: CarriedCells): void {
  const cells = [...carried].flatMap(([cell, one]) => (one === undefined ? [] : [[cell, one] as const]));
  const nexts = cells.map(([cell, { type }]) => nodeIn(l, scalarOf(l.state.get(cell)), type));
  const results = l.graph.close(loop, nexts);
  l.state = new State(new Map(before.values), before.path);
  for (const [cell, one] of carried) if (one === undefined) l.set(cell, { is: "unset", name: cell.name });
  cells.forEach(([cell, { kind }], i) => {
    l.set(cell, typed(results[i]!, kind));
  });
}

function nodeIn(l: Lowering, value: Scalar, type: Node["type"]): Node {
  return type === "bool" && value.is === "typed" ? value.node : toNumber(l.graph, type as NumberType, value);
}

/** The same state, with what is known of variables here. */
function copyOf(state: State): State {
  return new State(new Map([...state.values.keys()].map((cell) => [cell, state.get(cell)])), state.path);
}
