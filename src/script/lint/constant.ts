import type { Names } from "./names.ts";
import { bare, type Expression, keyOf } from "./syntax.ts";

/** Whether an expression is always true or always false in a condition; undefined if that depends. */
export function truthOf(expression: Expression): boolean | undefined {
  const node = bare(expression);
  switch (node.type) {
    case "nil":
      return false;
    case "boolean":
      return node.value;
    case "number":
    case "string":
    case "table":
    case "function":
      return true;
    case "unary": {
      const truth = truthOf(node.operand);
      return node.operator === "not" && truth !== undefined ? !truth : undefined;
    }
    case "binary": {
      const [left, right] = [truthOf(node.left), truthOf(node.right)];
      if (node.operator === "and") return left === false || right === false ? false : left === true ? right : undefined;
      if (node.operator === "or") return left === true || right === true ? true : left === false ? right : undefined;
      if (left === undefined || right === undefined) return undefined;
      const [a, b] = [numberIn(node.left), numberIn(node.right)];
      return a === undefined || b === undefined ? undefined : compared(node.operator, a, b);
    }
    default:
      return undefined;
  }
}

function compared(operator: string, a: number, b: number): boolean | undefined {
  if (operator === "<") return a < b;
  if (operator === ">") return a > b;
  if (operator === "<=") return a <= b;
  if (operator === ">=") return a >= b;
  if (operator === "==") return a === b;
  return operator === "~=" ? a !== b : undefined;
}

/** The number that an expression stands for, also by way of a local that never changes; `math.huge` is one. */
export function numberIn(expression: Expression, names?: Names): number | undefined {
  const node = bare(expression);
  if (node.type === "number") return node.value;
  if (node.type === "unary" && node.operator === "-") {
    const value = numberIn(node.operand, names);
    return value === undefined ? undefined : -value;
  }
  if (node.type === "binary") {
    const [a, b] = [numberIn(node.left, names), numberIn(node.right, names)];
    return a === undefined || b === undefined ? undefined : calculated(node.operator, a, b);
  }
  if (names === undefined) return undefined;
  if (node.type === "index" && node.object.type === "name" && node.object.name === "math" && keyOf(node) === "huge")
    return names.of(node.object) === undefined ? Infinity : undefined;
  const variable = node.type === "name" ? names.of(node) : undefined;
  if (variable?.kind !== "local" || variable.writes.length > 0 || variable.initial === undefined) return undefined;
  return numberIn(variable.initial, names);
}

function calculated(operator: string, a: number, b: number): number | undefined {
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  if (operator === "*") return a * b;
  return operator === "/" ? a / b : undefined;
}
