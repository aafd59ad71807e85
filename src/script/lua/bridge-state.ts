import type { WasmMemory } from "../../native/wasm.ts";
import { lua } from "./bridge-layout.ts";

/** The functions of Lua's C API that the bridge calls from JavaScript, as exported. Strings are addresses. */
export interface LuaFunctions {
  lua_checkstack(L: number, slots: number): number;
  lua_createtable(L: number, list: number, fields: number): void;
  lua_gettop(L: number): number;
  lua_settop(L: number, index: number): void;
  lua_copy(L: number, from: number, to: number): void;
  lua_rotate(L: number, index: number, by: number): void;
  lua_pushvalue(L: number, index: number): void;
  lua_pushnil(L: number): void;
  lua_pushboolean(L: number, value: number): void;
  lua_pushinteger(L: number, value: bigint): void;
  lua_pushlstring(L: number, text: number, bytes: number): number;
  lua_pushcclosure(L: number, slot: number, upvalues: number): void;
  lua_newuserdatauv(L: number, bytes: number, values: number): number;
  lua_rawset(L: number, index: number): void;
  lua_rawseti(L: number, index: number, key: bigint): void;
  lua_rawgetp(L: number, index: number, key: number): number;
  lua_rawsetp(L: number, index: number, key: number): void;
  lua_setmetatable(L: number, index: number): number;
  lua_setiuservalue(L: number, index: number, value: number): number;
  lua_gettable(L: number, index: number): number;
  lua_type(L: number, index: number): number;
  lua_tolstring(L: number, index: number, length: number): number;
  lua_tointegerx(L: number, index: number, whole: number): bigint;
  lua_concat(L: number, count: number): void;
  luaL_where(L: number, level: number): void;
  luaL_tolstring(L: number, index: number, length: number): number;
  stackSave(): number;
  stackAlloc(bytes: number): number;
  stackRestore(at: number): void;
}

/** Pseudo-index of the registry. */
export const REGISTRY = -1_001_000;

/** A VM with what its memory shows without a call. */
export class LuaState {
  readonly api: LuaFunctions;
  readonly #memory: WasmMemory;
  #words: Uint32Array<ArrayBufferLike> = new Uint32Array();
  #bytes: Uint8Array<ArrayBufferLike> = new Uint8Array();

  constructor(exports: Readonly<Record<string, unknown>>) {
    this.api = exports as unknown as LuaFunctions;
    this.#memory = exports.memory as WasmMemory;
  }

  /** Words of its memory; not to be kept, as it moves when it grows. */
  get words(): Uint32Array<ArrayBufferLike> {
    if (this.#words.buffer !== this.#memory.buffer) this.#words = new Uint32Array(this.#memory.buffer);
    return this.#words;
  }

  get bytes(): Uint8Array<ArrayBufferLike> {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  /** Address of the value on top of the stack. */
  top(L: number): number {
    return this.words[(L + lua.top) >>> 2]! - lua.valueBytes;
  }

  /** Address of the object that is the value on top of the stack. */
  topObject(L: number): number {
    return this.words[this.top(L) >>> 2]!;
  }

  /** Address of an argument of the C function that was called, from 1. */
  argument(L: number, index: number): number {
    const { words } = this;
    const call = words[(L + lua.call) >>> 2]!;
    return words[(call + lua.func) >>> 2]! + index * lua.valueBytes;
  }

  /** The string object at that address; with replacements where it is not UTF-8. */
  text(object: number): string {
    return decoder.decode(this.textBytes(object));
  }

  /** A copy of its bytes. */
  textBytes(object: number): Uint8Array<ArrayBuffer> {
    const { bytes, words } = this;
    const long = bytes[object + lua.objectType] === lua.longString;
    const length = long ? words[(object + lua.longLength) >>> 2]! : bytes[object + lua.shortLength]!;
    const at = object + lua.text;
    return bytes.slice(at, at + length) as Uint8Array<ArrayBuffer>;
  }

  pushText(L: number, text: string): void {
    const encoded = encoder.encode(text);
    const saved = this.api.stackSave();
    const at = this.api.stackAlloc(encoded.length + 16);
    this.bytes.set(encoded, at);
    this.api.lua_pushlstring(L, at, encoded.length);
    this.api.stackRestore(saved);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
