import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { peerMissing } from "../../core/peer.ts";
import { type WasmMemory, wasm } from "../../native/wasm.ts";
import { instrumentLua } from "./build.ts";
import { probedLua } from "./probe.ts";
import { withThrows } from "./throws.ts";

/** Pages of 64 KiB of a virtual machine that was just made. */
export const FIRST_PAGES = 12;
/** More than any budget gives: how far a memory grows is decided when it grows. */
const PAGES_MAX = 32_768;

export interface WasmGlobal {
  value: number;
}

/** The functions of Lua's API that the engine calls, on addresses. Integers of Lua are bigints. */
export interface LuaExports {
  readonly memory: WasmMemory;
  readonly __indirect_function_table: {
    readonly length: number;
    get(slot: number): ((...values: number[]) => number) | null;
    set(slot: number, value: unknown): void;
    grow(count: number): number;
  };
  readonly fuel: WasmGlobal;
  readonly fuelMore: WasmGlobal;
  readonly work: WasmGlobal;
  readonly workMore: WasmGlobal;
  readonly why: WasmGlobal;
  readonly stackMax: WasmGlobal;
  /** The thread whose instructions ran out. */
  readonly thread: WasmGlobal;
  __wasm_call_ctors(): void;
  stackSave(): number;
  stackRestore(pointer: number): void;
  setThrew(threw: number, value: number): void;
  stackAlloc(bytes: number): number;
  malloc(bytes: number): number;
  free(at: number): void;
  luaL_newstate(): number;
  luaopen_base(L: number): number;
  luaopen_coroutine(L: number): number;
  luaopen_debug(L: number): number;
  luaopen_math(L: number): number;
  luaopen_string(L: number): number;
  luaopen_table(L: number): number;
  luaopen_utf8(L: number): number;
  lua_checkstack(L: number, count: number): number;
  lua_gettop(L: number): number;
  lua_settop(L: number, index: number): void;
  lua_type(L: number, index: number): number;
  lua_isinteger(L: number, index: number): number;
  lua_toboolean(L: number, index: number): number;
  lua_tonumberx(L: number, index: number, isNumber: number): number;
  lua_tointegerx(L: number, index: number, isNumber: number): bigint;
  lua_tolstring(L: number, index: number, length: number): number;
  lua_topointer(L: number, index: number): number;
  lua_tothread(L: number, index: number): number;
  lua_rawget(L: number, index: number): number;
  lua_rawgeti(L: number, index: number, key: bigint): number;
  lua_rawset(L: number, index: number): void;
  lua_rawseti(L: number, index: number, key: bigint): void;
  lua_next(L: number, index: number): number;
  lua_createtable(L: number, list: number, map: number): void;
  lua_pushnil(L: number): void;
  lua_pushboolean(L: number, value: number): void;
  lua_pushnumber(L: number, value: number): void;
  lua_pushinteger(L: number, value: bigint): void;
  lua_pushlstring(L: number, at: number, bytes: number): number;
  lua_pushcclosure(L: number, slot: number, upvalues: number): void;
  lua_pushlightuserdata(L: number, pointer: number): void;
  lua_copy(L: number, from: number, to: number): void;
  lua_touserdata(L: number, index: number): number;
  lua_pushvalue(L: number, index: number): void;
  lua_pushthread(L: number): number;
  lua_newthread(L: number): number;
  lua_rotate(L: number, index: number, count: number): void;
  lua_xmove(from: number, to: number, count: number): void;
  lua_pcallk(L: number, values: number, results: number, handler: number, context: number, next: number): number;
  lua_resume(L: number, from: number, values: number, results: number): number;
  lua_error(L: number): number;
  lua_concat(L: number, count: number): void;
  luaL_where(L: number, level: number): void;
  lua_status(L: number): number;
  lua_getstack(L: number, level: number, record: number): number;
  lua_getinfo(L: number, what: number, record: number): number;
  lua_setupvalue(L: number, index: number, upvalue: number): number;
  luaL_loadbufferx(L: number, at: number, bytes: number, name: number, mode: number): number;
  luaL_newmetatable(L: number, name: number): number;
}

/** Lua, compiled: one for the process. */
export interface LuaModule {
  readonly module: object;
  /** Hash of the binary that runs. */
  readonly hash: string;
}

let loaded: LuaModule | undefined;
let probed: object | undefined;

/** Reads, instruments and compiles wasmoon's Lua, once. Throws `peer-missing`. */
export function luaModule(): LuaModule {
  if (loaded === undefined) {
    const bytes = withThrows(instrumentLua(readGlue(), { pages: FIRST_PAGES, pagesMax: PAGES_MAX }));
    loaded = { module: new wasm.Module(bytes), hash: createHash("sha256").update(bytes).digest("hex").slice(0, 16) };
  }
  return loaded;
}

/** The build that asks a probe before each instruction, compiled when it is first needed. */
export function probedModule(): object {
  if (probed === undefined) {
    const bytes = instrumentLua(readGlue(), { pages: FIRST_PAGES, pagesMax: PAGES_MAX });
    probed = new wasm.Module(probedLua(bytes));
  }
  return probed;
}

function readGlue(): Uint8Array {
  try {
    return readFileSync(fileURLToPath(import.meta.resolve("wasmoon/dist/glue.wasm")));
  } catch (cause) {
    throw peerMissing("Scripts in Lua run", ["wasmoon@1.16.0"], cause);
  }
}
