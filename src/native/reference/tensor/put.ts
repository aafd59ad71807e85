import { putKinds } from "../../tensor/format.ts";
import { putTypes } from "../../tensor/step-types.ts";
import { checkTake, checkTakeAlong, eachTaken, eachTakenAlong, placesOf } from "./indices.ts";
import type { Instruction, Reader } from "./reader.ts";
import { pairOf, takes } from "./reduce.ts";
import { move, store, type View } from "./view.ts";

/** Updates of one place come in row-major order of the indices: the last one set stays, sums are rounded one by one. */
export function readPut(reader: Reader): Instruction {
  const record = reader.index;
  const axis = reader.word();
  const { kind, target, indices, updates } = readOperands(reader);
  checkTake(reader, axis, target, indices, updates);
  const put = putOf(kind, target, updates);
  return {
    operands: [target, indices, updates],
    run() {
      const places = placesOf(indices, target.extents[axis]!, record);
      eachTaken(axis, target, updates, places, indices, put);
    },
  };
}

export function readPutAlong(reader: Reader): Instruction {
  const record = reader.index;
  const axis = reader.word();
  const { kind, target, indices, updates } = readOperands(reader);
  checkTakeAlong(reader, axis, target, indices, updates);
  const put = putOf(kind, target, updates);
  return {
    operands: [target, indices, updates],
    run() {
      const places = placesOf(indices, target.extents[axis]!, record);
      eachTakenAlong(axis, target, updates, places, put);
    },
  };
}

interface Put {
  readonly kind: number;
  readonly target: View;
  readonly indices: View;
  readonly updates: View;
}

function readOperands(reader: Reader): Put {
  const kind = reader.below(putKinds.length);
  const target = reader.output();
  const indices = reader.operand();
  const updates = reader.operand();
  reader.check(takes(putTypes[kind]!, target) && target.cut === updates.cut);
  return { kind, target, indices, updates };
}

function putOf(kind: number, target: View, updates: View): (to: number, from: number) => void {
  const name = putKinds[kind]!;
  if (name === "set") return (to, from) => move(target, to, updates, from);
  const pair = pairOf(name === "add" ? "sum" : name, target.dtype);
  return (to, from) => store(target, to, pair(target.values[to]!, updates.values[from]!));
}
