import { bind } from "../../bind.ts";
import type { Graph } from "../../graph.ts";
import { batchedGraph, dualGraph, halves, pick, pruned, transposedGraph } from "../../trace/derive.ts";
import type { Value } from "../../value.ts";
import { type Batched, type Primitive, type SomeBatched, Unknown } from "../primitive.ts";
import { executed, filled, repeated, resultsOf } from "./body.ts";

export interface CheckpointParams {
  readonly graph: Graph;
}

/** A graph as one operation, of which a tape keeps the inputs alone: the way back computes the rest again. */
export const checkpoint: Primitive<CheckpointParams> = {
  name: "checkpoint",
  shapes: (_, { graph }) => resultsOf(graph),
  execute: (inputs, { graph }) => executed(graph, inputs),
  lower: (emit, inputs, outputs, { graph }) => emit.graph(graph, inputs, outputs),
  jvp: "none",
  dual: ({ primals, tangents, params: { graph } }) => {
    const moving = tangents.map((tangent) => tangent !== undefined);
    const joint = dualGraph(graph, moving, []);
    const results = bind(checkpoint, [...primals, ...filled(tangents, primals, moving)], { graph: joint.graph });
    let next = joint.has.length;
    return {
      outputs: results.slice(0, joint.has.length),
      tangents: joint.has.map((has) => (has ? results[next++] : undefined)),
    };
  },
  split: ({ inputs, linear, params: { graph }, record }) => {
    const { known, residuals, has } = halves(graph, linear, []);
    const results = has.every((is) => is)
      ? []
      : bind(
          checkpoint,
          inputs.filter((_, i) => !linear[i]),
          {
            graph: pruned(
              known,
              known.outputs.map((_, i) => i < known.outputs.length - residuals.length),
            ),
          },
        );
    const recorded = record(checkpoint, inputs, { graph: pruned(graph, has) });
    let [nextKnown, nextLinear] = [0, 0];
    return has.map((is) => (is ? recorded[nextLinear++]! : results[nextKnown++]!));
  },
  transpose: ({ cotangents, inputs, params: { graph } }) => {
    const linear = inputs.map((input) => input instanceof Unknown);
    const given = cotangents.map((cotangent) => cotangent !== undefined);
    const transposed = transposedGraph(graph, linear, given, []);
    const known = inputs.filter((input) => !(input instanceof Unknown)) as Value[];
    const results = bind(checkpoint, [...known, ...(pick(cotangents, given) as Value[])], { graph: transposed.graph });
    let [place, next] = [0, 0];
    return linear.map((is) => (is && transposed.has[place++] ? results[next++] : undefined));
  },
  batchSome: batchCheckpoint,
  batch: repeated(batchCheckpoint),
};

function batchCheckpoint({ inputs, batched, size, params: { graph } }: Batched<CheckpointParams>): SomeBatched {
  const body = batchedGraph(graph, batched, size, []);
  return { results: bind(checkpoint, inputs, { graph: body.graph }), has: body.has };
}
