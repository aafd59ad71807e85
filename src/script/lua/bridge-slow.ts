import { ScriptStop } from "../fault.ts";
import { ScriptError } from "../host.ts";
import { entry, kinds, lua, operation, PROXY_MAGIC, proxy, result, tag } from "./bridge-layout.ts";
import type { LuaState } from "./bridge-state.ts";

/** What the module does for its slow half: addresses are those of values and entries in the VM, and of elements in the world. */
export interface AccessFunctions {
  place(entry: number, key: number): number;
  take(entry: number, at: number, out: number): number;
  put(entry: number, at: number, value: number): number;
  note(entry: number, at: number): number;
}

export interface SlowParts {
  readonly vm: LuaState;
  /** Words of the world's memory. */
  readonly world: () => Uint32Array<ArrayBufferLike>;
  readonly text: (id: number) => string;
  readonly intern: (text: string) => number;
  /** The program whose proxies mean something now, -1 for none. */
  readonly program: () => number;
  /** Slot of the function that steps through a proxy. */
  readonly next: number;
  /** Takes instructions of what the call may still use. */
  readonly charge: (instructions: number) => void;
}

/** Instructions that are taken for what is done here: it takes as long as they do. */
const CHARGE_EACH = 20;
const CHARGE_ELEMENT = 10;
/** Bytes of text for one instruction. */
const CHARGE_TEXT_BYTES = 16;

/** What an access asks for and gets: where it is, and how to call it in messages. */
interface Field {
  readonly entry: number;
  readonly name: () => string;
}

const KIND_STR = kinds.indexOf("str");
const KIND_PART = kinds.indexOf("part");
/** For Lua: an error is on top of the stack. */
const FAILED = -1;

/** What proxies cannot do within WebAssembly: texts, whole vectors and lists, steps through fields, and errors. */
export class Slow {
  readonly #parts: SlowParts;
  readonly #vm: LuaState;
  /** Set when the module exists. */
  functions!: AccessFunctions;

  constructor(parts: SlowParts) {
    this.#parts = parts;
    this.#vm = parts.vm;
  }

  /** Does an {@link operation} for the C function that was called. `reason` is the {@link result} of what was tried. */
  readonly ask = (L: number, asked: number, reason: number): number => {
    const { api } = this.#vm;
    this.#parts.charge(CHARGE_EACH);
    const body = this.#bodyOf(L);
    if (body === 0) return this.#fail(L, "expected a component of self");
    if (asked === operation.name) {
      this.#vm.pushText(L, this.#nameOf(body));
      return 1;
    }
    if (asked === operation.pairs) {
      api.lua_pushcclosure(L, this.#parts.next, 0);
      api.lua_pushvalue(L, 1);
      api.lua_pushnil(L);
      return 3;
    }
    const program = this.#parts.program();
    if (program === -1) return this.#fail(L, `${this.#nameOf(body)} means nothing here: no entity is being called`);
    if (this.#word(body + proxy.program) !== program >>> 0) {
      return this.#fail(L, `${this.#nameOf(body)} belongs to another script`);
    }
    if (asked === operation.index) return this.#index(L, body);
    if (asked === operation.newindex) return this.#newindex(L, body, reason);
    return asked === operation.length ? this.#length(L, body) : this.#next(L, body);
  };

  #index(L: number, body: number): number {
    const field = this.#find(L, body);
    if (field === undefined) {
      if (!this.#isList(body)) return this.#unknown(L, body);
      this.#vm.api.lua_pushnil(L);
      return 1;
    }
    const at = this.functions.place(field.entry, this.#vm.argument(L, 2));
    if (this.#word(field.entry + entry.kind) === KIND_STR) {
      const text = this.#parts.text(this.#parts.world()[at >>> 2]!);
      this.#parts.charge(Math.floor(text.length / CHARGE_TEXT_BYTES));
      this.#vm.pushText(L, text);
    } else {
      this.#vm.api.lua_pushnil(L);
      this.functions.take(field.entry, at, this.#vm.top(L));
    }
    return 1;
  }

  #newindex(L: number, body: number, reason: number): number {
    const field = this.#find(L, body);
    if (field === undefined) return this.#unknown(L, body);
    if (this.#word(body + proxy.writable) === 0) {
      return this.#fail(L, `${this.#nameOf(body).split(".")[0]} is read-only here: add it to writes`);
    }
    if (reason > result.done) return this.#refuse(L, field, reason, this.#vm.argument(L, 3));
    if (this.#word(field.entry + entry.kind) === KIND_PART) return this.#assign(L, field);
    return this.#put(L, field, this.#vm.argument(L, 2), this.#vm.argument(L, 3));
  }

  /** Writes one element from the value at an address. */
  #put(L: number, field: Field, key: number, value: number): number {
    const at = this.functions.place(field.entry, key);
    if (this.#word(field.entry + entry.kind) !== KIND_STR) {
      const outcome = this.functions.put(field.entry, at, value);
      return outcome === result.done ? 0 : this.#refuse(L, field, outcome, value);
    }
    if (this.#textAt(value) === undefined) return this.#refuse(L, field, result.type, value);
    let id: number;
    try {
      const bytes = this.#vm.textBytes(this.#word(value));
      this.#parts.charge(Math.floor(bytes.length / CHARGE_TEXT_BYTES));
      id = this.#parts.intern(strict.decode(bytes));
    } catch (error) {
      if (error instanceof ScriptError) return this.#fail(L, `${field.name()}: ${error.message}`);
      if (error instanceof TypeError) return this.#fail(L, `${field.name()}: expected text in UTF-8`);
      throw error;
    }
    if (this.functions.note(field.entry, at) === 0) return this.#refuse(L, field, result.full, value);
    this.#parts.world()[at >>> 2] = id;
    return 0;
  }

  /** A whole vector from a table with its axes, or a list from one with all of its elements, or either from a proxy. */
  #assign(L: number, field: Field): number {
    const { api } = this.#vm;
    const type = api.lua_type(L, 3);
    if (type !== TYPE_TABLE && type !== TYPE_USERDATA) {
      return this.#fail(L, `${field.name()}: expected a table, got ${this.#typeName(this.#vm.argument(L, 3))}`);
    }
    const part = this.#word(field.entry + entry.part) + lua.userdata;
    const count = this.#isList(part)
      ? this.#word(part + this.#word(part + proxy.entries) + entry.lanes)
      : this.#word(part + proxy.count);
    this.#parts.charge(CHARGE_ELEMENT * count);
    for (let i = 0; i < count; i++) {
      const element = this.#pushKey(L, part, i);
      api.lua_pushvalue(L, -1);
      api.lua_gettable(L, 3);
      const value = this.#vm.top(L);
      const outcome = this.#put(L, element, value - lua.valueBytes, value);
      if (outcome === FAILED) return FAILED;
      api.lua_settop(L, -3);
    }
    return 0;
  }

  #length(L: number, body: number): number {
    if (!this.#isList(body)) return this.#fail(L, `${this.#nameOf(body)} has no length`);
    this.#vm.api.lua_pushinteger(L, BigInt(this.#word(body + this.#word(body + proxy.entries) + entry.lanes)));
    return 1;
  }

  /** The key after that of the second argument, and its value. */
  #next(L: number, body: number): number {
    const { api } = this.#vm;
    const list = this.#isList(body);
    let i = 0;
    if (api.lua_gettop(L) >= 2 && api.lua_type(L, 2) !== TYPE_NIL) {
      const field = this.#find(L, body);
      if (field === undefined) return this.#unknown(L, body);
      i = list ? Number(api.lua_tointegerx(L, 2, 0)) : this.#word(field.entry + entry.order) + 1;
    }
    const first = body + this.#word(body + proxy.entries);
    if (i >= (list ? this.#word(first + entry.lanes) : this.#word(body + proxy.count))) {
      api.lua_pushnil(L);
      return 1;
    }
    this.#pushKey(L, body, i);
    api.lua_pushvalue(L, -1);
    api.lua_gettable(L, 1);
    return 2;
  }

  /** Pushes the key of the element at that place in the order, and returns the entry and its name. */
  #pushKey(L: number, body: number, i: number): Field {
    const first = body + this.#word(body + proxy.entries);
    if (this.#isList(body)) {
      this.#vm.api.lua_pushinteger(L, BigInt(i + 1));
      return { entry: first, name: () => `${this.#nameOf(body)}[${i + 1}]` };
    }
    const found = first + i * entry.entryBytes;
    const key = this.#vm.text(this.#word(found + entry.key));
    this.#vm.pushText(L, key);
    return { entry: found, name: () => `${this.#nameOf(body)}.${key}` };
  }

  /** The field of the key that is the second argument: of any length, and a whole number of any type for a list. */
  #find(L: number, body: number): Field | undefined {
    const { api } = this.#vm;
    const first = body + this.#word(body + proxy.entries);
    const key = this.#vm.argument(L, 2);
    if (this.#isList(body)) {
      const index = this.#vm.bytes[key + lua.type]! & 15;
      if (index !== TYPE_NUMBER) return undefined;
      const whole = api.lua_tointegerx(L, 2, 0);
      if (whole < 1n || whole > BigInt(this.#word(first + entry.lanes))) return undefined;
      // As tables do: 1.0 is 1.
      api.lua_pushinteger(L, whole);
      api.lua_copy(L, -1, 2);
      api.lua_settop(L, -2);
      return { entry: first, name: () => `${this.#nameOf(body)}[${whole}]` };
    }
    // Equal short strings are one object, long ones are not.
    const type = this.#vm.bytes[key + lua.type]!;
    const long = type === tag.longString ? this.#textAt(key) : undefined;
    for (let i = 0; i < this.#word(body + proxy.count); i++) {
      const found = first + i * entry.entryBytes;
      const own = this.#word(found + entry.key);
      const same = long === undefined ? type === tag.string && own === this.#word(key) : this.#vm.text(own) === long;
      if (same) return { entry: found, name: () => `${this.#nameOf(body)}.${this.#vm.text(own)}` };
    }
    return undefined;
  }

  #unknown(L: number, body: number): number {
    const first = body + this.#word(body + proxy.entries);
    const name = this.#nameOf(body);
    if (this.#isList(body)) return this.#fail(L, `${name} has elements 1 to ${this.#word(first + entry.lanes)}`);
    const names: string[] = [];
    this.#parts.charge(CHARGE_ELEMENT * this.#word(body + proxy.count));
    for (let i = 0; i < this.#word(body + proxy.count); i++) {
      names.push(this.#vm.text(this.#word(first + i * entry.entryBytes + entry.key)));
    }
    const key = this.#vm.argument(L, 2);
    const asked = this.#textAt(key) ?? `of type ${this.#typeName(key)}`;
    return this.#fail(L, `${name} has no field ${asked.slice(0, 64)}; it has ${names.join(", ") || "none"}`);
  }

  #refuse(L: number, field: Field, reason: number, value: number): number {
    if (reason === result.full) throw new ScriptStop("memory", "a call wrote to more cells than the undo log holds");
    const kind = kinds[this.#word(field.entry + entry.kind)]!;
    if (reason === result.nan) return this.#fail(L, `${field.name()} must not be NaN`);
    const got = reason === result.type ? this.#typeName(value) : this.#numberAt(value);
    return this.#fail(L, `${field.name()}: expected ${EXPECTED[kind]}, got ${got}`);
  }

  #fail(L: number, message: string): number {
    this.#vm.api.luaL_where(L, 1);
    this.#vm.pushText(L, message);
    this.#vm.api.lua_concat(L, 2);
    return FAILED;
  }

  /** Start of the proxy that is the first argument; 0 if it is none. */
  #bodyOf(L: number): number {
    if (this.#vm.api.lua_gettop(L) < 1) return 0;
    const value = this.#vm.argument(L, 1);
    if (this.#vm.bytes[value + lua.type] !== tag.userdata) return 0;
    const body = this.#word(value) + lua.userdata;
    return this.#word(body + proxy.magic) === PROXY_MAGIC ? body : 0;
  }

  #isList(body: number): boolean {
    return this.#word(body + proxy.list) !== 0;
  }

  #nameOf(body: number): string {
    return this.#vm.text(this.#word(body + proxy.name));
  }

  #textAt(value: number): string | undefined {
    return (this.#vm.bytes[value + lua.type]! & 15) === TYPE_STRING ? this.#vm.text(this.#word(value)) : undefined;
  }

  #typeName(value: number): string {
    return TYPE_NAMES[this.#vm.bytes[value + lua.type]! & 15] ?? "a value";
  }

  #numberAt(value: number): string {
    const view = new DataView(this.#vm.bytes.buffer);
    if (this.#vm.bytes[value + lua.type] === tag.integer) return String(view.getBigInt64(value, true));
    return String(view.getFloat64(value, true));
  }

  #word(at: number): number {
    return this.#vm.words[at >>> 2]!;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const TYPE_NIL = 0;
const TYPE_NUMBER = 3;
const TYPE_STRING = 4;
const TYPE_TABLE = 5;
const TYPE_USERDATA = 7;
const TYPE_NAMES = ["nil", "boolean", "userdata", "number", "string", "table", "function", "userdata", "thread"];
const EXPECTED: Readonly<Record<(typeof kinds)[number], string>> = {
  f32: "a number",
  f64: "a number",
  f32nan: "a number",
  f64nan: "a number",
  i8: "an integer from -128 to 127",
  u8: "an integer from 0 to 255",
  i16: "an integer from -32768 to 32767",
  u16: "an integer from 0 to 65535",
  i32: "an integer from -2147483648 to 2147483647",
  u32: "an integer from 0 to 4294967295",
  bool: "a boolean",
  entity: "an entity, or 0 for none",
  str: "a string",
  part: "a table",
};
