import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { wasm } from "../../../src/native/wasm.ts";
import { instrumentLua, luaWhy } from "../../../src/script/lua/build.ts";

export const glue = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm")));
const plain = new wasm.Module(glue);
const metered = new wasm.Module(instrumentLua(glue, { pages: 20, pagesMax: 1024 }));

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly __indirect_function_table: {
    get(slot: number): (...values: number[]) => number;
    set(slot: number, value: unknown): void;
    grow(count: number): number;
  };
  readonly fuel: { value: number };
  readonly work: { value: number };
  readonly why: { value: number };
  readonly thread: { value: number };
  readonly stackMax: { value: number };
  readonly __global_0: { value: number };
}
type Calls = Readonly<Record<string, (...values: (number | bigint)[]) => number>>;

interface BareOptions {
  readonly budgets?: boolean;
  /** Lua metered in another way. */
  readonly module?: object;
  readonly pagesMax?: number;
}

/** Lua with all of its libraries and nothing else, with or without budgets. */
export class BareVm {
  readonly lua: Exports;
  readonly call: Calls;
  readonly state: number;
  readonly #pagesMax: number;

  constructor({ budgets = false, module, pagesMax = 512 }: BareOptions) {
    this.#pagesMax = pagesMax;
    const build = module ?? (budgets ? metered : plain);
    const imports: Record<string, Record<string, unknown>> = { env: {}, wasi_snapshot_preview1: {} };
    for (const { module: from, name } of importsOf(build)) imports[from]![name] = () => 0;
    imports["env"]!["invoke_vii"] = (slot: number, a: number, b: number) => this.#invoke(slot, a, b);
    imports["env"]!["_emscripten_throw_longjmp"] = () => {
      throw LONG_JUMP;
    };
    imports["env"]!["emscripten_resize_heap"] = (bytes: number) => this.#resize(bytes >>> 0);
    const { exports } = new wasm.Instance(build, imports);
    this.lua = exports as unknown as Exports;
    this.call = exports as unknown as Calls;
    if (module !== undefined) for (const name of ["fuel", "depth"]) this.lua[name as "fuel"].value = 0x7fffffff;
    this.call["__wasm_call_ctors"]!();
    this.state = this.call["luaL_newstate"]!();
    this.call["luaL_openlibs"]!(this.state);
  }

  /** Loads a chunk onto the stack; without a chunk name of its own. */
  load(source: string, state = this.state): void {
    const [at, bytes] = this.text(source);
    const [name] = this.text("=chunk");
    if (this.call["luaL_loadbufferx"]!(state, at, bytes, name, 0) !== 0) throw new Error(this.read(state, -1));
  }

  text(text: string): [at: number, bytes: number] {
    const bytes = new TextEncoder().encode(text);
    const at = this.call["malloc"]!(bytes.length + 1);
    const memory = new Uint8Array(this.lua.memory.buffer);
    memory.set(bytes, at);
    memory[at + bytes.length] = 0;
    return [at, bytes.length];
  }

  read(state: number, index: number): string {
    const at = this.call["lua_tolstring"]!(state, index, 0);
    const memory = new Uint8Array(this.lua.memory.buffer);
    return Buffer.from(memory.subarray(at, memory.indexOf(0, at))).toString("latin1");
  }

  /** Puts a function of two addresses, as hooks are, into the table. */
  hook(run: (state: number, record: number) => void): number {
    const table = this.lua.__indirect_function_table;
    const slot = table.grow(1);
    table.set(
      slot,
      (new wasm.Instance(new wasm.Module(HOOK), { m: { f: run } }).exports as Record<string, unknown>)["f"],
    );
    return slot;
  }

  /** The line that a thread has come to. */
  line(state: number): number {
    const record = this.call["malloc"]!(RECORD_BYTES);
    this.call["lua_getstack"]!(state, 0, record);
    return this.lineOf(state, record);
  }

  lineOf(state: number, record: number): number {
    this.call["lua_getinfo"]!(state, (this.#l ??= this.text("l")[0]), record);
    return new Int32Array(this.lua.memory.buffer)[(record + CURRENT_LINE) >> 2]!;
  }

  #l: number | undefined;

  #invoke(slot: number, a: number, b: number): void {
    const pointer = this.call["stackSave"]!();
    try {
      this.lua.__indirect_function_table.get(slot)(a, b);
    } catch (thrown) {
      if (thrown !== LONG_JUMP) throw thrown;
      this.call["stackRestore"]!(pointer);
      this.call["setThrew"]!(1, 0);
    }
  }

  #resize(bytes: number): number {
    const { lua } = this;
    const have = lua.memory.buffer.byteLength >> 16;
    const wanted = Math.ceil(bytes / 65_536);
    if (wanted > this.#pagesMax) {
      if (lua.why !== undefined) {
        lua.why.value |= luaWhy.memory;
        lua.fuel.value = -1;
      }
      return 0;
    }
    lua.memory.grow(Math.min(Math.max(wanted, have * 2), this.#pagesMax) - have);
    return 1;
  }
}

function importsOf(module: object): { module: string; name: string }[] {
  return (wasm.Module as unknown as { imports(module: object): { module: string; name: string }[] }).imports(module);
}

const LONG_JUMP = {};
const RECORD_BYTES = 200;
/** Offset in a `lua_Debug`. */
const CURRENT_LINE = 24;
/** Exports the function `f` of two i32 that it imports. */
const HOOK = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 2, 0x7f, 0x7f, 0],
  ...[2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0, 7, 5, 1, 1, 0x66, 0, 0],
]);
