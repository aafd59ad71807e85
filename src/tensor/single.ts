import {
  HEADER_WORDS,
  instructions,
  PROGRAM_MAGIC,
  SPACE_MEMORY,
  steps,
  tensorTypeCode,
} from "../native/tensor/format.ts";
import type { DType } from "./dtype.ts";
import type { Elementwise } from "./primitive/elementwise.ts";
import type { Shape } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { Literal, type Value } from "./value.ts";

/**
 * The program of one elementwise operation, written where it is executed: what {@link ProgramWriter} would write, without
 * anything in between. Most eager operations are such programs, and they are small.
 */

const FUSE = instructions.indexOf("fuse");
const CONSTANT = steps.indexOf("constant");
const CAST = steps.indexOf("cast");
const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);

let words: Uint32Array<ArrayBufferLike>;
let at = 0;

/** Writes the program at byte offset `offset` and returns how many words it has: at most 150. */
export function writeSingle(
  memory: Uint32Array<ArrayBufferLike>,
  offset: number,
  row: Elementwise,
  inputs: readonly Value[],
  types: readonly DType[],
  output: Tensor,
): number {
  words = memory;
  const begin = offset >> 2;
  at = begin + HEADER_WORDS;
  words[at] = FUSE;
  const sizeAt = at + 1;
  const { dims } = output;
  let loaded = 0;
  for (let i = 0; i < inputs.length; i++) if (inputs[i] instanceof Tensor) loaded++;
  words[at + 2] = loaded;
  words[at + 3] = 1;
  const countsAt = at + 4;
  at += 6;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input instanceof Tensor) operand(input, dims);
  }
  operand(output, dims);
  // Registers: the inputs, then one for each step.
  let next = loaded;
  let register = 0;
  let [a, b, c] = [0, 0, 0];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Value;
    const code = tensorTypeCode[types[i] as DType];
    let own: number;
    if (input instanceof Literal) {
      own = next++;
      number[0] = input.value;
      step(CONSTANT, code, own, 0, 0, 0, halves[0] as number, halves[1] as number);
    } else {
      own = register++;
      if (input.dtype !== types[i]) {
        step(CAST, tensorTypeCode[input.dtype], next, own, 0, code << 16, 0, 0);
        own = next++;
      }
    }
    if (i === 0) a = own;
    else if (i === 1) b = own;
    else c = own;
  }
  step(row.code, tensorTypeCode[types[types.length - 1] as DType], next, a, b, c, 0, 0);
  words[at++] = next;
  words[countsAt] = next + 1 - loaded;
  words[countsAt + 1] = next + 1;
  words[sizeAt] = at - begin - HEADER_WORDS;
  words[begin] = PROGRAM_MAGIC;
  words[begin + 1] = at - begin;
  words.fill(0, begin + 2, begin + HEADER_WORDS);
  return at - begin;
}

function operand(tensor: Tensor, dims: Shape): void {
  tensor.check();
  const { dims: own, strides } = tensor;
  words[at] = tensorTypeCode[tensor.dtype] | (dims.length << 8) | (SPACE_MEMORY << 16);
  words[at + 1] = 0;
  words[at + 2] = tensor.offset;
  at += 3;
  const skipped = dims.length - own.length;
  for (let axis = 0; axis < dims.length; axis++) {
    const extent = dims[axis] as number;
    words[at] = extent;
    words[at + 1] = axis < skipped || own[axis - skipped] !== extent ? 0 : (strides[axis - skipped] as number);
    at += 2;
  }
}

function step(
  code: number,
  dtype: number,
  target: number,
  a: number,
  b: number,
  cAndExtra: number,
  low: number,
  high: number,
): void {
  words[at] = code | (dtype << 8) | (target << 16);
  words[at + 1] = a | (b << 16);
  words[at + 2] = cAndExtra;
  words[at + 3] = low;
  words[at + 4] = high;
  at += 5;
}
