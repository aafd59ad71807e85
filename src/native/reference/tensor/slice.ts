import type { Instruction, Reader } from "./reader.ts";
import { I32, move, type View } from "./view.ts";
import { Walk } from "./walk.ts";

export function readSlice(reader: Reader): Instruction {
  const axis = reader.word();
  const source = reader.operand();
  const start = reader.operand(I32);
  const result = reader.output(source.dtype);
  check(reader, axis, source, start, result);
  return {
    operands: [source, start, result],
    fits: () => result.extents[axis]! <= source.extents[axis]!,
    run: () => eachPair(axis, source, start, result, (from, to) => move(result, to, source, from)),
  };
}

/** The reverse of `slice`. */
export function readUpdate(reader: Reader): Instruction {
  const axis = reader.word();
  const target = reader.output();
  const start = reader.operand(I32);
  const source = reader.operand(target.dtype);
  check(reader, axis, target, start, source);
  return {
    operands: [target, start, source],
    fits: () => source.extents[axis]! <= target.extents[axis]!,
    run: () => eachPair(axis, target, start, source, (to, from) => move(target, to, source, from)),
  };
}

function check(reader: Reader, axis: number, whole: View, start: View, part: View): void {
  reader.check(start.rank === 0 && whole.rank === part.rank);
  reader.along(whole, axis);
  reader.along(part, axis);
  reader.same(whole.tokens.toSpliced(axis, 1), part.tokens.toSpliced(axis, 1));
}

/** Visits the elements of `part` with what they are in `whole` behind the start, which is moved so that it fits. */
function eachPair(
  axis: number,
  whole: View,
  start: View,
  part: View,
  visit: (whole: number, part: number) => void,
): void {
  const room = whole.extents[axis]! - part.extents[axis]!;
  const first = Math.max(0, Math.min(start.values[start.at]!, room));
  const at = [whole.at + first * whole.strides[axis]!, part.at];
  for (const walk = new Walk(part.extents, at, [whole.strides, part.strides]); walk.inside; walk.next())
    visit(walk.at[0]!, walk.at[1]!);
}
