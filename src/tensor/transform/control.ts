import { WorldloomError } from "../../core/errors.ts";
import {
  checkBoolean,
  checkFunction,
  checkInteger,
  checkList,
  checkNumber,
  checkValue,
  optionsOf,
  wrong,
} from "../argument.ts";
import { bind, bindOne } from "../bind.ts";
import { type Graph, Variable } from "../graph.ts";
import { reordered } from "../primitive/control/body.ts";
import { cond as condRow } from "../primitive/control/cond.ts";
import { scan as scanRow } from "../primitive/control/scan.ts";
import { whileRow } from "../primitive/control/while.ts";
import { cast } from "../primitive/exact.ts";
import { iota } from "../primitive/source.ts";
import { scope } from "../scope.ts";
import { leadingFactor, sameShape, showShape } from "../shape.ts";
import { stage } from "../trace/stage.ts";
import { type Tree, treeLeaves } from "../tree.ts";
import { type Aval, Literal, type Value } from "../value.ts";
import { asValue, rebuilt, run, valuesOf } from "./run.ts";

/** `onTrue(...operands)` or `onFalse(...operands)`, by a bool or number of rank 0. Results of both are alike. */
export function cond<A extends readonly Tree[], R extends Tree>(
  condition: Value | number | boolean,
  onTrue: (...operands: A) => R,
  onFalse: (...operands: A) => R,
  ...operands: A
): R {
  const flag = typeof condition === "boolean" ? Number(condition) : condition;
  if (typeof flag !== "number") checkValue("cond", "the condition", flag);
  const known = typeof flag === "number" ? Number(flag !== 0) : cast(cast(scalarOf("cond", flag), "bool"), "i32");
  return branch(known, [onFalse, onTrue], ...operands);
}

/** One of several functions of the same operands, by an i32 of rank 0: below 0 the first, past the end the last one. */
export function branch<A extends readonly Tree[], R extends Tree>(
  selector: Value | number,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  checkList("branch", "the branches", branches);
  for (const f of branches) checkFunction("branch", "each branch", f);
  if (branches.length === 0)
    throw new WorldloomError("tensor-value", "branch: there are no branches; give one at least.", {});
  if (typeof selector === "number") checkNumber("branch", "the selector", selector);
  else checkValue("branch", "the selector", selector);
  let tree: Tree = null;
  const results = run(() => {
    const values = valuesOf(operands);
    const chosen =
      typeof selector === "number" ? new Literal(Math.trunc(selector), "i32") : scalarOf("branch", selector);
    const staged = branches.map((f) => {
      let leaves: (Value | number)[] = [];
      const { graph, captures } = stage((inputs) => {
        const result = f(...rebuilt(operands, inputs));
        leaves = treeLeaves(result);
        tree = result;
        return leaves.map(asValue);
      }, values);
      return { graph, captures, leaves };
    });
    const captures = [...new Set(staged.flatMap((one) => one.captures))];
    const graphs = staged.map(({ graph, captures: own }, i) => ({
      inputs: [
        ...graph.inputs.slice(0, values.length),
        ...captures.map((value) => {
          const index = own.indexOf(value);
          return index < 0 ? new Variable(value) : graph.inputs[values.length + index]!;
        }),
      ],
      equations: graph.equations,
      outputs: graph.outputs.map((output, j) => {
        // A plain number has the type that the other branches give.
        if (typeof staged[i]!.leaves[j] !== "number") return output;
        const other = staged.find(({ leaves }) => leaves[j] !== undefined && typeof leaves[j] !== "number");
        return other === undefined ? output : new Literal((output as Literal).value, other.graph.outputs[j]!.dtype);
      }),
    }));
    for (const graph of graphs) same("branch", "a branch", "the first", graph.outputs, graphs[0]!.outputs);
    return bind(condRow, [chosen.dtype === "i32" ? chosen : cast(chosen, "i32"), ...values, ...captures], {
      branches: graphs,
    });
  });
  return rebuilt(tree as R, results);
}

export interface ScanOptions {
  /** Passes, where there are no sequences. */
  readonly length?: number;
  /** From the last element to the first. */
  readonly reverse?: boolean;
}

/**
 * `[carry, y] = f(carry, x)` for each element along axis 0 of the sequences `xs` (`null` for none: give `length`): the last
 * carry, and all `y` stacked along a new axis 0. A carry keeps its types and shapes.
 */
export function scan<C extends Tree, X extends Tree, Y extends Tree>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options?: ScanOptions,
): [C, Y] {
  checkFunction("scan", "the function", f);
  const { length: passes, reverse = false } = optionsOf("scan", options, ["length", "reverse"]);
  if (passes !== undefined && typeof passes !== "number") throw wrong("scan", "length", passes, "a number");
  checkBoolean("scan", "reverse", reverse);
  let tree: Tree = null;
  const results = run(() => {
    const sequences = valuesOf(xs);
    const length = lengthOf(sequences, passes);
    const elements = sequences.map(({ dtype, dims }) => ({ dtype, dims: dims.slice(1) }));
    const { values, graph, captures } = stagedLoop("scan", init, elements, (carry, element) => {
      const made = f(rebuilt(init, carry), rebuilt(xs, element));
      checkList("scan", "what the function gives", made);
      const [next, y] = made;
      tree = y;
      return [next, y];
    });
    return bind(scanRow, [...captures, ...values, ...sequences], {
      graph,
      constants: captures.length,
      carries: values.length,
      length,
      reverse,
    });
  });
  const carries = treeLeaves(init).length;
  return [rebuilt(init, results.slice(0, carries)), rebuilt(tree as Y, results.slice(carries))];
}

/** The state after `count` passes of `state = body(i, state)`, where `i` is an i32 of rank 0 that counts from 0. */
export function forLoop<S extends Tree>(count: number, body: (i: Value, state: S) => S, state: S): S {
  checkFunction("forLoop", "the body", body);
  checkInteger("forLoop", "the count", count, 0);
  // In a scope, so that what counts is disposed whatever becomes of the body.
  return scope(() => {
    const counts = bindOne(iota, [], { dims: [count], axis: 0, dtype: "i32" });
    return scan<S, Value, null>((carry, i) => [body(i, carry), null], state, counts)[0];
  });
}

/**
 * `state = body(state)` as long as `test(state)`, a bool of rank 0, is true. It has forward mode only: reverse mode needs
 * {@link scan}.
 */
export function whileLoop<S extends Tree>(test: (state: S) => Value, body: (state: S) => S, state: S): S {
  checkFunction("whileLoop", "the test", test);
  checkFunction("whileLoop", "the body", body);
  const results = run(() => {
    const loop = stagedLoop("whileLoop", state, [], (now) => [body(rebuilt(state, now)), null]);
    const tested = stage((inputs) => [test(rebuilt(state, inputs))], loop.values);
    const answer = tested.graph.outputs[0]!;
    if (answer.dtype !== "bool" || answer.dims.length !== 0)
      throw new WorldloomError(
        "tensor-dtype",
        `whileLoop: the test gives ${answer.dtype} ${showShape(answer.dims)}, not one bool; compare two numbers, or reduce with any() or all().`,
        { operation: "whileLoop" },
      );
    const constants = [...new Set([...loop.captures, ...tested.captures])];
    const bodyGraph = withConstants(loop.graph, loop.captures, constants, 0);
    const testGraph = withConstants(tested.graph, tested.captures, constants, loop.values.length);
    return bind(whileRow, [...constants, ...loop.values], {
      test: testGraph,
      body: bodyGraph,
      constants: constants.length,
    });
  });
  return rebuilt(state, results);
}

/** A body whose first results are the next carry. Inputs of the graph: captured values, carry, elements. */
function stagedLoop(
  operation: string,
  init: Tree,
  elements: readonly Aval[],
  body: (carry: Value[], element: Value[]) => readonly [Tree, Tree],
) {
  const leaves = treeLeaves(init);
  let values = leaves.map(asValue);
  for (;;) {
    let next: (Value | number)[] = [];
    const { graph, captures } = stage(
      (inputs) => {
        const [carry, y] = body(inputs.slice(0, values.length), inputs.slice(values.length));
        next = treeLeaves(carry);
        const numbered = next.map((leaf, i) =>
          typeof leaf === "number" ? new Literal(leaf, values[i]?.dtype ?? "f32") : leaf,
        );
        return [...numbered, ...valuesOf(y)];
      },
      [...values, ...elements],
    );
    const outputs = graph.outputs.slice(0, next.length);
    // A number that the carry begins with takes the type that passes give.
    const retyped = values.map((value, i) => {
      const output = outputs[i];
      if (typeof leaves[i] !== "number" || output === undefined || output.dims.length !== 0) return value;
      return output.dtype === value.dtype ? value : new Literal(leaves[i], output.dtype);
    });
    if (retyped.every((value, i) => value === values[i])) {
      same(operation, "after a pass the carry", "before", outputs, values);
      const count = values.length + elements.length;
      const order = [...captures.map((_, i) => count + i), ...Array.from({ length: count }, (_, i) => i)];
      return { values, graph: reordered(graph, order), captures };
    }
    values = retyped;
  }
}

/** `graph`, whose captured values are inputs from `at` on, with `constants` as its first inputs instead. */
function withConstants(graph: Graph, captures: readonly Value[], constants: readonly Value[], at: number): Graph {
  const own = graph.inputs.slice(at, at + captures.length);
  const others = [...graph.inputs.slice(0, at), ...graph.inputs.slice(at + captures.length)];
  const inputs = constants.map((value) => own[captures.indexOf(value)] ?? new Variable(value));
  return { ...graph, inputs: [...inputs, ...others] };
}

function lengthOf(sequences: readonly Value[], length: number | undefined): number {
  const extents = [...sequences.map(({ dims }) => dims[0]), ...(length === undefined ? [] : [length])];
  const first = extents[0];
  if (first === undefined || extents.some((extent) => extent !== first))
    throw new WorldloomError(
      "tensor-shape",
      `scan: axis 0 of all sequences and length must be one number, not ${extents.length === 0 ? "none" : extents.join(", ")}; give sequences of one extent, or a length.`,
      { operation: "scan", extents },
    );
  if (leadingFactor(first) !== 0)
    throw new WorldloomError(
      "tensor-traced",
      "scan: the passes of a loop cannot be the leading number of the plan; fix the extent, or scan along another axis.",
      { operation: "scan" },
    );
  if (Number.isInteger(first) && first >= 0) return first;
  throw new WorldloomError("tensor-shape", `scan: length ${first} is no integer from 0 on.`, { operation: "scan" });
}

function same(operation: string, what: string, other: string, a: readonly Aval[], b: readonly Aval[]): void {
  if (a.length !== b.length)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${what} has ${a.length} leaves and ${other} ${b.length}; return trees of the same form.`,
      { operation },
    );
  a.forEach(({ dtype, dims }, i) => {
    const like = b[i]!;
    if (dtype === like.dtype && sameShape(dims, like.dims)) return;
    throw new WorldloomError(
      dtype === like.dtype ? "tensor-shape" : "tensor-dtype",
      `${operation}: leaf ${i} of ${what} is ${dtype} ${showShape(dims)}, of ${other} ${like.dtype} ${showShape(like.dims)}; they must be alike.`,
      { operation, leaf: i },
    );
  });
}

function scalarOf(operation: string, value: Value): Value {
  if (value.rank === 0) return value;
  throw new WorldloomError(
    "tensor-shape",
    `${operation}: what decides has the shape ${showShape(value.dims)}; it must be of rank 0: reduce it, or use where().`,
    { operation, shape: value.dims },
  );
}
