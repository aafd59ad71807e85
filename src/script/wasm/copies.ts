import { type WasmMemory, wasm } from "../../native/wasm.ts";
import { Writer } from "./binary.ts";
import { MEMORY_INDEX } from "./code.ts";
import { type Body, encodeModule, type Import } from "./module.ts";
import { NAN_32, NAN_64 } from "./nan.ts";
import { op, type } from "./opcode.ts";

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

const WORLD = 0;
const GUEST = 1;
const PAGES_MAX = 65_536;
const SLOT_BYTES = 16;
const { i32, v128 } = type;

/** Two imported memories, and the five functions over them. */
function build(shared: boolean): object {
  const routines = [
    { name: "toGuest", parameters: [i32, i32, i32], results: [], body: copyBody(GUEST, WORLD) },
    { name: "toWorld", parameters: [i32, i32, i32], results: [], body: copyBody(WORLD, GUEST) },
    { name: "fill", parameters: [i32, i32], results: [], body: fillBody() },
    { name: "nan32", parameters: [i32, i32], results: [i32], body: nanBody(op.f32x4Ne, NAN_32) },
    { name: "nan64", parameters: [i32, i32], results: [i32], body: nanBody(op.f64x2Ne, NAN_64) },
  ];
  const bytes = encodeModule({
    types: routines.map(({ parameters, results }) => ({ parameters, results })),
    imports: [memory("world", shared), memory("guest", false)],
    functions: routines.map((_, i) => i),
    tables: [],
    memories: [],
    globals: [],
    exports: routines.map(({ name }, index) => ({ name, kind: "function", index })),
    start: undefined,
    elements: undefined,
    dataCount: undefined,
    bodies: routines.map(({ body }) => body),
    data: undefined,
    customs: [],
  });
  return new wasm.Module(bytes);
}

function memory(name: string, shared: boolean): Import {
  const limits = { initial: 0, maximum: shared ? PAGES_MAX : undefined, shared };
  return { module: "m", name, kind: "memory", type: 0, mutable: false, limits };
}

function copyBody(to: number, from: number): Body {
  const out = new Writer(32).byte(op.localGet).u32(0).byte(op.localGet).u32(1).byte(op.localGet).u32(2);
  return bodyOf(out.op(op.memoryCopy).u32(to).u32(from));
}

function fillBody(): Body {
  const out = new Writer(32).byte(op.localGet).u32(0).byte(op.i32Const).s32(0).byte(op.localGet).u32(1);
  return bodyOf(out.op(op.memoryFill).u32(GUEST));
}

/** A slot at a time: what differs from itself is replaced. What lies behind the end up to a slot is the column's padding. */
function nanBody(notEqual: number, canonical: readonly number[]): Body {
  const [at, end, slot, differs, seen] = [0, 1, 2, 3, 4];
  const repeated = Array.from({ length: SLOT_BYTES }, (_, i) => canonical[i % canonical.length]!);
  const access = (out: Writer): Writer =>
    out
      .u32(ALIGN_LOG2 | MEMORY_INDEX)
      .u32(GUEST)
      .u32(0);
  const out = new Writer(128).byte(op.block).byte(type.none).byte(op.loop).byte(type.none);
  out.byte(op.localGet).u32(at).byte(op.localGet).u32(end).byte(op.i32GeU).byte(op.brIf).u32(1);
  access(out.byte(op.localGet).u32(at).op(op.v128Load)).byte(op.localTee).u32(slot);
  out.byte(op.localGet).u32(slot).op(notEqual).byte(op.localTee).u32(differs).op(op.v128AnyTrue);
  out.byte(op.if).byte(type.none).byte(op.i32Const).s32(1).byte(op.localSet).u32(seen);
  out.byte(op.localGet).u32(at).op(op.v128Const).bytes(repeated).byte(op.localGet).u32(slot);
  access(out.byte(op.localGet).u32(differs).op(op.v128Bitselect).op(op.v128Store)).byte(op.end);
  out.byte(op.localGet).u32(at).byte(op.i32Const).s32(SLOT_BYTES).byte(op.i32Add).byte(op.localSet).u32(at);
  out.byte(op.br).u32(0).byte(op.end).byte(op.end).byte(op.localGet).u32(seen);
  return bodyOf(out, [
    [2, v128],
    [1, i32],
  ]);
}

/** Of slots, as loads and stores say it. */
const ALIGN_LOG2 = 4;

function bodyOf(code: Writer, locals: Body["locals"] = []): Body {
  const bytes = code.byte(op.end).written;
  return { locals, bytes, at: 0, end: bytes.length };
}
