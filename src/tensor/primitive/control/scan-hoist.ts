import { bind } from "../../bind.ts";
import { type Atom, type Equation, evaluate, Variable } from "../../graph.ts";
import type { Value } from "../../value.ts";
import type { Primitive } from "../primitive.ts";
import type { ScanParams } from "./scan.ts";

/**
 * Applies `scan` with what each pass computes of constants alone computed once, before: so that reverse mode does not stack it
 * for each pass either.
 */
export function bindScan(scan: Primitive<ScanParams>, inputs: readonly Value[], params: ScanParams): Value[] {
  const { graph, constants } = params;
  const invariant = new Set<Atom>(graph.inputs.slice(0, constants));
  const [moved, kept]: [Equation[], Equation[]] = [[], []];
  for (const equation of graph.equations) {
    if (equation.inputs.some((atom) => atom instanceof Variable && !invariant.has(atom))) kept.push(equation);
    else {
      moved.push(equation);
      for (const output of equation.outputs) invariant.add(output);
    }
  }
  if (moved.length === 0) return bind(scan, inputs, params);
  const read = new Set<Atom>([...graph.outputs, ...kept.flatMap((equation) => equation.inputs)]);
  const needed = [...invariant].filter((atom) => read.has(atom)) as Variable[];
  const values = evaluate(
    { inputs: graph.inputs.slice(0, constants), equations: moved, outputs: needed },
    inputs.slice(0, constants),
  );
  return bind(scan, [...values, ...inputs.slice(constants)], {
    ...params,
    graph: { inputs: [...needed, ...graph.inputs.slice(constants)], equations: kept, outputs: graph.outputs },
    constants: needed.length,
  });
}
