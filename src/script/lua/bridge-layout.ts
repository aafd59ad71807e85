import type { FieldLayout } from "../engine.ts";

/** Memories of the bridge's module, in the order of its imports. */
export const LUA = 0;
export const WORLD = 1;
export const UNDO = 2;
export const SCRATCH = 3;

/** Offsets in Lua 5.4 for 32-bit WebAssembly (wasmoon 1.16.0); {@link Bridge} checks them when a VM is installed. */
export const lua = {
  /** lua_State: the first free slot of the stack, and the call that is going on. */
  top: 12,
  call: 20,
  /** CallInfo: the slot of the function, before its arguments. */
  func: 0,
  /** TValue: 8 bytes of value, then its type. */
  type: 8,
  valueBytes: 16,
  /** Full userdata with one user value: where its own bytes start. */
  userdata: 40,
  /** C closure: its first upvalue. */
  upvalue: 16,
  /** What is collected: its type, without the mark that values have; that of a long string. */
  objectType: 4,
  longString: 20,
  /** String: its length if it is short, if it is long, and its bytes. */
  shortLength: 7,
  longLength: 12,
  text: 16,
} as const;

/** Types of Lua values, with variant and the mark of what is collected. */
export const tag = {
  nil: 0,
  no: 1,
  integer: 3,
  yes: 17,
  float: 19,
  function: 22,
  string: 68,
  userdata: 71,
  longString: 84,
} as const;

/**
 * What a proxy consists of, in the VM's memory, so that it survives with the VM. Keys are found by the addresses of
 * their strings, which a table of the VM keeps alive: a multiplication that spreads them without collision is chosen when
 * the proxy is made. A list has one entry and no keys.
 */
export const proxy = {
  magic: 0,
  program: 4,
  /** Whether scripts may write. */
  writable: 8,
  /** Not 0 for a list. */
  list: 12,
  factor: 16,
  shift: 20,
  /** Entries, in the order of the fields. */
  count: 24,
  /** Offset of the first entry from the proxy's start. */
  entries: 28,
  /** The string that is its name, for messages. */
  name: 32,
  /** Offsets of entries by key, 0 for none; u32 each. */
  slots: 40,
} as const;
export const PROXY_MAGIC = 0x776c7078;

/** One field of a proxy. */
export const entry = {
  /** Address of the string that is its key. */
  key: 0,
  kind: 4,
  /** Number of its column among those of the program. */
  column: 8,
  /** Bytes of a row, and of an element. */
  stride: 12,
  bytes: 16,
  lanes: 20,
  /** Kinds `part`: address of the userdata that is its proxy. */
  part: 24,
  order: 28,
  entryBytes: 32,
} as const;

/** How a field is read and written. `part` is a vector or list with a proxy of its own. */
export const kinds = [
  "f32",
  "f64",
  "i8",
  "u8",
  "i16",
  "u16",
  "i32",
  "u32",
  "bool",
  "entity",
  "f32nan",
  "f64nan",
  "str",
  "part",
] as const;
export type Kind = (typeof kinds)[number];
export const kindBytes: readonly number[] = [4, 8, 1, 1, 2, 2, 4, 4, 1, 4, 4, 8, 4, 0];

export function kindOf(field: FieldLayout): number {
  const allowed = field.nan && (field.kind === "f32" || field.kind === "f64");
  return kinds.indexOf(allowed ? `${field.kind as "f32" | "f64"}nan` : field.kind);
}

/** Words of the scratch memory, which is no state: it is written before each call from JavaScript. */
export const scratch = {
  /** The program whose proxies can be used, -1 for none. */
  program: 0,
  row: 4,
  entity: 8,
  /** Counts calls: a column with this number in {@link scratch.noted} has its old value in the undo log. */
  serial: 12,
  /** Instructions of a call, and those that are left in the tick. */
  perCall: 16,
  left: 20,
  /** What the call that is going on was given; 0 between calls. */
  granted: 36,
  /** What C code of Lua may do in a call. */
  work: 24,
  count: 28,
  /** 1 if a batch ended before a row as nothing was left. */
  exhausted: 32,
  delta: 40,
  /** What counters of a call are given at once. */
  fuelSlice: 48,
  workSlice: 52,
  /** Instructions, and a quarter of the work, since the host last looked. */
  tally: 56,
  /** Columns: byte offset in the world of row 0, u32 each. */
  bases: 64,
  noted: 64 + 4 * 1024,
  /** Rows of a batch: entities, instances, then bytes of those that are due. */
  rows: 64 + 8 * 1024,
} as const;
export const COLUMNS_MAX = 1024;

/** The address that marks a wait: nothing else is a light userdata. */
export const WAIT_MARK = 1;

/** What came of a read or write. */
export const result = { slow: 0, done: 1, type: 2, nan: 3, range: 4, full: 5 } as const;

/** What the C functions ask of JavaScript when they cannot do it themselves. */
export const operation = { index: 0, newindex: 1, length: 2, pairs: 3, next: 4, name: 5 } as const;

/** Functions in Lua's table, from {@link FIRST_SLOT} on: the same in each VM, as their numbers are in its memory. */
export const slotNames = [
  "index",
  "newindex",
  "length",
  "pairs",
  "next",
  "name",
  "host",
  "batch",
  "each",
  "get",
  "set",
  "wait",
  "waitFor",
  "yield",
] as const;
/** Functions of Lua itself. */
export const FIRST_SLOT = 198;
/** The slot behind that of probes: what is called where a counter that was given in parts has run out. */
export const MORE_SLOT = FIRST_SLOT + slotNames.length + 1;
