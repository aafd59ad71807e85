import { checkpoint } from "./control/checkpoint.ts";
import { cond } from "./control/cond.ts";
import { customJvp, customVjp } from "./control/custom.ts";
import { scan } from "./control/scan.ts";
import { whileRow } from "./control/while.ts";
import { dotGeneral } from "./dot.ts";
import { dynamicSlice, dynamicUpdate } from "./dynamic.ts";
import { cast, copy, elementwise, relu, stopGradient } from "./elementwise.ts";
import { put, take } from "./index-by.ts";
import { concatenate, fold, pad } from "./join.ts";
import type { Primitive } from "./primitive.ts";
import { axisSize, cumulate, reduce } from "./reduce.ts";
import { cholesky, lu, triangularSolve } from "./solve.ts";
import { sort } from "./sort.ts";
import { iota, randomBits, uniform } from "./source.ts";
import { expand, permute, reshape, slice, windows } from "./view.ts";

/** The table of primitives: everything that tensors can do, from which all else is composed. */
export const primitives: readonly Primitive[] = [
  ...Object.values(elementwise),
  cast,
  copy,
  relu,
  stopGradient,
  reshape,
  permute,
  expand,
  slice,
  windows,
  fold,
  concatenate,
  pad,
  reduce,
  cumulate,
  axisSize,
  dotGeneral,
  take,
  put,
  dynamicSlice,
  dynamicUpdate,
  sort,
  cholesky,
  lu,
  triangularSolve,
  iota,
  randomBits,
  uniform,
  cond,
  scan,
  whileRow,
  checkpoint,
  customJvp,
  customVjp,
] as readonly Primitive[];
