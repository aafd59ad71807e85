import { WorldloomError } from "../../core/errors.ts";
import type { AccessLayout, FieldLayout } from "../engine.ts";
import { COLUMNS_MAX, entry, kindBytes, kindOf, kinds, lua, PROXY_MAGIC, proxy } from "./bridge-layout.ts";
import { type LuaState, REGISTRY } from "./bridge-state.ts";

/** Key of the metatable of proxies in the registry: an address that nothing has. */
const METATABLE_KEY = 4;

/** Makes the metatable of all proxies. */
export function installMetatable(vm: LuaState, L: number, slots: Readonly<Record<string, number>>): void {
  const methods = { __index: "index", __newindex: "newindex", __len: "length", __pairs: "pairs", __tostring: "name" };
  vm.api.lua_createtable(L, 0, 8);
  for (const [name, slot] of Object.entries(methods)) {
    vm.pushText(L, name);
    vm.api.lua_pushcclosure(L, slots[slot]!, 0);
    vm.api.lua_rawset(L, -3);
  }
  vm.pushText(L, "__metatable");
  vm.api.lua_pushboolean(L, 0);
  vm.api.lua_rawset(L, -3);
  vm.api.lua_rawsetp(L, REGISTRY, METATABLE_KEY);
}

/** Pushes a table of a proxy for each of `access`, by name. Columns are numbered through all of their fields. */
export function pushProxies(vm: LuaState, L: number, program: number, access: readonly AccessLayout[]): void {
  const columns = access.reduce((sum, { fields }) => sum + fields.length, 0);
  if (columns > COLUMNS_MAX) {
    throw new WorldloomError("script-invalid", `a script uses at most ${COLUMNS_MAX} columns, not ${columns}`, {
      columns,
    });
  }
  if (vm.api.lua_checkstack(L, 16) === 0) throw new WorldloomError("script-invalid", "the stack of Lua is full", {});
  vm.api.lua_createtable(L, 0, access.length);
  let column = 0;
  for (const { name, write, fields } of access) {
    vm.pushText(L, name);
    pushProxy(vm, L, { name, program, writable: write, list: false }, partsOf(fields, column));
    vm.api.lua_rawset(L, -3);
    column += fields.length;
  }
}

interface Head {
  readonly name: string;
  readonly program: number;
  readonly writable: boolean;
  readonly list: boolean;
}

/** A field with its column, or a vector or list of its own. */
interface Part {
  readonly key: string;
  readonly kind: number;
  readonly column: number;
  readonly lanes: number;
  readonly parts: readonly Part[];
}

const PART = kinds.indexOf("part");

/** Fields as trees: `origin.x` and `origin.y` are parts of `origin`, lists have one part. */
function partsOf(fields: readonly FieldLayout[], first: number): readonly Part[] {
  const tops = new Map<string, Part[]>();
  for (const [i, field] of fields.entries()) {
    const [key, axis] = field.name.split(".");
    const single = { key: axis ?? key!, kind: kindOf(field), column: first + i, lanes: field.lanes, parts: [] };
    const known = tops.get(key!);
    if (known === undefined) tops.set(key!, [single]);
    else known.push(single);
  }
  return [...tops].map(([key, parts]) => {
    const only = parts[0]!;
    if (parts.length === 1 && only.key === key && only.lanes === 1) return only;
    return { key, kind: PART, column: only.column, lanes: 1, parts };
  });
}

function pushProxy(vm: LuaState, L: number, head: Head, parts: readonly Part[]): void {
  vm.api.lua_createtable(L, parts.length * 2 + 1, 0);
  let kept = 0;
  /** Keeps what is on top of the stack alive and returns its address. */
  const keep = (): number => {
    const address = vm.topObject(L);
    vm.api.lua_rawseti(L, -2, BigInt(++kept));
    return address;
  };
  vm.pushText(L, head.name);
  const name = keep();
  const addresses = parts.map((part) => {
    if (head.list) return { key: 0, part: 0 };
    vm.pushText(L, part.key);
    const key = keep();
    if (part.kind !== PART) return { key, part: 0 };
    const list = part.parts[0]!.lanes > 1;
    pushProxy(vm, L, { ...head, name: `${head.name}.${part.key}`, list }, part.parts);
    return { key, part: keep() };
  });
  const spread = spreadOf(addresses.map(({ key }) => key));
  const entries = proxy.slots + (4 << spread.bits);
  const body = vm.api.lua_newuserdatauv(L, entries + parts.length * entry.entryBytes, 1);
  if (body !== vm.topObject(L) + lua.userdata) {
    throw new WorldloomError("script-invalid", "this build of Lua is not known: install wasmoon 1.16.0", {});
  }
  const words = vm.words;
  const put = (at: number, value: number): void => {
    words[(body + at) >>> 2] = value;
  };
  words.fill(0, body >>> 2, (body + entries) >>> 2);
  put(proxy.magic, PROXY_MAGIC);
  put(proxy.program, head.program);
  put(proxy.writable, head.writable ? 1 : 0);
  put(proxy.list, head.list ? 1 : 0);
  put(proxy.factor, spread.factor);
  put(proxy.shift, 30 - spread.bits);
  put(proxy.count, parts.length);
  put(proxy.entries, entries);
  put(proxy.name, name);
  for (const [i, { kind, column, lanes }] of parts.entries()) {
    const at = entries + i * entry.entryBytes;
    const { key, part } = addresses[i]!;
    if (!head.list) put(proxy.slots + 4 * slotOf(key, spread), at);
    put(at + entry.key, key);
    put(at + entry.kind, kind);
    put(at + entry.column, column);
    put(at + entry.stride, kindBytes[kind]! * lanes);
    put(at + entry.bytes, kindBytes[kind]!);
    put(at + entry.lanes, lanes);
    put(at + entry.part, part);
    put(at + entry.order, i);
  }
  vm.api.lua_rotate(L, -2, 1);
  vm.api.lua_setiuservalue(L, -2, 1);
  vm.api.lua_rawgetp(L, REGISTRY, METATABLE_KEY);
  vm.api.lua_setmetatable(L, -2);
}

interface Spread {
  readonly factor: number;
  readonly bits: number;
}

function slotOf(key: number, { factor, bits }: Spread): number {
  return Math.imul(key, factor) >>> (32 - bits);
}

/** An odd factor and a size of table with which no two keys share a slot. */
function spreadOf(keys: readonly number[]): Spread {
  for (let bits = Math.max(1, 33 - Math.clz32(keys.length)); bits < 16; bits++) {
    for (let i = 0; i < 256; i++) {
      const spread = { factor: Math.imul(2 * i + 1, 0x9e3779b1), bits };
      if (new Set(keys.map((key) => slotOf(key, spread))).size === keys.length) return spread;
    }
  }
  throw new WorldloomError("script-invalid", `${keys.length} fields are too many for a component`, {});
}
