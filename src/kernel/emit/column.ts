import type { BufferElement } from "../program.ts";
import type { Code } from "./code.ts";
import type { OpcodeName } from "./opcode.ts";

/** Where element `lane` of four rows is: `address` puts a byte address on the stack, `offset` is added to it. */
export interface Place {
  readonly element: BufferElement;
  readonly lanes: number;
  readonly address: () => void;
  readonly offset: number;
}

export function elementBytes(element: BufferElement): number {
  if (element === "f64") return 8;
  if (element === "i16" || element === "u16") return 2;
  return element === "i8" || element === "u8" || element === "bool" ? 1 : 4;
}

/** Puts four rows on the stack, of f64 the rows `2 * part` and `2 * part + 1`. */
export function loadRows(code: Code, place: Place, part: number): void {
  const { element, lanes, address, offset } = place;
  const bytes = elementBytes(element);
  if (lanes > 1) gatherRows(code, place, part);
  else {
    address();
    if (element === "i16" || element === "u16") {
      return code.memory(element === "i16" ? "v128.load16x4_s" : "v128.load16x4_u", offset);
    }
    code.memory(bytes === 1 ? "v128.load32_zero" : "v128.load", offset + part * 16);
  }
  widenRows(code, element);
}

/** Each row by itself: elements lie apart. */
function gatherRows(code: Code, { element, lanes, address, offset }: Place, part: number): void {
  const bytes = elementBytes(element);
  const rows = 16 / Math.max(4, bytes);
  for (let row = 0; row < rows; row++) address();
  for (let row = 0; row < rows; row++) laneLoad(code, element, offset + (part * rows + row) * lanes * bytes, row);
}

/** Takes the address of one row, and for rows but the first the vector so far on top of it; gives the vector with the row. */
export function laneLoad(code: Code, element: BufferElement, offset: number, row: number): void {
  const bytes = elementBytes(element);
  if (row > 0) code.memory(`v128.load${(bytes * 8) as 8 | 16 | 32 | 64}_lane`, offset, row);
  else if (bytes < 4) code.memory(bytes === 1 ? "v128.load8_splat" : "v128.load16_splat", offset);
  else code.memory(bytes === 4 ? "v128.load32_zero" : "v128.load64_zero", offset);
}

/** Small elements at the low end of a vector become words. */
export function widenRows(code: Code, element: BufferElement): void {
  switch (element) {
    case "i8":
      return code.ops("i16x8.extend_low_i8x16_s", "i32x4.extend_low_i16x8_s");
    case "i16":
      return code.op("i32x4.extend_low_i16x8_s");
    case "u16":
      return code.op("i32x4.extend_low_i16x8_u");
    case "u8":
    case "bool":
      code.ops("i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u");
      if (element === "u8") return;
      code.splat(0);
      return code.op("i32x4.gt_s");
    default:
  }
}

/** Makes words small elements at the low end of the vector on the stack; numbers out of range saturate. */
export function narrowRows(code: Code, element: BufferElement): void {
  const bytes = elementBytes(element);
  if (bytes >= 4) return;
  if (element === "bool") code.op("i32x4.abs");
  code.splat(0);
  code.op(element === "u16" ? "i16x8.narrow_i32x4_u" : "i16x8.narrow_i32x4_s");
  if (bytes === 2) return;
  code.splat(0);
  code.op(element === "u8" ? "i8x16.narrow_i16x8_u" : "i8x16.narrow_i16x8_s");
}

/** Stores what `value` puts on the stack. */
export function storeRows(code: Code, place: Place, part: number, value: () => void): void {
  const { element, lanes, address, offset } = place;
  const bytes = elementBytes(element);
  if (lanes === 1) {
    address();
    value();
    narrowRows(code, element);
    if (bytes >= 4) code.memory("v128.store", offset + part * 16);
    else code.memory(bytes === 2 ? "v128.store64_lane" : "v128.store32_lane", offset, 0);
    return;
  }
  const rows = 16 / Math.max(4, bytes);
  const vector = code.local("v128");
  value();
  narrowRows(code, element);
  code.set(vector);
  for (let row = 0; row < rows; row++) {
    address();
    code.get(vector);
    code.memory(laneStore(element), offset + (part * rows + row) * lanes * bytes, row);
  }
  code.release(vector);
}

/** The instruction that stores one row of a vector that {@link narrowRows} made. */
export function laneStore(element: BufferElement): OpcodeName {
  return `v128.store${(elementBytes(element) * 8) as 8 | 16 | 32 | 64}_lane`;
}
