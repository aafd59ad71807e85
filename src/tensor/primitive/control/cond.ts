import { bind } from "../../bind.ts";
import { evaluate, type Graph } from "../../graph.ts";
import { concrete } from "../../trace/concrete.ts";
import { batchedGraph, type Derived, dualGraph, halves, pick, pruned, transposedGraph } from "../../trace/derive.ts";
import { Literal, type Value } from "../../value.ts";
import { op } from "../exact.ts";
import {
  type Backward,
  type Batched,
  type Dual,
  type Primitive,
  type SomeBatched,
  type Split,
  Unknown,
} from "../primitive.ts";
import { executed, filled, repeated, resultsOf, wide } from "./body.ts";

export interface CondParams {
  /** Of the same inputs and results. */
  readonly branches: readonly Graph[];
}

/** One of several graphs, by a selector (i32 scalar, moved to the nearest branch), applied to the other inputs. */
export const cond: Primitive<CondParams> = {
  name: "cond",
  shapes: (_, { branches }) => resultsOf(branches[0]!),
  execute: ([selector, ...operands], { branches }) => {
    const chosen = selector instanceof Literal ? selector.value : concrete("cond", selector!).elements()[0]!;
    return executed(branches[Math.min(Math.max(chosen, 0), branches.length - 1)]!, operands);
  },
  lower: (emit, [selector, ...operands], outputs, { branches }) => {
    emit.branch(
      selector!,
      branches.map((graph) => () => {
        emit.graph(graph, operands, outputs);
      }),
    );
  },
  jvp: "none",
  dual: dualCond,
  split: splitCond,
  transpose: transposeCond,
  batchSome: batchCond,
  batch: repeated(batchCond),
};

function dualCond({ primals, tangents, params }: Dual<CondParams>) {
  const moving = tangents.slice(1).map((tangent) => tangent !== undefined);
  const { graphs, has } = alike(params, (graph, always) => dualGraph(graph, moving, always));
  const changes = filled(tangents.slice(1), primals.slice(1), moving);
  const results = bind(cond, [...primals, ...changes], { branches: graphs });
  const outputs = results.slice(0, has.length);
  let next = has.length;
  return { outputs, tangents: has.map((is) => (is ? results[next++] : undefined)) };
}

/** The linear half computes again what it needs of the known one: branches have different residuals. */
function splitCond({ inputs, linear, params, record }: Split<CondParams>): Value[] {
  const [selector, ...operands] = inputs as [Value, ...Value[]];
  const flags = linear.slice(1);
  const { graphs, has } = alike(params, (graph, always) => {
    const parts = halves(graph, flags, always);
    const known = pruned(
      parts.known,
      parts.known.outputs.map((_, i) => i < parts.known.outputs.length - parts.residuals.length),
    );
    return { graph: known, has: parts.has };
  });
  const isKnown = flags.map((is) => !is);
  const known = has.every((is) => is) ? [] : bind(cond, [selector, ...pick(operands, isKnown)], { branches: graphs });
  const recorded = record(cond, inputs, { branches: params.branches.map((graph) => pruned(graph, has)) });
  let [nextKnown, nextLinear] = [0, 0];
  return has.map((is) => (is ? recorded[nextLinear++]! : known[nextKnown++]!));
}

function transposeCond({ cotangents, inputs, params }: Backward<CondParams>) {
  const [selector, ...operands] = inputs as [Value, ...(Value | Unknown)[]];
  const linear = operands.map((operand) => operand instanceof Unknown);
  const given = cotangents.map((cotangent) => cotangent !== undefined);
  const { graphs, has } = alike(params, (graph, always) => transposedGraph(graph, linear, given, always));
  const known = operands.filter((operand) => !(operand instanceof Unknown)) as Value[];
  const results = bind(cond, [selector, ...known, ...cotangents.filter((cotangent) => cotangent !== undefined)], {
    branches: graphs,
  });
  let [place, next] = [0, 0];
  return [undefined, ...linear.map((is) => (is && has[place++] ? results[next++] : undefined))];
}

function batchCond({ inputs, batched, size, params }: Batched<CondParams>): SomeBatched {
  const [selector, ...operands] = inputs as [Value, ...Value[]];
  const flags = batched.slice(1);
  if (batched[0] !== true) {
    const { graphs, has } = alike(params, (graph, always) => batchedGraph(graph, flags, size, always));
    return { results: bind(cond, [selector, ...operands], { branches: graphs }), has };
  }
  // Each element goes its own way: all branches are executed, and results selected.
  const all = params.branches.map((graph) => {
    const always = graph.outputs.map(() => true);
    return evaluate(batchedGraph(graph, flags, size, always).graph, operands);
  });
  const results = all[0]!.map((first, i) => {
    let result = first;
    for (let branch = 1; branch < all.length; branch++) {
      const chosen = op("lessEqual", new Literal(branch, "i32"), selector);
      result = op("select", wide(chosen, result), all[branch]![i]!, result);
    }
    return result;
  });
  return { results, has: results.map(() => true) };
}

/** Derives all branches so that they have the same results: what one of them has, all have. */
function alike(
  { branches }: CondParams,
  derive: (graph: Graph, always: readonly boolean[]) => Derived,
): { graphs: readonly Graph[]; has: readonly boolean[] } {
  const first = branches.map((graph) => derive(graph, []));
  const has = first[0]!.has.map((_, i) => first.some((derived) => derived.has[i]));
  const graphs = first.map((derived, i) =>
    derived.has.every((is, j) => is === has[j]) ? derived.graph : derive(branches[i]!, has).graph,
  );
  return { graphs, has };
}
