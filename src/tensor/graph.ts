import { bind } from "./bind.ts";
import type { DType } from "./dtype.ts";
import type { Primitive } from "./primitive/primitive.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";
import type { Aval, Literal, Value } from "./value.ts";

/** A value inside a graph: an input, or a result of one of its equations. */
export class Variable implements Aval {
  readonly dtype: DType;
  readonly dims: Shape;

  constructor(aval: Aval) {
    this.dtype = aval.dtype;
    this.dims = aval.dims;
  }
}

/** What an equation reads: a variable, or something known: a number, or a tensor that was captured. */
export type Atom = Variable | Literal | Tensor;

/** `outputs = primitive(inputs)`. */
export interface Equation {
  readonly primitive: Primitive;
  readonly inputs: readonly Atom[];
  readonly outputs: readonly Variable[];
  readonly params: unknown;
}

/** A function as a list of equations in an order in which they can be executed: what staging makes of it. */
export interface Graph {
  readonly inputs: readonly Variable[];
  readonly equations: readonly Equation[];
  readonly outputs: readonly Atom[];
}

/** Executes a graph, operation by operation, on values of any kind: so that it can be differentiated, batched or staged again. */
export function evaluate(graph: Graph, inputs: readonly Value[]): Value[] {
  const values = new Map<Atom, Value>();
  for (const [i, variable] of graph.inputs.entries()) values.set(variable, inputs[i] as Value);
  const read = (atom: Atom): Value => (atom instanceof Variable ? (values.get(atom) as Value) : atom);
  for (const { primitive, inputs: atoms, outputs, params } of graph.equations) {
    const results = bind(primitive, atoms.map(read), params as never);
    for (const [i, variable] of outputs.entries()) values.set(variable, results[i] as Value);
  }
  return graph.outputs.map(read);
}
