import { checkFunction, checkList, wrong } from "./argument.ts";
import { Value } from "./value.ts";

/** Values in arrays and plain objects, nested as one likes: arguments, results, parameters of a model. */
export type Tree = Value | number | null | readonly Tree[] | { readonly [name: string]: Tree };

/** The leaves in order: of arrays by index, of objects by name. Numbers are leaves, `null` is not. */
export function treeLeaves(tree: Tree): (Value | number)[] {
  const leaves: (Value | number)[] = [];
  visit(tree, leaves);
  return leaves;
}

/** Trees of more levels are refused, those without an end among them. */
const DEPTH_MAX = 256;

function visit(tree: Tree, leaves: (Value | number)[], depth = 0): void {
  if (tree === null) return;
  if (depth > DEPTH_MAX) throw wrong("tensors", "a tree", tree, `of ${DEPTH_MAX} levels at most`);
  if (typeof tree === "number" || tree instanceof Value) leaves.push(tree);
  else if (isList(tree)) for (const branch of tree) visit(branch, leaves, depth + 1);
  else if (typeof tree !== "object") throw wrong("tensors", "a leaf of a tree", tree, "a tensor or a number");
  else for (const name of Object.keys(tree).sort()) visit(tree[name] as Tree, leaves, depth + 1);
}

/** Where the leaves are, in the order of {@link treeLeaves}: `layers.0.weight`; the empty text for a leaf alone. */
export function treePaths(tree: Tree): string[] {
  const paths: string[] = [];
  const walk = (branch: Tree, path: string): void => {
    if (branch === null) return;
    if (typeof branch === "number" || branch instanceof Value) {
      paths.push(path);
      return;
    }
    const names = isList(branch) ? branch.map((_, i) => String(i)) : Object.keys(branch).sort();
    for (const name of names) {
      walk((branch as { readonly [name: string]: Tree })[name] as Tree, path === "" ? name : `${path}.${name}`);
    }
  };
  walk(tree, "");
  return paths;
}

/** A tree of the same form with other leaves, in the order of {@link treeLeaves}. */
export function treeLike(tree: Tree, leaves: readonly Tree[]): Tree {
  checkList("treeLike", "the leaves", leaves);
  let next = 0;
  const build = (branch: Tree): Tree => {
    if (branch === null) return null;
    if (typeof branch !== "object" && typeof branch !== "number")
      throw wrong("tensors", "a leaf of a tree", branch, "a tensor or a number");
    if (typeof branch === "number" || branch instanceof Value) return leaves[next++] as Tree;
    if (isList(branch)) return branch.map(build);
    const out: Record<string, Tree> = {};
    for (const name of Object.keys(branch).sort()) out[name] = build(branch[name] as Tree);
    return out;
  };
  return build(tree);
}

/** A tree of the same form with each leaf replaced, together with the leaves of `more` at the same places. */
export function treeMap(
  change: (leaf: Value | number, ...more: (Value | number)[]) => Tree,
  tree: Tree,
  ...more: Tree[]
): Tree {
  checkFunction("treeMap", "the change", change);
  const others = more.map(treeLeaves);
  return treeLike(
    tree,
    treeLeaves(tree).map((leaf, i) => change(leaf, ...others.map((leaves) => leaves[i] as Value | number))),
  );
}

/** Gives the memory of all leaves back. */
export function disposeTree(tree: Tree | undefined): void {
  if (tree === undefined) return;
  for (const leaf of treeLeaves(tree)) if (typeof leaf !== "number") leaf.dispose();
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}
