/** What an implementation is asked to compute, in plain numbers: everybody gets the same inputs in row-major order. */
export type Task = Matmul | Forward | Train | Gelu | Softmax | Add | Chain;

export type Floats = Float32Array | Float64Array;
export type FloatType = "f32" | "f64";

/** `batch` products of an m x k matrix with a k x n matrix, where `transposed` is stored the other way round. */
export interface Matmul {
  readonly kind: "matmul";
  readonly dtype: FloatType;
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposed?: "a" | "b";
}

/** A perceptron with relu between its layers: x of [batch, widths[0]] to [batch, widths.at(-1)]. */
export interface Forward {
  readonly kind: "forward";
  readonly batch: number;
  readonly widths: readonly number[];
}

/** The same with the mean squared error against y, its gradient, and one step of plain descent. The result is all weights. */
export interface Train {
  readonly kind: "train";
  readonly batch: number;
  readonly widths: readonly number[];
  readonly rate: number;
}

/** x * (1 + erf(x / sqrt(2))) / 2 of each element. */
export interface Gelu {
  readonly kind: "gelu";
  readonly count: number;
}

/** Over the columns of each row. */
export interface Softmax {
  readonly kind: "softmax";
  readonly rows: number;
  readonly columns: number;
}

/** a + b of vectors. */
export interface Add {
  readonly kind: "add";
  readonly count: number;
}

/**
 * x + b, where x is the sum before, and at first a, in turn as vectors and as matrices of 4 columns: so that compilers which
 * join operations of one shape into one loop do not.
 */
export interface Chain {
  readonly kind: "chain";
  /** Divisible by 4. */
  readonly count: number;
  readonly links: number;
}

/** Shapes of the sums of a chain, in turn. */
export function shapesOf({ count }: Chain): readonly [number[], number[]] {
  return [[count / 4, 4], [count]];
}

/** Layers of a perceptron, from the first. */
export function layersOf(widths: readonly number[]): { readonly inputs: number; readonly outputs: number }[] {
  return widths.slice(1).map((outputs, i) => ({ inputs: widths[i]!, outputs }));
}

/**
 * The inputs of a task, the same in every process: matmul a, b; forward x, then weights [inputs, outputs] and biases of
 * each layer; train x, y, then those; gelu and softmax x; add and chain a, b.
 */
export function inputsOf(task: Task): Floats[] {
  const next = uniform(20);
  const floats = (count: number, scale = 1) => Float32Array.from({ length: count }, () => next() * scale);
  switch (task.kind) {
    case "matmul": {
      const a = floats(task.batch * task.m * task.k);
      const b = floats(task.batch * task.k * task.n);
      return task.dtype === "f64" ? [Float64Array.from(a), Float64Array.from(b)] : [a, b];
    }
    case "forward":
    case "train": {
      const x = floats(task.batch * task.widths[0]!);
      const y = task.kind === "train" ? [floats(task.batch * task.widths.at(-1)!)] : [];
      const weights = layersOf(task.widths).flatMap(({ inputs, outputs }) => {
        const scale = Math.sqrt(3 / inputs);
        return [floats(inputs * outputs, scale), floats(outputs, scale)];
      });
      return [x, ...y, ...weights];
    }
    case "gelu":
      return [floats(task.count, 6)];
    case "softmax":
      return [floats(task.rows * task.columns, 8)];
    case "add":
    case "chain":
      return [floats(task.count), floats(task.count)];
  }
}

/** How far a result may be from the peer's, as a share of the peer's largest element. */
export function toleranceOf(task: Task): number {
  if (task.kind === "matmul") return task.dtype === "f64" ? 1e-13 : 5e-6;
  return task.kind === "train" ? 2e-5 : 2e-6;
}

/** Runs after which results are compared: weights of training only show after several that every one of them counted. */
export function checkedRunsOf(task: Task): number {
  return task.kind === "train" ? 10 : 1;
}

/** Numbers in [-1, 1), Weyl sequence with a finaliser. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 31 - 1;
  };
}
