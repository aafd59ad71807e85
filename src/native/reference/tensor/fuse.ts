import { randomBits } from "../../../core/prng.ts";
import { CANONICAL_NAN_F32 } from "../../element.ts";
import { FIRST_BINARY, REGISTERS_MAX, type Step, steps, TILE, tensorTypeBytes } from "../../tensor/format.ts";
import { stepTypes } from "../../tensor/step-types.ts";
import { castOf } from "./cast.ts";
import { loopOf } from "./loops.ts";
import type { Instruction, Reader } from "./reader.ts";
import { BOOL, type Elements, F32, F64, I32, move, scratch, store, type Values, type View, valuesOf } from "./view.ts";
import { gather, scan } from "./walk.ts";

/** Computes a tile: `count` elements from the `first` one of the shape on. */
type StepRun = (first: number, count: number) => void;

/** Registers of an elementwise program, by dtype and number: tiles that all programs share. */
const tiles: readonly Values[][] = tensorTypeBytes.map(() => []);
const none: Values = new Uint8Array(0);
const number = new DataView(new ArrayBuffer(8));
const word = new Int32Array(2);

/** An elementwise program. `result` is what register 0 of an epilogue is loaded from: the operand before the others. */
export function readFuse(reader: Reader, result?: View): Instruction {
  const inputCount = reader.below(REGISTERS_MAX + 1);
  const outputCount = reader.below(REGISTERS_MAX + 1);
  const stepCount = reader.below(REGISTERS_MAX + 1);
  const registers = reader.below(REGISTERS_MAX + 1);
  reader.check(outputCount > 0);
  const inputs: View[] = result === undefined ? [] : [result];
  const operands: View[] = [];
  for (let i = 0; i < inputCount; i++) operands.push(reader.operand());
  inputs.push(...operands);
  reader.check(inputs.length <= registers);
  const outputs: View[] = [];
  for (let i = 0; i < outputCount; i++) outputs.push(reader.output());
  operands.push(...outputs);
  const shape = outputs[0]!;
  for (const view of [...inputs, ...outputs]) reader.same(view.tokens, shape.tokens);

  const types: (number | undefined)[] = inputs.map(({ dtype }) => dtype);
  const program: StepRun[] = [];
  for (let i = 0; i < stepCount; i++) program.push(readStep(reader, types, registers, shape));
  const results = outputs.map(({ dtype }) => {
    const register = reader.below(registers);
    reader.check(types[register] === dtype);
    return register;
  });
  const loaded = inputs.map(({ dtype }, register) => tile(dtype, register));
  const computed = outputs.map(({ dtype }, i) => tile(dtype, results[i]!));
  // What is only moved keeps its bits, so that it does not go through the registers of floats.
  const moved = outputs.map(({ dtype }, i) =>
    results[i]! < inputs.length && dtype >= F32 ? elements(dtype) : undefined,
  );

  return {
    operands,
    run() {
      const { elements } = shape;
      for (let first = 0; first < elements; first += TILE) {
        const count = Math.min(TILE, elements - first);
        for (let i = 0; i < inputs.length; i++) {
          const { values, at, runs } = inputs[i]!;
          gather(values, at, runs, first, count, loaded[i]!);
        }
        for (let i = 0; i < program.length; i++) program[i]!(first, count);
        // All is read before anything is written: outputs may lie where inputs are.
        for (let i = 0; i < outputs.length; i++)
          if (moved[i] !== undefined) takeBits(inputs[results[i]!]!, first, count, moved[i]!);
        for (let i = 0; i < outputs.length; i++)
          if (moved[i] !== undefined) putBits(outputs[i]!, first, count, moved[i]!);
          else storeTile(outputs[i]!, computed[i]!, first, count);
      }
    },
  };
}

function readStep(reader: Reader, types: (number | undefined)[], registers: number, shape: View): StepRun {
  const head = reader.word();
  const ab = reader.word();
  const ce = reader.word();
  const low = reader.word();
  const high = reader.word();
  const code = head & 0xff;
  const dtype = (head >>> 8) & 0xff;
  const target = head >>> 16;
  const extra = ce >>> 16;
  const step = steps[code];
  reader.check(step !== undefined && dtype < tiles.length && ((stepTypes[code]! >>> dtype) & 1) === 1);
  reader.check(extra < 256 && target < registers && types[target] === undefined);
  const [a, b, c] = [ab & 0xffff, ab >>> 16, ce & 0xffff];
  const load = (register: number, type: number): Values => {
    reader.check(register < registers && types[register] === type);
    return tile(type, register);
  };
  const write = (type: number): Values => {
    types[target] = type;
    return tile(type, target);
  };
  switch (step) {
    case "constant":
      number.setUint32(0, low, true);
      number.setUint32(4, high, true);
      return constant(castOf(true, dtype)(number.getFloat64(0, true)), write(dtype));
    case "iota":
      reader.check(extra === 255 || extra < shape.rank);
      return iota(shape, extra, write(dtype));
    case "random":
      reader.check(extra < 2);
      return random(load(a, I32), load(b, I32), load(c, I32), extra, write(I32));
    case "uniform":
      return uniform(load(a, I32), dtype, write(dtype));
    case "cast":
      reader.check(extra < tiles.length);
      return cast(load(a, dtype), dtype, extra, write(extra));
    case "select":
      return select(load(a, BOOL), load(b, dtype), load(c, dtype), write(dtype));
    default: {
      const x = load(a, dtype);
      const y = code >= FIRST_BINARY ? load(b, dtype) : none;
      const out = write(isTest(step!) ? BOOL : dtype);
      const loop = loopOf(step!, dtype);
      return (_, count) => loop(out, x, y, count);
    }
  }
}

const tests = new Set<Step>(["isnan", "isfinite", "equal", "notEqual", "less", "lessEqual"]);

/** Whether a step writes bool, whatever it reads. */
function isTest(step: Step): boolean {
  return tests.has(step);
}

function constant(value: number, out: Values): StepRun {
  return (_, count) => void out.fill(value, 0, count);
}

function iota(shape: View, axis: number, out: Values): StepRun {
  return (first, count) => {
    const { extents, rank } = shape;
    let inner = 1;
    for (let i = rank - 1; i > (axis === 255 ? 0 : axis); i--) inner *= extents[i]!;
    if (axis === 255) {
      const start = first + shape.first * inner;
      for (let i = 0; i < count; i++) out[i] = start + i;
    } else {
      const start = axis === 0 ? shape.first : 0;
      for (let i = 0; i < count; i++) out[i] = start + (Math.floor((first + i) / inner) % extents[axis]!);
    }
  };
}

function random(key0: Values, key1: Values, counter: Values, which: number, out: Values): StepRun {
  return (_, count) => {
    for (let i = 0; i < count; i++) {
      randomBits(word, key0[i]!, key1[i]!, 0, counter[i]!);
      out[i] = word[which]!;
    }
  };
}

function uniform(bits: Values, dtype: number, out: Values): StepRun {
  return dtype === F64
    ? (_, count) => {
        for (let i = 0; i < count; i++) out[i] = (bits[i]! >>> 0) / 0x100000000;
      }
    : (_, count) => {
        for (let i = 0; i < count; i++) out[i] = (bits[i]! >>> 8) / 0x1000000;
      };
}

function cast(from: Values, fromType: number, toType: number, out: Values): StepRun {
  const scalar = castOf(fromType >= F32, toType);
  return (_, count) => {
    for (let i = 0; i < count; i++) out[i] = scalar(from[i]!);
  };
}

function select(condition: Values, yes: Values, no: Values, out: Values): StepRun {
  return (_, count) => {
    for (let i = 0; i < count; i++) out[i] = condition[i]! !== 0 ? yes[i]! : no[i]!;
  };
}

function tile(dtype: number, register: number): Values {
  return (tiles[dtype]![register] ??= makeTile(dtype));
}

function makeTile(dtype: number): Values {
  if (dtype === F32) return new Float32Array(TILE);
  if (dtype === F64) return new Float64Array(TILE);
  return dtype === I32 ? new Int32Array(TILE) : new Uint8Array(TILE);
}

function storeTile(view: View, tile: Values, first: number, count: number): void {
  const { values } = view;
  scan(view.at, view.runs, first, count, (index, stride, length, done) => {
    if (view.dtype === F32 && stride === 1)
      store32(values as Float32Array, view.memory.i32, index, tile as Float32Array, done, length);
    else if (view.dtype >= F32)
      for (let i = 0, to = index; i < length; i++, to += stride) store(view, to, tile[done + i]!);
    else for (let i = 0, to = index; i < length; i++, to += stride) values[to] = tile[done + i]!;
  });
}

function store32(
  values: Float32Array<ArrayBufferLike>,
  words: Int32Array<ArrayBufferLike>,
  index: number,
  tile: Float32Array<ArrayBufferLike>,
  done: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    const value = tile[done + i]!;
    if (value === value) values[index + i] = value;
    else words[index + i] = CANONICAL_NAN_F32;
  }
}

/** A tile of bits. */
function elements(dtype: number): Elements {
  const memory = scratch(TILE * tensorTypeBytes[dtype]!);
  return { dtype, bytes: tensorTypeBytes[dtype]!, memory, values: valuesOf(memory, dtype) };
}

function takeBits(from: View, first: number, count: number, tile: Elements): void {
  scan(from.at, from.runs, first, count, (index, stride, length, done) => {
    for (let i = 0, at = index; i < length; i++, at += stride) move(tile, done + i, from, at);
  });
}

function putBits(to: View, first: number, count: number, tile: Elements): void {
  scan(to.at, to.runs, first, count, (index, stride, length, done) => {
    for (let i = 0, at = index; i < length; i++, at += stride) move(to, at, tile, done + i);
  });
}
