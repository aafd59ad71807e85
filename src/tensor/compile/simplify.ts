import { type Atom, type Equation, type Graph, Variable } from "../graph.ts";
import type { Primitive } from "../primitive/primitive.ts";
import { sameShape } from "../shape.ts";
import { Literal } from "../value.ts";

/** The same function with fewer equations: equal ones once, none that nothing needs, no multiplication by 1. */
export function simplify(traced: Graph): Graph {
  const graph = inlined(traced);
  const replaced = new Map<Variable, Atom>();
  const known = new Map<string, readonly Variable[]>();
  const names = new Names();
  const equations: Equation[] = [];
  const now = (atom: Atom): Atom => (atom instanceof Variable ? (replaced.get(atom) ?? atom) : atom);
  for (const equation of graph.equations) {
    const inputs = equation.inputs.map(now);
    const same = identity(equation, inputs);
    if (same !== undefined) {
      replaced.set(equation.outputs[0] as Variable, same);
      continue;
    }
    const key = names.key(equation.primitive, inputs, equation.params);
    const before = known.get(key);
    if (before !== undefined) {
      for (const [i, output] of equation.outputs.entries()) replaced.set(output, before[i] as Variable);
      continue;
    }
    known.set(key, equation.outputs);
    equations.push({ ...equation, inputs });
  }
  return withoutDead({ inputs: graph.inputs, equations, outputs: graph.outputs.map(now) });
}

/** With the equations of operations that have a graph to stand for them. */
function inlined(graph: Graph): Graph {
  if (!graph.equations.some(({ primitive }) => primitive.inline !== undefined)) return graph;
  const equations: Equation[] = [];
  const splice = (inner: Graph, inputs: readonly Atom[]): Atom[] => {
    const values = new Map<Atom, Atom>(inner.inputs.map((variable, i) => [variable, inputs[i] as Atom]));
    const read = (atom: Atom): Atom => values.get(atom) ?? atom;
    for (const equation of inner.equations) {
      const given = equation.inputs.map(read);
      const stand = equation.primitive.inline?.(equation.params as never);
      const outputs =
        stand === undefined ? equation.outputs.map((output) => new Variable(output)) : splice(stand, given);
      if (stand === undefined) equations.push({ ...equation, inputs: given, outputs: outputs as Variable[] });
      for (const [i, output] of equation.outputs.entries()) values.set(output, outputs[i] as Atom);
    }
    return inner.outputs.map(read);
  };
  const outputs = splice(graph, graph.inputs);
  return { inputs: graph.inputs, equations, outputs };
}

/** Equations in the same order, but for those that no output needs. */
function withoutDead(graph: Graph): Graph {
  const needed = new Set<Atom>(graph.outputs);
  const equations: Equation[] = [];
  for (let i = graph.equations.length - 1; i >= 0; i--) {
    const equation = graph.equations[i] as Equation;
    if (!equation.outputs.some((output) => needed.has(output))) continue;
    for (const input of equation.inputs) needed.add(input);
    equations.push(equation);
  }
  return { ...graph, equations: equations.reverse() };
}

/** What the equation's one result is equal to, bit by bit, if that is known already. */
function identity({ primitive, outputs }: Equation, inputs: readonly Atom[]): Atom | undefined {
  const output = outputs[0] as Variable;
  const isSame = (atom: Atom): boolean => atom.dtype === output.dtype && sameShape(atom.dims, output.dims);
  const [a, b] = inputs;
  if (primitive.name === "multiply") {
    if (b instanceof Literal && b.value === 1 && isSame(a as Atom)) return a;
    if (a instanceof Literal && a.value === 1 && isSame(b as Atom)) return b;
  }
  if (primitive.name === "divide" && b instanceof Literal && b.value === 1 && isSame(a as Atom)) return a;
  if (primitive.name === "stopGradient") return a;
  if ((primitive.name === "reshape" || primitive.name === "expand" || primitive.name === "cast") && isSame(a as Atom))
    return a;
  return undefined;
}

/** Texts that are equal for equal equations. */
class Names {
  readonly #numbers = new Map<unknown, number>();

  key(primitive: Primitive, inputs: readonly Atom[], params: unknown): string {
    const parts = inputs.map((atom) =>
      atom instanceof Literal
        ? `${atom.dtype}:${Object.is(atom.value, -0) ? "-0" : atom.value}`
        : `#${this.#number(atom)}`,
    );
    return `${this.#number(primitive)}(${parts})${this.#params(params)}`;
  }

  /** Plain values by their text; objects of classes, functions and graphs by which they are. */
  #params(params: unknown): string {
    if (Object.is(params, -0)) return "-0";
    if (params === null || typeof params !== "object")
      return typeof params === "function" ? `#${this.#number(params)}` : `${typeof params}:${params}`;
    if (Array.isArray(params)) return `[${params.map((part) => this.#params(part))}]`;
    if (Object.getPrototypeOf(params) !== Object.prototype || "equations" in params) return `#${this.#number(params)}`;
    return `{${Object.entries(params).map(([name, part]) => `${name}=${this.#params(part)}`)}}`;
  }

  #number(thing: unknown): number {
    let number = this.#numbers.get(thing);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(thing, number);
    }
    return number;
  }
}
