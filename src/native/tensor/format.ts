/**
 * The instruction format of tensor programs: the one source of its numbers. `scripts/generate.ts` writes them for Rust.
 *
 * A program is u32 words in the memory of a tensor arena. It is executed by two interpreters, in Rust and in TypeScript
 * (`reference/tensor`, which is the specification), that give the same bits.
 *
 * ```text
 * program     := header instruction*
 * header      := MAGIC, words in all, leading maximum (0: none), slots, offset of the slot table, bytes of local memory
 * instruction := opcode, words in all with this one, more by opcode (below)
 * operand     := dtype | rank << 8 | space << 16 | slot << 24,
 *                flags, byte offset, then for each axis: extent, stride (i32, in elements)
 * ```
 *
 * - Space `memory`: byte offset in the memory, plus what the slot table holds for slot > 0 (slot s is word s - 1 of the
 *   table: u32 byte offsets that the caller writes before a run: where the inputs and outputs of a plan lie).
 * - Space `local`: byte offset into scratch of the interpreter, `bytes of local memory` for each lane, 64-byte aligned,
 *   with no defined content when the body of a block starts. Only inside `rows`.
 * - Flags: bit i: the extent of axis i is times the leading number of a run; bit 8 + i: the stride of axis i is.
 *   `FLAG_ROWS`: axis 0 is the axis that the `rows` around it cuts: the operand is a block of it, its offset advanced
 *   by first row times stride (not for `local`, which always starts at its offset), and its extent the rows of the
 *   block.
 * - Ranks are 0 to 8. Extents are 0..=2^31-1. Where two operands must have equal extents the encoder makes them so:
 *   broadcasting is stride 0 with the full extent. What an instruction writes overlaps nothing that it reads, unless it
 *   is the very same layout (an update in place, of `fuse`, `cumulate`, `sort`, `cholesky`, `lu`, `triangular`), and
 *   holds each element once. Only the latter is checked: what breaks the former gives values that are not defined, but
 *   touches no other memory.
 * - Every f32 or f64 NaN that an instruction computes is stored as the canonical one. What it only moves keeps its
 *   bits: an output of `fuse` whose register is an input, `take`, `put` set, `sort`, `slice`, `update`, `load` and
 *   `store` of the same type.
 * - bool is one byte, 0 or 1. i32 and u8 arithmetic wraps.
 *
 * Extents are equal when the words say so: the same number, both or neither times the leading number. The first axis of
 * an operand with `FLAG_ROWS` equals only another such axis, and the number written there does not matter: it is the
 * extent of `rows` (in `local`: the rows of a block).
 *
 * Faults. Instructions are numbered in the order of their words, from 0, those in bodies too (the epilogue of a `dot`
 * has no number of its own).
 * - Plan, and once: `value`, operand `program`, record the number of the instruction (-1: the header) for whatever is
 *   not as described here: words that do not add up, tables at odd places (they are at multiples of 4), unknown codes,
 *   ranks, flags, slots, registers, types or extents that do not fit each other, `local` or `FLAG_ROWS` outside `rows`,
 *   control flow, `load` or `store` inside, an output inside `rows` that is neither `local` nor has `FLAG_ROWS`, and an
 *   axis cut by `rows` that is reduced, cumulated, indexed, sorted or sliced along.
 * - Run, when the leading number or the memory is another than in the last run, for each instruction in the order of
 *   numbers, for each of its operands in order: `value` if an extent is above 2^31 - 1, or the product of all is,
 *   `range` unless all it reaches is inside (no elements reach nothing; in slots: see below), `alignment` unless its
 *   offset is a multiple of the element, `overlap` if it has elements, is written, and might hold two in one place (of
 *   the axes longer than 1, from the smallest size of stride to the largest, each has to step past all that those
 *   before it reach); then `value` for what is wrong about the extents themselves (`slice`, `update`, argmax and argmin
 *   of none, the extent of `rows`). All: operand `program`, record the number.
 * - Each run, for each slot that an operand uses: `range` unless all that its operands reach from there is inside
 *   (`lowest byte of any`, `highest of any`), `alignment` unless it is a multiple of the largest element of its
 *   operands: operand `slots`, record the slot - 1. The slot table is read before anything is executed.
 * - While it executes, before anything of the instruction is written: `value`, operand `indices`, record the number of
 *   the instruction. The same with operand `segments`: `range` for a table that reaches past the memory, `value` for
 *   rows that do not sum up, then for each column `value` for its element code, and for each of its segments with rows
 *   `range`, then `alignment` of offset and stride.
 */
export const PROGRAM_MAGIC = 0x54505231;
export const HEADER_WORDS = 6;
export const RANK_MAX = 8;
/** Elements of the tile that a fused loop works on at a time; no result depends on it. */
export const TILE = 512;
/** Elements of an operand, and how far a number of rows or the leading number may go. */
export const ELEMENTS_MAX = 0x7fffffff;
/** Bytes of local memory that a program may ask for. */
export const LOCAL_MAX = 1 << 26;
export const SLOTS_MAX = 255;
/** Bodies in bodies. */
export const NESTING_MAX = 16;
export const BRANCHES_MAX = 64;
export const FLAG_ROWS = 1 << 16;
export const SPACE_MEMORY = 0;
export const SPACE_LOCAL = 1;

/** Element types of tensors, by code. Their order is that of promotion within a kind. */
export const tensorTypes = ["bool", "u8", "i32", "f32", "f64"] as const;
export type TensorType = (typeof tensorTypes)[number];
export const tensorTypeCode: Readonly<Record<TensorType, number>> = { bool: 0, u8: 1, i32: 2, f32: 3, f64: 4 };
/** Bytes of one element, by code. */
export const tensorTypeBytes: readonly number[] = [1, 1, 4, 4, 8];

/**
 * Instructions, by opcode, with what follows the two words that all have.
 *
 * - `fuse`: inputs, outputs, steps, registers; operands of the inputs, of the outputs; the steps. An elementwise
 *   program over the shape of its outputs (at least one), all alike; inputs have that shape too (stride 0 where
 *   broadcast). Register i < inputs holds input i; steps write further registers, each once; then as many words as
 *   outputs: the register of each (of the output's dtype). Registers are at most `REGISTERS_MAX`, and each is written
 *   before it is used.
 * - `reduce`: kind, mask of axes; operands input, output (the input's shape without those axes, of its dtype but for
 *   argmax and argmin). See {@link reductions}.
 * - `cumulate`: kind, axis, reverse (0 or 1); operands input, output of one shape. Running sum, product, maximum or
 *   minimum along the axis, one after the other: the first is the element itself. sum prod: f32 f64 i32; max min: any
 *   type.
 * - `dot`: flags (bit 0: the second operand never changes between runs; bit 1: add to what the result holds), operands
 *   a [batch..., m, k], b [batch..., k, n], result [batch..., m, n] (rank equal, at least 2; f32 or f64; batch axes
 *   with stride 0 where broadcast), then a whole `fuse` instruction over [batch..., m, n] (or the word 0 for none)
 *   whose inputs follow after register 0, which is the result just computed: register 0 has no input operand, register
 *   i the operand i - 1 (the number of inputs does not count register 0). The epilogue may write over the result
 *   itself, by the very same operand. An epilogue runs while the rows are in cache. The result always is written, too.
 *   The definition of each element is in `reference/tensor/dot.ts`: one chain of fused multiply-adds in ascending k.
 * - `take`: axis; operands source, indices (i32), result: source with the axis replaced by the axes of indices.
 * - `takeAlong`: axis; operands source, indices, result (indices and result have one shape, that of the source but for
 *   axis).
 * - `put`: axis, kind (0 set, 1 add, 2 maximum, 3 minimum); operands target (written in place), indices, updates: the
 *   reverse of take, updates in row-major order of the indices. add: any type but bool. `rows` cuts target and updates,
 *   or neither.
 * - `putAlong`: axis, kind; operands target, indices, updates. An index outside -extent..extent-1 is a fault (`value`,
 *   operand `indices`) found before anything of the instruction is written; negative ones count from the end.
 * - `sort`: descending (0 or 1); operands input, values, indices (i32), sorted along the last axis (rank 1 at least),
 *   stable, all NaN equal and last either way, zeros equal.
 * - `slice`: axis; operands source, start (i32 scalar), result: what begins there, with the start moved so that it fits
 *   (at least 0, at most what the extents leave).
 * - `update`: axis; operands target (in place), start, source: the reverse.
 * - `cholesky`: operands input [..., n, n], output: the lower factor, upper part 0; NaN where not positive definite.
 * - `lu`: operands input [..., n, n], output (both factors), pivots [..., n] (i32: the row that each row came from).
 * - `triangular`: flags (bit 0 upper, bit 1 unit diagonal); operands matrix [..., n, n], right side [..., n, m],
 *   result.
 * - `load`: columns, offset of the segment table; operand result [n, columns]. `store`: the same from a source operand.
 *   Segment table, u32: segments, then for each segment its rows; then for each column its element code (`element.ts`),
 *   bytes from row to row, and for each segment the byte offset of its first row in the memory of columns. Rows of the
 *   segments sum up to n; those with rows have offsets and strides divisible by the element. Values are cast to (from)
 *   the dtype of the operand as `cast` does: integers to other integers wrap. `once` has the memory itself as the
 *   columns, and the leading maximum as the leading number.
 * - `rows`: extent, flag (1: times leading), rows of a block, words of the body; the body. Runs the body for blocks of
 *   that many rows (at least 1; the last one may be shorter), in any order and on any lane: bodies of different blocks
 *   write different rows. The body has no control flow.
 * - `loop`: count, words of the body; operand counter (i32 scalar); the body. The counter is 0, 1, ... in the passes,
 *   and stays.
 * - `while`: words of the condition, words of the body; operand condition (bool scalar): condition, test, body, again.
 * - `branch`: branches (1 to `BRANCHES_MAX`), words of each; operand selector (i32 scalar, clamped); the branches one
 *   after the other.
 */
export const instructions = [
  "fuse",
  "reduce",
  "cumulate",
  "dot",
  "take",
  "takeAlong",
  "put",
  "putAlong",
  "sort",
  "slice",
  "update",
  "cholesky",
  "lu",
  "triangular",
  "load",
  "store",
  "rows",
  "loop",
  "while",
  "branch",
] as const;
export type Instruction = (typeof instructions)[number];

/**
 * Reductions, by code. sum prod: in the type of the input (f32 f64 i32); max min: any type, NaN if any is NaN; any all:
 * bool; argmax argmin: of any type to i32, the first in row-major order of the reduced axes (zeros are equal), the
 * first NaN if there is one.
 *
 * The order is fixed for sum and prod: n elements in row-major order over the reduced axes, in blocks of 4,096. Within
 * a block lane j of 16 takes elements j, j + 16, ... in order, starting with the first of them; a lane without elements
 * holds what changes nothing (of floats: -0 in sums, 1 in products); then lane j takes in lane j + 8, then j + 4, j + 2, j + 1. The results of the blocks are reduced
 * by the same rule until one is left. No elements give the identity (max and min: -Infinity, Infinity or the limit of
 * the type; argmax and argmin of none are a fault).
 */
export const reductions = ["sum", "prod", "max", "min", "any", "all", "argmax", "argmin"] as const;
export type Reduction = (typeof reductions)[number];
export const REDUCE_BLOCK = 4096;
export const REDUCE_LANES = 16;

/** Of these, in the same codes. */
export const cumulations = ["sum", "prod", "max", "min"] as const;
export type Cumulation = (typeof cumulations)[number];

export const putKinds = ["set", "add", "max", "min"] as const;
export type PutKind = (typeof putKinds)[number];

/** Words of one step: op | dtype << 8 | target << 16; a | b << 16; c | extra << 16; two words of a constant. */
export const STEP_WORDS = 5;
/** Registers and steps that one `fuse` may have. */
export const REGISTERS_MAX = 64;

/**
 * Steps of `fuse`. dtype is that of the operands (for `select` of b and c; for `cast` of the source, whose target type
 * is `extra`); comparisons and tests write bool. Every f32 and f64 operation is rounded by itself. What an op does not
 * use of a, b and c is not looked at; extra is below 256.
 *
 * - `constant`: the two words are the lower and upper half of the value's f64; cast to dtype.
 * - `iota`: i32 or float: index along axis `extra` of the shape, or the linear row-major index where extra is 255.
 *   Where `rows` cuts the first axis, indices are those of the whole.
 * - `random` (dtype i32): i32 a, b (two words of a key), c (counter): word `extra` (0 or 1) of `randomBits(key0, key1,
 *   0, counter)` of `core/prng.ts`, as i32 bits.
 * - `uniform` (dtype is that of the result): from such i32 bits a the multiple of 2^-24 in [0, 1) that `randomFloat`
 *   makes (f32), or of 2^-32 (f64).
 * - min max: NaN if either is NaN; of zeros -0 is the smaller. `sign` of NaN is NaN, of zeros 0 with its sign.
 * - divide: f32 f64; floorDivide and remainder: Python's (the sign of the divisor), integers by 0 give 0.
 * - abs negate square sign add subtract multiply floorDivide remainder: u8 i32 f32 f64. maximum minimum, comparisons:
 *   any type. and or xor not: bool (logical) u8 i32. shifts: u8 i32. Everything else: f32 f64.
 * - shifts take the lower 5 (u8: 3) bits; rightShift is arithmetic for i32.
 * - cast: float to integer truncates, NaN is 0, out of range is the nearest limit; i32 to u8 wraps; to bool: is not 0
 *   (so that NaN is true). A constant is cast from f64.
 */
export const steps = [
  "constant",
  "iota",
  "random",
  "uniform",
  "cast",
  "select",
  // one operand
  "negate",
  "abs",
  "sign",
  "floor",
  "ceil",
  "trunc",
  "round",
  "sqrt",
  "square",
  "exp",
  "expm1",
  "log",
  "log1p",
  "log2",
  "log10",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "asinh",
  "acosh",
  "atanh",
  "erf",
  "erfc",
  "logistic",
  "gelu",
  "isnan",
  "isfinite",
  "not",
  // two operands
  "add",
  "subtract",
  "multiply",
  "divide",
  "floorDivide",
  "remainder",
  "pow",
  "atan2",
  "maximum",
  "minimum",
  "and",
  "or",
  "xor",
  "leftShift",
  "rightShift",
  "equal",
  "notEqual",
  "less",
  "lessEqual",
] as const;
export type Step = (typeof steps)[number];
export const FIRST_UNARY = steps.indexOf("negate");
export const FIRST_BINARY = steps.indexOf("add");
