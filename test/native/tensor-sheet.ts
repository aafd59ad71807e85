import type { Jobs } from "../../src/native/jobs.ts";
import { type TensorType, tensorTypeBytes, tensorTypeCode } from "../../src/native/tensor/format.ts";
import { pages } from "./both.ts";
import {
  type FuseOptions,
  fuse,
  type HeaderOptions,
  type OperandOptions,
  program,
  type StepWords,
} from "./tensor-words.ts";

const PROGRAM = 32_768;

/** A memory with a few small tensors in it, for programs whose results are written down. */
export class Sheet {
  readonly memory = pages(1);
  #end = 256;

  /** A row-major tensor that holds `values`, repeated as often as needed. */
  tensor(dtype: TensorType, extents: readonly number[], values: readonly number[] = [0]): OperandOptions {
    const offset = this.#end;
    const count = extents.reduce((product, extent) => product * extent, 1);
    const array = this.#array(dtype, offset, count);
    for (let i = 0; i < count; i++) array[i] = values[i % values.length]!;
    this.#end = Math.ceil((offset + array.byteLength) / 64) * 64 + 64;
    return { dtype, extents, offset };
  }

  /** The elements of a row-major tensor. */
  values({ dtype, extents, offset }: OperandOptions): number[] {
    const count = extents.reduce((product, extent) => product * extent, 1);
    return Array.from(this.#array(dtype, offset, count));
  }

  /** Writes words where nothing else is; returns their offset. */
  words(list: readonly number[]): number {
    const { offset } = this.tensor("i32", [list.length], list.length > 0 ? list : [0]);
    return offset;
  }

  write(words: Uint32Array): { offset: number; count: number } {
    this.memory.u32.set(words, PROGRAM / 4);
    return { offset: PROGRAM, count: words.length };
  }

  once(jobs: Jobs, body: readonly number[], header: HeaderOptions = {}): void {
    const { offset, count } = this.write(program(body, header));
    jobs.tensorOnce(this.memory, offset, count);
  }

  #array(dtype: TensorType, offset: number, count: number): Uint8Array | Int32Array | Float32Array | Float64Array {
    const { buffer } = this.memory.wasm;
    if (dtype === "f32") return new Float32Array(buffer, offset, count);
    if (dtype === "f64") return new Float64Array(buffer, offset, count);
    if (dtype === "i32") return new Int32Array(buffer, offset, count);
    return new Uint8Array(buffer, offset, count * tensorTypeBytes[tensorTypeCode[dtype]]!);
  }
}

/** An elementwise program of one output: the last register. */
export function elementwise(
  inputs: readonly OperandOptions[],
  output: OperandOptions,
  steps: readonly StepWords[],
  first = inputs.length,
): number[] {
  const registers = first + steps.length;
  const options: FuseOptions = { inputs, outputs: [output], steps, registers, results: [registers - 1] };
  return fuse(options);
}
