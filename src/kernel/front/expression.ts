import type {
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
import { binary, complement, negate, plus } from "./arithmetic.ts";
import { assign, update } from "./assignment.ts";
import { call } from "./call.ts";
import { Refusal } from "./error.ts";
import type { Lowering } from "./lowering.ts";
import { maths } from "./maths.ts";
import { globalOf, indexed, memberOf, readElement } from "./reference.ts";
import { choice } from "./state.ts";
import { literal, refusalOf, type Scalar, scalarOf, typed, type Value } from "./value.ts";

/** What an expression gives; elements of columns are read. */
export function evaluate(l: Lowering, node: Expression | Super | PrivateIdentifier): Value {
  const value = place(l, node);
  return value.is === "element" ? l.at(node, () => readElement(l, value)) : value;
}

/** The same, but elements of columns stay places. */
export function place(l: Lowering, node: Expression | Super | PrivateIdentifier): Value {
  return l.at(node, () => expression(l, node));
}

/** The number or boolean that an expression gives. */
export function scalar(l: Lowering, node: Expression): Scalar {
  return l.at(node, () => scalarOf(evaluate(l, node)));
}

/** The boolean that an expression gives. */
export function condition(l: Lowering, node: Expression): Node {
  return l.at(node, () => {
    const value = scalarOf(evaluate(l, node));
    if (value.is === "typed" && value.kind === "boolean") return value.node;
    throw new Refusal("a condition must be a boolean", "compare, as in x !== 0");
  });
}

function expression(l: Lowering, node: Expression | Super | PrivateIdentifier): Value {
  switch (node.type) {
    case "Identifier": {
      const variable = l.scope.find(node.name);
      return variable === undefined ? globalOf(l, node.name) : l.state.get(variable.cell);
    }
    case "Literal":
      return literalOf(l, node);
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
    case "ConditionalExpression": {
      const test = condition(l, node.test);
      const { yes, no } = l.branch(
        test,
        () => evaluate(l, node.consequent),
        () => evaluate(l, node.alternate),
      );
      if (yes === undefined || no === undefined) return yes ?? no!;
      return choice(l.graph, test, yes, no, "this");
    }
    case "AssignmentExpression":
      return assign(l, node);
    case "UpdateExpression":
      return update(l, node);
    case "SequenceExpression": {
      let last: Value = { is: "nothing" };
      for (const part of node.expressions) last = evaluate(l, part);
      return last;
    }
    case "CallExpression":
      return call(l, node);
    case "ParenthesizedExpression":
      return expression(l, node.expression);
  }
  throw unsupported(node);
}

/**
 * `left && right`, `left || right`. The right side is only reached by rows for which the left one does not decide. Where its
 * value is no boolean, as in `flag && (p.x = 1)`, there is none.
 */
export function logical(
  l: Lowering,
  operator: "&&" | "||",
  left: Expression,
  right: () => Value,
  at: SyntaxNode,
): Value {
  const a = condition(l, left);
  const decided = (): Value => typed(operator === "&&" ? l.never : l.always);
  const { yes, no } = operator === "&&" ? l.branch(a, right, decided) : l.branch(a, decided, right);
  if (yes === undefined || no === undefined) return yes ?? no!;
  const other = operator === "&&" ? yes : no;
  if (other.is === "typed" && other.kind === "boolean")
    return typed(l.graph.op(operator === "&&" ? "and" : "or", a, other.node));
  if (other.is !== "typed" && other.is !== "untyped")
    return other.is === "nothing"
      ? other
      : l.at(at, () => {
          throw refusalOf(other);
        });
  return { is: "conflict", what: `${operator} takes booleans`, instead: "compare, as in x !== 0, or write c ? a : b" };
}

function member(l: Lowering, node: MemberExpression): Value {
  if (node.optional)
    throw new Refusal("optional chaining is not supported", "write a.b: rows always have their fields");
  const object = place(l, node.object);
  if (!node.computed) {
    if (node.property.type === "Identifier") return memberOf(l, object, node.property.name);
    throw new Refusal("private names are not supported", "use fields of the parameters");
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
    case "!": {
      // Minifiers write true as !0.
      if (node.argument.type === "Literal" && typeof node.argument.value === "number") {
        return typed(node.argument.value === 0 ? l.always : l.never);
      }
      return typed(l.graph.op("not", condition(l, node.argument)));
    }
    case "void":
      evaluate(l, node.argument);
      return { is: "nothing" };
    case "typeof":
      throw new Refusal("typeof is not supported", "every value has the type of its column; compare numbers");
    case "delete":
      throw new Refusal("delete is not supported", "assign 0, or use k.removeTag for a tag");
  }
}
