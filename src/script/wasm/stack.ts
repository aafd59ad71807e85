import { opensBlock } from "./code.ts";
import { type Body, type FunctionType, instructionsOf, type WasmModule } from "./module.ts";
import { op, type } from "./opcode.ts";

/** What a module's instructions refer to, with imports first. */
export interface Signatures {
  /** Types of all functions. */
  readonly functions: readonly FunctionType[];
  readonly types: readonly FunctionType[];
}

export function signaturesOf(module: WasmModule): Signatures {
  const typeOf = (index: number): FunctionType => module.types[index]!;
  const imported = module.imports.filter(({ kind }) => kind === "function").map(({ type }) => typeOf(type));
  return { types: module.types, functions: [...imported, ...module.functions.map(typeOf)] };
}

/**
 * Slots of 8 bytes that a frame of the native stack takes at most, less what every frame takes: as V8's first compiler lays it
 * out, which keeps all locals and operands there; parameters lie there once more where they are passed on. V8's own stack of
 * 984 KB holds at least 7,500 frames or parts of frames of 16 slots.
 */
export function frameSlots(own: FunctionType, body: Body, where: string, signatures: Signatures): number {
  const wide = (types: readonly number[]): number => types.reduce((sum, one) => sum + (one === type.v128 ? 2 : 1), 0);
  const locals = body.locals.reduce((sum, [count, one]) => sum + count * wide([one]), 0);
  const { operands, vectors } = operandsMax(body, where, signatures);
  return wide(own.parameters) * 2 + locals + operands * (vectors ? 2 : 1);
}

/** Most operands that lie on the stack at once, and whether there are vectors. The body is valid. */
function operandsMax(
  body: Body,
  where: string,
  { functions, types }: Signatures,
): { operands: number; vectors: boolean } {
  /** Of each open block: operands below it, its results, and operands at its begin. */
  const blocks: { below: number; results: number; begin: number }[] = [];
  let height = 0;
  let operands = 0;
  let vectors = false;
  const at = instructionsOf(body, where);
  while (at.next()) {
    const { code } = at;
    const block = blocks.at(-1);
    if (opensBlock(code)) {
      if (code === op.if) height--;
      const { parameters, results } = blockArity(at.first, types);
      blocks.push({ below: height - parameters, results, begin: height });
    } else if (code === op.else) height = block!.begin;
    else if (code === op.end) {
      if (block !== undefined) height = block.below + block.results;
      blocks.pop();
    } else if (code === op.call || code === op.callIndirect) {
      const callee = code === op.call ? functions[at.first]! : types[at.first]!;
      height += callee.results.length - callee.parameters.length - (code === op.call ? 0 : 1);
    } else if (isLast(code)) {
      // What follows up to the end of the block never runs, and has any operands that it wants.
      height = block?.below ?? 0;
    } else height += effectOf(code);
    if (height < 0) height = 0;
    if (height > operands) operands = height;
    vectors ||= code >= 0xfd00;
  }
  return { operands, vectors };
}

/** Parameters and results of the type of a block. */
function blockArity(first: number, types: readonly FunctionType[]): { parameters: number; results: number } {
  if (first < 0) return { parameters: 0, results: first === NO_RESULT ? 0 : 1 };
  const { parameters, results } = types[first]!;
  return { parameters: parameters.length, results: results.length };
}

/** Whether control never goes on behind it. */
export function isLast(code: number): boolean {
  return (
    code === op.br ||
    code === op.brTable ||
    code === op.return ||
    code === op.unreachable ||
    code === op.returnCall ||
    code === op.returnCallIndirect
  );
}

const NO_RESULT = -64;

/** Operands that an instruction adds, less those that it takes; of those that have no type of their own. */
function effectOf(code: number): number {
  if (code < 0x100) return plain[code]!;
  return (code >= 0xfd00 ? vector : bulk)[code & 0xff]!;
}

type Ranges = readonly (number | readonly [from: number, to: number])[];

function effects(plus: Ranges, minus: Ranges, minusTwo: Ranges, minusThree: Ranges): Int8Array {
  const table = new Int8Array(256);
  const fill = (ranges: Ranges, value: number): void => {
    for (const range of ranges) {
      if (typeof range === "number") table[range] = value;
      else table.fill(value, range[0], range[1] + 1);
    }
  };
  fill(plus, 1);
  fill(minus, -1);
  fill(minusTwo, -2);
  fill(minusThree, -3);
  return table;
}

const plain = effects(
  [op.localGet, op.globalGet, op.memorySize, [op.i32Const, op.f64Const], 0xd0, 0xd2],
  [
    [op.brIf, op.brIf],
    [op.drop, op.drop],
    [op.localSet, op.localSet],
    [op.globalSet, op.globalSet],
    [0x46, 0x4f],
    [0x51, 0x66],
    [0x6a, 0x78],
    [0x7c, 0x8a],
    [0x92, 0x98],
    [0xa0, 0xa6],
  ],
  [op.select, 0x1c, op.tableSet, [0x36, 0x3e]],
  [],
);
const bulk = effects([0x10], [0x0f], [], [0x08, [0x0a, 0x0c], 0x0e, 0x11]);
const vector = effects(
  [0x0c],
  [
    [0x0d, 0x0e],
    0x17,
    0x1a,
    0x1c,
    0x1e,
    0x20,
    [0x22, 0x4c],
    [0x4e, 0x51],
    [0x54, 0x57],
    [0x65, 0x66],
    [0x6b, 0x73],
    [0x76, 0x79],
    0x7b,
    0x82,
    [0x85, 0x86],
    [0x8b, 0x93],
    [0x95, 0x99],
    [0x9b, 0x9f],
    [0xab, 0xae],
    [0xb1, 0xba],
    [0xbc, 0xbf],
    [0xcb, 0xce],
    [0xd1, 0xdf],
    [0xe4, 0xeb],
    [0xf0, 0xf7],
  ],
  [0x0b, 0x52, [0x58, 0x5b]],
  [],
);
