import { cumulations } from "../../tensor/format.ts";
import { cumulationTypes } from "../../tensor/step-types.ts";
import type { Instruction, Reader } from "./reader.ts";
import { pairOf, takes } from "./reduce.ts";
import { store } from "./view.ts";
import { Walk } from "./walk.ts";

/** From the first element along the axis to the last (reverse: from the last to the first), each with all before it. */
export function readCumulate(reader: Reader): Instruction {
  const kind = reader.below(cumulations.length);
  const axis = reader.word();
  const reverse = reader.below(2) === 1;
  const input = reader.operand();
  const output = reader.output(input.dtype);
  reader.check(takes(cumulationTypes[kind]!, input));
  reader.along(input, axis);
  reader.same(input.tokens, output.tokens);
  const pair = pairOf(cumulations[kind]!, input.dtype);

  return {
    operands: [input, output],
    run() {
      const count = input.extents[axis]!;
      const extents = input.extents.with(axis, Math.min(count, 1));
      const walk = new Walk(extents, [input.at, output.at], [input.strides, output.strides]);
      for (; walk.inside; walk.next()) {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          const position = reverse ? count - 1 - i : i;
          const value = input.values[walk.at[0]! + position * input.strides[axis]!]!;
          sum = i === 0 ? value : pair(sum, value);
          store(output, walk.at[1]! + position * output.strides[axis]!, sum);
        }
      }
    },
  };
}
