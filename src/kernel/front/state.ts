import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { choose } from "./arithmetic.ts";
import { Refusal } from "./error.ts";
import { type Chosen, type Exit, nameOf, type Value, type Ways } from "./value.ts";

/** Something that has one value at a time: a variable, an element of a column, what a call returns, whether an effect happens. */
export class Cell {
  readonly kind: "local" | "column" | "result" | "effect";
  readonly name: string;
  /** What it is before anything is assigned; variables are not before they are declared. */
  readonly initial: Value | undefined;
  /** Of a variable: how many functions, loops and switches it is in. */
  readonly depth: number;

  constructor(kind: Cell["kind"], name: string, initial?: Value, depth = 0) {
    this.kind = kind;
    this.name = name;
    this.initial = initial;
    this.depth = depth;
  }
}

/** What cells are at a point of the function, and which rows get there. */
export class State {
  readonly values: Map<Cell, Value>;
  /** bool: the rows that are here. */
  readonly path: Node;
  /** bool: rows that have left in a way, if any. They go through what follows untouched. */
  readonly exits = new Map<Exit, Node>();
  /** Whether it is known that all rows have left, in one way or another. */
  deserted = false;

  constructor(values: Map<Cell, Value>, path: Node) {
    this.values = values;
    this.path = path;
  }

  get(cell: Cell): Value {
    const value = this.values.get(cell) ?? cell.initial!;
    return "ways" in value && value.ways !== undefined ? wayOf(value, factsOf(this.path, true)) : value;
  }

  /** Whether it follows from how rows got here that a condition holds for none of them. */
  excludes(condition: Node): boolean {
    const facts = factsOf(this.path, true);
    return [...factsOf(condition, false)].every((fact) => facts.has(fact));
  }

  /** No row that has left is here any more: counters are what they are for the others. */
  settle(): void {
    for (const [cell, value] of this.values) {
      if (value.is === "untyped" && value.here !== undefined) this.values.set(cell, value.here.value);
    }
  }

  /** The same for the rows of `condition`, none of which has left. */
  fork(graph: Graph, condition: Node): State {
    return new State(new Map(this.values), graph.op("and", this.path, condition));
  }

  /** bool: rows that have left in any way. */
  gone(graph: Graph): Node {
    if (this.deserted) return graph.constant("bool", 1);
    let gone = graph.constant("bool", 0);
    for (const left of this.exits.values()) gone = graph.op("or", gone, left);
    return gone;
  }

  /** Rows that have left in one way are back: their loop, iteration or function is over. */
  welcome(exit: Exit): void {
    if (!this.exits.delete(exit)) return;
    this.deserted = false;
    for (const [cell, value] of this.values) {
      if (value.is === "untyped" && value.here?.without.includes(exit))
        this.values.set(cell, { ...value, here: undefined });
    }
  }
}

/** What is known about the two sides of a merge. */
export interface Sides {
  /** A side has returned with all its rows, so that what its variables are no longer matters. */
  readonly yesReturned: boolean;
  readonly noReturned: boolean;
  /** How the rows of a side have left, if all have. */
  readonly yesGone: readonly Exit[] | undefined;
  readonly noGone: readonly Exit[] | undefined;
  /** The depth from which variables are out of scope for all rows of a side, since these have left. */
  readonly yesLeft: number;
  readonly noLeft: number;
  /** The second side is what came before: its rows have all left. */
  readonly left: boolean;
  /** All rows of both sides have left. */
  readonly deserted: boolean;
  /** Variables matter after a return, too. */
  readonly keeps: boolean;
}

/** The state `yes` where `condition` holds, else `no`, for rows on `path`. */
export function merge(graph: Graph, condition: Node, yes: State, no: State, path: Node, sides: Sides): State {
  const values = new Map<Cell, Value>();
  for (const cell of new Set([...yes.values.keys(), ...no.values.keys()])) {
    const a = yes.values.get(cell) ?? cell.initial;
    const b = no.values.get(cell) ?? cell.initial;
    // A variable that one side does not know has gone out of scope.
    if (a === undefined || b === undefined) continue;
    if (a === b) {
      values.set(cell, a);
      continue;
    }
    const takes = (side: Value, returned: boolean, depth: number): boolean =>
      (cell.kind === "local" && ((returned && !sides.keeps) || (side.is === "unset" && cell.depth >= depth))) ||
      (cell.kind === "result" && side.is === "unset");
    const value = takes(a, sides.yesReturned, sides.yesLeft)
      ? b
      : takes(b, sides.noReturned, sides.noLeft)
        ? a
        : choice(graph, condition, settled(a, path, condition, true), settled(b, path, condition, false), cell.name);
    values.set(cell, withHere(value, sides, a, b));
  }
  const merged = new State(values, path);
  const never = graph.constant("bool", 0);
  for (const exit of new Set([...yes.exits.keys(), ...no.exits.keys()])) {
    const { [0]: a, [1]: b } = [yes, no].map(({ exits }) => exits.get(exit) ?? never) as [Node, Node];
    if (!sides.left) merged.exits.set(exit, graph.op("select", condition, a, b));
    else if (exit.by === "return" && sides.noReturned && isTrue(a)) merged.exits.set(exit, a);
    else merged.exits.set(exit, graph.op("or", b, graph.op("and", condition, a)));
  }
  merged.deserted = sides.deserted;
  return merged;
}

/** A choice of counters, with what it is for the rows of both sides that have not left, where that is one and known. */
function withHere(value: Value, { yesGone, noGone }: Sides, a: Value, b: Value): Value {
  if (value.is !== "untyped" || value.constant !== undefined || a.is !== "untyped" || b.is !== "untyped") return value;
  const sides = [yesGone ? b : a, noGone ? a : b];
  const [yes, no] = sides.map((side) => side.here?.value ?? side);
  if (yes!.constant === undefined || !Object.is(yes!.constant, no!.constant)) return value;
  const without = [...sides.flatMap(({ here }) => here?.without ?? []), ...(yesGone ?? []), ...(noGone ?? [])];
  return { ...value, here: { value: yes!, without } };
}

/** One of two values; those that do not go together are a conflict, which only matters if it is used. */
export function choice(graph: Graph, condition: Node, a: Value, b: Value, name: string): Value {
  if (a === b || (isFixed(a) && sameFixed(a, b))) return a;
  const ways = { condition, yes: a, no: b };
  // There is no use for a conflict that is not of types, whatever is chosen.
  if (a.is === "unset" || (a.is === "conflict" && a.chosen === undefined)) return { ...a, ways };
  if (b.is === "unset" || (b.is === "conflict" && b.chosen === undefined)) return { ...b, ways };
  const chosen = chosenFrom(condition, a, b);
  if (a.is === "conflict") return { ...a, chosen, ways };
  if (b.is === "conflict") return { ...b, chosen, ways };
  const scalars = [a, b].filter((value) => value.is === "typed" || value.is === "untyped");
  if (hasMembers(a) && hasMembers(b)) return oneOf(graph, ways, name);
  if (scalars.length < 2) {
    const what = `${name} is ${scalars.includes(a as never) ? "a number" : nameOf(a)} on one way and something else on another`;
    return { is: "conflict", what, instead: "make the choice between numbers", ways };
  }
  try {
    const value = choose(graph, condition, scalars[0]!, scalars[1]!);
    return value.is === "typed" && chosen !== undefined ? { ...value, chosen } : value;
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    return { is: "conflict", what: `${name} has two types here: ${cause.what}`, instead: cause.instead, chosen, ways };
  }
}

/** One of two things with members. Of two other entities' rows it is the row of one entity or the other. */
function oneOf(graph: Graph, ways: Ways, name: string): Value {
  const { condition, yes, no } = ways;
  if (yes.is === "row" && no.is === "row" && yes.component === no.component && yes.entity && no.entity)
    return { ...yes, entity: graph.op("select", condition, yes.entity, no.entity) };
  return { is: "either", ways, name };
}

const MEMBERS: ReadonlySet<string> = new Set(["row", "vector", "lanes", "either", "scope", "neighbour"]);

/** Whether a value has members of which some are numbers: minifiers write `(c ? p : other).x` for `c ? p.x : other.x`. */
function hasMembers({ is }: Value): boolean {
  return MEMBERS.has(is);
}

/** What a value that may be none is for the rows on `path` for which a condition holds, or does not. */
function settled(value: Value, path: Node, condition: Node, holds: boolean): Value {
  const isOpen = (value.is === "unset" || value.is === "conflict") && value.ways !== undefined;
  return isOpen ? wayOf(value, new Set([...factsOf(path, true), ...factsOf(condition, holds)])) : value;
}

/** What a value is where all of `facts` hold, as far as they say. */
function wayOf(value: Value, facts: ReadonlySet<number>): Value {
  let found = value;
  for (;;) {
    const ways = "ways" in found ? found.ways : undefined;
    if (ways === undefined) return found;
    const follows = (holds: boolean): boolean => [...factsOf(ways.condition, holds)].every((fact) => facts.has(fact));
    if (follows(true)) found = ways.yes;
    else if (follows(false)) found = ways.no;
    else return found;
  }
}

/** What follows from a condition or its opposite, each as the number of a node: that of one which does not hold is below 0. */
function factsOf(condition: Node, isTrue: boolean): Set<number> {
  const facts = new Set<number>();
  const seen = new Set<number>();
  const waiting: [Node, boolean][] = [[condition, isTrue]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [{ id, op, args }, holds] = next;
    const fact = holds ? id : ~id;
    if (seen.has(fact)) continue;
    seen.add(fact);
    if (op === "not") waiting.push([args[0]!, !holds]);
    else if (op === (holds ? "and" : "or")) for (const arg of args) waiting.push([arg, holds]);
    else facts.add(fact);
  }
  return facts;
}

/** Most choices inside one another whose numbers still convert each for itself. */
const DEPTH_MAX = 256;

/** What is chosen from, if both are numbers and not of one type. */
function chosenFrom(condition: Node, yes: Value, no: Value): Chosen | undefined {
  const [a, b] = [typesOf(yes), typesOf(no)];
  if (a === undefined || b === undefined) return undefined;
  const types = new Set([...a, ...b]);
  const depth = 1 + Math.max(...[yes, no].map((value) => ("chosen" in value ? (value.chosen?.depth ?? 0) : 0)));
  return types.size > 1 && depth <= DEPTH_MAX ? { condition, yes, no, types, depth } : undefined;
}

/** The types of the numbers that a value is chosen from; that of literals is their own. */
function typesOf(value: Value): Chosen["types"] | undefined {
  if (value.is === "untyped") return LITERAL;
  if (value.is === "typed" && value.kind === "number")
    return value.chosen?.types ?? (value.negated ? new Set([value.node.type, "negative"]) : new Set([value.node.type]));
  return value.is === "conflict" ? value.chosen?.types : undefined;
}

const LITERAL: Chosen["types"] = new Set(["literal"]);

function isTrue({ op, value }: Node): boolean {
  return op === "const" && value !== 0;
}

function isFixed(value: Value): boolean {
  return value.is !== "typed" && value.is !== "untyped";
}

/** Whether two references are to the same. */
function sameFixed(a: Value, b: Value): boolean {
  const [x, y] = [a, b] as unknown as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys(x).every((key) => {
    if (x[key] === y[key]) return true;
    return key === "row" && y["row"] !== undefined && sameFixed(x["row"] as Value, y["row"] as Value);
  });
}
