import { type WasmMemory, wasm } from "./wasm.ts";

/**
 * Bulk memory operations as a hand-assembled WebAssembly module over an imported memory.
 * `memory.copy` moves bytes at the speed of the machine; `TypedArray.set` on shared memory is three times slower.
 */
export interface CopyFunctions {
  readonly copy: (destination: number, source: number, bytes: number) => void;
  readonly fill: (destination: number, byte: number, bytes: number) => void;
  readonly copyMany: (list: number, count: number) => void;
}

/** Instantiates the module over `memory`, which must have been made with the same `pagesMax` and `shared`. */
export function copyModule(memory: WasmMemory, pagesMax: number, shared: boolean): CopyFunctions {
  const limits = [shared ? 3 : 1, ...leb(1), ...leb(pagesMax)];
  const memoryImport = [1, 1, 0x6d, 1, 0x6d, 2, ...limits]; // one import "m" "m", a memory
  const bytes = [
    ...HEADER,
    ...TYPES,
    2,
    ...leb(memoryImport.length),
    ...memoryImport,
    ...FUNCTIONS,
    ...EXPORTS,
    ...CODE,
  ];
  const module = new wasm.Module(new Uint8Array(bytes));
  return new wasm.Instance(module, { m: { m: memory } }).exports as unknown as CopyFunctions;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
// 0: (i32 i32 i32) -> (); 1: (i32 i32) -> ()
const TYPES = [1, 12, 2, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 0x60, 2, 0x7f, 0x7f, 0];
const FUNCTIONS = [3, 4, 3, 0, 0, 1];
// "copy" -> 0, "fill" -> 1, "copyMany" -> 2
// biome-ignore format: one export a line
const EXPORTS = [
  7, 26, 3,
  4, 0x63, 0x6f, 0x70, 0x79, 0, 0,
  4, 0x66, 0x69, 0x6c, 0x6c, 0, 1,
  8, 0x63, 0x6f, 0x70, 0x79, 0x4d, 0x61, 0x6e, 0x79, 0, 2,
];
// biome-ignore format: one instruction group a line
const CODE = [
  10, 72, 3,
  12, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0a, 0, 0, 0x0b, // memory.copy(0, 1, 2)
  11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0b, 0, 0x0b, // memory.fill(0, 1, 2)
  45, 0,
  0x03, 0x40, // loop
  0x20, 1, 0x04, 0x40, // if (count)
  0x20, 0, 0x28, 2, 0, 0x20, 0, 0x28, 2, 4, 0x20, 0, 0x28, 2, 8, 0xfc, 0x0a, 0, 0, // copy(list[0], list[1], list[2])
  0x20, 0, 0x41, 12, 0x6a, 0x21, 0, // list += 12
  0x20, 1, 0x41, 1, 0x6b, 0x21, 1, // count -= 1
  0x0c, 1, 0x0b, 0x0b, 0x0b, // continue
];

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}
