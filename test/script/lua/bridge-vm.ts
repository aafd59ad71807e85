import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type WasmMemory, wasm } from "../../../src/native/wasm.ts";
import type { AccessLayout, Column, UpdateBatch } from "../../../src/script/engine.ts";
import { Bridge, bridgeSlots } from "../../../src/script/lua/bridge.ts";
import { instrumentLua } from "../../../src/script/lua/build.ts";
import { UndoLog } from "../../../src/script/undo.ts";

/** The exports of Lua that tests use. */
interface Lua {
  readonly memory: WasmMemory;
  readonly __indirect_function_table: { get(slot: number): (a: number, b: number) => void };
  readonly fuel: { value: number } | undefined;
  readonly why: { value: number } | undefined;
  readonly __global_0: { value: number } | undefined;
  __wasm_call_ctors(): void;
  stackSave(): number;
  stackRestore(at: number): void;
  setThrew(value: number, code: number): void;
  malloc(bytes: number): number;
  free(at: number): void;
  luaL_newstate(): number;
  luaL_openlibs(L: number): void;
  luaL_loadbufferx(L: number, text: number, bytes: number, name: number, mode: number): number;
  lua_pcallk(L: number, values: number, results: number, handler: number, context: number, k: number): number;
  lua_settop(L: number, index: number): void;
  lua_newthread(L: number): number;
  lua_gettop(L: number): number;
  lua_type(L: number, index: number): number;
  lua_toboolean(L: number, index: number): number;
  lua_isinteger(L: number, index: number): number;
  lua_tointegerx(L: number, index: number, whole: number): bigint;
  lua_tonumberx(L: number, index: number, whole: number): number;
  lua_tolstring(L: number, index: number, length: number): number;
  lua_getglobal(L: number, name: number): number;
  lua_setglobal(L: number, name: number): void;
  lua_pushnil(L: number): void;
  lua_pushboolean(L: number, value: number): void;
  lua_pushnumber(L: number, value: number): void;
  lua_pushinteger(L: number, value: bigint): void;
  lua_pushlstring(L: number, at: number, bytes: number): number;
  lua_pushcclosure(L: number, slot: number, upvalues: number): void;
}

/** What crosses in tests: bigints are integers, numbers are floats. */
export type LuaValue = undefined | boolean | number | bigint | string;

const LONGJMP = {};
const modules = new Map<boolean, object>();

function moduleOf(metered: boolean): object {
  const known = modules.get(metered);
  if (known !== undefined) return known;
  const path = createRequire(import.meta.url)
    .resolve("wasmoon")
    .replace(/index\.js$/, "glue.wasm");
  const bytes = new Uint8Array(readFileSync(path));
  const module = new wasm.Module(metered ? instrumentLua(bytes, { pages: 64, pagesMax: 1024 }) : bytes);
  modules.set(metered, module);
  return module;
}

/** A world of columns made by hand, and a VM with the bridge between. */
export class BridgeVm {
  readonly lua: Lua;
  L: number;
  readonly bridge: Bridge;
  readonly world: WasmMemory;
  readonly undo: UndoLog;
  readonly texts: string[];

  constructor(from: BridgeVm | undefined, metered = true, shared = true) {
    this.world = from?.world ?? new wasm.Memory({ initial: 16, maximum: 64, shared });
    this.undo = from?.undo ?? new UndoLog(1);
    this.texts = from?.texts ?? ["", "one", "zwei"];
    this.lua = instanceOf(metered);
    if (from === undefined) {
      this.lua.__wasm_call_ctors();
      this.L = this.lua.luaL_newstate();
      this.lua.luaL_openlibs(this.L);
    } else {
      const missing = (from.lua.memory.buffer.byteLength - this.lua.memory.buffer.byteLength) / 65_536;
      if (missing > 0) this.lua.memory.grow(missing);
      new Uint8Array(this.lua.memory.buffer).set(new Uint8Array(from.lua.memory.buffer));
      this.L = from.L;
    }
    this.bridge = new Bridge({
      lua: this.lua as unknown as Record<string, unknown>,
      world: this.world,
      undo: this.undo,
      call: (L, index) => {
        this.lua.lua_pushinteger(L, BigInt(index * 100 + this.bridge.entity));
        return index < 0 ? -1 : 1;
      },
      text: (id) => this.texts[id]!,
      intern: (text) => {
        if (!this.texts.includes(text)) this.texts.push(text);
        return this.texts.indexOf(text);
      },
    });
    if (from === undefined) this.bridge.install(this.L);
  }

  /** Makes proxies and keeps them in a global. */
  declare(program: number, access: readonly AccessLayout[], name: string): void {
    this.bridge.declare(this.L, program, access);
    this.#withText(name, (at) => this.lua.lua_setglobal(this.L, at));
  }

  /** Closes over the slot `host`. */
  setHost(name: string, index: number): void {
    this.lua.lua_pushinteger(this.L, BigInt(index));
    this.lua.lua_pushcclosure(this.L, bridgeSlots.host, 1);
    this.#withText(name, (at) => this.lua.lua_setglobal(this.L, at));
  }

  /** Runs code; its first result, or the error. */
  run(code: string, ...values: readonly LuaValue[]): { ok: boolean; value: LuaValue } {
    const loaded = this.#withText(code, (at, bytes) =>
      this.#withText("=code", (name) => this.lua.luaL_loadbufferx(this.L, at, bytes, name, 0)),
    );
    return loaded === 0 ? this.#call(values) : this.#result(false);
  }

  callGlobal(name: string, ...values: readonly LuaValue[]): { ok: boolean; value: LuaValue } {
    this.#withText(name, (at) => this.lua.lua_getglobal(this.L, at));
    return this.#call(values);
  }

  /** Runs a batch over the globals `envs` and `selves`: the error, if there was one. Traps are thrown. */
  update(program: number, batch: UpdateBatch, from: number, dt: number, perCall = 10_000, left = 1_000_000): LuaValue {
    this.bridge.begin(program, batch, from, dt, perCall, left);
    this.lua.lua_pushcclosure(this.L, bridgeSlots.batch, 0);
    for (const name of ["envs", "selves"]) this.#withText(name, (at) => this.lua.lua_getglobal(this.L, at));
    this.#push("onUpdate");
    const status = this.lua.lua_pcallk(this.L, 3, 0, 0, 0, 0);
    return status === 0 ? undefined : this.#result(false).value;
  }

  #call(values: readonly LuaValue[]): { ok: boolean; value: LuaValue } {
    for (const value of values) this.#push(value);
    return this.#result(this.lua.lua_pcallk(this.L, values.length, 1, 0, 0, 0) === 0);
  }

  #result(ok: boolean): { ok: boolean; value: LuaValue } {
    const value = this.#valueAt(-1);
    this.lua.lua_settop(this.L, 0);
    return { ok, value };
  }

  #push(value: LuaValue): void {
    const { lua, L } = this;
    if (value === undefined) lua.lua_pushnil(L);
    else if (typeof value === "boolean") lua.lua_pushboolean(L, value ? 1 : 0);
    else if (typeof value === "number") lua.lua_pushnumber(L, value);
    else if (typeof value === "bigint") lua.lua_pushinteger(L, value);
    else this.#withText(value, (at, bytes) => lua.lua_pushlstring(L, at, bytes));
  }

  #valueAt(index: number): LuaValue {
    const { lua, L } = this;
    const type = lua.lua_type(L, index);
    if (type === 1) return lua.lua_toboolean(L, index) === 1;
    if (type === 3 && lua.lua_isinteger(L, index) === 1) return lua.lua_tointegerx(L, index, 0);
    if (type === 3) return lua.lua_tonumberx(L, index, 0);
    if (type !== 4) return undefined;
    const length = lua.malloc(4);
    const at = lua.lua_tolstring(L, index, length);
    const bytes = new Uint32Array(lua.memory.buffer)[length >> 2]!;
    lua.free(length);
    return new TextDecoder().decode(new Uint8Array(lua.memory.buffer).slice(at, at + bytes));
  }

  #withText<T>(text: string, use: (at: number, bytes: number) => T): T {
    const encoded = new TextEncoder().encode(text);
    const at = this.lua.malloc(encoded.length + 1);
    const bytes = new Uint8Array(this.lua.memory.buffer);
    bytes.set(encoded, at);
    bytes[at + encoded.length] = 0;
    const value = use(at, encoded.length);
    this.lua.free(at);
    return value;
  }
}

function instanceOf(metered: boolean): Lua {
  const module = moduleOf(metered);
  const denied = (): never => {
    throw new Error("denied");
  };
  let lua: Lua;
  const env = new Proxy(
    {
      invoke_vii: (slot: number, a: number, b: number) => {
        const stack = lua.stackSave();
        try {
          lua.__indirect_function_table.get(slot)(a, b);
        } catch (error) {
          if (error !== LONGJMP) throw error;
          lua.stackRestore(stack);
          lua.setThrew(1, 0);
        }
      },
      _emscripten_throw_longjmp: () => {
        throw LONGJMP;
      },
      emscripten_resize_heap: (bytes: number) => {
        lua.memory.grow(Math.ceil((bytes - lua.memory.buffer.byteLength) / 65_536));
        return 1;
      },
      emscripten_date_now: () => 0,
      _tzset_js: () => undefined,
    } as Record<string, unknown>,
    { get: (target, name) => target[name as string] ?? denied },
  );
  const wasi = new Proxy(
    {
      environ_sizes_get: (count: number, bytes: number) => {
        const words = new Uint32Array(lua.memory.buffer);
        words[count >> 2] = 0;
        words[bytes >> 2] = 0;
        return 0;
      },
      environ_get: () => 0,
    } as Record<string, unknown>,
    { get: (target, name) => target[name as string] ?? denied },
  );
  lua = new wasm.Instance(module, { env, wasi_snapshot_preview1: wasi }).exports as unknown as Lua;
  return lua;
}

/** Columns of some rows for each access, one after the other from `offset` on. */
export function columnsOf(
  world: WasmMemory,
  access: readonly AccessLayout[],
  rows: number,
  offset: number,
): Column[][] {
  let at = offset;
  return access.map(({ fields }) =>
    fields.map(({ kind, lanes }) => {
      const column = new COLUMN[kind](world.buffer as ArrayBuffer, at, rows * lanes);
      at = (at + column.byteLength + 63) & ~63;
      return column;
    }),
  );
}

const COLUMN = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
  entity: Int32Array,
  str: Uint32Array,
} as const;
