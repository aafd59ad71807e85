import { WorldloomError } from "../../core/errors.ts";
import { ScriptStop } from "../fault.ts";
import { type ScriptValue, VALUE_COUNT_MAX, VALUE_DEPTH_MAX } from "../value.ts";
import type { Machine } from "./machine.ts";
import { luaObject, luaString, variant } from "./offsets.ts";

/** Types of Lua values as `lua_type` numbers them. */
export const luaType = {
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;
const names = ["nil", "a boolean", "a userdata", "a number", "a string", "a table", "a function", "a userdata"];

/**
 * Values between Lua and JavaScript. No metamethod runs.
 *
 * - Texts that are UTF-8 are strings, others bytes; either is a string in Lua.
 * - Integers of Lua are numbers, past 2^53 bigints. Numbers that are integers become integers of Lua, but for -0.
 * - A table is a list if its keys are 1 to n, and a map if they are texts; an empty table is an empty map. Holes, other keys
 *   and both at once are refused: they would not come back as they were.
 * - Maps have no prototype, so a key `__proto__` is like any other.
 *
 * Throws `script-value`; {@link ScriptStop} where the machine has no memory.
 */
export class Converter {
  readonly #machine: Machine;
  #count = 0;
  readonly #path: number[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Pushes a value; `floats`: numbers are floats even where they are integers. */
  push(L: number, value: ScriptValue, floats = false): void {
    this.#count = 0;
    this.#expectStack(L);
    this.#push(L, value, floats, 0);
  }

  /** The value at an index of the stack. */
  read(L: number, index: number): ScriptValue {
    this.#count = 0;
    this.#path.length = 0;
    this.#expectStack(L);
    return this.#read(L, index < 0 ? this.#machine.lua.lua_gettop(L) + index + 1 : index);
  }

  pushText(L: number, text: string): void {
    if (!text.isWellFormed()) throw refused("a text with half of a surrogate pair");
    const { lua } = this.#machine;
    const pointer = lua.stackSave();
    if (text.length <= SHORT) {
      const at = lua.stackAlloc(4 * SHORT);
      const { bytes } = this.#machine;
      let length = 0;
      for (; length < text.length; length++) {
        const code = text.charCodeAt(length);
        if (code >= 128) break;
        bytes[at + length] = code;
      }
      if (length < text.length) length = encoder.encodeInto(text, bytes.subarray(at, at + 4 * SHORT)).written;
      lua.lua_pushlstring(L, at, length);
      lua.stackRestore(pointer);
    } else this.#pushBytes(L, encoder.encode(text));
  }

  /** The text at an index that holds a string; bytes that are not UTF-8 are replaced. */
  text(L: number, index: number): string {
    const { bytes, lua } = this.#machine;
    const at = lua.lua_tolstring(L, index, 0);
    const length = this.#length(at);
    return this.#ascii(at, length) ?? lenient.decode(bytes.slice(at, at + length));
  }

  /** A short text of ASCII, else undefined. */
  #ascii(at: number, length: number): string | undefined {
    if (length > SHORT) return undefined;
    const { bytes } = this.#machine;
    let text = "";
    for (let i = at; i < at + length; i++) {
      if (bytes[i]! >= 128) return undefined;
      text += String.fromCharCode(bytes[i]!);
    }
    return text;
  }

  /** Bytes of the string whose text is at an address. */
  #length(at: number): number {
    const { bytes, words } = this.#machine;
    const found = at - luaString.text;
    return bytes[found + luaObject.type] === variant.shortString
      ? bytes[found + luaString.shortLength]!
      : words[(found + luaString.longLength) >> 2]!;
  }

  #expectStack(L: number): void {
    if (this.#machine.lua.lua_checkstack(L, 4 * VALUE_DEPTH_MAX) === 0)
      throw new WorldloomError("script-value", "the stack of the script has no room for a value");
  }

  #push(L: number, value: ScriptValue, floats: boolean, depth: number): void {
    const { lua } = this.#machine;
    switch (typeof value) {
      case "undefined":
        return lua.lua_pushnil(L);
      case "boolean":
        return lua.lua_pushboolean(L, value ? 1 : 0);
      case "number":
        return floats || !Number.isSafeInteger(value) || Object.is(value, -0)
          ? lua.lua_pushnumber(L, value)
          : lua.lua_pushinteger(L, BigInt(value));
      case "bigint":
        if (BigInt.asIntN(64, value) !== value) throw refused(`the integer ${value}, which has more than 64 bits`);
        return lua.lua_pushinteger(L, value);
      case "string":
        return this.pushText(L, value);
      case "object":
        if (value !== null) return this.#pushTree(L, value, floats, depth);
    }
    throw refused(value === null ? "null" : `a ${typeof value}`);
  }

  #pushTree(L: number, value: Exclude<ScriptValue, undefined>, floats: boolean, depth: number): void {
    const { lua } = this.#machine;
    if (value instanceof Uint8Array) return this.#pushBytes(L, value);
    if (depth === VALUE_DEPTH_MAX) throw tooDeep();
    if (Array.isArray(value)) {
      this.#counted(value.length);
      lua.lua_createtable(L, value.length, 0);
      for (let i = 0; i < value.length; i++) {
        if (value[i] === undefined) throw refused("a list with holes");
        this.#push(L, value[i], floats, depth + 1);
        lua.lua_rawseti(L, -2, BigInt(i + 1));
      }
      return;
    }
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (prototype !== null && prototype !== Object.prototype) throw refused("an object of a class");
    const keys = Object.keys(value);
    this.#counted(keys.length);
    lua.lua_createtable(L, 0, keys.length);
    for (const key of keys) {
      const element = (value as { readonly [key: string]: ScriptValue })[key];
      if (element === undefined) continue;
      this.pushText(L, key);
      this.#push(L, element, floats, depth + 1);
      lua.lua_rawset(L, -3);
    }
  }

  #pushBytes(L: number, value: Uint8Array): void {
    const { lua } = this.#machine;
    const at = lua.malloc(value.length + 1);
    if (at === 0) throw new ScriptStop("memory", `no memory for a text of ${value.length} bytes`);
    this.#machine.bytes.set(value, at);
    lua.lua_pushlstring(L, at, value.length);
    lua.free(at);
  }

  #read(L: number, index: number): ScriptValue {
    const { lua } = this.#machine;
    const type = lua.lua_type(L, index);
    switch (type) {
      case -1:
      case luaType.nil:
        return undefined;
      case luaType.boolean:
        return lua.lua_toboolean(L, index) !== 0;
      case luaType.number: {
        if (lua.lua_isinteger(L, index) === 0) return lua.lua_tonumberx(L, index, 0);
        const integer = lua.lua_tointegerx(L, index, 0);
        const number = Number(integer);
        return Number.isSafeInteger(number) ? number : integer;
      }
      case luaType.string:
        return this.#readText(L, index);
      case luaType.table:
        return this.#readTable(L, index);
      default:
        throw refused(names[type] ?? "a coroutine");
    }
  }

  #readText(L: number, index: number): string | Uint8Array {
    const { bytes, lua } = this.#machine;
    const at = lua.lua_tolstring(L, index, 0);
    const length = this.#length(at);
    const ascii = this.#ascii(at, length);
    if (ascii !== undefined) return ascii;
    const copy = bytes.slice(at, at + length);
    try {
      return strict.decode(copy);
    } catch {
      return new Uint8Array(copy);
    }
  }

  #readTable(L: number, at: number): ScriptValue {
    const { lua } = this.#machine;
    lua.lua_pushvalue(L, at);
    const index = lua.lua_gettop(L);
    const address = lua.lua_topointer(L, index);
    if (this.#path.includes(address)) throw refused("a table that contains itself");
    if (this.#path.length === VALUE_DEPTH_MAX) throw tooDeep();
    this.#path.push(address);
    const list: ScriptValue[] = [];
    const map = Object.create(null) as Record<string, ScriptValue>;
    let integers = 0;
    let texts = 0;
    lua.lua_pushnil(L);
    while (lua.lua_next(L, index) !== 0) {
      this.#counted(1);
      const key = this.#readKey(L, index + 1);
      const value = this.#read(L, index + 2);
      if (typeof key === "number") {
        list[key - 1] = value;
        integers++;
      } else {
        map[key] = value;
        texts++;
      }
      lua.lua_settop(L, index + 1);
    }
    lua.lua_settop(L, index - 1);
    this.#path.pop();
    if (integers > 0 && texts > 0) throw refused("a table with both numbers and texts as keys");
    if (integers !== list.length) throw refused("a table with holes: its keys must be 1 to n, or texts");
    return integers > 0 ? list : map;
  }

  #readKey(L: number, index: number): string | number {
    const { lua } = this.#machine;
    const type = lua.lua_type(L, index);
    if (type === luaType.string) {
      const key = this.#readText(L, index);
      if (typeof key === "string") return key;
      throw refused("a table with a key that is not UTF-8");
    }
    if (type !== luaType.number || lua.lua_isinteger(L, index) === 0)
      throw refused(`a table with ${type === luaType.number ? "a number that is no integer" : names[type]} as a key`);
    const key = Number(lua.lua_tointegerx(L, index, 0));
    if (key >= 1 && key <= VALUE_COUNT_MAX) return key;
    throw refused("a table with holes: its keys must be 1 to n, or texts");
  }

  #counted(elements: number): void {
    this.#count += elements;
    if (this.#count > VALUE_COUNT_MAX) throw refused(`a tree of more than ${VALUE_COUNT_MAX} elements`);
  }
}

/** Texts of at most that many characters go without a codec if they are ASCII. */
const SHORT = 64;
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

function refused(what: string): WorldloomError {
  return new WorldloomError("script-value", `${what} cannot cross between a script and its host`);
}

function tooDeep(): WorldloomError {
  return refused(`a tree deeper than ${VALUE_DEPTH_MAX} levels, or one that contains itself,`);
}
