import type { Expression, Identifier, Pattern } from "acorn";
import { Refusal } from "./error.ts";
import { evaluate } from "./expression.ts";
import type { Lowering } from "./lowering.ts";
import { indexed, memberOf, valueAt } from "./reference.ts";
import { literal, type Value } from "./value.ts";

/** Gives the names of a pattern what they stand for, as in `const { x, y } = p` and `const [first] = p.items`. */
export function take(
  l: Lowering,
  pattern: Pattern,
  value: Value,
  give: (name: Identifier, value: Value) => void,
): void {
  l.at(pattern, () => {
    switch (pattern.type) {
      case "Identifier":
        return give(pattern, valueAt(l, value));
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") return take(l, property, value, give);
          const { key, computed } = property;
          if (computed || key.type !== "Identifier")
            throw new Refusal("computed names in a pattern are not supported", "write const x = p.x");
          const { name } = key;
          checkPart(property.value);
          const part = l.at(key, () => memberOf(l, value, name));
          take(l, property.value, part, give);
        }
        return;
      case "ArrayPattern":
        pattern.elements.forEach((element, i) => {
          if (element === null) return;
          checkPart(element);
          const part = l.at(element, () => indexed(l, value, literal(l.graph, i)));
          take(l, element, part, give);
        });
        return;
      case "AssignmentPattern":
        throw new Refusal("default values are not supported", "leave the default out: rows always have their fields");
      default:
        throw new Refusal("...rest is not supported", "take the values one by one, as in const x = p.x");
    }
  });
}

/** `[a, b] = [b, a]`: all on the right is read before the first is given, and no list is made. Whether it is that. */
export function takeEach(
  l: Lowering,
  pattern: Pattern,
  list: Expression,
  give: (part: Pattern, value: Value, from: Expression) => void,
): boolean {
  if (pattern.type !== "ArrayPattern" || list.type !== "ArrayExpression") return false;
  const expressions = list.elements.filter((one) => one !== null && one.type !== "SpreadElement");
  if (expressions.length < Math.max(list.elements.length, pattern.elements.length)) return false;
  const values = expressions.map((from) => evaluate(l, from));
  pattern.elements.forEach((part, i) => {
    if (part !== null) give(part, values[i]!, expressions[i]!);
  });
  return true;
}

function checkPart({ type }: Pattern): void {
  if (type === "MemberExpression")
    throw new Refusal("destructuring into fields is not supported", "assign the values one by one");
}
