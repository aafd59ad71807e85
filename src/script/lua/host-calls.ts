import { WorldloomError } from "../../core/errors.ts";
import type { ApiType, NumberedFunction } from "../api.ts";
import type { UpdateBatch, Wait } from "../engine.ts";
import { ScriptError, type ScriptHost } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import type { Bridge } from "./bridge.ts";
import { internals } from "./template.ts";
import { versionFits } from "./version.ts";
import type { LuaVm, LuaWait } from "./vm.ts";

/** Results whose numbers are floats of Lua even where they are whole. */
const floating: ReadonlySet<ApiType> = new Set(["number", "vec3", "quat"]);
const lists: ReadonlySet<ApiType> = new Set(["entities", "strings", "list"]);

/** Calls from Lua to functions of the API and of the engine itself, and for whom they are made. */
export class HostCalls {
  tick = 0;
  entity = 0;
  /** Set while the top level of a chunk runs: it may be run for any entity, or for none. */
  starting = false;
  /** Set where something was put off until after the call. */
  deferred = false;
  /** Set while functions of the host refuse. */
  quiet = false;
  readonly #host: ScriptHost;
  readonly #functions: readonly NumberedFunction[];
  readonly #waits: Wait[];
  #instance = 0;
  #bridge: Bridge | undefined;
  #batch: UpdateBatch | undefined;
  #vm!: LuaVm;

  constructor(host: ScriptHost, functions: readonly NumberedFunction[], waits: Wait[]) {
    this.#host = host;
    this.#functions = functions;
    this.#waits = waits;
  }

  bind(vm: LuaVm): void {
    this.#vm = vm;
  }

  enter(entity: number, instance: number): void {
    this.entity = entity;
    this.#instance = instance;
    this.#batch = undefined;
    this.deferred = false;
  }

  enterBatch(bridge: Bridge, batch: UpdateBatch): void {
    this.#bridge = bridge;
    this.#batch = batch;
  }

  leaveBatch(): void {
    this.#batch = undefined;
  }

  /** The instance whose call is going on; of one that is being made its own code knows the number. */
  get instance(): number {
    return this.#batch === undefined ? this.#instance : this.#batch.instances[this.#bridge!.row]!;
  }

  /** An instance was made by the call that is going on, which is that of the instance from now on. */
  made(instance: number): void {
    this.#instance = instance;
  }

  /** Notes that a task waits. */
  note(task: number, { ticks, event }: LuaWait, instance = this.instance): void {
    const tick = ticks > 0 ? this.tick + ticks : 0;
    this.#waits.push({ task, entity: this.current, instance, tick, event });
  }

  /** Runs a function by its number, as the bridge asks for it: results on the stack, or an error and -1. */
  call(L: number, index: number): number {
    const { lua, values } = this.#vm;
    const top = lua.lua_gettop(L);
    try {
      const fn = this.#functions[index];
      return fn === undefined ? this.#internal(L, index - this.#functions.length) : this.#api(L, index, fn, top);
    } catch (error) {
      if (!(error instanceof ScriptError || (error instanceof WorldloomError && catchable.has(error.code))))
        throw error;
      lua.lua_settop(L, top);
      lua.luaL_where(L, 1);
      values.pushText(L, error.message.toWellFormed());
      lua.lua_concat(L, 2);
      return -1;
    }
  }

  #api(L: number, index: number, { fullName, namespace, function: fn }: NumberedFunction, top: number): number {
    if (this.quiet) throw new ScriptError(`${fullName}: ${QUIET}`);
    if (this.starting && namespace.name !== "Log")
      throw new ScriptError(`${fullName}: cannot be called at the top level of a script; call it in onStart`);
    const { values } = this.#vm;
    const given: ScriptValue[] = [];
    for (let i = 1; i <= top; i++) {
      const value = values.read(L, i);
      const type = fn.parameters[i - 1]?.type;
      given.push(type !== undefined && lists.has(type) && isEmpty(value) ? [] : value);
    }
    const result = this.#host.call(index, this.current, given);
    if (result === undefined && fn.returns === "nothing") return 0;
    values.push(L, result, floating.has(fn.returns));
    return 1;
  }

  #internal(L: number, number: number): number {
    const { lua, values } = this.#vm;
    const name = internals[number];
    if (this.quiet && (name === "defer" || name === "note")) throw new ScriptError(`Tasks: ${QUIET}`);
    switch (name) {
      case "charge": {
        const { fuel, fuelMore } = lua;
        const left = fuel.value - Math.max(0, lua.lua_tonumberx(L, 1, 0));
        fuel.value = Math.max(0, left);
        if (left < 0) fuelMore.value = Math.max(0, fuelMore.value + left);
        return 0;
      }
      case "defer":
        this.deferred = true;
        return 0;
      case "instance":
        lua.lua_pushinteger(L, BigInt(this.instance));
        return 1;
      case "note": {
        const event = String(values.read(L, 3));
        const wait = { ticks: lua.lua_tonumberx(L, 2, 0), event };
        this.note(lua.lua_tonumberx(L, 1, 0), wait, lua.lua_tonumberx(L, 4, 0));
        return 0;
      }
      default: {
        const wanted = values.read(L, 2);
        if (typeof wanted !== "string") throw new ScriptError('require: version: expected a text such as ">=1.2"');
        lua.lua_pushboolean(L, versionFits(String(values.read(L, 1)), wanted) ? 1 : 0);
        return 1;
      }
    }
  }

  get current(): number {
    return this.#batch === undefined ? this.entity : this.#bridge!.entity;
  }
}

const QUIET = "cannot be called while nothing may change";
/** Errors that are the script's own. */
const catchable: ReadonlySet<string> = new Set(["script-value", "script-invalid", "script-denied"]);

function isEmpty(value: ScriptValue): boolean {
  return (
    typeof value === "object" &&
    !(value instanceof Uint8Array) &&
    !Array.isArray(value) &&
    Object.keys(value).length === 0
  );
}
