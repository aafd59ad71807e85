import { createHash } from "node:crypto";
import { assert } from "../../core/errors.ts";
import { wasm } from "../../native/wasm.ts";
import { type ApiNamespace, functionsOf } from "../api.ts";
import { UndoLog } from "../undo.ts";
import { Bridge, bridgeSlots } from "./bridge.ts";
import { WAIT_MARK } from "./bridge-layout.ts";
import { bridgeBytes } from "./bridge-module.ts";
import { Converter } from "./convert.ts";
import { luaModule } from "./glue.ts";
import { Machine } from "./machine.ts";
import { instancesPrelude, PRELUDE_NAME, PRELUDE_SLOTS, SLOT_COUNT, sandboxPrelude, slots } from "./prelude/index.ts";
import type { Probe } from "./probe.ts";

/** Functions of the engine that the prelude calls, numbered after those of the API, in this order. */
export const internals = ["charge", "instance", "defer", "note", "fits"] as const;

/** Words beside the memory that its owner must know. */
export const word = { main: 0, runner: 1, record: 2, untidy: 3 } as const;
export const WORD_COUNT = 4;

/** Where `lua_getinfo` writes, what it is asked for, and where `lua_resume` says how many values there are. */
export const record = { what: 112, results: 120, bytes: 128 } as const;

/** The image of a machine that has the sandbox and the API, and no script: what each machine begins as. */
export interface Template {
  readonly api: readonly ApiNamespace[];
  readonly image: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
  /** Hash of all of it, and of the code that runs on it. */
  readonly hash: string;
}

/** Marks a table that stands for a field of State. */
const KIND_KEY = "worldloom.kind";
const WORK = 0x7fffffff;

export function makeTemplate(api: readonly ApiNamespace[]): Template {
  const machine = new Machine();
  const { lua } = machine;
  machine.limitBytes = 1 << 30;
  machine.arm(WORK, WORK, 1_000_000);
  const bridge = bareBridge(machine);
  const L = lua.luaL_newstate();
  const at = lua.malloc(record.bytes);
  machine.bytes.fill(0, at, at + record.bytes);
  machine.bytes.set(new TextEncoder().encode("nSl"), at + record.what);
  lua.lua_checkstack(L, 256);
  bridge.install(L);
  const values = new Converter(machine);
  pushArguments(machine, values, L, api);
  const first = lua.lua_gettop(L) - 2;
  runChunk(machine, values, L, sandboxPrelude, [first, first + 1, first + 2]);
  runChunk(machine, values, L, instancesPrelude, [first, first + 1, first + 2, first + 3]);
  const list = lua.lua_gettop(L);
  for (let i = 1; i <= PRELUDE_SLOTS; i++) lua.lua_rawgeti(L, list, BigInt(i));
  for (let i = 1; i <= PRELUDE_SLOTS; i++) lua.lua_copy(L, list + i, i);
  lua.lua_settop(L, SLOT_COUNT);
  const words = new Int32Array(WORD_COUNT);
  words[word.main] = L;
  words[word.record] = at;
  words[word.runner] = newRunner(machine, L);
  const image = new Uint8Array(machine.bytes);
  const hash = createHash("sha256")
    .update(luaModule().hash)
    .update(bridgeBytes(false))
    .update(image)
    .digest("hex")
    .slice(0, 16);
  return { api, image, words, hash };
}

/** A thread for calls, kept in its slot; the one before it is given up. */
export function newRunner({ lua }: Machine, L: number): number {
  const thread = lua.lua_newthread(L);
  lua.lua_copy(L, -1, slots.runner);
  lua.lua_pushboolean(L, 1);
  lua.lua_rawset(L, slots.bases);
  return thread;
}

/** A machine that was made from a template. */
export function cloneMachine({ image }: Template, probe?: Probe): Machine {
  const machine = new Machine(probe);
  machine.grow(image.length);
  machine.bytes.set(image);
  return machine;
}

/** What functions of the bridge need to be in the table: closures are made of their numbers. */
function bareBridge(machine: Machine): Bridge {
  const nothing = (): never => {
    throw new Error("A template calls nothing.");
  };
  return new Bridge({
    lua: machine.lua as unknown as Readonly<Record<string, unknown>>,
    world: new wasm.Memory({ initial: 1, maximum: 1 }),
    undo: new UndoLog(1),
    call: nothing,
    text: nothing,
    intern: nothing,
  });
}

/** Pushes `native`, `api` and `libraries`. */
function pushArguments(machine: Machine, values: Converter, L: number, api: readonly ApiNamespace[]): void {
  const { lua } = machine;
  const functions = functionsOf(api);
  const pushFunction = (name: string, index: number): void => {
    values.pushText(L, name);
    lua.lua_pushinteger(L, BigInt(index));
    lua.lua_pushcclosure(L, bridgeSlots.host, 1);
    lua.lua_rawset(L, -3);
  };
  // The fixed slots, empty as yet.
  lua.lua_settop(L, SLOT_COUNT);
  lua.lua_createtable(L, 0, internals.length + 5);
  for (const [i, name] of internals.entries()) pushFunction(name, functions.length + i);
  values.pushText(L, "wait");
  lua.lua_pushlightuserdata(L, WAIT_MARK);
  lua.lua_rawset(L, -3);
  for (const name of ["wait", "waitFor"] as const) {
    values.pushText(L, `${name}Ticks`);
    lua.lua_pushnil(L);
    lua.lua_pushcclosure(L, bridgeSlots[name], 1);
    lua.lua_rawset(L, -3);
  }
  values.pushText(L, "yield");
  lua.lua_pushcclosure(L, bridgeSlots.yield, 0);
  lua.lua_rawset(L, -3);
  values.pushText(L, "kind");
  values.pushText(L, KIND_KEY);
  lua.lua_rawset(L, -3);
  lua.lua_createtable(L, 0, api.length);
  let index = 0;
  for (const namespace of api) {
    values.pushText(L, namespace.name);
    lua.lua_createtable(L, 0, namespace.functions.length);
    for (const fn of namespace.functions) pushFunction(fn.name, index++);
    lua.lua_rawset(L, -3);
  }
  lua.lua_createtable(L, 0, 8);
  const top = lua.lua_gettop(L);
  const open = {
    base: lua.luaopen_base,
    coroutine: lua.luaopen_coroutine,
    debug: lua.luaopen_debug,
    math: lua.luaopen_math,
    string: lua.luaopen_string,
    table: lua.luaopen_table,
    utf8: lua.luaopen_utf8,
  };
  for (const [name, opened] of Object.entries(open)) {
    values.pushText(L, name);
    // Each leaves its table on top; that of strings sets the metatable of strings as well.
    opened(L);
    lua.lua_rawset(L, top);
  }
}

/** Runs a chunk of the prelude with values of the stack; its one result is on top then. */
function runChunk(machine: Machine, values: Converter, L: number, source: string, from: readonly number[]): void {
  const { lua } = machine;
  const failed = loadText(machine, L, source, PRELUDE_NAME);
  for (const index of from) lua.lua_pushvalue(L, index);
  const outcome = failed !== 0 ? failed : lua.lua_pcallk(L, from.length, 1, 0, 0, 0);
  assert(outcome === 0, outcome === 0 ? "" : values.text(L, -1));
}

/** What text begins with that gets its environment as its first argument; its lines keep their numbers. */
export const ENVIRONMENT_ARGUMENT = "local _ENV = ...; ";

/** Compiles text into a function on top of the stack, or pushes an error. 0 where that went well. */
export function loadText(machine: Machine, L: number, text: string | Uint8Array, name: string): number {
  const { lua } = machine;
  const source = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const chunk = new TextEncoder().encode(`=${name}\0t\0`);
  const at = lua.malloc(source.length + chunk.length);
  if (at === 0) {
    lua.lua_pushnil(L);
    return OUT_OF_MEMORY;
  }
  machine.bytes.set(source, at);
  machine.bytes.set(chunk, at + source.length);
  const nameAt = at + source.length;
  const outcome = lua.luaL_loadbufferx(L, at, source.length, nameAt, nameAt + chunk.length - 2);
  lua.free(at);
  return outcome;
}

const OUT_OF_MEMORY = 4;
