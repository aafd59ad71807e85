import { type WasmMemory, wasm } from "../../native/wasm.ts";
import { Writer } from "./binary.ts";

/** Copies between the memory of the world and that of one guest, as WebAssembly does it: offsets and bytes. */
export interface Copies {
  /** `toGuest(guest, world, bytes)`. */
  toGuest(guest: number, world: number, bytes: number): void;
  /** `toWorld(world, guest, bytes)`. */
  toWorld(world: number, guest: number, bytes: number): void;
  /** `fill(guest, bytes)` with zeros. */
  fill(guest: number, bytes: number): void;
  /** `nan32(guest, end)`: makes the NaNs among f32 from `guest`, aligned to 16, to before `end` the canonical one. Not 0 if there were any. */
  nan32(guest: number, end: number): number;
  nan64(guest: number, end: number): number;
}

export function copiesBetween(world: WasmMemory, guest: WasmMemory): Copies {
  const shared = world.buffer instanceof SharedArrayBuffer;
  const module = shared ? (sharedModule ??= build(true)) : (plainModule ??= build(false));
  return new wasm.Instance(module, { m: { world, guest } }).exports as unknown as Copies;
}

let sharedModule: object | undefined;
let plainModule: object | undefined;

const I32 = 0x7f;
const V128 = 0x7b;
const WORLD = 0;
const GUEST = 1;
const PAGES_MAX = 65_536;

/** Two imported memories, and the five functions over them. */
function build(shared: boolean): object {
  const out = new Writer(1024).bytes([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, content: Writer): void => {
    out.byte(id).block(content.written);
  };
  const copyType = [0x60, 3, I32, I32, I32, 0];
  const fillType = [0x60, 2, I32, I32, 0];
  const nanType = [0x60, 2, I32, I32, 1, I32];
  section(1, new Writer().bytes([3, ...copyType, ...fillType, ...nanType]));
  const imports = new Writer().byte(2);
  imports.name("m").name("world").byte(2);
  if (shared) imports.byte(3).u32(0).u32(PAGES_MAX);
  else imports.byte(0).u32(0);
  imports.name("m").name("guest").byte(2).byte(0).u32(0);
  section(2, imports);
  section(3, new Writer().bytes([5, 0, 0, 1, 2, 2]));
  const exports = new Writer().byte(5);
  ["toGuest", "toWorld", "fill", "nan32", "nan64"].forEach((name, i) => {
    exports.name(name).byte(0).byte(i);
  });
  section(7, exports);
  const bodies = [
    copyBody(GUEST, WORLD),
    copyBody(WORLD, GUEST),
    [0, 0x20, 0, 0x41, 0, 0x20, 1, 0xfc, 11, GUEST, 0x0b],
    nanBody(0x42, [0, 0, 0xc0, 0x7f]),
    nanBody(0x48, [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]),
  ];
  const code = new Writer().byte(bodies.length);
  for (const body of bodies) code.block(body);
  section(10, code);
  return new wasm.Module(out.written.slice());
}

function copyBody(to: number, from: number): number[] {
  return [0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 10, to, from, 0x0b];
}

/** Sixteen bytes at a time: what differs from itself is replaced. What lies behind the end up to 16 bytes is the column's padding. */
function nanBody(notEqual: number, canonical: readonly number[]): number[] {
  const repeated = Array.from({ length: 16 }, (_, i) => canonical[i % canonical.length]!);
  const X = 2;
  const MASK = 3;
  const SEEN = 4;
  const access = [0x40 | 4, GUEST, 0];
  return [
    ...[2, 2, V128, 1, I32],
    ...[0x02, 0x40, 0x03, 0x40],
    ...[0x20, 0, 0x20, 1, 0x4f, 0x0d, 1],
    ...[0x20, 0, 0xfd, 0x00, ...access, 0x21, X],
    ...[0x20, X, 0x20, X, 0xfd, notEqual, 0x22, MASK, 0xfd, 0x53],
    ...[0x04, 0x40],
    ...[0x41, 1, 0x21, SEEN],
    ...[0x20, 0, 0xfd, 0x0c, ...repeated, 0x20, X, 0x20, MASK, 0xfd, 0x52, 0xfd, 0x0b, ...access],
    0x0b,
    ...[0x20, 0, 0x41, 16, 0x6a, 0x21, 0, 0x0c, 0],
    ...[0x0b, 0x0b, 0x20, SEEN, 0x0b],
  ];
}
