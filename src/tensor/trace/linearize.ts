import type { Graph } from "../graph.ts";
import { atNewLevel } from "../level.ts";
import { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { JvpTrace } from "./jvp.ts";
import { LinearTrace, type LinearTracer } from "./linear.ts";

/** A function at a point: its results there, and as a tape how they change. */
export interface Linearized {
  readonly outputs: readonly Value[];
  readonly tape: LinearTrace;
  /** Places of the tangents of the inputs. */
  readonly inputs: readonly LinearTracer[];
  /** Tangents of the results: undefined where they are zero. */
  readonly tangents: readonly (Value | undefined)[];
}

/** Executes `f` once and records how its results change with `primals`, which are f32 or f64. */
export function linearized(f: (inputs: Value[]) => readonly Value[], primals: readonly Value[]): Linearized {
  return atNewLevel((below) =>
    atNewLevel((level) => {
      const tape = new LinearTrace(below);
      const trace = new JvpTrace(level);
      const inputs = primals.map((primal) => tape.input(primal));
      try {
        const results = f(primals.map((primal, i) => trace.pair(primal, inputs[i])));
        return {
          outputs: results.map((result) => trace.primalOf(result)),
          tape,
          inputs,
          tangents: results.map((result) => trace.tangentOf(result)),
        };
      } finally {
        tape.open = false;
        trace.open = false;
      }
    }),
  );
}

/** Tensors that a tape needs when it is run, those in graphs of its operations among them. */
export function tensorsOfTape(tape: LinearTrace): Set<Tensor> {
  const tensors = new Set<Tensor>();
  for (const { inputs, params } of tape.steps) {
    for (const input of inputs) if (input instanceof Tensor) tensors.add(input);
    for (const graph of graphsOf(params)) collect(graph, tensors);
  }
  return tensors;
}

/** Graphs in the parameters of an operation. */
function graphsOf(params: unknown): Graph[] {
  if (typeof params !== "object" || params === null) return [];
  return Object.values(params)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isGraph);
}

function collect(graph: Graph, tensors: Set<Tensor>): void {
  for (const atom of graph.outputs) if (atom instanceof Tensor) tensors.add(atom);
  for (const { inputs, params } of graph.equations) {
    for (const atom of inputs) if (atom instanceof Tensor) tensors.add(atom);
    for (const inner of graphsOf(params)) collect(inner, tensors);
  }
}

function isGraph(value: unknown): value is Graph {
  return typeof value === "object" && value !== null && "equations" in value && "outputs" in value;
}
