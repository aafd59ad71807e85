import type { ArrowFunctionExpression, FunctionDeclaration, FunctionExpression } from "acorn";
import type { Component } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import type { Resource } from "../../ecs/resource.ts";
import type { Graph } from "../graph.ts";
import type { Constant } from "../lowered.ts";
import type { Loop, Node, ValueType } from "../node.ts";
import { insteadOf } from "./advice.ts";
import { Refusal } from "./error.ts";
import type { Scope } from "./scope.ts";

/** A way in which rows leave. Variables from `depth` on, of functions, loops, switches and labels, are out of scope for them. */
export interface Exit {
  readonly by: "return" | "break" | "continue";
  readonly depth: number;
}

export type NumberType = Exclude<ValueType, "bool">;

/** A number, boolean, entity or interned string of the row. */
export interface Typed {
  readonly is: "typed";
  readonly node: Node;
  readonly kind: "number" | "boolean" | "entity" | "string";
  readonly chosen?: Chosen | undefined;
  /** The integer that this is the negative of. Where a float is needed, that is made one first, so -0 is there as in JavaScript. */
  readonly negated?: Node | undefined;
  /** Of a quotient of integers: in f64, what it is before it is truncated; 0 where the divisor is. */
  readonly exact?: (() => Node) | undefined;
}

/** What a number is chosen from, if that is of several types. */
export interface Chosen {
  readonly condition: Node;
  readonly yes: Value;
  readonly no: Value;
  readonly types: ReadonlySet<ValueType | "literal" | "negative">;
  readonly depth: number;
}

/** A number made of literals alone: it takes the type of what it meets. */
export interface Untyped {
  readonly is: "untyped";
  /** Its value, if that is known now. */
  readonly constant: number | undefined;
  readonly integral: boolean;
  /** Whether an integer type has all literals that it is made of. */
  fits(type: NumberType): boolean;
  as(type: NumberType): Node;
  /** The numbers that it is made of, and whether it has been asked for a type. */
  readonly parts: readonly Untyped[];
  /** What it is known to be for rows that have not left in some ways, if it may be another one for those that have. */
  readonly here?: { readonly value: Untyped; readonly without: readonly Exit[] } | undefined;
  isMade(type: NumberType): boolean;
}

export type Scalar = Typed | Untyped;

/** The row of a component: the row's own (`parameter`), or another entity's. */
export interface Row {
  readonly is: "row";
  readonly component: Component;
  readonly parameter: number;
  readonly entity: Node | undefined;
}

/** One element of a row. */
export interface Element {
  readonly is: "element";
  readonly row: Row;
  readonly column: number;
  readonly lane: number;
}

/** The element of a fixed array whose number is `index`, which is not known before the kernel runs. */
export interface Picked {
  readonly is: "picked";
  readonly row: Row;
  readonly column: number;
  readonly index: Node;
}

/** A function that is written within the kernel, with the names that it sees. */
export interface LocalFunction {
  readonly is: "local function";
  readonly name: string;
  readonly node: ArrowFunctionExpression | FunctionExpression | FunctionDeclaration;
  readonly scope: Scope;
}

/** One of two things that have members. */
export interface Either {
  readonly is: "either";
  readonly ways: Ways;
  /** What is chosen, in messages. */
  readonly name: string;
}

/** What something is where a condition holds, and where it does not. */
export interface Ways {
  readonly condition: Node;
  readonly yes: Value;
  readonly no: Value;
}

/** Something that a declaration names. */
export type Thing = Component | EventType | Resource | RowCall;

/** A function that rows may call. */
export interface RowCall {
  readonly is: "function";
  readonly name: string;
  readonly source: string;
}

/** What an expression stands for. */
export type Value =
  | Scalar
  | Row
  | Element
  | Picked
  /** All axes of a vector field. */
  | { readonly is: "vector"; readonly row: Row; readonly field: string }
  /** All elements of a fixed array. */
  | { readonly is: "lanes"; readonly row: Row; readonly column: number }
  /** The last parameter, and what it can call. */
  | { readonly is: "scope" }
  | { readonly is: "method"; readonly name: string }
  | { readonly is: "maths" }
  | { readonly is: "maths function"; readonly name: string }
  | { readonly is: "neighbour"; readonly loop: Loop }
  | { readonly is: "declared"; readonly thing: Thing }
  | { readonly is: "enumeration"; readonly name: string; readonly values: Readonly<Record<string, number | string>> }
  | LocalFunction
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "nothing" }
  /** A variable that has no value, on some way at least. */
  | { readonly is: "unset"; readonly name: string; readonly ways?: Ways | undefined }
  /** One row, vector, array, neighbour or `k` or another. */
  | Either
  /** Ways that lead here give values that do not go together. */
  | {
      readonly is: "conflict";
      readonly what: string;
      readonly instead: string;
      readonly chosen?: Chosen | undefined;
      readonly ways?: Ways | undefined;
    }
  /** A name from outside the function. */
  | { readonly is: "foreign"; readonly name: string };

export function typed(node: Node, kind: Typed["kind"] = node.type === "bool" ? "boolean" : "number"): Typed {
  return { is: "typed", node, kind };
}

export function isBoolean(value: Scalar): value is Typed & { readonly kind: "boolean" } {
  return value.is === "typed" && value.kind === "boolean";
}

export function literal(graph: Graph, value: number): Untyped {
  return {
    is: "untyped",
    constant: value,
    integral: Number.isInteger(value),
    parts: [],
    fits: (type) => inRange(type, value),
    as: (type) => graph.constant(type, value),
    isMade: () => true,
  };
}

/** A number that is not known now. `make` is asked once for a type, after the same was made of all `parts`. */
export function untyped(integral: boolean, parts: readonly Untyped[], make: (type: NumberType) => Node): Untyped {
  const made = new Map<NumberType, Node>();
  const [i32, u32] = [parts.every((part) => part.fits("i32")), parts.every((part) => part.fits("u32"))];
  const own: Untyped = {
    is: "untyped",
    constant: undefined,
    integral,
    parts,
    fits: (type) => (type === "i32" ? i32 : type !== "u32" || u32),
    as(type) {
      // Long loops make long chains, too long to be followed by calls.
      const waiting: Untyped[] = made.has(type) ? [] : [own];
      while (waiting.length > 0) {
        const last = waiting[waiting.length - 1]!;
        const first = last.parts.find((part) => !part.isMade(type));
        if (first !== undefined) waiting.push(first);
        else if (waiting.pop() === own) made.set(type, make(type));
        else last.as(type);
      }
      return made.get(type)!;
    },
    isMade: (type) => made.has(type),
  };
  return own;
}

export function constantOf(graph: Graph, name: string, constant: Constant): Value {
  if (typeof constant === "number") return literal(graph, constant);
  if (typeof constant === "boolean") return typed(graph.constant("bool", Number(constant)));
  return { is: "enumeration", name, values: constant as Readonly<Record<string, number | string>> };
}

/** The type of a number whose neighbours do not say: i32 or u32 if it fits, else f32. */
export function naturalType(value: Scalar): ValueType {
  if (value.is === "typed") return value.node.type;
  if (!value.integral) return "f32";
  return value.fits("i32") ? "i32" : value.fits("u32") ? "u32" : "f32";
}

export function nodeOf(value: Scalar): Node {
  return value.is === "typed" ? value.node : value.as(naturalType(value) as NumberType);
}

/** The number or boolean that a value must be. */
export function scalarOf(value: Value): Scalar {
  if (value.is === "typed" || value.is === "untyped") return value;
  throw refusalOf(value);
}

/** A value that a name may stand for. Throws {@link Refusal} where it comes from for what is of no use anywhere. */
export function known(value: Value): Value {
  if (value.is === "conflict" || value.is === "foreign") throw refusalOf(value);
  return value;
}

/** Why a value is no number or boolean. */
export function refusalOf(value: Value): Refusal {
  switch (value.is) {
    case "unset":
      return new Refusal(`${value.name} may have no value here`, `give it one where it is declared`);
    case "conflict":
      return new Refusal(value.what, value.instead);
    case "either":
      return new Refusal(
        `${value.name} is ${nameOf(value.ways.yes)} on one way and something else on another`,
        "make the choice between numbers",
      );
    case "foreign":
      return new Refusal(
        `${value.name} is captured from outside the function`,
        insteadOf(value.name) ??
          "pass numbers as uniforms or constants, and declare what else you use in uses; if a bundler or minifier renamed it, write k.Name",
      );
    case "text":
      return new Refusal(
        "strings are not supported",
        "compare str fields with each other, or use numbers and enumerations",
      );
    case "nothing":
      return new Refusal("there is no value here", "use an expression that gives a number or boolean");
    case "row":
    case "vector":
    case "lanes":
      if (value.is === "row" && value.entity !== undefined)
        return new Refusal(
          `${nameOf(value)} is not a number`,
          `use its fields one by one, or k.has(entity, k.${value.component.name}) for whether there is one`,
        );
      return new Refusal(`${nameOf(value)} is not a number`, "use its fields, axes or elements one by one");
    case "enumeration":
      if (Array.isArray(value.values))
        return new Refusal(`${value.name} is a list`, `use an element, as ${value.name}[0]`);
      return new Refusal(
        `${value.name} is an enumeration`,
        `use one of its values, such as ${value.name}.${Object.keys(value.values)[0]}`,
      );
    case "declared":
      return new Refusal(
        `${value.thing.name} is not a number`,
        value.thing.is === "function" ? "call it" : "pass it to a call such as k.at or k.emit",
      );
    default:
      return new Refusal(
        `${nameOf(value)} cannot be used as a value`,
        "use it where it stands, as in k.dt or Math.sqrt(x)",
      );
  }
}

/** What a value is called in messages. */
export function nameOf(value: Value): string {
  switch (value.is) {
    case "row":
      return value.component.key;
    case "vector":
      return `${value.row.component.key}.${value.field}`;
    case "lanes":
      return `${value.row.component.key}.${value.row.component.columns[value.column]!.path}`;
    case "method":
      return `k.${value.name}`;
    case "maths":
      return "Math";
    case "maths function":
      return `Math.${value.name}`;
    case "scope":
      return "k";
    case "neighbour":
      return "the neighbour";
    case "foreign":
    case "local function":
      return value.name;
    default:
      return "this";
  }
}

function inRange(type: NumberType, value: number): boolean {
  if (type === "i32") return value >= -2_147_483_648 && value <= 2_147_483_647;
  return type !== "u32" || (value >= 0 && value <= 4_294_967_295);
}
