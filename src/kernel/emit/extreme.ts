import type { Node } from "../node.ts";
import { sign } from "./operation.ts";
import type { Values } from "./values.ts";

/**
 * A minimum or maximum by one fast instruction: with an operand that is the same for all rows, `pmin(x, u)` and
 * `pmax(x, u)` are right but where `u` is NaN or a zero of the wrong sign. What is missing there is known before the rows:
 * it is or-ed to a minimum, and added to a maximum.
 */
export interface ExtremeFix {
  readonly fixed: Node;
  readonly other: Node;
  /** Corrects the vector on the stack; missing where there is nothing to do. */
  readonly correct?: () => void;
}

export function extremeFix(values: Values, node: Node): ExtremeFix | undefined {
  const [a, b] = node.args as [Node, Node];
  const { code } = values;
  const fixed = fixedOperand(values, node);
  if (fixed === undefined) return;
  const other = fixed === b ? a : b;
  const add = node.type === "f32" ? "f32x4.add" : "f64x2.add";
  if (fixed.op === "const") {
    const { value } = fixed;
    if (value !== value) return;
    if (node.op === "min" && Object.is(value, -0)) return;
    if (node.op === "min" || !Object.is(value, 0)) return { fixed, other };
    // -0 becomes +0.
    const correct = (): void => {
      code.splat(0);
      code.op(add);
    };
    return { fixed, other, correct };
  }
  const correction = values.extra(keyOf(node.op, fixed));
  if (correction === undefined) return;
  const correct = (): void => {
    code.get(correction);
    code.op(node.op === "min" ? "v128.or" : add);
  };
  return { fixed, other, correct };
}

/** Computes the corrections, once for the whole call, when what is the same for all rows is known. */
export function prepareExtremes(values: Values): void {
  const { code, plan } = values;
  for (const node of plan.program.nodes) {
    const { op, type } = node;
    if ((op !== "min" && op !== "max") || (type !== "f32" && type !== "f64")) continue;
    if (plan.regions[node.id] === plan.call) continue;
    const fixed = fixedOperand(values, node);
    if (fixed === undefined || fixed.op === "const" || values.extra(keyOf(op, fixed)) !== undefined) continue;
    const same = type === "f32" ? "i32x4.eq" : "i64x2.eq";
    if (op === "min") {
      // All ones for NaN, the sign for -0.
      values.push(fixed);
      sign(code, type);
      code.op(same);
      sign(code, type);
      code.op("v128.and");
    } else {
      // NaN for NaN, +0 for +0, else -0.
      sign(code, type);
      values.push(fixed);
      code.splat(0);
      code.ops(same, "v128.andnot");
    }
    values.push(fixed);
    values.push(fixed);
    code.ops(type === "f32" ? "f32x4.ne" : "f64x2.ne", "v128.or");
    values.addExtra(keyOf(op, fixed));
  }
}

/** The operand that is the same for all rows and known before them. */
function fixedOperand({ plan }: Values, { args }: Node): Node | undefined {
  return [args[1]!, args[0]!].find((arg) => arg.op === "const" || plan.regions[arg.id] === plan.call);
}

function keyOf(op: string, { id }: Node): string {
  return `${op} ${id}`;
}
