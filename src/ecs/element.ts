import type { Memory } from "../native/memory.ts";
import type { Layout } from "./component.ts";

/** Writes one number to element `index` of a column of type `code` at byte `offset`. */
export function writeElement(memory: Memory, code: number, offset: number, index: number, value: number): void {
  switch (code) {
    case 0:
      memory.f32[(offset >>> 2) + index] = value;
      break;
    case 1:
      memory.f64[(offset >>> 3) + index] = value;
      break;
    case 2:
      memory.i8[offset + index] = value;
      break;
    case 3:
      memory.u8[offset + index] = value;
      break;
    case 4:
      memory.i16[(offset >>> 1) + index] = value;
      break;
    case 5:
      memory.u16[(offset >>> 1) + index] = value;
      break;
    case 6:
      memory.i32[(offset >>> 2) + index] = value;
      break;
    default:
      memory.u32[(offset >>> 2) + index] = value;
  }
}

/** Reads element `index` of a column of type `code` at byte `offset`. */
export function readElement(memory: Memory, code: number, offset: number, index: number): number {
  switch (code) {
    case 0:
      return memory.f32[(offset >>> 2) + index]!;
    case 1:
      return memory.f64[(offset >>> 3) + index]!;
    case 2:
      return memory.i8[offset + index]!;
    case 3:
      return memory.u8[offset + index]!;
    case 4:
      return memory.i16[(offset >>> 1) + index]!;
    case 5:
      return memory.u16[(offset >>> 1) + index]!;
    case 6:
      return memory.i32[(offset >>> 2) + index]!;
    default:
      return memory.u32[(offset >>> 2) + index]!;
  }
}

/** Copies the bits of one row of a component between blocks, which may have different capacities. */
export function copyRow(
  memory: Memory,
  from: Layout,
  fromBlock: number,
  fromRow: number,
  to: Layout,
  toBlock: number,
  toRow: number,
): void {
  const { component } = from;
  const { columns } = component;
  if (component.words) {
    const { i32 } = memory;
    const source = (fromBlock << 4) + fromRow;
    const target = (toBlock << 4) + toRow;
    for (let c = 0; c < columns.length; c++)
      i32[target + (to.offsets[c]! >>> 2)] = i32[source + (from.offsets[c]! >>> 2)]!;
    return;
  }
  for (let c = 0; c < columns.length; c++) {
    const { bytes, lanes } = columns[c]!;
    const stride = bytes * lanes;
    const source = fromBlock * 64 + from.offsets[c]! + fromRow * stride;
    const target = toBlock * 64 + to.offsets[c]! + toRow * stride;
    if (stride > 64) memory.copy(target, source, stride);
    else if ((stride & 3) === 0) {
      for (let w = 0; w < stride >> 2; w++) memory.i32[(target >>> 2) + w] = memory.i32[(source >>> 2) + w]!;
    } else for (let b = 0; b < stride; b++) memory.u8[target + b] = memory.u8[source + b]!;
  }
}

/** Writes the defaults of a component to `count` rows. */
export function writeDefaults(
  memory: Memory,
  layout: Layout,
  block: number,
  row: number,
  count: number,
  initials: readonly number[],
): void {
  const { columns, words, zeroed } = layout.component;
  if (words && zeroed && count === 1) {
    for (let c = 0; c < columns.length; c++) memory.i32[(block << 4) + (layout.offsets[c]! >>> 2) + row] = 0;
    return;
  }
  for (let c = 0; c < columns.length; c++) {
    const { bytes, lanes, code } = columns[c]!;
    const offset = block * 64 + layout.offsets[c]!;
    const initial = initials[c]!;
    if (initial === 0 && !Object.is(initial, -0)) memory.fill(offset + row * lanes * bytes, 0, count * lanes * bytes);
    else for (let i = row * lanes; i < (row + count) * lanes; i++) writeElement(memory, code, offset, i, initial);
  }
}
