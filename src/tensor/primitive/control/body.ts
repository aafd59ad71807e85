import { assert } from "../../../core/errors.ts";
import { bindOne } from "../../bind.ts";
import { bytesOf } from "../../dtype.ts";
import { evaluate, type Graph } from "../../graph.ts";
import { strictScope } from "../../scope.ts";
import { Tensor } from "../../tensor.ts";
import { concrete } from "../../trace/concrete.ts";
import { pick } from "../../trace/derive.ts";
import type { Aval, Value } from "../../value.ts";
import { copy } from "../elementwise.ts";
import { expand, repeatFirst, zerosLike } from "../exact.ts";
import type { Batched, SomeBatched } from "../primitive.ts";

/** Types of the results of a graph. */
export function resultsOf(graph: Graph): Aval[] {
  return graph.outputs.map(({ dtype, dims }) => ({ dtype, dims }));
}

/** A graph with its inputs in another order: input i is input `order[i]` of `graph`. */
export function reordered(graph: Graph, order: readonly number[]): Graph {
  assert(order.length === graph.inputs.length, "an order of inputs names each once");
  return { ...graph, inputs: order.map((i) => graph.inputs[i]!) };
}

/** Executes a graph on tensors and disposes what it made but for the results, which are tensors of their own. */
export function executed(graph: Graph, inputs: readonly Value[]): Value[] {
  return strictScope(() => evaluate(graph, inputs).map(held));
}

/** A tensor that may be disposed: no other object is it. Numbers stay. */
export function held(value: Value): Value {
  return value instanceof Tensor ? value.view(value.dims, value.strides, value.offset) : value;
}

/** Element `index` along axis 0. */
export function element(stack: Value, index: number): Tensor {
  const { dims, strides, offset, dtype } = stack as Tensor;
  const start = offset + index * strides[0]! * bytesOf(dtype);
  return (stack as Tensor).view(dims.slice(1), strides.slice(1), start);
}

/** Writes element `index` along axis 0 of a contiguous tensor. */
export function write(stack: Tensor, index: number, value: Value): void {
  const tensor = concrete("scan", value);
  const source = tensor.contiguous ? tensor : (bindOne(copy, [tensor], undefined) as Tensor);
  const bytes = stack.dims.includes(0) ? 0 : stack.strides[0]! * bytesOf(stack.dtype);
  const to = stack.offset + index * bytes;
  if (source.arena === stack.arena) stack.arena.memory.copy(to, source.offset, bytes);
  else stack.arena.memory.u8.set(source.arena.memory.u8.subarray(source.offset, source.offset + bytes), to);
}

/** Tangents or cotangents of which those that are missing are zeros, where `flags` say that they are needed. */
export function filled(
  values: readonly (Value | undefined)[],
  like: readonly Aval[],
  flags: readonly boolean[],
): Value[] {
  return pick(
    values.map((value, i) => value ?? (flags[i] ? zerosLike(like[i]!) : (undefined as never))),
    flags,
  );
}

/** One flag for each element of a batch, as wide as values of that batch. */
export function wide(flags: Value, values: Value): Value {
  return expand(flags, values.dims, [0]);
}

/** The `batch` of a row from its `batchSome`: results without the further axis are repeated. */
export function repeated<P>(some: (rule: Batched<P>) => SomeBatched): (rule: Batched<P>) => Value[] {
  return (rule) => {
    const { results, has } = some(rule);
    return results.map((result, i) => (has[i] ? result : repeatFirst(result, rule.size)));
  };
}
