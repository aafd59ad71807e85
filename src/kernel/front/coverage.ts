import type { Expression, Super } from "acorn";

/**
 * Whether an expression is a counter that Istanbul put in to find out which code runs, as in `cov_2f0x().s[3]++`. Rows are
 * not counted: kernels leave these out.
 */
export function isCounter(node: Expression): boolean {
  if (node.type !== "UpdateExpression") return false;
  let object: Expression | Super = node.argument;
  while (object.type === "MemberExpression") object = object.object;
  if (object.type !== "CallExpression") return false;
  const { callee } = object;
  return callee.type === "Identifier" && callee.name.startsWith("cov_");
}
