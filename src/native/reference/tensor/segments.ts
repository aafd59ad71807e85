import { elementBytes, elementCode } from "../../element.ts";
import { jobFault } from "../../fault.ts";
import { castOf, saturated } from "./cast.ts";
import type { Columns, Instruction, Reader, Run } from "./reader.ts";
import { F32, F64, I32, move, store, type Values, type View } from "./view.ts";

/** Rows of columns to a tensor, cast to its type; bits that have the type already are only copied. */
export function readLoad(reader: Reader): Instruction {
  const { table, record } = readTable(reader);
  const result = reader.output();
  check(reader, table, result);
  return {
    operands: [result],
    run: (run) => eachColumn(run, table, record, result, loadColumn),
  };
}

export function readStore(reader: Reader): Instruction {
  const { table, record } = readTable(reader);
  const source = reader.operand();
  check(reader, table, source);
  return {
    operands: [source],
    run: (run) => eachColumn(run, table, record, source, storeColumn),
  };
}

interface Table {
  readonly columns: number;
  readonly offset: number;
}

function readTable(reader: Reader): { table: Table; record: number } {
  reader.check(reader.cut === undefined);
  const columns = reader.word();
  const offset = reader.word();
  reader.check(offset % 4 === 0);
  return { table: { columns, offset }, record: reader.index };
}

function check(reader: Reader, { columns }: Table, view: View): void {
  reader.check(view.rank === 2 && view.tokens[1] === columns);
}

/** Elements of one column in one segment: `index` in `values` is the first, `step` leads to the next row. */
type Visit = (view: View, at: number, run: Run, code: number, first: number, step: number, rows: number) => void;

/** Checks all of the table, then visits all segments of all columns. */
function eachColumn(run: Run, { columns, offset }: Table, record: number, view: View, visit: Visit): void {
  const words = run.memory.i32;
  const word = (index: number): number => words[(offset >>> 2) + index]! >>> 0;
  const reach = run.memory.u8.length;
  if (offset + 4 > reach) throw jobFault("range", "segments", record);
  const segments = word(0);
  const perColumn = 2 + segments;
  if (offset + 4 * (1 + segments + columns * perColumn) > reach) throw jobFault("range", "segments", record);
  let rows = 0;
  for (let i = 0; i < segments; i++) rows += word(1 + i);
  if (rows !== view.extents[0]) throw jobFault("value", "segments", record);
  for (let column = 0; column < columns; column++) {
    const at = 1 + segments + column * perColumn;
    const bytes = elementBytes[word(at)];
    if (bytes === undefined) throw jobFault("value", "segments", record);
    for (let i = 0; i < segments; i++) {
      const [count, stride, first] = [word(1 + i), word(at + 1), word(at + 2 + i)];
      if (count === 0) continue;
      if (first + (count - 1) * stride + bytes > run.columns.u8.length) throw jobFault("range", "segments", record);
      if (first % bytes !== 0 || stride % bytes !== 0) throw jobFault("alignment", "segments", record);
    }
  }
  for (let column = 0; column < columns; column++) {
    const at = 1 + segments + column * perColumn;
    const code = word(at);
    const bytes = elementBytes[code]!;
    for (let i = 0, row = 0; i < segments; i++) {
      const to = view.at + row * view.strides[0]! + column * view.strides[1]!;
      visit(view, to, run, code, word(at + 2 + i) / bytes, word(at + 1) / bytes, word(1 + i));
      row += word(1 + i);
    }
  }
}

function loadColumn(
  view: View,
  at: number,
  { columns }: Run,
  code: number,
  first: number,
  step: number,
  rows: number,
): void {
  const column = columnOf(columns, code);
  const same = sameType[view.dtype] === code;
  const source = { bytes: view.bytes, dtype: view.dtype, memory: columns, values: column };
  const cast = castOf(code === elementCode.f32 || code === elementCode.f64, view.dtype);
  for (let i = 0, from = first, to = at; i < rows; i++, from += step, to += view.strides[0]!)
    if (same) move(view, to, source, from);
    else store(view, to, cast(column[from]!));
}

function storeColumn(
  view: View,
  at: number,
  { columns }: Run,
  code: number,
  first: number,
  step: number,
  rows: number,
): void {
  const column = columnOf(columns, code);
  const same = sameType[view.dtype] === code;
  // As far as `store` and `move` look at it.
  const dtype = code === elementCode.f32 ? F32 : code === elementCode.f64 ? F64 : I32;
  const target = { bytes: view.bytes, dtype, memory: columns, values: column };
  const cast = castToElement(view.dtype, code);
  for (let i = 0, to = first, from = at; i < rows; i++, to += step, from += view.strides[0]!)
    if (same) move(target, to, view, from);
    else store(target, to, cast(view.values[from]!));
}

/** The element codes that hold a dtype as it is. */
const sameType: readonly (number | undefined)[] = [
  undefined,
  elementCode.u8,
  elementCode.i32,
  elementCode.f32,
  elementCode.f64,
];

/** The least and the greatest of integer elements, by code. */
const limits: Readonly<Record<number, readonly [number, number]>> = {
  [elementCode.i8]: [-0x80, 0x7f],
  [elementCode.u8]: [0, 0xff],
  [elementCode.i16]: [-0x8000, 0x7fff],
  [elementCode.u16]: [0, 0xffff],
  [elementCode.i32]: [-0x80000000, 0x7fffffff],
  [elementCode.u32]: [0, 0xffffffff],
};

/** Floats saturate, integers wrap, by the store. */
function castToElement(dtype: number, code: number): (value: number) => number {
  const [min, max] = limits[code] ?? [0, 0];
  return dtype >= F32 && limits[code] !== undefined ? (value) => saturated(value, min, max) : (value) => value;
}

function columnOf(columns: Columns, code: number): Values {
  const arrays = [columns.f32, columns.f64, columns.i8, columns.u8, columns.i16, columns.u16, columns.i32, columns.u32];
  return arrays[code] as Values;
}
