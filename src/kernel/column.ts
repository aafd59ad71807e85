import type { Memory } from "../native/memory.ts";
import type { BufferElement } from "./program.ts";

const F32_NAN = 0x7fc00000;
const F64_NAN_HIGH = 0x7ff80000;

/**
 * Reads element `lane` of `count` rows from `first` on, of a column of rows of `lanes` elements at byte offset `column`,
 * to `out[at]` and behind.
 */
export function readRows(
  memory: Memory,
  element: BufferElement,
  column: number,
  lanes: number,
  lane: number,
  first: number,
  count: number,
  out: Float64Array,
  at: number,
): void {
  const { view, shift } = viewOf(memory, element);
  let index = (column >>> shift) + first * lanes + lane;
  for (let i = 0; i < count; i++, index += lanes) out[at + i] = view[index]!;
}

/** Writes what {@link readRows} reads: integers saturate to the element's range, all NaNs become the same. */
export function writeRows(
  memory: Memory,
  element: BufferElement,
  column: number,
  lanes: number,
  lane: number,
  first: number,
  count: number,
  values: Float64Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) {
    writeNumber(memory, element, column, (first + i) * lanes + lane, values[at + i]!);
  }
}

/** Writes one element; see {@link writeRows}. */
export function writeNumber(
  memory: Memory,
  element: BufferElement,
  column: number,
  index: number,
  value: number,
): void {
  if (value !== value) return writeNaN(memory, element, column, index);
  const { view, shift, low, high } = viewOf(memory, element);
  view[(column >>> shift) + index] = value < low ? low : value > high ? high : value;
}

function writeNaN(memory: Memory, element: BufferElement, column: number, index: number): void {
  if (element === "f32") {
    memory.u32[(column >>> 2) + index] = F32_NAN;
  } else {
    memory.u32[(column >>> 2) + 2 * index] = 0;
    memory.u32[(column >>> 2) + 2 * index + 1] = F64_NAN_HIGH;
  }
}

interface View {
  view:
    | Memory["f32"]
    | Memory["f64"]
    | Memory["i8"]
    | Memory["u8"]
    | Memory["i16"]
    | Memory["u16"]
    | Memory["i32"]
    | Memory["u32"];
  /** log2 of the bytes of an element. */
  shift: number;
  low: number;
  high: number;
}

/** Where the answer of {@link viewOf} is, until the next question. */
const found: View = { view: new Float32Array(0), shift: 0, low: 0, high: 0 };

function viewOf(memory: Memory, element: BufferElement): View {
  switch (element) {
    case "f32":
      return view(memory.f32, 2, -Infinity, Infinity);
    case "f64":
      return view(memory.f64, 3, -Infinity, Infinity);
    case "i8":
      return view(memory.i8, 0, -128, 127);
    case "u8":
      return view(memory.u8, 0, 0, 255);
    case "bool":
      return view(memory.u8, 0, 0, 1);
    case "i16":
      return view(memory.i16, 1, -32_768, 32_767);
    case "u16":
      return view(memory.u16, 1, 0, 65_535);
    case "i32":
      return view(memory.i32, 2, -2_147_483_648, 2_147_483_647);
    case "u32":
      return view(memory.u32, 2, 0, 4_294_967_295);
  }
}

function view(view: View["view"], shift: number, low: number, high: number): View {
  found.view = view;
  found.shift = shift;
  found.low = low;
  found.high = high;
  return found;
}
