import { entry, kinds, lua, PROXY_MAGIC, proxy } from "../lua/bridge-layout.ts";
import { codeOf } from "../lua/code-lines.ts";
import type { Machine } from "../lua/machine.ts";
import {
  COLLECTED,
  KIND_MASK,
  LIMIT_IS_HINT,
  luaObject,
  luaString,
  luaValue,
  node,
  table,
  variant,
} from "../lua/offsets.ts";
import type { ProbedCall } from "../lua/probed-call.ts";

/** A value of Lua: its type with variant, and the address of its eight bytes. */
export interface Slot {
  readonly tag: number;
  readonly at: number;
}

/** Types of values, without variants. */
export const luaKind = {
  nil: 0,
  boolean: 1,
  light: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;

/** Field of a component that a proxy stands for. */
export interface ProxyField {
  readonly name: string;
  /** Its value, or the proxy of a vector or list of its own. */
  readonly value: number | boolean | string | undefined;
  readonly part: number;
  readonly kind: string;
}

/** What the memory of a machine holds, read without a call. Objects are addresses. */
export class Heap {
  readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  word(at: number): number {
    return this.machine.words[at >> 2]!;
  }

  /** The value at the address of a `TValue`. */
  slot(at: number): Slot {
    return { tag: this.machine.bytes[at + luaValue.type]! & ~COLLECTED, at };
  }

  kind({ tag }: Slot): number {
    return tag & KIND_MASK;
  }

  /** The object that a value is. */
  object({ at }: Slot): number {
    return this.word(at);
  }

  isTrue({ tag }: Slot): boolean {
    return tag === variant.yes;
  }

  /** A bigint for integers, a number for floats. */
  number({ tag, at }: Slot): number | bigint {
    const { bytes } = this.machine;
    const view = new DataView(bytes.buffer, at, 8);
    return tag === variant.integer ? view.getBigInt64(0, true) : view.getFloat64(0, true);
  }

  /** Of a string at most `most` bytes. */
  text(slot: Slot, most = 65_536): string {
    return this.textOf(this.object(slot), most);
  }

  textOf(object: number, most = 65_536): string {
    const { bytes } = this.machine;
    const isShort = bytes[object + luaObject.type]! === variant.shortString;
    const length = isShort ? bytes[object + luaString.shortLength]! : this.word(object + luaString.longLength);
    const at = object + luaString.text;
    return decoder.decode(bytes.slice(at, at + Math.min(length, most)));
  }

  /** Where a function was written. Empty for functions of the engine. */
  placeOf(slot: Slot): string {
    if (slot.tag !== variant.luaFunction) return "";
    const { source, firstLine } = codeOf(this.machine, this.object(slot));
    return `${source}:${firstLine}`;
  }

  /** Elements of a table: those of its list first. */
  *entries(object: number): Generator<readonly [key: Slot | number, value: Slot]> {
    const { bytes } = this.machine;
    const list = this.word(object + table.list);
    let limit = this.word(object + table.limit);
    if (bytes[object + table.flags]! & LIMIT_IS_HINT && limit > 1) limit = 1 << (32 - Math.clz32(limit - 1));
    for (let i = 0; i < limit; i++) {
      const value = this.slot(list + i * luaValue.bytes);
      if (this.kind(value) !== luaKind.nil) yield [i + 1, value];
    }
    const nodes = this.word(object + table.nodes);
    const count = 1 << bytes[object + table.nodesLog2]!;
    for (let i = 0; i < count; i++) {
      const element = nodes + i * node.bytes;
      const value = this.slot(element);
      const tag = bytes[element + node.keyType]! & ~COLLECTED;
      if (this.kind(value) === luaKind.nil || tag === variant.deadKey) continue;
      yield [{ tag, at: element + node.key }, value];
    }
  }

  /** The value of a text key of a table. */
  field(object: number, name: string): Slot | undefined {
    for (const [key, value] of this.entries(object))
      if (typeof key !== "number" && this.kind(key) === luaKind.string && this.text(key) === name) return value;
    return undefined;
  }

  /** The value of an integer key. */
  element(object: number, index: number): Slot | undefined {
    for (const [key, value] of this.entries(object)) {
      const isSame =
        typeof key === "number" ? key === index : key.tag === variant.integer && this.number(key) === BigInt(index);
      if (isSame) return value;
    }
    return undefined;
  }

  /** The metatable of a table; 0 without one. */
  metatable(object: number): number {
    return this.word(object + table.metatable);
  }

  /** Start of the proxy that a userdata is; 0 if it is none. */
  proxyOf(slot: Slot): number {
    if (this.kind(slot) !== luaKind.userdata || slot.tag === luaKind.light) return 0;
    const body = this.object(slot) + lua.userdata;
    return this.word(body + proxy.magic) === PROXY_MAGIC ? body : 0;
  }

  proxyName(body: number): string {
    return this.textOf(this.word(body + proxy.name));
  }

  /** Fields of a proxy, for the entity of the call. Of proxies that mean nothing now, none. */
  *fields(body: number, call: ProbedCall): Generator<ProxyField> {
    if (this.word(body + proxy.program) !== call.program.version || call.columns.length === 0) return;
    const first = body + this.word(body + proxy.entries);
    const list = this.word(body + proxy.list) !== 0;
    const count = list ? this.word(first + entry.lanes) : this.word(body + proxy.count);
    for (let i = 0; i < count; i++) {
      const at = list ? first : first + i * entry.entryBytes;
      const kind = kinds[this.word(at + entry.kind)]!;
      const name = list ? String(i + 1) : this.textOf(this.word(at + entry.key));
      if (kind === "part") {
        yield { name, kind, part: this.word(at + entry.part) + lua.userdata, value: undefined };
        continue;
      }
      const column = call.columns[this.word(at + entry.column)];
      const raw = Number(column?.[call.row * this.word(at + entry.lanes) + (list ? i : 0)] ?? 0);
      const value = kind === "bool" ? raw !== 0 : kind === "str" ? call.text(raw) : raw;
      yield { name, kind, part: 0, value };
    }
  }
}

const decoder = new TextDecoder();
