/**
 * Where things lie in the memory of Lua 5.4 for 32 bits, as wasmoon 1.16.0 has it: offsets in bytes. Whoever looks with these
 * instead of a call changes no byte.
 */

/** `lua_State`. `top` is behind the topmost value, `stack` the first slot. */
export const state = { status: 6, top: 12, global: 16, call: 20, stack: 28 } as const;

/** `CallInfo`. `next` is the instruction that comes after the one that runs. */
export const callInfo = { func: 0, top: 4, previous: 8, next: 16, status: 34 } as const;

/** `TValue`: 8 bytes of value, then its type. */
export const luaValue = { type: 8, bytes: 16 } as const;

/** Types of values with variant; what is collected has {@link COLLECTED} besides. */
export const variant = {
  lightUserdata: 2,
  integer: 3,
  shortString: 4,
  luaFunction: 6,
  thread: 8,
  deadKey: 11,
  yes: 17,
  longString: 20,
  lightFunction: 22,
} as const;
export const COLLECTED = 64;
/** The bits of a type that are not its variant. */
export const KIND_MASK = 15;

/** What is collected: its type, without {@link COLLECTED}. */
export const luaObject = { type: 4 } as const;

/** `TString`. */
export const luaString = { shortLength: 7, longLength: 12, text: 16 } as const;

/** `Table`. */
export const table = { flags: 6, nodesLog2: 7, limit: 8, list: 12, nodes: 16, metatable: 24 } as const;
/** Set in the flags of a table whose limit is not the size of its list: that is the next power of two. */
export const LIMIT_IS_HINT = 0x80;
/** `Node`: it begins with its value. */
export const node = { keyType: 9, key: 16, bytes: 24 } as const;

/** `LClosure`: `count` upvalues; an `UpVal` has the address of its value. */
export const luaClosure = { count: 6, proto: 12, upvalues: 16 } as const;
export const upvalue = { value: 8 } as const;

/** `CClosure`: its first upvalue. */
export const cClosure = { upvalue: 16 } as const;

/** `global_State`: what is allocated is the sum of `total` and `debt`; `stop` keeps the collector from running. */
export const globalState = { total: 8, debt: 12, stop: 82 } as const;

/** `Proto`: a function as it was compiled. */
export const proto = {
  isVararg: 7,
  codeCount: 20,
  protoCount: 28,
  localCount: 32,
  firstLine: 40,
  lastLine: 44,
  code: 52,
  protos: 56,
  upvalues: 60,
  lineDeltas: 64,
  absolutes: 68,
  locals: 72,
  source: 76,
} as const;

/** `lua_Debug`. */
export const debug = { name: 4, nameWhat: 8, what: 12, line: 24, firstLine: 28, source: 44, call: 104 } as const;

/** Longest name that is looked at, in bytes. */
const NAME_MAX = 80;

/** The text up to its zero at an address, of at most 80 bytes; empty at 0. */
export function nameAt(bytes: Uint8Array<ArrayBufferLike>, at: number): string {
  if (at === 0) return "";
  let end = at;
  while (bytes[end] !== 0 && end < at + NAME_MAX) end++;
  return decoder.decode(bytes.slice(at, end));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
