import { assert } from "../../core/errors.ts";
import { type Atom, evaluate, type Graph, Variable } from "../graph.ts";
import { atNewLevel } from "../level.ts";
import { repeatFirst, zerosLike } from "../primitive/exact.ts";
import { type Aval, Tracer, type Value } from "../value.ts";
import { BatchTrace, BatchTracer } from "./batch.ts";
import { JvpTrace } from "./jvp.ts";
import { LinearTrace, pullBack } from "./linear.ts";
import { stage } from "./stage.ts";

/** A graph made of another one, and which of the results (of the other) it has. */
export interface Derived {
  readonly graph: Graph;
  readonly has: readonly boolean[];
}

/**
 * Inputs: those of `graph`, then tangents of those that `moving` names. Results: those of `graph`, then their tangents: those
 * that are not zero, and those that `always` names.
 */
export function dualGraph(graph: Graph, moving: readonly boolean[], always: readonly boolean[]): Derived {
  let has: boolean[] = [];
  const count = graph.inputs.length;
  const derived = closed([...graph.inputs, ...pick(graph.inputs, moving)], (inputs) =>
    atNewLevel((level) => {
      const trace = new JvpTrace(level);
      let next = count;
      const results = evaluate(
        graph,
        graph.inputs.map((_, i) => trace.pair(inputs[i]!, moving[i] ? inputs[next++] : undefined)),
      );
      const tangents = results.map(
        (result, i) => trace.tangentOf(result) ?? (always[i] ? zerosLike(result) : undefined),
      );
      has = tangents.map((tangent) => tangent !== undefined);
      return [...results.map((result) => trace.primalOf(result)), ...present(tangents)];
    }),
  );
  return { graph: derived, has };
}

/** `graph` over a further axis of `size`, axis 0 of the inputs that `batched` names and of results. `always`: as above. */
export function batchedGraph(
  graph: Graph,
  batched: readonly boolean[],
  size: number,
  always: readonly boolean[],
): Derived {
  let has: boolean[] = [];
  const avals = graph.inputs.map((input, i) =>
    batched[i] ? { dtype: input.dtype, dims: [size, ...input.dims] } : input,
  );
  const derived = closed(avals, (inputs) =>
    atNewLevel((level) => {
      const trace = new BatchTrace(level, size);
      const results = evaluate(
        graph,
        inputs.map((input, i) => (batched[i] ? new BatchTracer(trace, input) : input)),
      );
      has = results.map((result, i) => always[i] === true || trace.owns(result));
      return results.map((result, i) => {
        if (trace.owns(result)) return result.batch;
        return has[i] ? repeatFirst(result, size) : result;
      });
    }),
  );
  return { graph: derived, has };
}

/** A graph in two: what is known, and what is linear in the linear inputs. */
export interface Halves {
  /** Inputs: the known ones. Results: those that are known, then residuals. */
  readonly known: Graph;
  /** Inputs: known inputs by `shared`, residuals, linear inputs. Results: the linear ones. */
  readonly linear: Graph;
  /** Which of the known inputs the linear half takes. */
  readonly shared: readonly number[];
  readonly residuals: readonly Aval[];
  /** Which results are linear. */
  readonly has: readonly boolean[];
}

/** Splits a graph that is linear in some inputs. Results that `always` names count as linear, even where they are known. */
export function halves(graph: Graph, linear: readonly boolean[], always: readonly boolean[]): Halves {
  const tape = { steps: [] as LinearTrace["steps"] };
  let results: Value[] = [];
  let places: Value[] = [];
  let parts: Value[] = [];
  let [shared, residuals, has]: [number[], Value[], boolean[]] = [[], [], []];
  const known = closed(
    pick(
      graph.inputs,
      linear.map((is) => !is),
    ),
    (inputs) =>
      atNewLevel((level) => {
        const trace = new LinearTrace(level);
        let next = 0;
        const all = graph.inputs.map((input, i) => (linear[i] ? trace.input(input) : inputs[next++]!));
        results = evaluate(graph, all);
        tape.steps = trace.steps;
        places = pick(all, linear);
        has = results.map((result, i) => always[i] === true || trace.owns(result));
        const linearResults = pick(results, has);
        const needed = new Set<Value>();
        for (const value of [...trace.steps.flatMap((step) => step.inputs), ...linearResults])
          if (value instanceof Tracer && !trace.owns(value)) needed.add(value);
        const input = (value: Value) => inputs.indexOf(value);
        parts = [...needed].sort((a, b) => Number(input(a) < 0) - Number(input(b) < 0));
        shared = parts.map(input).filter((i) => i >= 0);
        residuals = parts.slice(shared.length);
        return [...results.filter((_, i) => !has[i]), ...residuals];
      }),
  );
  const variables = new Map<Value, Variable>();
  const define = (value: Value): Variable => {
    const variable = new Variable(value);
    variables.set(value, variable);
    return variable;
  };
  const read = (value: Value): Atom => variables.get(value) ?? (value as Atom);
  const linearGraph = {
    inputs: [...parts, ...places].map(define),
    equations: tape.steps.map(({ primitive, inputs, outputs, params }) => ({
      primitive,
      inputs: inputs.map(read),
      outputs: outputs.map(define),
      params,
    })),
    outputs: pick(results, has).map(read),
  };
  return { known, linear: linearGraph, shared, residuals, has };
}

/**
 * The transpose of a graph that is linear in some inputs. Inputs: the known ones, then cotangents of the results that `given`
 * names. Results: cotangents of the linear inputs that are not zero, and of those that `always` names.
 */
export function transposedGraph(
  graph: Graph,
  linear: readonly boolean[],
  given: readonly boolean[],
  always: readonly boolean[],
): Derived {
  let has: boolean[] = [];
  const knownInputs = pick(
    graph.inputs,
    linear.map((is) => !is),
  );
  const derived = closed([...knownInputs, ...pick(graph.outputs, given)], (inputs) =>
    atNewLevel((level) => {
      const trace = new LinearTrace(level);
      let next = 0;
      const all = graph.inputs.map((input, i) => (linear[i] ? trace.input(input) : inputs[next++]!));
      const results = evaluate(graph, all);
      const cotangents = given.map((is) => (is ? inputs[next++] : undefined));
      const places = pick(all, linear) as ReturnType<LinearTrace["input"]>[];
      const sums = pullBack(trace, places, results, cotangents);
      has = sums.map((sum, i) => sum !== undefined || always[i] === true);
      return present(sums.map((sum, i) => sum ?? (has[i] ? zerosLike(places[i]!) : undefined)));
    }),
  );
  return { graph: derived, has };
}

/** A graph without what the results that are kept do not need. Its inputs stay. */
export function pruned(graph: Graph, keep: readonly boolean[]): Graph {
  const outputs = pick(graph.outputs, keep);
  const needed = new Set<Atom>(outputs);
  const equations = graph.equations.toReversed().filter((equation) => {
    if (!equation.outputs.some((output) => needed.has(output))) return false;
    for (const input of equation.inputs) needed.add(input);
    return true;
  });
  return { inputs: graph.inputs, equations: equations.reverse(), outputs };
}

/** Those that are flagged. */
export function pick<T>(values: readonly T[], flags: readonly boolean[]): T[] {
  return values.filter((_, i) => flags[i]);
}

/** Those that are not undefined. */
function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

/** A function of values as a graph. It uses no tracers but its inputs. */
export function closed(avals: readonly Aval[], body: (inputs: Value[]) => Value[]): Graph {
  const { graph, captures } = stage(body, avals);
  assert(captures.length === 0, "a graph of graphs captures nothing");
  return graph;
}
