import "./tensor/methods.ts";

export { type ArenaOptions, currentArena, TensorArena, useArena } from "./tensor/arena.ts";
export { type ColumnSegments, Columns } from "./tensor/compile/columns.ts";
export { compile, type PlanInput, type PlanOutput } from "./tensor/compile/compile.ts";
export { type Concrete, Plan, type PlanArgument } from "./tensor/compile/plan.ts";
export { columnSpec, donate, Leading, leading, like, Spec, spec } from "./tensor/compile/spec.ts";
export {
  arange,
  type CreateOptions,
  eye,
  fromElements,
  full,
  fullLike,
  linspace,
  meshgrid,
  type Nested,
  ones,
  onesLike,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from "./tensor/create.ts";
export type { DType } from "./tensor/dtype.ts";
export {
  elu,
  type GeluOptions,
  gelu,
  hardSigmoid,
  type LayerNormOptions,
  layerNorm,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  logSumExp,
  relu,
  rmsNorm,
  sigmoid,
  silu,
  softmax,
  softplus,
  stopGradient,
} from "./tensor/function/activation.ts";
export * from "./tensor/function/arithmetic.ts";
export { type AttentionOptions, attention } from "./tensor/function/attention.ts";
export type { Like } from "./tensor/function/convert.ts";
export {
  avgPool,
  type ConvolutionOptions,
  conv1d,
  conv2d,
  maxPool,
  type PerAxis,
  type PoolOptions,
} from "./tensor/function/convolution.ts";
export { copysign, countNonzero, cross, diff, hypot, logaddexp, signbit } from "./tensor/function/derived.ts";
export { einsum } from "./tensor/function/einsum.ts";
export {
  argsort,
  dynamicSlice,
  dynamicUpdate,
  type Indices,
  nonzero,
  oneHot,
  type PutOptions,
  putAlongAxis,
  type SortOptions,
  scatter,
  searchsorted,
  sort,
  take,
  takeAlongAxis,
  topK,
} from "./tensor/function/index-by.ts";
export { concat, split, stack, unstack } from "./tensor/function/join.ts";
export {
  cholesky,
  det,
  inv,
  solve,
  solveTriangular,
  type TriangularOptions,
  tril,
  triu,
} from "./tensor/function/linear-algebra.ts";
export { diagonal, matmul, outer, tensordot, trace, vecdot } from "./tensor/function/matmul.ts";
export { type FloatOptions, random, type UniformOptions } from "./tensor/function/random.ts";
export {
  type Axes,
  all,
  any,
  argmax,
  argmin,
  arrayEqual,
  axisSize,
  type CumulativeOptions,
  cumulativeMax,
  cumulativeMin,
  cumulativeProd,
  cumulativeSum,
  max,
  mean,
  min,
  type NormOptions,
  norm,
  prod,
  type ReduceOptions,
  std,
  sum,
  type VarianceOptions,
  variance,
} from "./tensor/function/reduce.ts";
export {
  broadcastArrays,
  broadcastTo,
  copy,
  expandDims,
  flatten,
  flip,
  matrixTranspose,
  moveaxis,
  pad,
  permuteDims,
  type Range,
  repeat,
  reshape,
  roll,
  type Steps,
  slice,
  squeeze,
  swapaxes,
  tile,
} from "./tensor/function/view.ts";
export { type BoostedOptions, boostedTrees } from "./tensor/learn/boosted.ts";
export {
  type CrossValidation,
  type CrossValidationOptions,
  crossValidate,
  type Interval,
  type IntervalRegression,
  withIntervals,
} from "./tensor/learn/cross-validation.ts";
export { nonNegative } from "./tensor/learn/non-negative.ts";
export { type PerceptronOptions, perceptron } from "./tensor/learn/perceptron.ts";
export type { Regression, Regressor, Rows } from "./tensor/learn/regressor.ts";
export { type LinearRegression, type RidgeRegressor, ridge } from "./tensor/learn/ridge.ts";
export {
  determination,
  meanAbsolutePercentageError,
  rankCorrelation,
  rootMeanSquaredError,
} from "./tensor/learn/score.ts";
export type { AttentionParameters, MultiHeadAttention } from "./tensor/nn/attention.ts";
export type { ConvolutionParameters } from "./tensor/nn/convolution.ts";
export { type FitOptions, type FitReport, type Fitted, fit } from "./tensor/nn/fit.ts";
export type { Gru, GruParameters } from "./tensor/nn/gru.ts";
export { nn } from "./tensor/nn/index.ts";
export type { Fans, Initialiser } from "./tensor/nn/initialiser.ts";
export type { Layer, LayerLike } from "./tensor/nn/layer.ts";
export type { LinearParameters } from "./tensor/nn/linear.ts";
export {
  binaryCrossEntropy,
  crossEntropy,
  huber,
  type Loss,
  meanAbsoluteError,
  meanSquaredError,
  softCrossEntropy,
} from "./tensor/nn/loss.ts";
export { type AdamOptions, type AdamState, adam, adamW } from "./tensor/optim/adam.ts";
export { clipByNorm, clipByValue, globalNorm } from "./tensor/optim/clip.ts";
export type { Optimizer, Rate } from "./tensor/optim/optimizer.ts";
export { type RmsPropOptions, type RmsPropState, rmsProp } from "./tensor/optim/rmsprop.ts";
export { cosineDecay, exponentialDecay, linearDecay, type Schedule, warmup } from "./tensor/optim/schedule.ts";
export { type SgdOptions, type SgdState, sgd } from "./tensor/optim/sgd.ts";
export { primitives } from "./tensor/primitive/index.ts";
export type { Primitive } from "./tensor/primitive/primitive.ts";
export { format, item, type NestedNumbers, toArray, toElements } from "./tensor/read.ts";
export {
  loadParameters,
  readSafetensors,
  type SafetensorsFile,
  saveParameters,
  writeSafetensors,
} from "./tensor/safetensors.ts";
export { keep, scope } from "./tensor/scope.ts";
export type { Shape } from "./tensor/shape.ts";
export { type Elements, Tensor } from "./tensor/tensor.ts";
export { branch, cond, forLoop, type ScanOptions, scan, whileLoop } from "./tensor/transform/control.ts";
export { checkpoint, customJvp, customVjp } from "./tensor/transform/custom.ts";
export { jvp } from "./tensor/transform/forward.ts";
export { hessian, hvp, jacfwd, jacrev } from "./tensor/transform/jacobian.ts";
export {
  type Gradient,
  grad,
  type Linear,
  linearize,
  type Values,
  valueAndGrad,
  valueAndGradWith,
  vjp,
} from "./tensor/transform/reverse.ts";
export type { Arguments } from "./tensor/transform/run.ts";
export { backward, type Gradients, watch } from "./tensor/transform/tape.ts";
export { type MappedAxes, vmap } from "./tensor/transform/vmap.ts";
export { disposeTree, type Tree, treeLeaves, treeLike, treeMap } from "./tensor/tree.ts";
export { Value } from "./tensor/value.ts";
