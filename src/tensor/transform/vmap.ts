import { WorldloomError } from "../../core/errors.ts";
import { checkFunction, wrong } from "../argument.ts";
import { atNewLevel } from "../level.ts";
import { moveAxis, repeatFirst } from "../primitive/exact.ts";
import { normalAxis, shapeError, showShape } from "../shape.ts";
import { BatchTrace, BatchTracer } from "../trace/batch.ts";
import { type Tree, treeLeaves } from "../tree.ts";
import { Value } from "../value.ts";
import { type Arguments, flat, rebuilt, run, valuesOf } from "./run.ts";

/** Which axis of each leaf is mapped over, `null` for none: one for a whole tree, or a tree of them for its parts. */
export type MappedAxes = number | null | readonly MappedAxes[] | { readonly [name: string]: MappedAxes };

/**
 * `f` for every element along an axis of its arguments, as one operation each: a function of arguments with one axis more
 * than `f` takes. `inAxes` is for the list of arguments, 0 for all unless given; `outAxes` says where results have the axis.
 */
export function vmap<A extends Arguments, R extends Tree>(
  f: (...args: A) => R,
  inAxes: MappedAxes = 0,
  outAxes: MappedAxes = 0,
): (...args: A) => R {
  checkFunction("vmap", "what it takes", f);
  return (...args) => {
    const inner = flat(f, args);
    const results = run(() => {
      const values = valuesOf(args);
      const axes = spread(inAxes, args).map((axis, i) =>
        axis === null ? null : normalAxis("vmap", axis, values[i]!.rank),
      );
      const size = commonExtent(values, axes);
      return atNewLevel((level) => {
        const trace = new BatchTrace(level, size);
        try {
          const outputs = inner.call(
            values.map((value, i) => {
              const axis = axes[i] as number | null;
              return axis === null ? value : new BatchTracer(trace, moveAxis(value, axis, 0));
            }),
          );
          const outs = spread(outAxes, inner.tree);
          return outputs.map((output, i) => unbatched(trace, output, outs[i] as number | null));
        } finally {
          trace.open = false;
        }
      });
    });
    return rebuilt(inner.tree as R, results);
  };
}

function unbatched(trace: BatchTrace, output: Value, axis: number | null): Value {
  if (axis === null) {
    if (!trace.owns(output)) return output;
    throw new WorldloomError(
      "tensor-shape",
      `vmap: outAxes is null for a result ${showShape(output.dims)} that differs along the axis; give the axis where it is to be.`,
      { operation: "vmap", shape: output.dims },
    );
  }
  const batch = trace.owns(output) ? output.batch : repeatFirst(output, trace.size);
  return moveAxis(batch, 0, normalAxis("vmap", axis, batch.rank));
}

/** The axis of each leaf of `tree`. */
function spread(axes: MappedAxes, tree: Tree | Arguments): (number | null)[] {
  if (axes === null || typeof axes === "number") return treeLeaves(tree).map(() => axes);
  if (typeof axes !== "object" || axes instanceof Value)
    throw wrong("vmap", "the axes", axes, "a number, null, or a tree of them");
  const branches = tree as { readonly [name: string]: Tree };
  if (tree === null || typeof tree === "number" || tree instanceof Value || Array.isArray(tree) !== Array.isArray(axes))
    throw unlike(axes);
  const names = Object.keys(axes);
  if (names.length !== Object.keys(branches).length || names.some((name) => !(name in branches))) throw unlike(axes);
  const inOrder = Array.isArray(tree) ? names : names.sort();
  return inOrder.flatMap((name) => spread((axes as { readonly [name: string]: MappedAxes })[name]!, branches[name]!));
}

function unlike(axes: MappedAxes): WorldloomError {
  return new WorldloomError(
    "tensor-shape",
    `vmap: the axes ${JSON.stringify(axes)} do not fit the values; give a number or null for a whole tree, or a tree of the same form.`,
    { operation: "vmap" },
  );
}

function commonExtent(values: readonly Value[], axes: readonly (number | null)[]): number {
  let first: number | undefined;
  for (const [i, axis] of axes.entries()) {
    if (axis === null) continue;
    first ??= i;
    const [a, b] = [values[first]!, values[i]!];
    if (a.dims[axes[first]!] !== b.dims[axis])
      throw shapeError(
        "vmap",
        [a.dims, b.dims],
        `axis ${axes[first]} of leaf ${first} and axis ${axis} of leaf ${i} must have one extent`,
        axis,
      );
  }
  if (first !== undefined) return values[first]!.dims[axes[first]!]!;
  throw new WorldloomError("tensor-shape", "vmap: no argument has an axis to map over; give one in inAxes.", {
    operation: "vmap",
  });
}
