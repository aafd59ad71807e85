import type { Budget } from "../../../src/script/budget.ts";
import type { FaultKind } from "../../../src/script/fault.ts";
import {
  add,
  alloc,
  assemble,
  call,
  drop,
  f32,
  f64,
  forever,
  get,
  i32,
  load,
  type Source,
  store,
  storeF32,
  u32,
  unreachable,
} from "./guest-module.ts";

export type Code = readonly (number | readonly number[])[];
type Functions = NonNullable<Source["functions"]>;

/** A guest that spoils its memory, its global and its columns, then calls `code`. */
export interface Probe {
  readonly name: string;
  readonly code: Code;
  readonly locals?: Functions[number]["locals"];
  /** Functions from {@link FIRST} on. */
  readonly more?: Functions;
  readonly rest?: Source;
  readonly budget?: Partial<Budget>;
  readonly kind: FaultKind | "fine";
}

/** Imports of each probe, then `worldloom_alloc`, the probe itself, and its hooks. */
export const IMPORTS = [
  { name: "fail_ping", parameters: "" },
  { name: "echo_string", parameters: "iii" },
  { name: "batch_row", parameters: "i" },
  { name: "echo_vec3", parameters: "dddi" },
  { name: "fail_stop", parameters: "" },
];
export const [PING, STRING, ROW, VEC3, STOP, , PROBE] = [0, 1, 2, 3, 4, 5, 6];
const FIRST = 12;
export const LISTS = 5;

/** A batch has as many for each of its rows. */
export const ENDLESS = { instructions: 5_000 };
const table = { size: 4, functions: [PROBE] };
const v128 = (...bytes: number[]): number[] => [0xfd, ...bytes];
const memory = (code: number, ...rest: number[]): number[] => [0xfc, code, ...rest];
const grow = (pages: number): number[] => [...i32(pages), 0x40, 0];
const indirect = (index: number): number[] => [...i32(index), 0x11, ...u32(PROBE), 0];
const sum = (count: number): Code => [i32(0), ...new Array(count).fill([...i32(1), add]), drop];

export const probes: readonly Probe[] = [
  // Instructions.
  { name: "an endless loop", code: [forever()], budget: ENDLESS, kind: "instructions" },
  { name: "an endless loop of loops", code: [forever(forever())], budget: ENDLESS, kind: "instructions" },
  {
    name: "a loop by br_table",
    code: [0x03, 0x40, i32(3), 0x0e, 1, 0, 0, 0x0b],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "a loop whose condition stays",
    code: [0x03, 0x40, i32(1), 0x0d, 0, 0x0b],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "a count to 2^62",
    locals: [[1, "l"]],
    code: [0x03, 0x40, get(1), 0x42, 1, 0x7c, 0x22, 1, 0x42, ...big(62), 0x54, 0x0d, 0, 0x0b],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "a search for a float that never comes",
    locals: [[1, "d"]],
    code: [0x03, 0x40, get(1), f64(0.1), 0xa0, 0x22, 1, f64(1), 0x62, 0x0d, 0, 0x0b],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "a loop of calls",
    code: [forever(call(FIRST))],
    more: [{ code: [] }],
    budget: ENDLESS,
    kind: "instructions",
  },
  { name: "a tail call of itself", code: [0x12, PROBE], budget: ENDLESS, kind: "instructions" },
  {
    name: "tail calls in turn",
    code: [0x12, FIRST],
    more: [{ code: [0x12, PROBE] }],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "a tail call through the table",
    code: [i32(0), 0x13, ...u32(PROBE), 0],
    rest: { table },
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "memory.fill again and again",
    code: [forever(i32(0), i32(1), i32(60_000), memory(11, 0))],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "memory.fill of a megabyte at once",
    code: [i32(0), i32(1), i32(1 << 20), memory(11, 0)],
    rest: { memory: { pages: 20 } },
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "memory.copy of a megabyte at once",
    code: [i32(0), i32(8), i32(1 << 20), memory(10, 0, 0)],
    rest: { memory: { pages: 20 } },
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "memory.init again and again",
    code: [forever(i32(0), i32(0), i32(4), memory(8, 0, 0))],
    rest: { passive: [[1, 2, 3, 4]] },
    budget: ENDLESS,
    kind: "instructions",
  },
  { name: "memory.grow by nothing, for ever", code: [forever(grow(0), drop)], budget: ENDLESS, kind: "instructions" },
  {
    name: "memory.grow by too much, for ever",
    code: [forever(grow(65_535), drop)],
    budget: ENDLESS,
    kind: "instructions",
  },
  { name: "a long straight run", code: sum(10_000), budget: { instructions: 2000 }, kind: "instructions" },
  {
    name: "an endless loop, with the tick's instructions",
    code: [forever()],
    budget: { instructionsPerTick: 50_000 },
    kind: "instructionsPerTick",
  },
  {
    name: "a long text for the host",
    code: [i32(0), i32(60_000), i32(64), call(STRING)],
    budget: ENDLESS,
    kind: "instructions",
  },
  {
    name: "many texts for the host",
    code: [forever(i32(0), i32(100), i32(64), call(STRING))],
    budget: ENDLESS,
    kind: "instructions",
  },
  // Depth.
  { name: "a call of itself", code: [call(PROBE), i32(0), drop], kind: "stack" },
  {
    name: "calls in turn",
    code: [call(FIRST), i32(0), drop],
    more: [{ code: [call(PROBE), i32(0), drop] }],
    kind: "stack",
  },
  { name: "a call of itself through the table", code: [indirect(0), i32(0), drop], rest: { table }, kind: "stack" },
  {
    name: "a call of itself with 1,000 locals",
    locals: [[1000, "l"]],
    code: [call(PROBE), i32(0), drop],
    kind: "stack",
  },
  { name: "a call of itself with 300 vectors", locals: [[300, "v"]], code: [call(PROBE), i32(0), drop], kind: "stack" },
  {
    name: "a call of itself with 49,000 locals",
    locals: [[49_000, "d"]],
    code: [call(PROBE), i32(0), drop],
    kind: "stack",
  },
  { name: "a call of itself, then the host", code: [call(PROBE), call(PING)], kind: "stack" },
  { name: "deeper than the budget", code: [call(FIRST)], more: chain(12), budget: { stack: 10 }, kind: "stack" },
  { name: "as deep as the budget", code: [call(FIRST)], more: chain(6), budget: { stack: 10 }, kind: "fine" },
  // Memory.
  { name: "memory past the budget", code: [grow(100), drop], budget: { memoryBytes: 50 * 65_536 }, kind: "memory" },
  { name: "memory up to the budget", code: [grow(20), drop], budget: { memoryBytes: 50 * 65_536 }, kind: "fine" },
  {
    name: "memory until there is no more",
    code: [0x02, 0x40, 0x03, 0x40, ...grow(64), ...i32(-1), 0x46, 0x0d, 1, 0x0c, 0, 0x0b, 0x0b, unreachable],
    budget: { instructions: 100_000_000 },
    kind: "trap",
  },
  { name: "memory by a negative number", code: [grow(-1), i32(-1), 0x47, 0x04, 0x40, unreachable, 0x0b], kind: "fine" },
  // Traps.
  { name: "unreachable", code: [unreachable], kind: "trap" },
  { name: "division by zero", code: [i32(1), i32(0), 0x6d, drop], kind: "trap" },
  { name: "remainder by zero", code: [0x42, 1, 0x42, 0, 0x82, drop], kind: "trap" },
  { name: "a quotient that does not fit", code: [i32(-2147483648), i32(-1), 0x6d, drop], kind: "trap" },
  { name: "NaN as an integer", code: [f32(Number.NaN), 0xa8, drop], kind: "trap" },
  { name: "infinity as an integer", code: [f64(Infinity), 0xb0, drop], kind: "trap" },
  { name: "a load past the end", code: [i32(1 << 30), load(), drop], kind: "trap" },
  { name: "a load at -1", code: [i32(-1), load(), drop], kind: "trap" },
  { name: "a load whose offset overflows", code: [i32(-1), load(0xffff_ffff), drop], kind: "trap" },
  { name: "a store over the end", code: [i32(2 * 65_536 - 2), i32(1), store()], kind: "trap" },
  { name: "a vector over the end", code: [i32(2 * 65_536 - 8), v128(0, 0, 0), drop], kind: "trap" },
  { name: "memory.fill over the end", code: [i32(65_536), i32(1), i32(65_537), memory(11, 0)], kind: "trap" },
  {
    name: "memory.fill of 4 GiB",
    code: [i32(0), i32(1), i32(-1), memory(11, 0)],
    budget: { instructions: 1_000_000_000, instructionsPerTick: 1_000_000_000 },
    kind: "trap",
  },
  { name: "memory.copy over the end", code: [i32(0), i32(65_536), i32(65_537), memory(10, 0, 0)], kind: "trap" },
  {
    name: "memory.init past its segment",
    code: [i32(0), i32(2), i32(4), memory(8, 0, 0)],
    rest: { passive: [[1, 2, 3, 4]] },
    kind: "trap",
  },
  { name: "a call of nothing in the table", code: [indirect(2)], rest: { table }, kind: "trap" },
  { name: "a call past the table", code: [indirect(1000)], rest: { table }, kind: "trap" },
  {
    name: "a call of another type through the table",
    code: [i32(0), 0x11, ...u32(FIRST), 0],
    more: [{ parameters: "", results: "", code: [] }, { code: [] }],
    rest: { table: { size: 2, functions: [FIRST - 1] } },
    kind: "trap",
  },
  // The host.
  { name: "a flood of calls", code: [forever(call(PING))], budget: { hostCalls: 500 }, kind: "hostCalls" },
  { name: "a flood of rows", code: [forever(i32(0), call(ROW))], budget: { hostCalls: 500 }, kind: "hostCalls" },
  { name: "a call that the host stops", code: [call(STOP)], kind: "spawns" },
  { name: "a row that there is not", code: [i32(100), call(ROW)], kind: "error" },
  { name: "a text from outside of the memory", code: [i32(1 << 20), i32(8), i32(64), call(STRING)], kind: "error" },
  { name: "a result to outside of the memory", code: [f64(1), f64(1), f64(1), i32(-8), call(VEC3)], kind: "error" },
  { name: "a result behind the end", code: [f64(1), f64(1), f64(1), i32(2 * 65_536 - 16), call(VEC3)], kind: "error" },
  { name: "no result of the host", code: [i32(0), i32(4), i32(64), call(STRING)], kind: "fine" },
];

/** `count` functions that call each the next. */
function chain(count: number): Functions {
  return Array.from({ length: count }, (_, i) => ({
    code: i === count - 1 ? [] : [call(FIRST + 1 + i), i32(0), drop],
  }));
}

/** 2^bits as a signed number of the format. */
function big(bits: number): number[] {
  const bytes: number[] = [];
  let rest = 1n << BigInt(bits);
  for (; rest > 63n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

export function moduleOf(
  { code, locals = [], more = [], rest = {} }: Probe,
  allocator: Functions[number] = alloc,
): Uint8Array {
  const spoil: Code = [i32(8), i32(99), store(), i32(99), [0x24, 0]];
  const column = (lists: number): number[] => [...get(lists), ...load(4), ...f32(99), ...storeF32()];
  const hook = (name: string, parameters: string, lists: number): Functions[number] => ({
    name,
    parameters,
    code: [...spoil, column(lists), call(PROBE)],
  });
  return assemble({
    imports: IMPORTS,
    globals: [{ type: "i", mutable: true, init: i32(1) }],
    manifest: { writes: ["Position"], columns: ["Position.x: f32"] },
    ...rest,
    functions: [
      allocator,
      { name: ".probe", locals: [[1, "i"], ...locals], code },
      hook("on_update", "idi", 2),
      hook("on_start", "ii", 1),
      hook("on_event", "iiiiii", 1),
      hook("on_destroy", "ii", 1),
      { name: "cabi_realloc", parameters: "iiii", results: "i", code: [i32(2048)] },
      ...more,
    ],
  });
}
