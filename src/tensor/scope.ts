import { checkFunction } from "./argument.ts";
import { closeTapes, tracing } from "./level.ts";
import type { Tensor } from "./tensor.ts";
import { type Tree, treeLeaves } from "./tree.ts";

let tensors: Tensor[] | undefined;

/** Puts a new tensor into the innermost scope. */
export function enter(tensor: Tensor): void {
  tensors?.push(tensor);
}

/** Runs `body` and adds the tensors that it makes to `made` as well. */
export function gather<R>(made: Tensor[], body: () => R): R {
  const outer = tensors;
  const inner: Tensor[] = [];
  tensors = inner;
  try {
    return body();
  } finally {
    tensors = outer;
    for (const tensor of inner) {
      made.push(tensor);
      outer?.push(tensor);
    }
  }
}

/** Tensors that were made in the innermost scope so far. */
export function entered(): ReadonlySet<Tensor> {
  return new Set(tensors);
}

/**
 * Runs `body` and disposes the tensors that it made but for those in its result, which go to the scope around it. `body` is
 * not asynchronous. While a function is traced nothing is disposed before the transformation ends: it may be needed.
 */
export function scope<R extends Tree | undefined>(body: () => R): R;
/** A plan, say: it holds copies of what it needs. */
export function scope<R extends Disposable>(body: () => R): R;
export function scope(body: () => void): void;
export function scope<R extends Tree | undefined>(body: () => R): R {
  checkFunction("scope", "the body", body);
  if (tracing()) return body();
  try {
    return strictScope(body);
  } finally {
    // Tapes that were opened inside, and never asked for gradients.
    closeTapes();
  }
}

/** {@link scope}, while something is traced as well: for operations on tensors that no tracer of `body` knows. */
export function strictScope<R extends Tree | undefined>(body: () => R): R {
  const outer = tensors;
  const inner: Tensor[] = [];
  tensors = inner;
  let kept: ReadonlySet<unknown> = new Set();
  try {
    const result = body();
    if (result !== undefined) kept = new Set(treeLeaves(result as Tree));
    return result;
  } finally {
    tensors = outer;
    for (const tensor of inner) {
      if (!kept.has(tensor)) tensor.dispose();
      else if (!tensor.disposed) outer?.push(tensor);
    }
  }
}

/** Takes `tensor` out of the scopes that it is in: it lives until it is disposed. */
export function keep<T extends Tensor>(tensor: T): T {
  if (tensors === undefined) return tensor;
  const at = tensors.lastIndexOf(tensor);
  if (at >= 0) tensors.splice(at, 1);
  return tensor;
}
