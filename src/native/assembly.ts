/**
 * WebAssembly written as nested expressions: each function gives the bytes of one instruction with its operands. Values are
 * i32, addresses are in bytes.
 */
export type Code = readonly number[];

export const get = (local: number): Code => [0x20, local];
export const set = (local: number, value: Code): Code => [...value, 0x21, local];
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const sub = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const and = (a: Code, b: Code): Code => [...a, ...b, 0x71];
export const or = (a: Code, b: Code): Code => [...a, ...b, 0x72];
export const shl = (a: Code, b: Code): Code => [...a, ...b, 0x74];
/** Shifts zeros in. */
export const shr = (a: Code, b: Code): Code => [...a, ...b, 0x76];
export const differs = (a: Code, b: Code): Code => [...a, ...b, 0x47];
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x48];
/** `a >= b`, both without a sign. */
export const reaches = (a: Code, b: Code): Code => [...a, ...b, 0x4f];
/** Zeros below the lowest bit that is set. */
export const trailing = (a: Code): Code => [...a, 0x68];
export const isZero = (a: Code): Code => [...a, 0x45];
/** `a` where `condition` is not 0, else `b`; both are evaluated. */
export const either = (condition: Code, a: Code, b: Code): Code => [...a, ...b, ...condition, 0x1b];

export const load = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const load16 = (address: Code): Code => [...address, 0x2f, 1, 0];
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x36,
  2,
  ...unsigned(offset),
];
export const store16 = (address: Code, value: Code): Code => [...address, ...value, 0x3b, 1, 0];

export const when = (condition: Code, ...body: readonly Code[]): Code => [
  ...condition,
  0x04,
  0x40,
  ...body.flat(),
  0x0b,
];
/** Runs the body until `condition` is 0 after it. */
export const repeat = (condition: Code, ...body: readonly Code[]): Code => [
  0x03,
  0x40,
  ...body.flat(),
  ...condition,
  0x0d,
  0,
  0x0b,
];
export const result = (value: Code): Code => [...value, 0x0f];

export interface Routine {
  readonly name: string;
  readonly parameters: number;
  /** Locals besides the parameters. */
  readonly locals: number;
  /** Ends with a value or a {@link result}. */
  readonly body: Code;
}

/** What is imported as a memory. */
export interface Limits {
  readonly pagesMax: number;
  readonly shared: boolean;
}

/** A module of functions of i32 that each give an i32, over the memory imported as "m" "m", and another as "m" "o". */
export function assemble(
  routines: readonly Routine[],
  pagesMax: number,
  shared: boolean,
  outside?: Limits,
): Uint8Array<ArrayBuffer> {
  const types = routines.map(({ parameters }) => [
    0x60,
    parameters,
    ...new Array<number>(parameters).fill(I32),
    1,
    I32,
  ]);
  const memories = [imported(0x6d, { pagesMax, shared }), ...(outside === undefined ? [] : [imported(0x6f, outside)])];
  const exported = routines.map(({ name }, i) => [...text(name), 0, i]);
  const bodies = routines.map(({ locals, body }) => {
    const code = [1, ...unsigned(locals), I32, ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(2, list(memories)),
    ...section(3, list(routines.map((_, i) => [i]))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}

const I32 = 0x7f;

function imported(letter: number, { pagesMax, shared }: Limits): number[] {
  return [1, 0x6d, 1, letter, 2, shared ? 3 : 1, ...unsigned(0), ...unsigned(pagesMax)];
}

export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

export function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** A name with its length before it. Letters of ASCII, fewer than 128. */
export function text(name: string): number[] {
  return [name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))];
}

export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    const done = rest >> 7 === (low & 0x40 ? -1 : 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
