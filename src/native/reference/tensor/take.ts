import { checkTake, checkTakeAlong, eachTaken, eachTakenAlong, placesOf } from "./indices.ts";
import type { Instruction, Reader } from "./reader.ts";
import { move } from "./view.ts";

export function readTake(reader: Reader): Instruction {
  const record = reader.index;
  const axis = reader.word();
  const source = reader.operand();
  const indices = reader.operand();
  const result = reader.output();
  checkTake(reader, axis, source, indices, result);
  return {
    operands: [source, indices, result],
    run() {
      const places = placesOf(indices, source.extents[axis]!, record);
      eachTaken(axis, source, result, places, indices, (from, to) => move(result, to, source, from));
    },
  };
}

export function readTakeAlong(reader: Reader): Instruction {
  const record = reader.index;
  const axis = reader.word();
  const source = reader.operand();
  const indices = reader.operand();
  const result = reader.output();
  checkTakeAlong(reader, axis, source, indices, result);
  return {
    operands: [source, indices, result],
    run() {
      const places = placesOf(indices, source.extents[axis]!, record);
      eachTakenAlong(axis, source, result, places, (from, to) => move(result, to, source, from));
    },
  };
}
