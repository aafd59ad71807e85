import { sameShape } from "../shape.ts";
import { type Tree, treeLeaves, treePaths } from "../tree.ts";
import { Literal, type Value } from "../value.ts";
import { asSpec, type Spec } from "./spec.ts";

/**
 * Which result is written over which donated input, by number: one of the same type in the same place of the trees, else
 * the first one of the same type that is left. Only pairs with inputs that `wanted` picks are returned.
 */
export function matchDonated(
  specs: readonly Tree[],
  results: Tree,
  wanted: (spec: Spec) => boolean,
): Map<number, number> {
  const outputs = leavesWithPaths(results);
  const inputs = leavesWithPaths(specs).map(({ path, leaf }) => ({ path, spec: asSpec(leaf) }));
  const taken = new Set<number>();
  const found = new Map<number, number>();
  const match = (input: number, isPlace: (path: string) => boolean): void => {
    const { spec } = inputs[input] as { spec: Spec };
    const output = outputs.findIndex(({ path, leaf }, o) => {
      const value = asValue(leaf);
      return isPlace(path) && !taken.has(o) && value.dtype === spec.dtype && sameShape(value.dims, spec.dims);
    });
    if (output < 0) return;
    taken.add(output);
    found.set(input, output);
  };
  for (const [i, { path, spec }] of inputs.entries()) if (spec.donated) match(i, (other) => other === path);
  for (const [i, { spec }] of inputs.entries()) if (spec.donated && !found.has(i)) match(i, () => true);
  for (const [i, { spec }] of inputs.entries()) if (!wanted(spec)) found.delete(i);
  return found;
}

/** A leaf as a value: numbers are f32. */
export function asValue(leaf: Value | number): Value {
  return typeof leaf === "number" ? new Literal(leaf, "f32") : leaf;
}

function leavesWithPaths(tree: Tree): { path: string; leaf: Value | number }[] {
  const leaves = treeLeaves(tree);
  return treePaths(tree).map((path, i) => ({ path, leaf: leaves[i] as Value | number }));
}
