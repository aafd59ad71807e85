import { type Code, list, section, text, unsigned } from "../../native/assembly.ts";

/** Types of values, as in the binary format. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export type ValueType = typeof I32 | typeof I64 | typeof F64;

/** An instruction with its operands before it. */
const apply =
  (...opcode: readonly number[]) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), ...opcode];

export const mul = apply(0x6c);
export const or = apply(0x72);
export const equals = apply(0x46);
export const less = apply(0x48);
export const lessUnsigned = apply(0x49);
export const aboveUnsigned = apply(0x4b);
export const long = {
  constant: (value: bigint): Code => [0x42, ...signedLong(value)],
  below: apply(0x53),
  above: apply(0x55),
  reaches: apply(0x5a),
  sub: apply(0x7d),
  fromDouble: apply(0xfc, 0x06),
  fromInt: apply(0xac),
  fromUnsigned: apply(0xad),
  toInt: apply(0xa7),
};
export const double = {
  differs: apply(0x62),
  fromLong: apply(0xb9),
  toFloat: apply(0xb6),
  fromFloat: apply(0xbb),
};

/** A load: `read(0x28, memory)(address, offset)`. */
export const read =
  (opcode: number, memory: number) =>
  (address: Code, offset = 0): Code => [...address, opcode, ...place(memory, offset)];

/** A store: `write(0x36, memory)(address, value, offset)`. */
export const write =
  (opcode: number, memory: number) =>
  (address: Code, value: Code, offset = 0): Code => [...address, ...value, opcode, ...place(memory, offset)];

/** Pages of 64 KiB. */
export const memoryPages = (memory: number): Code => [0x3f, memory];

export const getGlobal = (index: number): Code => [0x23, index];
export const setGlobal = (index: number, value: Code): Code => [...value, 0x24, index];
export const trap: Code = [0x00];
export const drop = (value: Code): Code => [...value, 0x1a];
export const give = (value: Code): Code => [...value, 0x0f];
/** Code that goes on after it when `leave` is reached inside. */
export const block = (...body: readonly Code[]): Code => [0x02, 0x40, ...body.flat(), 0x0b];
export const loop = (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0b];
export const leave = (depth: number): Code => [0x0c, depth];
export const leaveIf = (depth: number, condition: Code): Code => [...condition, 0x0d, depth];

/** Runs the case of that number, 0 for the first; a number past the last runs `otherwise`. Each case ends by `give`. */
export function choose(selector: Code, cases: readonly Code[], otherwise: Code): Code {
  const enter = new Array<readonly number[]>(cases.length + 1).fill([0x02, 0x40]).flat();
  const targets = [...cases, otherwise].flatMap((_, i) => unsigned(i));
  const jump = [...selector, 0x0e, ...unsigned(cases.length), ...targets, 0x0b];
  return [...enter, ...jump, ...cases.flatMap((code) => [...code, 0x0b]), ...otherwise];
}

export interface Signature {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface Routine extends Signature {
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

export interface ModuleParts {
  /** Imported from "f", numbered before the module's own. */
  readonly imports: readonly Signature[];
  /** Names of imported memories, from "m", and whether they are shared. */
  readonly memories: readonly { readonly name: string; readonly shared: boolean }[];
  /** Names of imported mutable i32 globals, from "g". */
  readonly globals: readonly string[];
  /** All of them are exported. */
  readonly functions: readonly Routine[];
}

const SHARED_PAGES_MAX = 65_536;

export function link({ imports, memories, globals, functions }: ModuleParts): Uint8Array<ArrayBuffer> {
  const imported = [
    ...imports.map(({ name }, i) => [...text("f"), ...text(name), 0, ...unsigned(i)]),
    ...memories.map(({ name, shared }) => [
      ...text("m"),
      ...text(name),
      2,
      ...(shared ? [3, 0, ...unsigned(SHARED_PAGES_MAX)] : [0, 0]),
    ]),
    ...globals.map((name) => [...text("g"), ...text(name), 3, I32, 1]),
  ];
  const types = [...imports, ...functions].map(({ parameters, results }) => [
    0x60,
    ...list(parameters.map((type) => [type])),
    ...list(results.map((type) => [type])),
  ]);
  const exported = functions.map(({ name }, i) => [...text(name), 0, ...unsigned(imports.length + i)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map((type) => [1, type])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(2, list(imported)),
    ...section(3, list(functions.map((_, i) => unsigned(imports.length + i)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}

function place(memory: number, offset: number): number[] {
  return memory === 0 ? [0, ...unsigned(offset)] : [0x40, memory, ...unsigned(offset)];
}

function signedLong(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    const done = rest >> 7n === (low & 0x40 ? -1n : 0n);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
