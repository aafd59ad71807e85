import { bytesOf } from "../../dtype.ts";
import { evaluate, type Graph } from "../../graph.ts";
import { type Operand, viewOperand } from "../../operand.ts";
import { strictScope } from "../../scope.ts";
import { Tensor } from "../../tensor.ts";
import type { Value } from "../../value.ts";
import type { Primitive } from "../primitive.ts";
import { element, held, repeated, resultsOf, write } from "./body.ts";
import { batchScan, dualScan, splitScan, transposeScan } from "./scan-rules.ts";

export interface ScanParams {
  /** Inputs: constants, carries, elements of the sequences. Results: carries, elements of the results. */
  readonly graph: Graph;
  readonly constants: number;
  readonly carries: number;
  /** Passes. */
  readonly length: number;
  /** From the last element to the first. */
  readonly reverse: boolean;
}

/**
 * A graph for each element along axis 0 of sequences, one after the other: inputs are constants, first carries and
 * sequences; results the last carries, and what each pass gave, stacked.
 */
export const scan: Primitive<ScanParams> = {
  name: "scan",
  shapes: (_, { graph, carries, length }) => {
    const results = resultsOf(graph);
    return results.map((aval, i) => (i < carries ? aval : { dtype: aval.dtype, dims: [length, ...aval.dims] }));
  },
  execute: executeScan,
  lower: (emit, inputs, outputs, { graph, constants, carries, length, reverse }) => {
    const known = inputs.slice(0, constants);
    const sequences = inputs.slice(constants + carries);
    const state = outputs.slice(0, carries);
    state.forEach((carry, i) => {
      emit.copy(inputs[constants + i]!, carry);
    });
    if (length === 0) return;
    const counter = emit.temporary("i32", []);
    const index = reverse ? emit.temporary("i32", []) : counter;
    const elements = sequences.map(({ dtype, dims }) => emit.temporary(dtype, [1, ...dims.slice(1)]));
    // One element of a stack, without the axis along which they are stacked.
    const inner = (operand: Operand) =>
      viewOperand(
        operand,
        { dims: operand.dims.slice(1), strides: operand.strides.slice(1), start: 0 },
        bytesOf(operand.dtype),
      );
    emit.loop(length, counter, () => {
      if (reverse)
        emit.fuse([counter], [index], (registers, [pass]) => [
          registers.step("subtract", "i32", "i32", [registers.constant(length - 1, "i32"), pass!]),
        ]);
      sequences.forEach((sequence, i) => {
        emit.slice(0, sequence, index, elements[i]!);
      });
      const parts = outputs.slice(carries).map(() => undefined);
      const results = emit.graph(graph, [...known, ...state, ...elements.map(inner)], [...state, ...parts]);
      results.forEach((result, i) => {
        emit.update(0, outputs[carries + i]!, index, {
          ...result,
          dims: [1, ...result.dims],
          strides: [0, ...result.strides],
        });
      });
    });
  },
  jvp: "none",
  dual: (rule) => dualScan(scan, rule),
  split: (rule) => splitScan(scan, rule),
  transpose: (rule) => transposeScan(scan, rule),
  batchSome: (rule) => batchScan(scan, rule),
  batch: repeated((rule) => batchScan(scan, rule)),
};

function executeScan(inputs: readonly Value[], params: ScanParams): Value[] {
  const { graph, constants, carries, length, reverse } = params;
  const arena = inputs.find((input) => input instanceof Tensor)?.arena;
  return strictScope(() => {
    const stacks = scan
      .shapes(inputs, params)
      .slice(carries)
      .map(({ dtype, dims }) => Tensor.empty(dtype, dims, arena));
    const known = inputs.slice(0, constants);
    const sequences = inputs.slice(constants + carries);
    let state = inputs.slice(constants, constants + carries).map(held);
    for (let pass = 0; pass < length; pass++) {
      const index = reverse ? length - 1 - pass : pass;
      const next = strictScope(() => {
        const elements = sequences.map((sequence) => element(sequence, index));
        const results = evaluate(graph, [...known, ...state, ...elements]);
        stacks.forEach((stack, i) => {
          write(stack, index, results[carries + i]!);
        });
        return results.slice(0, carries).map(held);
      });
      for (const carry of state) if (carry instanceof Tensor) carry.dispose();
      state = next;
    }
    return [...state, ...stacks];
  });
}
