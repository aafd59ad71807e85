import type { Declaration, Lowered } from "../lowered.ts";
import type { Store } from "../program.ts";
import { Source, TOO_DEEP } from "./error.ts";
import { Lowering } from "./lowering.ts";
import { type Parsed, parseFunction } from "./parse.ts";
import { Scope } from "./scope.ts";
import { bind, functionBody } from "./statement.ts";
import { elementOf, gatherOf, type Inputs } from "./tables.ts";
import type { Typed } from "./value.ts";

/**
 * Makes a program of a row function. Throws `kernel-source`, with the place and what to write instead, if the function does
 * what kernels cannot do.
 */
export function lower(declaration: Declaration): Lowered {
  const { name, source } = declaration;
  const title = `kernel "${name}"`;
  try {
    const parsed = parseFunction(name, title, source);
    const { inputs, all, lowered } = build(declaration, parsed, { buffers: [], gathers: [], uniforms: [] });
    // What is only read for values that nobody needs is left out: the rest is numbered anew.
    return all ? lowered : build(declaration, parsed, inputs).lowered;
  } catch (cause) {
    if (!isStackFull(cause)) throw cause;
    return new Source(name, title, source).fail(0, ...TOO_DEEP, cause);
  }
}

function isStackFull(cause: unknown): boolean {
  return cause instanceof RangeError && /call stack/i.test(cause.message);
}

function build(
  declaration: Declaration,
  parsed: Parsed,
  known: Inputs,
): { inputs: Inputs; all: boolean; lowered: Lowered } {
  const l = new Lowering(declaration, parsed.source, new Scope(), known);
  declareParameters(l, parsed);
  functionBody(l, parsed.body);
  const stores: Store[] = [];
  for (const cell of l.assigned) {
    const { buffer, lane } = l.tables.placeOf(cell);
    const { node } = l.state.get(cell) as Typed;
    if (node !== (cell.initial as Typed).node) stores.push({ buffer, lane, value: node });
  }
  stores.sort((a, b) => a.buffer - b.buffer || a.lane - b.lane);
  const effects = l.appends();
  const appends = effects.map(({ append }) => append);
  const folds = l.folds.map(({ kind, mask, value }) => ({ kind, mask, value }));
  const nodes = l.graph.reached(stores, folds, appends);
  const written = new Set(stores.map(({ buffer }) => buffer));
  const inputs = l.tables.used(nodes, written);
  const buffers = inputs.buffers.map(({ parameter, column }, i) => {
    const { component } = declaration.parameters[parameter]!;
    const spec = component.columns[column]!;
    const name = `${component.key}.${spec.path}`;
    return { name, element: elementOf(spec), lanes: spec.lanes, written: written.has(i) };
  });
  const lowered: Lowered = {
    program: {
      name: declaration.name,
      buffers,
      uniforms: inputs.uniforms,
      gathers: inputs.gathers.map(gatherOf),
      stores,
      folds,
      appends,
      nodes,
    },
    buffers: inputs.buffers,
    gathers: inputs.gathers.map(({ component, column }) => ({ component, column })),
    effects: effects.map(({ effect }) => effect),
    folds: l.folds.map(({ resource, column }) => ({ resource, column })),
  };
  return { inputs, all: l.tables.isAll(inputs), lowered };
}

/** Rows of components by position, then `k`. */
function declareParameters(l: Lowering, { source, parameters: patterns }: Parsed): void {
  const { parameters } = l.declaration;
  patterns.forEach((pattern, i) => {
    if (i > parameters.length) {
      const names = [...parameters.map(({ component }) => component.key), "k"].join(", ");
      source.fail(pattern.start, "there are more parameters than components and k", `write (${names})`);
    }
    const parameter = parameters[i];
    const row = parameter && ({ is: "row", component: parameter.component, parameter: i, entity: undefined } as const);
    bind(l, pattern, row ?? { is: "scope" });
  });
}
