/** Numbers of instructions that code here speaks of. Behind a prefix the number is `prefix << 8 | second number`. */
export const op = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  i32Load: 0x28,
  i32Store: 0x36,
  i32Store8: 0x3a,
  i64Load: 0x29,
  f32Load: 0x2a,
  f64Load: 0x2b,
  f32Store: 0x38,
  f64Store: 0x39,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GeU: 0x4f,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  f32Eq: 0x5b,
  f64Eq: 0x61,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i32And: 0x71,
  i32Or: 0x72,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  f32Copysign: 0x98,
  f64Copysign: 0xa6,
  i32ReinterpretF32: 0xbc,
  i64ReinterpretF64: 0xbd,
  memoryInit: 0xfc08,
  dataDrop: 0xfc09,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
  tableInit: 0xfc0c,
  elemDrop: 0xfc0d,
  tableCopy: 0xfc0e,
  tableGrow: 0xfc0f,
  tableSize: 0xfc10,
  tableFill: 0xfc11,
  v128Load: 0xfd00,
  v128Store: 0xfd0b,
  v128Const: 0xfd0c,
  f32x4Splat: 0xfd13,
  f64x2Splat: 0xfd14,
  f32x4ReplaceLane: 0xfd20,
  f64x2ReplaceLane: 0xfd22,
  f32x4Eq: 0xfd41,
  f32x4Ne: 0xfd42,
  f64x2Eq: 0xfd47,
  f64x2Ne: 0xfd48,
  v128Bitselect: 0xfd52,
  v128AnyTrue: 0xfd53,
} as const;

/** Types of values, as bytes. */
export const type = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  none: 0x40,
} as const;

/** What follows the number of an instruction. */
export type Immediates =
  | "none"
  | "block"
  | "index"
  | "two indexes"
  | "table"
  | "types"
  | "reference"
  | "memory"
  | "access"
  | "access and lane"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "v128"
  | "shuffle"
  | "lane";

/** The immediates of an instruction, or undefined for those of proposals that are refused. */
export function immediatesOf(code: number): Immediates | undefined {
  if (code < 0x100) return plain[code];
  const second = code & 0xff;
  return code >= 0xfd00 ? vectorImmediates(second) : bulk[second];
}

/** Why an instruction is refused, in the words of its proposal. */
export function proposalOf(code: number): string {
  if (code === 0xfe) return "threads and atomics";
  if (code === 0xfb) return "garbage collection";
  if (code === 0xfd) return "relaxed SIMD";
  if ((code >= 0x06 && code <= 0x0a) || code === 0x18 || code === 0x19 || code === 0x1f) return "exceptions";
  if (code === 0x14 || code === 0x15 || (code >= 0xd3 && code <= 0xd6)) return "typed function references";
  return "an unknown proposal";
}

const plain: (Immediates | undefined)[] = new Array(0x100).fill(undefined);
fill(0x00, 0x01, "none");
fill(0x02, 0x04, "block");
fill(0x05, 0x05, "none");
fill(0x0b, 0x0b, "none");
fill(0x0c, 0x0d, "index");
fill(0x0e, 0x0e, "table");
fill(0x0f, 0x0f, "none");
fill(0x10, 0x10, "index");
fill(0x11, 0x11, "two indexes");
fill(0x12, 0x12, "index");
fill(0x13, 0x13, "two indexes");
fill(0x1a, 0x1b, "none");
fill(0x1c, 0x1c, "types");
fill(0x20, 0x26, "index");
fill(0x28, 0x3e, "access");
fill(0x3f, 0x40, "memory");
fill(0x41, 0x41, "i32");
fill(0x42, 0x42, "i64");
fill(0x43, 0x43, "f32");
fill(0x44, 0x44, "f64");
fill(0x45, 0xc4, "none");
fill(0xd0, 0xd0, "reference");
fill(0xd1, 0xd1, "none");
fill(0xd2, 0xd2, "index");

function fill(from: number, to: number, immediates: Immediates): void {
  for (let code = from; code <= to; code++) plain[code] = immediates;
}

/** Saturating conversions 0-7, then memories and tables. */
const bulk: readonly Immediates[] = [
  ...new Array<Immediates>(8).fill("none"),
  "two indexes",
  "index",
  "two indexes",
  "memory",
  "two indexes",
  "index",
  "two indexes",
  "index",
  "index",
  "index",
];

/** Numbers in 0..255 that the proposal leaves out. */
const vectorGaps = new Set([0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf]);
for (const gap of [0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee]) vectorGaps.add(gap);

function vectorImmediates(second: number): Immediates | undefined {
  if (second <= 0x0b || second === 0x5c || second === 0x5d) return "access";
  if (second === 0x0c) return "v128";
  if (second === 0x0d) return "shuffle";
  if (second >= 0x15 && second <= 0x22) return "lane";
  if (second >= 0x54 && second <= 0x5b) return "access and lane";
  return vectorGaps.has(second) ? undefined : "none";
}
