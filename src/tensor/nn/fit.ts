import { WorldloomError } from "../../core/errors.ts";
import { compile } from "../compile/compile.ts";
import type { Plan } from "../compile/plan.ts";
import { donate, leading, like, spec } from "../compile/spec.ts";
import { take } from "../function/index-by.ts";
import { random } from "../function/random.ts";
import { copy } from "../function/view.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { keep, scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { valueAndGrad } from "../transform/reverse.ts";
import { disposeTree, type Tree, treeLeaves, treeMap } from "../tree.ts";
import type { Value } from "../value.ts";

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

/**
 * Learns parameters: each step, with its gradients and the optimiser, is one run of a plan. Throws `tensor-value` when the loss
 * is not finite, and `tensor-shape` when the data have different numbers of samples.
 */
export function fit<P extends Tree, D extends Tree>(options: FitOptions<P, D>): Fitted<P> {
  const { data, epochs, loss, optimizer, seed = 0, patience, onProgress, clip } = options;
  const count = samplesOf(data);
  const batch = Math.min(options.batch ?? 32, count);
  if (!Number.isInteger(epochs) || epochs < 1 || !Number.isInteger(batch) || batch < 1)
    throw new WorldloomError(
      "bad-argument",
      `fit: epochs ${epochs} and batch ${options.batch} must be integers from 1 on.`,
      { epochs, batch },
    );
  const own = <T extends Tree>(tree: T): T => treeMap((leaf) => keep(copy(leaf) as Tensor), tree) as T;
  let parameters = own(options.parameters);
  let state = treeMap((leaf) => keep(leaf as Tensor), optimizer.init(parameters));
  const learn = (p: P, s: Tree, samples: D, rows: Value) => {
    const [value, gradients] = valueAndGrad((q: P) => loss(q, gather(samples, rows)))(p);
    return [...optimizer.update(p, (clip?.(gradients as P) ?? gradients) as P, s), value] as const;
  };
  const step = compile(
    learn as never,
    donate(like(parameters as Tree)),
    donate(like(state)),
    like(data as Tree),
    spec("i32", [leading(batch)]),
  ) as unknown as Plan<Value[]>;
  const validate =
    options.validation === undefined
      ? undefined
      : (compile(loss as never, like(parameters as Tree), like(options.validation as Tree)) as unknown as Plan<Value>);
  const history: FitReport[] = [];
  let best: { readonly loss: number; readonly parameters: P; readonly epoch: number } | undefined;
  let stopped: Fitted<P>["stopped"] = "epochs";
  const indices = keep(Tensor.empty("i32", [batch]));
  const run = (rows: Tensor, at: number): number => {
    const [p, s, value] = step.run(parameters as never, state as never, data as never, rows) as unknown as [
      P,
      Tree,
      Tensor,
    ];
    parameters = p;
    state = s;
    return finite(value.elements()[0] as number, at);
  };
  try {
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
        best = { loss: reached, parameters: own(parameters), epoch };
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
    indices.dispose();
    step.dispose();
    validate?.dispose();
  }
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
