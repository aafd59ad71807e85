import { WorldloomError } from "../../core/errors.ts";
import { checkFunction, checkInteger, checkMethods, checkValue, optionsOf, wrong } from "../argument.ts";
import { compile } from "../compile/compile.ts";
import type { Plan } from "../compile/plan.ts";
import { donate, leading, like, spec } from "../compile/spec.ts";
import { take } from "../function/index-by.ts";
import { random } from "../function/random.ts";
import { copy } from "../function/view.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { keep, scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { scalarLoss, valueAndGrad } from "../transform/reverse.ts";
import { disposeTree, type Tree, treeLeaves, treeMap } from "../tree.ts";
import { Value } from "../value.ts";

export interface FitReport {
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the samples of the epoch, each as its batch was reached. */
  readonly loss: number;
  /** Over all validation samples, after the epoch. */
  readonly validation: number | undefined;
}

export interface FitOptions<P extends Tree, D extends Tree> {
  /** Where to begin; not changed. */
  readonly parameters: P;
  /** A number for a batch of samples: the mean over them. */
  readonly loss: (parameters: P, batch: D) => Value;
  readonly optimizer: Optimizer;
  /** Tensors with the samples along axis 0. */
  readonly data: D;
  /** Samples that are not learned from. */
  readonly validation?: D;
  readonly epochs: number;
  /** Samples of a batch; 32 unless given, all of them if there are fewer. */
  readonly batch?: number;
  /** Changes gradients before they are used: `(g) => clipByNorm(g, 1)`. */
  readonly clip?: (gradients: P) => P;
  /** Of the order of the samples, anew in each epoch; the same seed gives the same parameters, bit by bit. */
  readonly seed?: number;
  /** Stops after so many epochs without a better loss (of `validation`, where given), and gives the best parameters. */
  readonly patience?: number;
  /** Called after each epoch; `false` stops. */
  readonly onProgress?: (report: FitReport) => unknown;
}

export interface Fitted<P> {
  readonly parameters: P;
  readonly history: readonly FitReport[];
  readonly stopped: "epochs" | "patience" | "caller";
}

const names = [
  "parameters",
  "loss",
  "optimizer",
  "data",
  "validation",
  "epochs",
  "batch",
  "clip",
  "seed",
  "patience",
  "onProgress",
] as const;

/**
 * Learns parameters: each step, with its gradients and the optimiser, is one run of a plan. Throws `tensor-value` when the loss
 * is not finite, `tensor-shape` when the data have different numbers of samples, and `bad-argument`.
 */
export function fit<P extends Tree, D extends Tree>(options: FitOptions<P, D>): Fitted<P> {
  checkOptions(options);
  const { data, epochs, loss, optimizer, seed = 0, patience, onProgress, clip } = options;
  const count = samplesOf(data);
  const batch = Math.min(options.batch ?? 32, count);
  const learn = (p: P, s: Tree, samples: D, rows: Value) => {
    const [value, gradients] = valueAndGrad((q: P) => loss(q, gather(samples, rows)))(p);
    const updated: unknown = optimizer.update(p, (clip === undefined ? gradients : clip(gradients as P)) as P, s);
    if (!Array.isArray(updated) || updated.length !== 2)
      throw wrong("fit", "what the optimiser's update() gives", updated, "a list of parameters and state");
    return [...(updated as [P, Tree]), value] as const;
  };
  const history: FitReport[] = [];
  let best: { readonly loss: number; readonly parameters: P; readonly epoch: number } | undefined;
  let stopped: Fitted<P>["stopped"] = "epochs";
  // What has been made so far is disposed whatever happens.
  let parameters = null as unknown as P;
  let state: Tree = null;
  let step: Plan<Value[]> | undefined;
  let validate: Plan<Value> | undefined;
  let indices: Tensor | undefined;
  const run = (rows: Tensor, at: number): number => {
    const results = step?.run(parameters as never, state as never, data as never, rows);
    const [p, s, value] = results as unknown as [P, Tree, Tensor];
    parameters = p;
    state = s;
    return finite(value.elements()[0] as number, at);
  };
  try {
    parameters = own(() => treeMap((leaf) => copy(leaf), options.parameters) as P);
    state = own(() => optimizer.init(parameters));
    indices = keep(Tensor.empty("i32", [batch]));
    step = compile(
      learn as never,
      donate(like(parameters as Tree)),
      donate(like(state)),
      like(data as Tree),
      spec("i32", [leading(batch)]),
    ) as unknown as Plan<Value[]>;
    if (options.validation !== undefined)
      validate = compile(
        ((p: P, samples: D) => {
          const value = loss(p, samples);
          return scalarLoss("fit (validation)", value instanceof Value ? value : undefined, value);
        }) as never,
        like(parameters as Tree),
        like(options.validation as Tree),
      ) as unknown as Plan<Value>;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = orderOf(seed, epoch, count);
      let total = 0;
      for (let from = 0; from < count; from += batch) {
        const size = Math.min(batch, count - from);
        indices.elements().set(order.subarray(from, from + size));
        if (size === batch) total += run(indices, epoch) * size;
        else {
          using rest = indices.view([size], [1], indices.offset);
          total += run(rest, epoch) * size;
        }
      }
      const checked = validate?.run(parameters as never, options.validation as never) as Tensor | undefined;
      const report = {
        epoch,
        epochs,
        loss: total / count,
        validation: checked === undefined ? undefined : finite(checked.elements()[0] as number, epoch),
      };
      history.push(report);
      const reached = report.validation ?? report.loss;
      if (patience !== undefined && (best === undefined || reached < best.loss)) {
        disposeTree(best?.parameters);
        const copied = own(() => treeMap((leaf) => copy(leaf), parameters) as P);
        best = { loss: reached, parameters: copied, epoch };
      }
      if (onProgress?.(report) === false) stopped = "caller";
      else if (best !== undefined && epoch - best.epoch >= (patience as number)) stopped = "patience";
      if (stopped !== "epochs") break;
    }
    if (best === undefined) return { parameters, history, stopped };
    disposeTree(parameters);
    return { parameters: best.parameters, history, stopped };
  } catch (error) {
    disposeTree(parameters);
    disposeTree(best?.parameters);
    throw error;
  } finally {
    disposeTree(state);
    indices?.dispose();
    step?.dispose();
    validate?.dispose();
  }
}

/** Tensors that no scope disposes. */
function own<T extends Tree>(make: () => T): T {
  return treeMap((leaf) => (typeof leaf === "number" ? leaf : keep(leaf as Tensor)), scope(make) as Tree) as T;
}

function checkOptions<P extends Tree, D extends Tree>(options: FitOptions<P, D>): void {
  const given = optionsOf("fit", options, names);
  for (const name of ["parameters", "data", "validation"] as const) {
    const tree = given[name];
    const leaves = tree === undefined && name === "validation" ? [] : treeLeaves(tree as Tree);
    for (const leaf of leaves) checkValue("fit", `each leaf of ${name}`, leaf);
  }
  checkFunction("fit", "loss", given.loss);
  checkMethods("fit", "optimizer", given.optimizer, ["init", "update"]);
  checkInteger("fit", "epochs", given.epochs, 1);
  if (given.batch !== undefined) checkInteger("fit", "batch", given.batch, 1);
  if (given.seed !== undefined) checkInteger("fit", "seed", given.seed, 0);
  if (given.patience !== undefined) checkInteger("fit", "patience", given.patience, 1);
  if (given.clip !== undefined) checkFunction("fit", "clip", given.clip);
  if (given.onProgress !== undefined) checkFunction("fit", "onProgress", given.onProgress);
}

function gather<D extends Tree>(samples: D, rows: Value): D {
  return treeMap((leaf) => take(leaf, rows, 0), samples) as D;
}

/** A random order of the samples, for this seed and epoch. */
function orderOf(seed: number, epoch: number, count: number): Int32Array {
  let order = new Int32Array(0);
  scope(() => {
    const shuffled = random.permutation(random.fold(random.key(seed), epoch), count) as Tensor;
    order = Int32Array.from(shuffled.elements());
    return undefined;
  });
  return order;
}

function samplesOf(data: Tree): number {
  const counts = treeLeaves(data).map((leaf) => (leaf as Value).dims?.[0] ?? 0);
  const [count = 0] = counts;
  if (count > 0 && counts.every((other) => other === count)) return count;
  throw new WorldloomError(
    "tensor-shape",
    `fit: the data have ${counts.join(", ")} samples along axis 0; all need the same number, at least 1.`,
    { counts },
  );
}

function finite(loss: number, epoch: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new WorldloomError(
    "tensor-value",
    `fit: the loss is ${loss} in epoch ${epoch}; lower the rate, clip the gradients, or look for non-finite data.`,
    { loss, epoch },
  );
}
