import { type Code, list, section, text, unsigned } from "../native/assembly.ts";
import type { Memory } from "../native/memory.ts";
import { wasm } from "../native/wasm.ts";

/**
 * Arithmetic on f32 elements that lie one after the other, by WebAssembly over the memory itself: for tensors too small for a
 * program. `operation` is one of those that `small.ts` names; addresses are bytes; every NaN is stored as the same one.
 * Each rounds once, as the instruction of a program does.
 */
export interface PairLoops {
  /** `out = a operation b`, element by element. */
  readonly pairs: (operation: number, a: number, b: number, out: number, count: number) => void;
  /** `out = a operation number`, the number rounded to f32. */
  readonly scaled: (operation: number, a: number, number: number, out: number, count: number) => void;
}

/** Instructions for four elements and for one: add, subtract, multiply, divide, maximum, minimum. */
const FOUR = [0xe4, 0xe5, 0xe6, 0xe7, 0xe9, 0xe8];
const ONE = [0x92, 0x93, 0x94, 0x95, 0x97, 0x96];

/** The loops over one memory. */
export function pairLoops({ wasm: own, pagesMax, shared }: Memory): PairLoops {
  const limits = [shared ? 3 : 1, ...unsigned(0), ...unsigned(pagesMax)];
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([signature(I32), signature(F32)])),
    ...section(2, list([[...text("m"), ...text("m"), 2, ...limits]])),
    ...section(3, list([[0], [1]])),
    ...section(
      7,
      list([
        [...text("pairs"), 0, 0],
        [...text("scaled"), 0, 1],
      ]),
    ),
    ...section(10, list([routine(false), routine(true)])),
  ];
  const module = new wasm.Module(new Uint8Array(bytes));
  return new wasm.Instance(module, { m: { m: own } }).exports as unknown as PairLoops;
}

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const NAN = [0x00, 0x00, 0xc0, 0x7f];

// Parameters, then locals: a splat number, four results, one result.
const [OPERATION, A, B, OUT, COUNT, NUMBER, RESULTS, RESULT] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const signature = (second: number): Code => [0x60, 5, I32, I32, second, I32, I32, 0];
const get = (local: number): Code => [0x20, local];
const tee = (local: number): Code => [0x22, local];
const wide = (instruction: number): Code => [0xfd, ...unsigned(instruction)];
const advance = (local: number, bytes: number): Code => [...get(local), 0x41, bytes, 0x6a, 0x21, local];

/** One loop for each operation behind a jump to it. */
function routine(scaled: boolean): Code {
  const count = FOUR.length;
  const body: number[] = [...(scaled ? [...get(B), ...wide(0x13), 0x21, NUMBER] : [])];
  for (let i = 0; i <= count; i++) body.push(0x02, 0x40);
  const depths = Array.from({ length: count }, (_, i) => i);
  body.push(...get(OPERATION), 0x0e, ...unsigned(count), ...depths, count, 0x0b);
  for (let i = 0; i < count; i++) body.push(...loops(scaled, FOUR[i] as number, ONE[i] as number), 0x0f, 0x0b);
  const code = [3, 1, V128, 1, V128, 1, F32, ...body, 0x0b];
  return [...unsigned(code.length), ...code];
}

/** Four elements at a time, and what is left one by one. */
function loops(scaled: boolean, four: number, one: number): Code {
  const nans = [...wide(0x0c), ...NAN, ...NAN, ...NAN, ...NAN];
  const step = (bytes: number) => [...advance(A, bytes), ...(scaled ? [] : advance(B, bytes)), ...advance(OUT, bytes)];
  const second = scaled ? get(NUMBER) : [...get(B), ...wide(0x00), 2, 0];
  const results = [...get(A), ...wide(0x00), 2, 0, ...second, ...wide(four), ...tee(RESULTS)];
  const chosen = [...results, ...nans, ...get(RESULTS), ...get(RESULTS), ...wide(0x41), ...wide(0x52)];
  const other = scaled ? get(B) : [...get(B), 0x2a, 2, 0];
  const result = [...get(A), 0x2a, 2, 0, ...other, one, ...tee(RESULT), 0x43, ...NAN];
  return [
    ...until(4, [...get(OUT), ...chosen, ...wide(0x0b), 2, 0, ...step(16)]),
    ...until(1, [...get(OUT), ...result, ...get(RESULT), ...get(RESULT), 0x5b, 0x1b, 0x38, 2, 0, ...step(4)]),
  ];
}

/** The body while there are `least` elements, which it takes. */
function until(least: number, body: Code): Code {
  const enough = [...get(COUNT), 0x41, least, 0x4e];
  const taken = [...get(COUNT), 0x41, least, 0x6b, 0x21, COUNT];
  return [...enough, 0x04, 0x40, 0x03, 0x40, ...body, ...taken, ...enough, 0x0d, 0, 0x0b, 0x0b];
}
