import { WorldloomError } from "../../../core/errors.ts";
import { bind } from "../../bind.ts";
import type { Emitter } from "../../emitter.ts";
import type { Graph } from "../../graph.ts";
import { atNewLevel } from "../../level.ts";
import type { Operand } from "../../operand.ts";
import { BatchTrace, BatchTracer } from "../../trace/batch.ts";
import { batchedGraph } from "../../trace/derive.ts";
import type { Aval, Value } from "../../value.ts";
import { reduce, repeatFirst, zerosLike } from "../exact.ts";
import type { Primitive } from "../primitive.ts";
import { executed, resultsOf } from "./body.ts";

export interface CustomJvpParams {
  /** Inputs: arguments, then captured values. */
  readonly graph: Graph;
  readonly arguments: number;
  /** Results and their tangents, from arguments and theirs. */
  readonly rule: (primals: readonly Value[], tangents: readonly Value[]) => readonly [Value[], Value[]];
}

/** Computed as its graph is; derivatives have rules of their own. */
const asGraph = {
  shapes: (_: readonly Aval[], { graph }: { readonly graph: Graph }) => resultsOf(graph),
  execute: (inputs: readonly Value[], { graph }: { readonly graph: Graph }) => executed(graph, inputs),
  lower: (
    emit: Emitter,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    { graph }: { readonly graph: Graph },
  ) => {
    emit.graph(graph, inputs, outputs);
  },
  inline: ({ graph }: { readonly graph: Graph }) => graph,
  jvp: "none",
} as const;

/** A graph with a forward rule of its own. */
export const customJvp: Primitive<CustomJvpParams> = {
  name: "customJvp",
  ...asGraph,
  dual: ({ primals, tangents, params }) => {
    checkCaptures("customJvp", tangents.slice(params.arguments));
    const args = primals.slice(0, params.arguments);
    const [outputs, changes] = params.rule(
      args,
      args.map((primal, i) => tangents[i] ?? zerosLike(primal)),
    );
    return { outputs, tangents: changes };
  },
  transpose: "never",
  batch: ({ inputs, batched, size, params }) => {
    const always = params.graph.outputs.map(() => true);
    const flags = batched.slice(0, params.arguments);
    return bind(customJvp, inputs, {
      graph: batchedGraph(params.graph, batched, size, always).graph,
      arguments: params.arguments,
      rule: (primals, tangents) => {
        const count = params.graph.outputs.length;
        const results = overBatch([...flags, ...flags], size, [...primals, ...tangents], (values) => {
          const [outputs, changes] = params.rule(values.slice(0, primals.length), values.slice(primals.length));
          return [...outputs, ...changes];
        });
        return [results.slice(0, count), results.slice(count)];
      },
    });
  },
};

export interface CustomVjpParams {
  /** Inputs: arguments, then captured values. */
  readonly graph: Graph;
  readonly arguments: number;
  /** Results, and what the way back needs. */
  readonly forward: (primals: readonly Value[]) => readonly [Value[], Value[]];
  /** Cotangents of the arguments from what `forward` gave besides results, and cotangents of these. */
  readonly backward: (residuals: readonly Value[], cotangents: readonly Value[]) => readonly Value[];
}

/** A graph with a reverse rule of its own. */
export const customVjp: Primitive<CustomVjpParams> = {
  name: "customVjp",
  ...asGraph,
  dual: ({ primals, tangents, params }) => {
    checkCaptures("customVjp", tangents.slice(params.arguments));
    const args = primals.slice(0, params.arguments);
    const [outputs, residuals] = params.forward(args);
    const changes = bind(customLinear, [...residuals, ...args.map((primal, i) => tangents[i] ?? zerosLike(primal))], {
      residuals: residuals.length,
      results: outputs.map(({ dtype, dims }) => ({ dtype, dims })),
      backward: params.backward,
    });
    return { outputs, tangents: changes };
  },
  transpose: "never",
  batch: ({ inputs, batched, size, params }) => {
    const always = params.graph.outputs.map(() => true);
    const count = params.graph.outputs.length;
    return bind(customVjp, inputs, {
      graph: batchedGraph(params.graph, batched, size, always).graph,
      arguments: params.arguments,
      forward: (primals) => {
        const results = overBatch(batched.slice(0, params.arguments), size, primals, (values) =>
          params.forward(values).flat(),
        );
        return [results.slice(0, count), results.slice(count)];
      },
      backward: (residuals, cotangents) => {
        const values = [...residuals, ...cotangents];
        const all = overBatch(
          values.map(() => true),
          size,
          values,
          (one) => params.backward(one.slice(0, residuals.length), one.slice(residuals.length)),
        );
        // An argument without the axis is used by each of the batch.
        return all.map((cotangent, i) => (batched[i] ? cotangent : reduce("sum", cotangent, [0])));
      },
    });
  },
};

interface CustomLinearParams {
  readonly residuals: number;
  readonly results: readonly Aval[];
  readonly backward: CustomVjpParams["backward"];
}

/** The derivative of {@link customVjp}: it can be transposed, but not executed. */
const customLinear: Primitive<CustomLinearParams> = {
  name: "customVjp",
  shapes: (_, { results }) => [...results],
  execute: forwardMode,
  lower: forwardMode,
  jvp: forwardMode,
  transpose: ({ cotangents, inputs, params: { residuals, results, backward } }) => {
    const given = results.map((aval, i) => cotangents[i] ?? zerosLike(aval));
    const found = backward(inputs.slice(0, residuals) as Value[], given);
    return inputs.map((_, i) => (i < residuals ? undefined : found[i - residuals]));
  },
  batch: ({ inputs, batched, size, params: { residuals, results, backward } }) => {
    const flags = [...batched.slice(0, residuals), ...results.map(() => true)];
    const wide = inputs.map((input, i) => (i < residuals || batched[i] ? input : repeatFirst(input, size)));
    return bind(customLinear, wide, {
      residuals,
      results: results.map(({ dtype, dims }) => ({ dtype, dims: [size, ...dims] })),
      backward: (known, cotangents) =>
        overBatch(flags, size, [...known, ...cotangents], (values) =>
          backward(values.slice(0, residuals), values.slice(residuals)),
        ),
    });
  },
};

/** `body` on one of a batch; results are batches. */
function overBatch(
  batched: readonly boolean[],
  size: number,
  values: readonly Value[],
  body: (values: Value[]) => readonly Value[],
): Value[] {
  return atNewLevel((level) => {
    const trace = new BatchTrace(level, size);
    const results = body(values.map((value, i) => (batched[i] ? new BatchTracer(trace, value) : value)));
    return results.map((result) => (trace.owns(result) ? result.batch : repeatFirst(result, size)));
  });
}

function checkCaptures(operation: string, tangents: readonly (Value | undefined)[]): void {
  if (tangents.every((tangent) => tangent === undefined)) return;
  throw new WorldloomError(
    "tensor-gradient",
    `${operation}: the function uses a value from outside that is being differentiated, which its rule knows nothing of; make it an argument, or stopGradient() it.`,
    { operation },
  );
}

function forwardMode(): never {
  throw new WorldloomError(
    "tensor-gradient",
    "customVjp has a rule for reverse mode only; use grad or vjp, or give the function a forward rule with customJvp.",
    { operation: "customVjp" },
  );
}
