import type { Graph } from "../graph.ts";
import { mathTable } from "../math/index.ts";
import type { Node } from "../node.ts";
import { binary, checkNumber, converted, held, toNumber, unify } from "./arithmetic.ts";
import { Refusal } from "./error.ts";
import { literal, type NumberType, naturalType, nodeOf, type Scalar, typed, type Untyped, untyped } from "./value.ts";

/** `Math.name(...args)`. Throws {@link Refusal}. */
export function maths(graph: Graph, name: string, args: readonly Scalar[]): Scalar {
  const title = `Math.${name}`;
  if (ADVICE[name] !== undefined) throw new Refusal(`${title} is not supported`, ADVICE[name]);
  const entry = Object.hasOwn(mathTable, name) ? mathTable[name as keyof typeof mathTable] : undefined;
  const [min, max] = name === "imul" ? [2, 2] : [entry?.min, entry?.max];
  if (min === undefined || max === undefined) {
    const known = [...new Set([...Object.keys(mathTable), "imul"])].join(", ");
    throw new Refusal(`${title} is not supported`, `there are ${known}`);
  }
  if (args.length < min || args.length > max) {
    const wanted = min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
    throw new Refusal(
      `${title} takes ${wanted} ${/\b1$/.test(wanted) ? "argument" : "arguments"}, not ${args.length}`,
      "give it as many",
    );
  }
  for (const arg of args) checkNumber(arg, title);
  const fold = EXACT[name];
  if (fold !== undefined && args.every((arg) => arg.is === "untyped" && arg.constant !== undefined)) {
    return literal(graph, fold(...args.map((arg) => (arg.is === "untyped" ? arg.constant! : 0))));
  }
  const staysInteger = KEEPS_INTEGERS.has(name);
  if (fold !== undefined && name !== "imul" && areUntyped(args)) {
    const { expand } = entry!;
    const integral = staysInteger && args.every((arg) => arg.integral);
    const make = (type: NumberType): Node =>
      expand(
        graph,
        args.map((arg) => arg.as(type)),
      );
    return untyped(integral, args, (type) => held(graph, args, type, make));
  }
  if (name === "fround") return converted(graph, "f32", args[0]!);
  if (name === "imul")
    return binary(
      graph,
      "*",
      binary(graph, "|", args[0]!, literal(graph, 0)),
      binary(graph, "|", args[1]!, literal(graph, 0)),
    );
  if (name === "pow" && isTwo(args[1]!) && (areUntyped(args) || !isInteger(args[0]!)))
    return binary(graph, "*", args[0]!, args[0]!);
  const [first] = args;
  if (ROUNDS.has(name) && first?.is === "typed" && first.exact !== undefined)
    return converted(graph, first.node.type as NumberType, typed(entry!.expand(graph, [first.exact()])));
  const nodes = together(graph, args, staysInteger);
  if (!entry!.f64 && nodes.some(({ type }) => type === "f64")) {
    throw new Refusal(`${title} of f64 is not supported`, "write Math.fround(x) for the argument");
  }
  return typed(entry!.expand(graph, nodes));
}

/** Those that give the same on all engines. */
const EXACT: Readonly<Record<string, ((...values: number[]) => number) | undefined>> = {
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: Math.round,
  sign: Math.sign,
  sqrt: Math.sqrt,
  imul: Math.imul,
};

/** Those that round a quotient of integers otherwise than it is truncated. */
const ROUNDS = new Set(["floor", "ceil", "round"]);

const KEEPS_INTEGERS = new Set(["abs", "min", "max", "floor", "ceil", "trunc", "round", "sign"]);

const ADVICE: Readonly<Record<string, string | undefined>> = {
  random: "use k.random(), which replays",
  cbrt: "use Math.pow(x, 1 / 3) for x >= 0",
  log2: "use Math.log(x) * Math.LOG2E",
  log10: "use Math.log(x) * Math.LOG10E",
  log1p: "use Math.log(1 + x)",
  expm1: "use Math.exp(x) - 1",
};

function areUntyped(args: readonly Scalar[]): args is readonly Untyped[] {
  return args.every(({ is }) => is === "untyped");
}

function isTwo(value: Scalar): boolean {
  return value.is === "untyped" && value.constant === 2;
}

function isInteger(value: Scalar): boolean {
  const type = naturalType(value);
  return type === "i32" || type === "u32";
}

/** All arguments as one type. */
function together(graph: Graph, args: readonly Scalar[], keepsIntegers: boolean): Node[] {
  // Fold the types of all into one first, then convert each to it.
  let common = args[0]!;
  for (const arg of args.slice(1)) common = typed(unify(graph, common, arg, false)[0]);
  const type = nodeOf(common).type as "f32" | "f64" | "i32" | "u32";
  const wanted = keepsIntegers || type === "f64" ? type : "f32";
  return args.map((arg) => toNumber(graph, wanted, arg));
}
