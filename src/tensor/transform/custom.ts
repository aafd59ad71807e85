import { checkFunction, checkList } from "../argument.ts";
import { bind } from "../bind.ts";
import { tracing } from "../level.ts";
import { checkpoint as checkpointRow } from "../primitive/control/checkpoint.ts";
import { customJvp as customJvpRow, customVjp as customVjpRow } from "../primitive/control/custom.ts";
import { stage } from "../trace/stage.ts";
import { type Tree, treeLeaves } from "../tree.ts";
import type { Value } from "../value.ts";
import { type Arguments, flat, matching, rebuilt, valuesOf } from "./run.ts";

/**
 * `f` whose intermediates are not kept for reverse mode: the way back computes them again. Same bits, less memory, more time.
 */
export function checkpoint<A extends Arguments, R extends Tree>(f: (...args: A) => R): (...args: A) => R {
  checkFunction("checkpoint", "what it takes", f);
  return (...args) => {
    if (!tracing()) return f(...args);
    const { graph, captures, values, tree } = staged(f, args);
    return rebuilt(tree as R, bind(checkpointRow, [...values, ...captures], { graph }));
  };
}

/**
 * `f` with a derivative of its own: `rule(primals, tangents)` gives `[f(...primals), tangents of the result]`, where tangents
 * are arrays like the arguments. It must be linear in the tangents, so that reverse mode works as well.
 */
export function customJvp<A extends Arguments, R extends Tree>(
  f: (...args: A) => R,
  rule: (primals: A, tangents: A) => readonly [R, R],
): (...args: A) => R {
  checkFunction("customJvp", "what it takes", f);
  checkFunction("customJvp", "the rule", rule);
  return (...args) => {
    if (!tracing()) return f(...args);
    const { graph, captures, values, tree } = staged(f, args);
    const results = bind(customJvpRow, [...values, ...captures], {
      graph,
      arguments: values.length,
      rule: (primals, tangents) => {
        const made = rule(rebuilt(args, primals), rebuilt(args, tangents));
        checkList("customJvp", "what the rule gives", made);
        const [result, change] = made;
        const outputs = matching("customJvp", "results of the rule", result, graph.outputs);
        return [outputs, matching("customJvp", "tangents of the rule", change, graph.outputs)];
      },
    });
    return rebuilt(tree as R, results);
  };
}

/**
 * `f` with a reverse rule of its own: `forward(...args)` gives `[f(...args), saved]`, and `backward(saved, cotangents)`, with
 * a tree like the result, an array of cotangents like the arguments. Forward mode is refused.
 */
export function customVjp<A extends Arguments, R extends Tree, S extends Tree>(
  f: (...args: A) => R,
  forward: (...args: A) => readonly [R, S],
  backward: (saved: S, cotangents: R) => readonly [...A],
): (...args: A) => R {
  checkFunction("customVjp", "what it takes", f);
  checkFunction("customVjp", "forward", forward);
  checkFunction("customVjp", "backward", backward);
  return (...args) => {
    if (!tracing()) return f(...args);
    const { graph, captures, values, tree } = staged(f, args);
    let saved: Tree = null;
    const results = bind(customVjpRow, [...values, ...captures], {
      graph,
      arguments: values.length,
      forward: (primals) => {
        const made = forward(...rebuilt(args, primals));
        checkList("customVjp", "what forward gives", made);
        const [result, more] = made;
        saved = more;
        return [matching("customVjp", "results of forward", result, graph.outputs), valuesOf(more)];
      },
      backward: (residuals, cotangents) => {
        const found = backward(rebuilt(saved as S, residuals), rebuilt(tree as R, cotangents));
        return matching("customVjp", "cotangents of backward", found, graph.inputs.slice(0, values.length));
      },
    });
    return rebuilt(tree as R, results);
  };
}

function staged(f: (...args: never) => Tree, args: Arguments) {
  const inner = flat(f, args);
  const values = treeLeaves(args).length === 0 ? [] : valuesOf(args);
  const { graph, captures } = stage(inner.call, values);
  return { graph, captures: captures as readonly Value[], values, tree: inner.tree };
}
