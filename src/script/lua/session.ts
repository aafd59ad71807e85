import { assert, WorldloomError } from "../../core/errors.ts";
import type { Budget } from "../budget.ts";
import type { EntityRow, Outcome, UpdateBatch } from "../engine.ts";
import { type FaultKind, type ScriptFault, ScriptStop } from "../fault.ts";
import type { UndoLog } from "../undo.ts";
import type { ScriptValue } from "../value.ts";
import { type Bridge, bridgeSlots } from "./bridge.ts";
import type { HostCalls } from "./host-calls.ts";
import { PRELUDE_NAME, slots } from "./prelude/index.ts";
import type { Program } from "./programs.ts";
import { ERRAND_FUEL, type LuaVm, type Stop } from "./vm.ts";

/** A row that a batch stopped at, and why. */
export interface StoppedRow {
  readonly row: number;
  readonly fault: ScriptFault;
}

/** Calls of scripts in one machine, and what they use of their budgets. */
export class LuaSession {
  readonly vm: LuaVm;
  readonly #bridge: Bridge;
  readonly #calls: HostCalls;
  readonly #undo: UndoLog;
  readonly #meter: Meter;
  #granted = 0;

  constructor(vm: LuaVm, bridge: Bridge, calls: HostCalls, undo: UndoLog, meter: Meter) {
    this.vm = vm;
    this.#bridge = bridge;
    this.#calls = calls;
    this.#undo = undo;
    this.#meter = meter;
  }

  /** Makes an instance of a program, whose number is the value. */
  instantiate(program: Program, row: EntityRow): Outcome {
    const { vm } = this;
    this.#calls.starting = true;
    try {
      return this.#call(program, row, 0, () => {
        vm.pushSlot(slots.instantiate);
        vm.pushInteger(0);
        vm.pushInteger(row.entity);
        vm.pushInteger(program.number);
        return this.#run(program, 0, 3);
      });
    } finally {
      this.#calls.starting = false;
    }
  }

  /** Makes an instance for each row that is due, in place of the one that it has; where one stops, the rest is left out. */
  remake(program: Program, batch: UpdateBatch): StoppedRow | undefined {
    const { vm } = this;
    this.#calls.starting = true;
    try {
      const stopped = this.#rows(program, batch, 0, 0, () => {
        vm.lua.lua_pushcclosure(vm.main, bridgeSlots.each, 0);
        vm.pushSlot(slots.instantiate);
        vm.pushInteger(program.number);
        vm.lua.lua_pushnil(vm.main);
      });
      this.#bridge.readInstances(batch);
      return stopped ?? this.#deferredOf(program, batch);
    } finally {
      this.#calls.starting = false;
    }
  }

  /** Gives instances up. */
  discard(instances: Int32Array): void {
    const { vm } = this;
    const none = new Uint8Array(instances.length).fill(1);
    const batch = { count: instances.length, entities: instances, instances, due: none, columns: [] };
    vm.guard(() => {
      vm.arm(0);
      this.#bridge.begin(-1, batch, 0, 0, ERRAND_FUEL, 0x7fff_ffff);
      vm.lua.lua_pushcclosure(vm.main, bridgeSlots.each, 0);
      vm.pushSlot(slots.discard);
      vm.pushInteger(0);
      vm.lua.lua_pushnil(vm.main);
      vm.run(3);
      vm.clear();
    });
    this.#bridge.leave();
  }

  invoke(program: Program, row: EntityRow, instance: number, name: string, values: readonly ScriptValue[]): Outcome {
    const { vm } = this;
    return this.#call(program, row, instance, () => {
      vm.pushSlot(slots.invoke);
      vm.pushInteger(instance);
      vm.values.pushText(vm.main, name);
      for (const value of values) vm.values.push(vm.main, value);
      return this.#run(program, instance, values.length + 2);
    });
  }

  /** Goes on with a task, if there is one of that number, it waits and belongs to the instance. */
  resume(program: Program, row: EntityRow, instance: number, task: number, value: ScriptValue): Outcome {
    const { vm } = this;
    return this.#call(program, row, instance, () => {
      const thread = vm.threadOf(task, instance);
      if (thread === 0) return NOTHING;
      if (!vm.waits(thread)) {
        // The script closed it itself.
        vm.errand(slots.forget, task);
        return NOTHING;
      }
      vm.values.push(vm.main, value);
      vm.move(thread, 1);
      const stop = vm.resume(thread, 1, program.name);
      if (stop !== undefined) return this.#failed(program, stop);
      if (vm.waits(thread)) this.#calls.note(task, vm.readWait(thread));
      else vm.errand(slots.forget, task);
      return this.#drained(program, instance) ?? NOTHING;
    });
  }

  /** Updates rows; where one stops, the rest is left out. */
  batch(program: Program, batch: UpdateBatch, from: number, dt: number): StoppedRow | undefined {
    const { vm } = this;
    const stopped = this.#rows(program, batch, from, dt, () => {
      vm.lua.lua_pushcclosure(vm.main, bridgeSlots.batch, 0);
      vm.pushSlot(slots.drivers);
      vm.pushSlot(slots.selves);
      vm.values.pushText(vm.main, "onUpdate");
    });
    this.#calls.deferred = false;
    return stopped;
  }

  /** Runs a function of the bridge over rows: `push` pushes it with its three values. */
  #rows(program: Program, batch: UpdateBatch, from: number, dt: number, push: () => void): StoppedRow | undefined {
    const { vm } = this;
    const bridge = this.#bridge;
    // The call that broke it was reported; who comes after it is not to blame, and is made again with the machine.
    if (vm.broken !== undefined) return undefined;
    vm.arm(0);
    bridge.begin(program.version, batch, from, dt, this.#meter.perCall, this.#meter.left);
    let stop: Stop | undefined;
    try {
      push();
      vm.move(vm.runner, 4);
      this.#calls.enterBatch(bridge, batch);
      stop = vm.resume(vm.runner, 3, program.name);
    } catch (error) {
      stop = this.#gaveUp(error);
    }
    this.#meter.spend(this.#meter.left - bridge.left);
    const { row } = bridge;
    if (stop === undefined && bridge.exhausted) stop = NOTHING_LEFT;
    bridge.leave();
    this.#calls.leaveBatch();
    if (stop === undefined) {
      vm.clear();
      return undefined;
    }
    vm.renewRunner();
    return { row, fault: this.#faultOf(program, batch.entities[row] ?? 0, stop) };
  }

  /** Does what the top levels of instances that were just made put off. */
  #deferredOf(program: Program, { count, entities, instances, due, columns }: UpdateBatch): StoppedRow | undefined {
    if (!this.#calls.deferred) return undefined;
    for (let row = 0; row < count; row++) {
      if (due[row] === 0) continue;
      const done = this.#call(program, { entity: entities[row]!, row, columns }, instances[row]!, () => {
        this.#calls.deferred = true;
        return this.#drained(program, instances[row]!) ?? NOTHING;
      });
      if (!done.ok) return { row, fault: done.fault };
    }
    return undefined;
  }

  /** Prepares a call, makes it, and settles what it used. */
  #call(program: Program, row: EntityRow, instance: number, make: () => Outcome): Outcome {
    assert(program !== undefined, "A program is loaded before it is used.");
    const { vm } = this;
    this.#granted = Math.min(this.#meter.perCall, this.#meter.left);
    this.#calls.enter(row.entity, instance);
    if (vm.broken !== undefined) return this.#failed(program, brokenStop(vm.broken));
    if (this.#granted <= 0) return this.#failed(program, NOTHING_LEFT);
    vm.arm(this.#granted);
    this.#undo.clear();
    // Of an entity that is gone, components mean nothing.
    if (row.row >= 0) this.#bridge.enter(program.version, row);
    else this.#bridge.leave();
    let outcome: Outcome | undefined;
    try {
      outcome = make();
    } catch (error) {
      outcome = this.#failed(program, this.#gaveUp(error));
    } finally {
      this.#bridge.leave();
      this.#meter.spend(this.#granted - vm.machine.fuelLeft);
      this.#calls.deferred = false;
      if (outcome?.ok !== true) vm.renewRunner();
    }
    return outcome;
  }

  /** Runs what is on the main thread's top, a function under `count` values, as a call of an instance. */
  #run(program: Program, instance: number, count: number): Outcome {
    const { vm } = this;
    const { runner } = vm;
    vm.move(runner, count + 1);
    const stop = vm.resume(runner, count, program.name);
    if (stop !== undefined) return this.#failed(program, stop);
    let value: ScriptValue;
    if (vm.waits(runner)) {
      if (this.#calls.starting)
        return this.#failed(program, { ...ERROR, message: "nothing can wait at the top level" });
      this.#becomesTask(instance);
    } else {
      try {
        value = vm.results > 0 ? vm.values.read(runner, -vm.results) : undefined;
      } catch (error) {
        if (!(error instanceof WorldloomError)) throw error;
        return this.#failed(program, { ...ERROR, message: error.message });
      }
      vm.clear();
    }
    if (this.#calls.starting) this.#calls.made(Number(value));
    return this.#drained(program, this.#calls.instance) ?? { ok: true, value };
  }

  /** The function that runs on the runner began to wait: it is a task from now on, and calls have another runner. */
  #becomesTask(instance: number): void {
    const { vm } = this;
    const { lua, runner } = vm;
    const wait = vm.readWait(runner);
    // On the main thread before there is another runner: what nothing holds may be collected when that is made.
    lua.lua_pushthread(runner);
    lua.lua_xmove(runner, vm.main, 1);
    vm.renewRunner(1);
    this.#calls.note(vm.errandOnTop(slots.adopt, instance), wait);
  }

  /** Does what was put off until after the call. */
  #drained(program: Program, instance: number): Outcome | undefined {
    if (!this.#calls.deferred) return undefined;
    this.#calls.deferred = false;
    const { vm } = this;
    vm.pushSlot(slots.drain);
    vm.pushInteger(instance);
    vm.move(vm.runner, 2);
    const stop = vm.resume(vm.runner, 1, program.name);
    if (stop !== undefined) return this.#failed(program, stop);
    if (vm.waits(vm.runner)) this.#becomesTask(instance);
    else vm.clear();
    return undefined;
  }

  /** What it means that something threw through the machine: errors of its host are the host's. */
  #gaveUp(error: unknown): Stop {
    if (!(error instanceof ScriptStop)) throw error;
    this.vm.broken ??= error.kind;
    return { kind: error.kind, message: error.message, line: 0, frames: [] };
  }

  #failed(program: Program, stop: Stop): Outcome {
    const ofTick = stop.kind === "instructions" && this.#granted < this.#meter.perCall;
    return {
      ok: false,
      fault: this.#faultOf(program, this.#calls.entity, ofTick ? { ...stop, ...LEFT_NOTHING } : stop),
    };
  }

  #faultOf(program: Program, entity: number, { kind, message: told, line, frames }: Stop): ScriptFault {
    const message = told.replace(PRELUDE_PLACE, "");
    const own = new RegExp(`^${program.name}:(\\d+): `).exec(message);
    return {
      kind: kind === "instructions" && this.#meter.left <= 0 ? "instructionsPerTick" : kind,
      engine: "lua",
      script: program.name,
      entity,
      message: own === null ? message : message.slice(own[0].length),
      line: line > 0 ? line : own === null ? 0 : Number(own[1]),
      trace: frames,
    };
  }
}

/** Instructions of a domain. */
export class Meter {
  readonly #perTick: number;
  /** Of one call, at most. */
  readonly perCall: number;
  /** That calls may still use in this tick. */
  left: number;
  /** That were used in all. */
  total = 0;

  constructor({ instructions, instructionsPerTick }: Budget) {
    this.perCall = instructions;
    this.#perTick = instructionsPerTick;
    this.left = instructionsPerTick;
  }

  spend(instructions: number): void {
    this.left -= instructions;
    this.total += instructions;
  }

  beginTick(): void {
    this.left = this.#perTick;
  }
}

const ERROR = { kind: "error", line: 0, frames: [] } as const;
const NOTHING: Outcome = { ok: true, value: undefined };
/** Where something failed that the engine called itself. */
const PRELUDE_PLACE = new RegExp(`^${PRELUDE_NAME}:\\d+: `);
const LEFT_NOTHING = { kind: "instructionsPerTick", message: "no instructions of this tick are left" } as const;
const NOTHING_LEFT: Stop = { ...LEFT_NOTHING, line: 0, frames: [] };

function brokenStop(kind: FaultKind): Stop {
  return { kind, message: "the machine was stopped in the midst of a call and starts afresh", line: 0, frames: [] };
}
