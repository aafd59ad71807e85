import type { CallExpression, Expression, SpreadElement } from "acorn";
import { insteadOf } from "./advice.ts";
import { Refusal } from "./error.ts";
import { conditional, evaluate, scalar } from "./expression.ts";
import { bodyInside, type Lowering } from "./lowering.ts";
import { maths } from "./maths.ts";
import { METHODS } from "./method.ts";
import { conversion } from "./numbers.ts";
import { type Parsed, parseFunction } from "./parse.ts";
import { Scope } from "./scope.ts";
import { Cell } from "./state.ts";
import { bind, functionBody } from "./statement.ts";
import { known, type LocalFunction, nameOf, type RowCall, refusalOf, scalarOf, type Value } from "./value.ts";

/** A call of a function of `Math`, of `k`, or of a declared one, which is inlined. */
export function call(l: Lowering, node: CallExpression): Value {
  if (node.callee.type === "ConditionalExpression")
    return conditional(l, node.callee, (callee) => call(l, { ...node, callee }));
  const callee = evaluate(l, node.callee);
  const args = argumentsOf(l, node);
  switch (callee.is) {
    case "maths function":
      return maths(
        l.graph,
        callee.name,
        args.map((arg) => scalar(l, arg)),
      );
    case "method":
      return invoke(l, callee.name, args);
    case "declared":
      if (callee.thing.is === "function") return inline(l, declared(l, callee.thing), args, passed);
      throw new Refusal(`${callee.thing.name} is not a function`, "pass it to a call such as k.at or k.emit");
    case "local function":
      return inline(l, local(l, callee), args, known);
    case "foreign": {
      const convert = conversion(callee.name);
      if (convert)
        return convert(
          l.graph,
          args.map((arg) => scalar(l, arg)),
        );
      throw new Refusal(
        `the function ${callee.name} is captured from outside`,
        insteadOf(callee.name) ??
          "declare it with kernelFunction and list it in uses; if a bundler or minifier renamed it, write k.Name(...), and pass k to functions that call others",
      );
    }
    case "unset":
    case "conflict":
      throw refusalOf(callee);
    default:
      throw new Refusal(`${nameOf(callee)} is not a function`, "call functions of Math, of k, or declared ones");
  }
}

/**
 * Calls a method of `k`. Minifiers write `k.addTag(c ? A : B)` for `c ? k.addTag(A) : k.addTag(B)`: what must be known before
 * any row is there makes it two calls again.
 */
function invoke(l: Lowering, name: string, args: readonly Expression[]): Value {
  const at = args.findIndex((arg, i) => arg.type === "ConditionalExpression" && KNOWN[name]?.includes(i));
  const arg = args[at];
  if (arg?.type !== "ConditionalExpression") return METHODS[name]!(l, args);
  return conditional(l, arg, (side) => invoke(l, name, args.with(at, side)));
}

/** Which arguments of methods are no numbers. */
const KNOWN: Readonly<Record<string, readonly number[]>> = {
  at: [1],
  has: [1],
  neighbours: [1],
  addTag: [0],
  removeTag: [0],
  emit: [0, 1],
  sum: [0, 1],
  min: [0, 1],
  max: [0, 1],
  count: [0, 1],
};

/** The arguments of a call, none of which is spread. */
function argumentsOf(l: Lowering, { arguments: args }: CallExpression): Expression[] {
  return args.map((arg: Expression | SpreadElement) => {
    if (arg.type !== "SpreadElement") return arg;
    return l.source.fail(arg.start, "spreading is not supported", "write the arguments one by one");
  });
}

/** A function that is read in the place of its call. */
interface Inlined extends Parsed {
  readonly name: string;
  /** What tells it from others. */
  readonly key: unknown;
  readonly scope: Scope;
  readonly isLocal: boolean;
}

function declared(l: Lowering, { name, source }: RowCall): Inlined {
  let parsed = l.parsed.get(name);
  if (parsed === undefined) {
    parsed = parseFunction(l.declaration.name, `function ${name} of kernel "${l.declaration.name}"`, source);
    l.parsed.set(name, parsed);
  }
  return { ...parsed, name, key: name, scope: new Scope(), isLocal: false };
}

function local({ source }: Lowering, { name, node, scope }: LocalFunction): Inlined {
  return { source, parameters: node.params, body: node.body, name, key: node, scope: new Scope(scope), isLocal: true };
}

/** What a call gives: nothing, if a local function never returns a value. `take` says what may be an argument. */
function inline(l: Lowering, to: Inlined, args: readonly Expression[], take: (value: Value) => Value): Value {
  const { name, key, source, scope, parameters, body, isLocal } = to;
  const values = args.map((arg) => l.at(arg, () => take(evaluate(l, arg))));
  if (l.calls.includes(key)) throw new Refusal(`${name} calls itself`, "write a loop with constant bounds");
  const outer = {
    ...{ source: l.source, scope: l.scope, result: l.result, inside: l.inside },
    ...{ visiting: l.visiting, local: l.local },
  };
  const least = leastOf(to);
  if (values.length < least) {
    throw new Refusal(
      `${name} takes ${least} argument${least === 1 ? "" : "s"}, not ${values.length}`,
      "give it as many",
    );
  }
  l.calls.push(key);
  const result = new Cell("result", name, { is: "unset", name: `the result of ${name}` });
  const inside = bodyInside(l.inside);
  Object.assign(l, { source, scope, result, inside, visiting: false, local: isLocal });
  parameters.forEach((parameter, i) => {
    if (parameter.type === "AssignmentPattern") {
      const { left, right } = parameter;
      bind(l, left, values[i] ?? l.at(right, () => take(evaluate(l, right))));
    } else if (values[i] !== undefined) bind(l, parameter, values[i]);
  });
  functionBody(l, body);
  const value = l.state.get(result);
  const complete = l.state.exits.get(l.exit("return", inside.body)) === l.always && value.is !== "unset";
  l.welcome("return", inside.body);
  l.state.values.delete(result);
  l.calls.pop();
  Object.assign(l, outer);
  if (isLocal && value.is === "unset") return { is: "nothing" };
  if (complete) return value;
  // It may be called for what it does.
  const what = `${name} does not return a value on every way`;
  return { is: "conflict", what, instead: "end it with a return that is always reached" };
}

/** How many arguments a function needs. Minifiers drop those whose parameters nobody mentions, and leave the parameters. */
function leastOf(to: Inlined): number {
  const { source, parameters, body } = to;
  const last = parameters.findLastIndex(({ type }) => type !== "AssignmentPattern");
  const parameter = parameters[last];
  if (parameter?.type !== "Identifier") return last + 1;
  const words = source.text.slice(parameter.end - source.shift, body.end - source.shift).split(/[^\w$]+/);
  return words.includes(parameter.name) ? last + 1 : leastOf({ ...to, parameters: parameters.slice(0, last) });
}

/** An argument of a declared function: `k` may be passed on. */
function passed(value: Value): Value {
  return value.is === "scope" ? value : scalarOf(value);
}
