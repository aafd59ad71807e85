import type { Graph } from "../graph.ts";
import { remainder } from "../math/index.ts";
import type { Node, Op } from "../node.ts";
import { Refusal } from "./error.ts";
import {
  isBoolean,
  literal,
  type NumberType,
  naturalType,
  nodeOf,
  type Scalar,
  type Typed,
  typed,
  type Untyped,
  untyped,
} from "./value.ts";

/** `a operator b` for an operator of JavaScript between two values. Throws {@link Refusal}. */
export function binary(graph: Graph, operator: string, a: Scalar, b: Scalar): Scalar {
  // Minifiers write `1 == (a < b)`.
  const isLoose = operator.length === 2 && isBoolean(a) !== isBoolean(b);
  if (isEquality(operator) && !isLoose) return compare(graph, operator, a, b);
  return calculate(graph, operator, asNumber(graph, a, operator), asNumber(graph, b, operator));
}

function calculate(graph: Graph, operator: string, a: Scalar, b: Scalar): Scalar {
  if (COMPARE[operator] !== undefined) return compare(graph, operator, a, b);
  if (BITS[operator] !== undefined) return bitwise(graph, operator, a, b);
  if (a.is === "untyped" && b.is === "untyped") return untypedBinary(graph, operator, a, b);
  if (SIGNED.has(operator)) {
    const [p, q] = [positive(graph, a, b), positive(graph, b, a)];
    if (p !== a || q !== b) {
      const value = calculate(graph, operator, p, q);
      return (p !== a) === (operator !== "%" && q !== b) ? value : negate(graph, value);
    }
  }
  const [x, y] = unify(graph, a, b, operator !== "/" && operator !== "%");
  const value = typed(apply(graph, operator, x, y));
  return operator === "/" && !isFloat(x.type) ? { ...value, exact: () => quotient(graph, x, y) } : value;
}

function quotient(graph: Graph, a: Node, b: Node): Node {
  const divided = graph.op("div", graph.convert("f64", a), graph.convert("f64", b));
  return graph.op("select", graph.op("ne", b, graph.constant(b.type, 0)), divided, graph.constant("f64", 0));
}

/** Operators whose result has the sign of their operands, so that `-(a * b)` may be written as `-a * b`. */
const SIGNED = new Set(["*", "/", "%"]);

/** What an operand of {@link SIGNED} is the negative of, if it is an integer; else itself. */
function positive(graph: Graph, a: Scalar, other: Scalar): Scalar {
  if (a.is === "typed") return a.negated === undefined ? a : typed(a.negated);
  const { constant = 0 } = a;
  const isNegative = Number.isInteger(constant) && constant < 0 && constant > -2_147_483_648;
  return isNegative && !isFloat(nodeOf(other).type) ? literal(graph, -constant) : a;
}

export function negate(graph: Graph, value: Scalar): Scalar {
  const a = asNumber(graph, value, "-");
  if (a.is === "typed") {
    const exact = a.exact && (() => graph.op("neg", a.exact!()));
    if (a.negated !== undefined) return { ...typed(a.negated), exact };
    return { ...typed(negateNode(graph, a.node)), negated: isFloat(a.node.type) ? undefined : a.node, exact };
  }
  if (a.constant !== undefined) return literal(graph, -a.constant);
  return untyped(a.integral, [a], (type) => negateNode(graph, a.as(type)));
}

/** `+a` */
export function plus(graph: Graph, a: Scalar): Scalar {
  return asNumber(graph, a, "+");
}

/** `~a` */
export function complement(graph: Graph, value: Scalar): Scalar {
  const a = asNumber(graph, value, "~");
  if (a.is === "untyped" && a.constant !== undefined) return literal(graph, ~a.constant);
  return typed(graph.op("not", integer(graph, a)));
}

/** Whether a value holds as a condition: all numbers but 0 and NaN do, and entities. Throws {@link Refusal}. */
export function truth(graph: Graph, value: Scalar): Node {
  if (isBoolean(value)) return value.node;
  if (value.is === "typed" && value.kind === "string")
    throw new Refusal("a condition must be a boolean or a number", "compare str fields with === and !==");
  if (value.is === "untyped" && value.constant !== undefined)
    return graph.constant("bool", value.constant === 0 || Number.isNaN(value.constant) ? 0 : 1);
  const node = preciseNode(value);
  const zero = graph.constant(node.type, 0);
  return isFloat(node.type) ? graph.op("gt", graph.op("abs", node), zero) : graph.op("ne", node, zero);
}

/** An operand of arithmetic: numbers as they are, booleans as 0 and 1. Throws {@link Refusal}. */
function asNumber(graph: Graph, value: Scalar, operator: string): Scalar {
  if (isBoolean(value)) return choose(graph, value.node, literal(graph, 1), literal(graph, 0));
  checkNumber(value, operator);
  return value;
}

/** The second operand where `condition` holds, else the third. They unify like operands. Throws {@link Refusal}. */
export function choose(graph: Graph, condition: Node, yes: Scalar, no: Scalar): Scalar {
  if (condition.op === "const") return condition.value !== 0 ? yes : no;
  if (isSame(yes, no)) return yes;
  if (yes.is === "untyped" && no.is === "untyped") {
    return untyped(yes.integral && no.integral, [yes, no], (type) =>
      graph.op("select", condition, yes.as(type), no.as(type)),
    );
  }
  const kind = kindOf(yes, no);
  if (kind !== "number")
    return typed(graph.op("select", condition, nodeIn(kind, graph, yes), nodeIn(kind, graph, no)), kind);
  const [a, b] = unify(graph, yes, no, false);
  const value = typed(graph.op("select", condition, a, b));
  if (isFloat(a.type) || (!isQuotient(yes) && !isQuotient(no))) return value;
  return { ...value, exact: () => graph.op("select", condition, exactOf(graph, yes, a), exactOf(graph, no, b)) };
}

function isQuotient(value: Scalar): value is Typed & { readonly exact: () => Node } {
  return value.is === "typed" && value.exact !== undefined;
}

function exactOf(graph: Graph, value: Scalar, integer: Node): Node {
  return isQuotient(value) ? value.exact() : graph.convert("f64", integer);
}

/** Both as numbers of one type. Literals that an integer type lacks are refused, or wrap around if that changes nothing. */
export function unify(graph: Graph, a: Scalar, b: Scalar, wraps: boolean): [Node, Node] {
  const type = commonType(a, b);
  if (!wraps) for (const operand of [a, b]) checkRange(operand, type);
  return [toNumber(graph, type, a), toNumber(graph, type, b)];
}

/** The type that two numbers are computed in. */
function commonType(a: Scalar, b: Scalar): NumberType {
  if (a.is === "untyped")
    return b.is === "untyped" ? (naturalType(a.integral ? b : a) as NumberType) : commonType(b, a);
  const type = a.node.type as NumberType;
  if (b.is === "untyped") return isFloat(type) || b.integral ? type : "f32";
  const other = b.node.type as NumberType;
  if (type === other) return type;
  if (isFloat(type)) return isFloat(other) ? "f64" : type;
  if (isFloat(other)) return other;
  throw new Refusal("i32 and u32 do not mix", "write x | 0 or x >>> 0 for one of them");
}

/** A number in another type: floats to integers truncate and saturate. */
export function toNumber(graph: Graph, type: NumberType, value: Scalar): Node {
  if (value.is === "untyped") return value.as(type);
  if (value.negated !== undefined && isFloat(type)) return graph.op("neg", graph.convert(type, value.negated));
  return graph.convert(type, value.node);
}

/** A number as an explicit conversion gives it: saturating, literals too. */
export function converted(graph: Graph, type: NumberType, value: Scalar): Typed {
  if (value.is === "typed") {
    if (value.kind === "boolean" || value.kind === "string") checkNumber(value, `k.${type}`);
    return typed(toNumber(graph, type, value), "number");
  }
  if (value.constant !== undefined) return typed(graph.convert(type, graph.constant("f64", value.constant)));
  return typed(graph.convert(type, type === "f64" ? value.as(type) : preciseNode(value)));
}

/** A number whose neighbours do not say its type: literals of which some are no integers in f64, as JavaScript has them. */
export function preciseNode(value: Scalar): Node {
  return value.is === "untyped" && naturalType(value) === "f32" ? value.as("f64") : nodeOf(value);
}

/** The node of a number. */
export function nodeOfNumber(value: Scalar, operator: string): Node {
  checkNumber(value, operator);
  return nodeOf(value);
}

/** Throws {@link Refusal} unless a value is a number. */
export function checkNumber(value: Scalar, operator: string): void {
  if (value.is === "untyped" || value.kind === "number") return;
  if (value.kind === "boolean")
    throw new Refusal(`${operator} takes numbers, not booleans`, "write flag ? 1 : 0 for a number, or && and ||");
  if (value.kind === "entity")
    throw new Refusal(
      `${operator} takes numbers, not entities`,
      "compare entities with === and !==, or convert with k.i32(entity)",
    );
  throw new Refusal(`${operator} takes numbers, not strings`, "compare str fields with === and !==");
}

/** Whether two values are known to be the same. */
function isSame(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (a.is === "typed")
    return b.is === "typed" && a.node === b.node && a.kind === b.kind && isQuotient(a) === isQuotient(b);
  return b.is === "untyped" && a.constant !== undefined && Object.is(a.constant, b.constant);
}

const ARITHMETIC: Readonly<Record<string, Op | "remainder">> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "%": "remainder",
};
const COMPARE: Readonly<Record<string, Op>> = {
  "===": "eq",
  "!==": "ne",
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
};
const BITS: Readonly<Record<string, Op>> = {
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "shl",
  ">>": "shr",
  ">>>": "shr",
};

/** What JavaScript makes of two numbers that are known now. */
const FOLD: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "===": (a, b) => Number(a === b),
  "==": (a, b) => Number(a === b),
  "!==": (a, b) => Number(a !== b),
  "!=": (a, b) => Number(a !== b),
};

function apply(graph: Graph, operator: string, a: Node, b: Node): Node {
  const op = ARITHMETIC[operator]!;
  if (op !== "remainder") return graph.op(op, a, b);
  if (a.type === "f64")
    throw new Refusal(
      "% of f64 is not supported",
      "write a - Math.trunc(a / b) * b, or Math.fround(a) % Math.fround(b)",
    );
  return remainder(graph, a, b);
}

function negateNode(graph: Graph, a: Node): Node {
  return a.type === "u32" ? graph.op("sub", graph.constant("u32", 0), a) : graph.op("neg", a);
}

/** Literals among themselves: computed in f64 if they are known, else in the type that they will meet. */
function untypedBinary(graph: Graph, operator: string, a: Untyped, b: Untyped): Scalar {
  if (a.constant !== undefined && b.constant !== undefined)
    return literal(graph, FOLD[operator]!(a.constant, b.constant));
  const integral = a.integral && b.integral && operator !== "/";
  const make = (type: NumberType): Node => apply(graph, operator, a.as(type), b.as(type));
  return untyped(integral, [a, b], operator === "%" ? (type) => held(graph, [a, b], type, make) : make);
}

/**
 * What `make` computes of literals. Sums, differences and products of integers have the same 32 bits in i32 and u32; where
 * that is not so, they are computed in a type that holds them all, and the bits are taken then.
 */
export function held(
  graph: Graph,
  values: readonly Untyped[],
  type: NumberType,
  make: (type: NumberType) => Node,
): Node {
  if (isFloat(type) || values.some(({ integral }) => !integral) || values.every((value) => value.fits(type)))
    return make(type);
  const other = type === "i32" ? "u32" : "i32";
  if (values.every((value) => value.fits(other))) return graph.convert(type, make(other));
  const exact = make("f64");
  return type === "u32" ? unsigned(graph, exact) : graph.convert("i32", unsigned(graph, exact));
}

function compare(graph: Graph, operator: string, a: Scalar, b: Scalar): Typed {
  const op = COMPARE[operator]!;
  const kind = kindOf(a, b);
  if (kind !== "number") {
    const [x, y] = [nodeIn(kind, graph, a), nodeIn(kind, graph, b)];
    if (kind !== "boolean") return typed(graph.op(op, x, y));
    const differ = graph.op("xor", x, y);
    return typed(op === "ne" ? differ : graph.op("not", differ));
  }
  if (a.is === "untyped" && b.is === "untyped" && a.constant !== undefined && b.constant !== undefined) {
    return typed(graph.constant("bool", FOLD[operator]!(a.constant, b.constant)));
  }
  if (a.is === "untyped" && b.is === "untyped" && [a, b].some((one) => naturalType(one) === "f32"))
    return typed(graph.op(op, a.as("f64"), b.as("f64")));
  return typed(graph.op(op, ...unify(graph, a, b, false)));
}

function bitwise(graph: Graph, operator: string, a: Scalar, b: Scalar): Scalar {
  const isZero = (value: Scalar): boolean => value.is === "untyped" && value.constant === 0;
  if (operator === "|" && isZero(b)) return typed(integer(graph, a, "i32"));
  if (operator === "|" && isZero(a)) return typed(integer(graph, b, "i32"));
  if (operator === ">>>" && isZero(b)) return typed(integer(graph, a, "u32"));
  if (a.is === "untyped" && b.is === "untyped" && a.constant !== undefined && b.constant !== undefined) {
    return literal(graph, FOLD[operator]!(a.constant, b.constant));
  }
  const op = BITS[operator]!;
  if (op === "shl" || op === "shr") {
    const left = integer(graph, a, operator === ">>" ? "i32" : operator === ">>>" ? "u32" : undefined);
    return typed(graph.op(op, left, integer(graph, b, "i32")));
  }
  const types = [a, b].flatMap((operand) => (operand.is === "typed" ? [operand.node.type] : []));
  const type = types.length > 0 && types.every((known) => known === "u32") ? "u32" : "i32";
  return typed(graph.op(op, wrapped(graph, a, type), wrapped(graph, b, type)));
}

/** As an operand of bits: floats saturate; between integers the bits stay. */
function integer(graph: Graph, value: Scalar, type?: "i32" | "u32"): Node {
  const made = value.is === "untyped" ? wrapped(graph, value, type ?? "i32") : value.node;
  if (isFloat(made.type)) return type === "u32" ? unsigned(graph, made) : graph.convert("i32", made);
  return type === undefined ? made : graph.convert(type, made);
}

/** A float as u32: as in JavaScript from -2^31 to 2^32, where it wraps around below 0; beyond that it saturates. */
function unsigned(graph: Graph, a: Node): Node {
  const negative = graph.op("lt", a, graph.constant(a.type, 0));
  return graph.op("select", negative, graph.convert("u32", graph.convert("i32", a)), graph.convert("u32", a));
}

function wrapped(graph: Graph, value: Scalar, type: "i32" | "u32"): Node {
  if (value.is === "typed") return integer(graph, value, type);
  if (value.constant !== undefined) return graph.constant(type, value.constant);
  return value.integral ? value.as(type) : integer(graph, typed(value.as("f64")), type);
}

/** What two values are together; a literal 0 is no entity. */
function kindOf(a: Scalar, b: Scalar): Typed["kind"] {
  const [x, y] = [a, b].map((value) => (value.is === "typed" ? value.kind : "number")) as [
    Typed["kind"],
    Typed["kind"],
  ];
  if (x === y) return x;
  const other = a.is === "untyped" ? a : b;
  if ((x === "entity" || y === "entity") && other.is === "untyped" && other.constant === 0) return "entity";
  const instead =
    x === "boolean" || y === "boolean"
      ? "write x !== 0 for a boolean, or flag ? 1 : 0 for a number"
      : x === "entity" || y === "entity"
        ? "only 0, for no entity, and other entities go with an entity"
        : "str fields only go with each other";
  throw new Refusal(`a ${x} and a ${y} do not mix`, instead);
}

function nodeIn(kind: Typed["kind"], graph: Graph, value: Scalar): Node {
  return value.is === "typed" ? value.node : kind === "entity" ? graph.constant("i32", 0) : nodeOf(value);
}

function checkRange(value: Scalar, type: NumberType): void {
  if (value.is === "typed" || isFloat(type) || value.fits(type)) return;
  const other = type === "i32" ? "u32" : "i32";
  const bits = value.fits(other) ? `write x ${other === "u32" ? ">>> 0" : "| 0"} for the other operand, or` : "write";
  const operand = value.fits(other) ? "k.f64(x)" : "k.f64(x) for the other operand";
  throw new Refusal(`${value.constant ?? "a literal"} does not fit ${type}`, `${bits} ${operand}`);
}

function isEquality(operator: string): boolean {
  return COMPARE[operator] === "eq" || COMPARE[operator] === "ne";
}

export function isFloat(type: string): boolean {
  return type === "f32" || type === "f64";
}
