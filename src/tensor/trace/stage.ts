import { type Atom, type Equation, type Graph, Variable } from "../graph.ts";
import { atNewLevel } from "../level.ts";
import type { Primitive } from "../primitive/primitive.ts";
import { Tensor } from "../tensor.ts";
import { type Aval, Literal, type Trace, Tracer, type Value } from "../value.ts";
import { checkOpen } from "./open.ts";

/** A value that will exist when the graph runs. */
class StageTracer extends Tracer {
  readonly trace: StageTrace;
  readonly variable: Variable;

  constructor(trace: StageTrace, variable: Variable) {
    super();
    this.trace = trace;
    this.variable = variable;
  }

  get dtype() {
    return this.variable.dtype;
  }

  get dims() {
    return this.variable.dims;
  }
}

let innermost: StageTrace | undefined;

/** The innermost graph that is being recorded. */
export function openStage(): Trace | undefined {
  return innermost;
}

/** Records equations. What depends on no input of the graph is computed while tracing and captured as a constant. */
class StageTrace implements Trace {
  readonly level: number;
  open = true;
  readonly equations: Equation[] = [];
  readonly captured = new Map<Value, Variable>();

  constructor(level: number) {
    this.level = level;
  }

  process(primitive: Primitive, inputs: readonly Value[], params: unknown): Value[] {
    checkOpen(this, primitive);
    const outputs = primitive.shapes(inputs, params as never).map((aval) => new Variable(aval));
    this.equations.push({ primitive, inputs: inputs.map((input) => this.atom(input)), outputs, params });
    return outputs.map((variable) => new StageTracer(this, variable));
  }

  atom(value: Value): Atom {
    if (value instanceof StageTracer && value.trace === this) return value.variable;
    if (value instanceof Tensor || value instanceof Literal) return value;
    let variable = this.captured.get(value);
    if (variable === undefined) {
      variable = new Variable(value);
      this.captured.set(value, variable);
    }
    return variable;
  }
}

export interface Staged {
  /** Its inputs are those that were asked for, then one for each of `captures`. */
  readonly graph: Graph;
  /** Tracers of outer traces that the body used. */
  readonly captures: readonly Value[];
}

/** What `body` does to inputs of these types, as a graph. `body` is called once. */
export function stage(body: (inputs: Value[]) => Value[], avals: readonly Aval[]): Staged {
  return atNewLevel((level) => {
    const trace = new StageTrace(level);
    const outer = innermost;
    innermost = trace;
    try {
      const inputs = avals.map((aval) => new Variable(aval));
      const results = body(inputs.map((variable) => new StageTracer(trace, variable)));
      trace.open = false;
      const outputs = results.map((value) => trace.atom(value));
      const graph = { inputs: [...inputs, ...trace.captured.values()], equations: trace.equations, outputs };
      return { graph, captures: [...trace.captured.keys()] };
    } finally {
      innermost = outer;
    }
  });
}
