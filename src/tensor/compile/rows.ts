import { bytesOf } from "../dtype.ts";
import type { Operand } from "../operand.ts";
import { isContiguous, isSymbolic, sizeOf } from "../shape.ts";
import { type Buffer, bufferOf } from "./buffer.ts";
import { everyOperand, type PlanInstruction } from "./instruction.ts";

/** Bytes that the rows of a block touch: they should stay in the second-level cache beside the weights. */
const BLOCK_BYTES = 192 << 10;
const BLOCK_ROWS_MIN = 16;
/** The same where there is no product of matrices: few rows, which stay in the nearest cache. */
const PLAIN_BYTES = 16 << 10;
const BLOCK_ROWS_MAX = 512;

/** Instructions that treat each row by itself, to be run block of rows by block of rows. */
export interface RowBlock {
  readonly extent: number;
  readonly blockRows: number;
  readonly list: readonly PlanInstruction[];
  /** Operands whose axis 0 is that of the rows. */
  readonly operands: ReadonlySet<Operand>;
}

export type Scheduled = PlanInstruction | RowBlock;

export function isRowBlock(item: Scheduled): item is RowBlock {
  return "blockRows" in item;
}

/**
 * Puts instructions that work row by row next to each other, and runs of them into blocks, so that what lies between them
 * stays in cache, and in scratch if nothing else reads it. `extentMax` is an extent for the largest leading number.
 */
export function intoRowBlocks(list: readonly PlanInstruction[], extentMax: (extent: number) => number): Scheduled[] {
  const ordered = grouped(list);
  const everywhere = touches(ordered);
  const out: Scheduled[] = [];
  let run: Run | undefined;
  const end = (): void => {
    if (run !== undefined) out.push(...run.scheduled(everywhere, extentMax));
    run = undefined;
  };
  for (const instruction of ordered) {
    if (run?.add(instruction)) continue;
    end();
    const extent = rowsOf(instruction);
    if (extent === undefined) {
      out.push(instruction);
      continue;
    }
    run = new Run(extent);
    if (!run.add(instruction)) {
      run = undefined;
      out.push(instruction);
    }
  }
  end();
  return out;
}

/** The extent whose rows an instruction can treat one by one. */
function rowsOf(instruction: PlanInstruction): number | undefined {
  const operand = instruction.writes[0] ?? instruction.reads[0];
  return operand?.dims[0];
}

/** Its operands along the rows, if it treats `extent` rows one by one. */
function alongRows(instruction: PlanInstruction, extent: number): Operand[] | undefined {
  const { name, reads, writes, dot } = instruction;
  const all = [...reads, ...writes];
  const has = (operand: Operand): boolean => operand.dims[0] === extent;
  if (name === "fuse") return all.every(has) ? all : undefined;
  if (name === "reduce") return instruction.axes?.includes(0) === false && all.every(has) ? all : undefined;
  if (name !== "dot" || dot === undefined) return undefined;
  if (dot.b.dims.length > 2) return all.every(has) ? all : undefined;
  const rest = all.filter((operand) => operand !== dot.b);
  return rest.every(has) && dot.a !== dot.b ? rest : undefined;
}

/** Instructions that follow each other and treat the same rows one by one. */
class Run {
  readonly #extent: number;
  readonly #list: PlanInstruction[] = [];
  readonly #operands = new Set<Operand>();
  /** What is written, and how many elements a row of it has. */
  readonly #written = new Map<Buffer, number>();
  /** Read by whole, or not row by row: no row of them may be written here. */
  readonly #whole = new Set<Buffer>();

  constructor(extent: number) {
    this.#extent = extent;
  }

  /** Takes the instruction in, if it can. */
  add(instruction: PlanInstruction): boolean {
    const operands = alongRows(instruction, this.#extent);
    if (operands === undefined) return false;
    const along = new Set(operands);
    if (!instruction.writes.every((operand) => isWhole(operand) && this.#fits(bufferOf(operand), rowSize(operand))))
      return false;
    const written = instruction.writes.map(bufferOf);
    const whole: Buffer[] = [];
    for (const operand of instruction.reads) {
      const buffer = bufferOf(operand);
      const size = this.#written.get(buffer);
      if (size !== undefined && !(along.has(operand) && isRowByRow(operand, size))) return false;
      if (size === undefined && !(along.has(operand) && isWhole(operand))) whole.push(buffer);
    }
    if (written.some((buffer) => this.#whole.has(buffer) || whole.includes(buffer))) return false;
    for (const operand of instruction.writes) this.#written.set(bufferOf(operand), rowSize(operand));
    for (const buffer of whole) this.#whole.add(buffer);
    for (const operand of operands) this.#operands.add(operand);
    this.#list.push(instruction);
    return true;
  }

  #fits(buffer: Buffer, size: number): boolean {
    return (this.#written.get(buffer) ?? size) === size;
  }

  /** As a block, if blocks are worth it; what only this run touches becomes local. */
  scheduled(everywhere: ReadonlyMap<Buffer, number>, extentMax: (extent: number) => number): Scheduled[] {
    const rows = extentMax(this.#extent);
    if (this.#list.length < 2 || rows < 2 * BLOCK_ROWS_MIN || this.#extent === 0) return this.#list;
    const here = touches(this.#list);
    let rowBytes = 0;
    for (const [buffer] of here) {
      const operand = [...this.#operands].find((one) => bufferOf(one) === buffer);
      if (operand !== undefined && !this.#whole.has(buffer)) rowBytes += bytesOfRow(operand);
    }
    const hasDot = this.#list.some(({ name }) => name === "dot");
    const [bytes, step] = hasDot ? [BLOCK_BYTES, BLOCK_ROWS_MIN] : [PLAIN_BYTES, 1];
    const fitting = Math.floor(bytes / Math.max(1, rowBytes));
    const blockRows = Math.max(step, Math.min(BLOCK_ROWS_MAX, fitting - (fitting % step)));
    if (rows <= blockRows && !isSymbolic([this.#extent])) return this.#list;
    for (const buffer of this.#written.keys()) {
      if (buffer.kind === "temporary" && here.get(buffer) === everywhere.get(buffer)) buffer.kind = "local";
    }
    return [{ extent: this.#extent, blockRows, list: this.#list, operands: this.#operands }];
  }
}

/** Bytes of local memory that a row of the operand's buffer takes. */
export function bytesOfRow(operand: Operand): number {
  return sizeOf(operand.dims.slice(1)) * bytesOf(operand.dtype);
}

/** Whether the operand is its buffer from the first element on, in order. */
function isWhole(operand: Operand): boolean {
  return operand.offset === 0 && isContiguous(operand.dims, operand.strides);
}

/** Whether row i of the operand lies in row i of its buffer, whose rows have `size` elements. */
function isRowByRow({ dims, strides, offset, dtype }: Operand, size: number): boolean {
  if (strides[0] !== size || strides.some((stride) => stride < 0)) return false;
  let last = offset / bytesOf(dtype);
  for (let axis = 1; axis < dims.length; axis++) last += ((dims[axis] as number) - 1) * (strides[axis] as number);
  return last < size;
}

function rowSize(operand: Operand): number {
  return sizeOf(operand.dims.slice(1));
}

/** How often each buffer is an operand. */
function touches(list: readonly PlanInstruction[]): Map<Buffer, number> {
  const counts = new Map<Buffer, number>();
  for (const instruction of list) {
    for (const operand of everyOperand(instruction))
      counts.set(bufferOf(operand), (counts.get(bufferOf(operand)) ?? 0) + 1);
  }
  return counts;
}

/** The same instructions in an order that keeps all dependencies and has those of the same rows together. */
function grouped(list: readonly PlanInstruction[]): PlanInstruction[] {
  const waiting = dependencies(list);
  const after: number[][] = list.map(() => []);
  for (const [i, needs] of waiting.entries()) for (const need of needs) (after[need] as number[]).push(i);
  const open = waiting.map((needs) => needs.size);
  const ready = new Set<number>();
  for (const [i, count] of open.entries()) if (count === 0) ready.add(i);
  const out: PlanInstruction[] = [];
  let extent: number | undefined;
  while (ready.size > 0) {
    const order = [...ready].sort((a, b) => a - b);
    const fitting =
      extent === undefined
        ? undefined
        : order.find((i) => alongRows(list[i] as PlanInstruction, extent as number) !== undefined);
    const next = fitting ?? (order[0] as number);
    ready.delete(next);
    const instruction = list[next] as PlanInstruction;
    if (fitting === undefined) {
      const own = rowsOf(instruction);
      extent = own !== undefined && alongRows(instruction, own) !== undefined ? own : undefined;
    }
    out.push(instruction);
    for (const follower of after[next] as number[]) {
      open[follower] = (open[follower] as number) - 1;
      if (open[follower] === 0) ready.add(follower);
    }
  }
  return out;
}

/** For each instruction the earlier ones that must stay before it. */
function dependencies(list: readonly PlanInstruction[]): Set<number>[] {
  const writer = new Map<Buffer, number>();
  const readers = new Map<Buffer, number[]>();
  return list.map((instruction, i) => {
    const needs = new Set<number>();
    const written = new Set(writesOf(instruction).map(bufferOf));
    for (const operand of everyOperand(instruction)) {
      const last = writer.get(bufferOf(operand));
      if (last !== undefined) needs.add(last);
    }
    for (const buffer of written) for (const reader of readers.get(buffer) ?? []) needs.add(reader);
    for (const operand of everyOperand(instruction)) {
      const buffer = bufferOf(operand);
      const list = readers.get(buffer);
      if (list === undefined) readers.set(buffer, [i]);
      else list.push(i);
    }
    for (const buffer of written) {
      writer.set(buffer, i);
      readers.set(buffer, [i]);
    }
    needs.delete(i);
    return needs;
  });
}

function writesOf(instruction: PlanInstruction): Operand[] {
  return [...instruction.writes, ...instruction.bodies.flatMap((body) => body.flatMap(writesOf))];
}
