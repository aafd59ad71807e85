import type {
  ConditionalExpression,
  Expression,
  Literal,
  MemberExpression,
  PrivateIdentifier,
  Super,
  Node as SyntaxNode,
  UnaryExpression,
} from "acorn";
import type { Node } from "../node.ts";
import { unsupported } from "./advice.ts";
import { binary, complement, negate, plus, truth } from "./arithmetic.ts";
import { assign, update } from "./assignment.ts";
import { call } from "./call.ts";
import { isCounter } from "./coverage.ts";
import { Refusal } from "./error.ts";
import type { Lowering } from "./lowering.ts";
import { maths } from "./maths.ts";
import { globalOf, indexed, memberOf, valueAt } from "./reference.ts";
import { choice } from "./state.ts";
import { isBoolean, type LocalFunction, literal, type Scalar, scalarOf, typed, type Value } from "./value.ts";

/** What an expression gives; elements of columns are read. */
export function evaluate(l: Lowering, node: Expression | Super | PrivateIdentifier): Value {
  const value = place(l, node);
  return l.at(node, () => valueAt(l, value));
}

/** The same, but elements of columns stay places. */
export function place(l: Lowering, node: Expression | Super | PrivateIdentifier): Value {
  return l.at(node, () => expression(l, node));
}

/** The number or boolean that an expression gives. */
export function scalar(l: Lowering, node: Expression): Scalar {
  return l.at(node, () => scalarOf(evaluate(l, node)));
}

/** The boolean that an expression gives in a condition, where numbers and entities hold unless they are 0 or NaN. */
export function condition(l: Lowering, node: Expression): Node {
  return l.at(node, () => {
    switch (node.type) {
      case "LogicalExpression": {
        if (node.operator === "??") throw unsupported(node);
        const left = condition(l, node.left);
        const right = (): Node => condition(l, node.right);
        const { yes, no } =
          node.operator === "&&" ? l.branch(left, right, () => l.never) : l.branch(left, () => l.always, right);
        if (yes === undefined || no === undefined) return yes ?? no!;
        return node.operator === "&&" ? l.graph.op("and", left, yes) : l.graph.op("or", left, no);
      }
      case "ConditionalExpression": {
        const { test, yes, no } = ways(l, node, (side) => condition(l, side));
        return yes === undefined || no === undefined ? (yes ?? no!) : l.graph.op("select", test, yes, no);
      }
      case "SequenceExpression":
        for (const part of node.expressions.slice(0, -1)) discard(l, part);
        return condition(l, node.expressions.at(-1)!);
      default:
        return truth(l.graph, scalarOf(evaluate(l, node)));
    }
  });
}

/** The boolean that an expression gives. */
export function boolean(l: Lowering, node: Expression): Node {
  return l.at(node, () => {
    const value = scalarOf(evaluate(l, node));
    if (isBoolean(value)) return value.node;
    throw new Refusal("a condition must be a boolean here", "compare, as in x !== 0");
  });
}

/** Does what an expression does; what it gives is not needed, and may be of any type. */
export function discard(l: Lowering, node: Expression): void {
  if (isCounter(node)) return;
  l.at(node, () => {
    switch (node.type) {
      case "LogicalExpression": {
        if (node.operator === "??") throw unsupported(node);
        const left = condition(l, node.left);
        const right = (): void => discard(l, node.right);
        const nothing = (): void => undefined;
        return void (node.operator === "&&" ? l.branch(left, right, nothing) : l.branch(left, nothing, right));
      }
      case "ConditionalExpression":
        return void ways(l, node, (side) => discard(l, side));
      case "SequenceExpression":
        for (const part of node.expressions) discard(l, part);
        return;
      case "UnaryExpression":
        if (node.operator === "!" || node.operator === "void") return discard(l, node.argument);
    }
    evaluate(l, node);
  });
}

/** Both sides of `c ? a : b`, each read for its rows; that of a condition that is known alone. */
function ways<T>(
  l: Lowering,
  { test, consequent, alternate }: ConditionalExpression,
  read: (side: Expression) => T,
): { readonly test: Node; readonly yes?: T; readonly no?: T } {
  const holds = condition(l, test);
  const sides = l.branch(
    holds,
    () => read(consequent),
    () => read(alternate),
  );
  return { test: holds, ...sides };
}

/** What `read` makes of one side of `c ? a : b` or the other. */
export function conditional(l: Lowering, node: ConditionalExpression, read: (side: Expression) => Value): Value {
  const { test, yes, no } = ways(l, node, read);
  if (yes === undefined || no === undefined) return yes ?? no!;
  return choice(l.graph, test, yes, no, "this");
}

/** A function that is written where this is. Throws {@link Refusal}. */
export function localFunction(l: Lowering, node: LocalFunction["node"], name = "the function"): LocalFunction {
  if (node.async || node.generator)
    throw new Refusal("async functions and generators are not supported", "write a plain function");
  return { is: "local function", name, node, scope: l.scope };
}

function expression(l: Lowering, node: Expression | Super | PrivateIdentifier): Value {
  switch (node.type) {
    case "Identifier": {
      const variable = l.scope.find(node.name);
      return variable === undefined ? globalOf(l, node.name) : l.state.get(variable.cell);
    }
    case "Literal":
      return literalOf(l, node);
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return localFunction(l, node);
    case "TemplateLiteral":
      if (node.expressions.length === 0) return { is: "text", text: node.quasis[0]!.value.cooked ?? "" };
      break;
    case "MemberExpression":
      return member(l, node);
    case "UnaryExpression":
      return unary(l, node);
    case "BinaryExpression": {
      const { operator, left, right } = node;
      if (operator === "in" || operator === "instanceof" || left.type === "PrivateIdentifier") break;
      const a = scalar(l, left);
      const b = scalar(l, right);
      return operator === "**" ? maths(l.graph, "pow", [a, b]) : binary(l.graph, operator, a, b);
    }
    case "LogicalExpression": {
      if (node.operator === "??") break;
      return logical(l, node.operator, node.left, () => evaluate(l, node.right), node.right);
    }
    case "ConditionalExpression":
      return conditional(l, node, (side) => evaluate(l, side));
    case "AssignmentExpression":
      return assign(l, node);
    case "UpdateExpression":
      return update(l, node);
    case "SequenceExpression": {
      for (const part of node.expressions.slice(0, -1)) discard(l, part);
      return evaluate(l, node.expressions.at(-1)!);
    }
    case "CallExpression":
      return call(l, node);
  }
  throw unsupported(node);
}

/**
 * `left && right`, `left || right`: one of the two, as in JavaScript. The right side is only reached by rows for which the
 * left one does not decide. Where it gives nothing, as a call of an effect does, there is no value.
 */
export function logical(
  l: Lowering,
  operator: "&&" | "||",
  left: Expression,
  right: () => Value,
  at: SyntaxNode,
): Value {
  const value = scalar(l, left);
  const a = l.at(left, () => truth(l.graph, value));
  const decided = (): Value => value;
  const { yes, no } = operator === "&&" ? l.branch(a, right, decided) : l.branch(a, decided, right);
  if (yes === undefined || no === undefined) return yes ?? no!;
  const other = operator === "&&" ? yes : no;
  if (other.is === "nothing") return other;
  const b = l.at(at, () => scalarOf(other));
  if (isBoolean(value) && isBoolean(b)) return typed(l.graph.op(operator === "&&" ? "and" : "or", a, b.node));
  return choice(l.graph, a, yes, no, `what ${operator} gives`);
}

function member(l: Lowering, node: MemberExpression): Value {
  const object = place(l, node.object);
  if (!node.computed) {
    if (node.property.type === "Identifier") return memberOf(l, object, node.property.name);
    throw unsupported(node.property);
  }
  return indexed(l, object, evaluate(l, node.property));
}

function literalOf(l: Lowering, node: Literal): Value {
  const { value } = node;
  if (typeof value === "number") return literal(l.graph, value);
  if (typeof value === "boolean") return typed(value ? l.always : l.never);
  if (typeof value === "string") return { is: "text", text: value };
  if (node.regex !== undefined && node.regex !== null)
    throw new Refusal("regular expressions are not supported", "compare numbers");
  if (value === null) throw new Refusal("null is not supported", "use 0, which is also no entity");
  throw new Refusal("big integers are not supported", "write a number without n");
}

function unary(l: Lowering, node: UnaryExpression): Value {
  switch (node.operator) {
    case "-":
      return negate(l.graph, scalar(l, node.argument));
    case "+":
      return plus(l.graph, scalar(l, node.argument));
    case "~":
      return complement(l.graph, scalar(l, node.argument));
    case "!":
      return typed(l.graph.op("not", condition(l, node.argument)));
    case "void":
      discard(l, node.argument);
      return { is: "nothing" };
    case "typeof":
      throw new Refusal("typeof is not supported", "every value has the type of its column; compare numbers");
    case "delete":
      throw new Refusal("delete is not supported", "assign 0, or use k.removeTag for a tag");
  }
}
