import { assert, WorldloomError } from "../../core/errors.ts";
import type { WasmMemory } from "../../native/wasm.ts";
import { functionsOf } from "../api.ts";
import type { Budget } from "../budget.ts";
import { profiles } from "../capability.ts";
import type {
  AccessLayout,
  DomainInspection,
  DomainOptions,
  EntityRow,
  Outcome,
  ScriptChunk,
  ScriptDomain,
  UpdateBatch,
  Wait,
} from "../engine.ts";
import type { FaultKind, ScriptFault } from "../fault.ts";
import type { ScriptHost } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { Bridge, bridgeSlots } from "./bridge.ts";
import type { LuaChunk } from "./compile.ts";
import { HostCalls } from "./host-calls.ts";
import type { Machine } from "./machine.ts";
import type { Pool } from "./pool.ts";
import { PRELUDE_NAME, SLOT_COUNT, slots } from "./prelude/index.ts";
import { loadModules, loadProgram, type Program, readPrograms } from "./programs.ts";
import { WORD_COUNT } from "./template.ts";
import { LuaVm, type Stop, workFor } from "./vm.ts";

/**
 * A machine for Lua in one world. What decides is in its memory: programs with the layouts of their columns, instances, tasks.
 * What is kept here besides is read from there by {@link restored}, without changing a byte.
 */
export class LuaDomain implements ScriptDomain {
  readonly name: string;
  readonly unit = "row";
  readonly globals: Uint8Array<ArrayBuffer>;
  fault: ScriptFault | undefined;
  readonly #words = new Int32Array(WORD_COUNT);
  readonly #host: ScriptHost;
  readonly #budget: Budget;
  readonly #profile: DomainOptions["profile"];
  readonly #pool: Pool;
  readonly #calls: HostCalls;
  #vm: LuaVm;
  #bridge: Bridge;
  readonly #programs: Program[] = [];
  #waits: Wait[] = [];
  #left: number;
  #granted = 0;
  #instructions = 0;
  #disposed = false;

  constructor({ name, host, budget, profile }: DomainOptions, pool: Pool) {
    this.name = name;
    this.#host = host;
    this.#budget = budget;
    this.#profile = profile;
    this.#pool = pool;
    this.#left = budget.instructionsPerTick;
    this.globals = new Uint8Array(this.#words.buffer);
    this.#calls = new HostCalls(host, functionsOf(host.api), this.#waits);
    this.#vm = this.#adopt(pool.take());
    this.#bridge = this.#bind();
    this.#words.set(pool.template.words);
  }

  get bytes(): Uint8Array<ArrayBufferLike> {
    return this.#vm.machine.bytes;
  }

  get memory(): WasmMemory {
    return this.#vm.machine.lua.memory;
  }

  resize(bytes: number): void {
    this.#replace();
    this.#vm.machine.grow(bytes);
  }

  restored(chunks: readonly ScriptChunk[]): void {
    this.#forget();
    for (const program of readPrograms(this.#vm)) {
      const chunk = chunks.find(({ name, hash }) => name === program.name && hash === program.hash);
      this.#programs[program.number] = { ...program, file: chunk?.file ?? program.file };
    }
  }

  reset(): void {
    const { image, words } = this.#pool.template;
    if (this.bytes.length === image.length) this.bytes.set(image);
    else this.#replace();
    this.#words.set(words);
    this.#forget();
  }

  load(chunk: ScriptChunk, access: readonly AccessLayout[]): number {
    const { modules } = chunk as LuaChunk;
    const allowed = profiles[this.#profile]!;
    for (const { name, capability } of modules)
      if (capability !== undefined && !allowed.includes(capability))
        throw new WorldloomError(
          "script-denied",
          `Script ${chunk.name} requires module ${name}, which needs the capability ${capability}; profile ${this.#profile} does not have it.`,
          { script: chunk.name, module: name, capability },
        );
    const known = this.#programs.find((program) => program?.name === chunk.name);
    const layout = JSON.stringify(access);
    if (known?.hash === chunk.hash && known.layout === layout) return known.number;
    this.#expectWhole();
    const { name, file, hash } = chunk;
    const number = known?.number ?? Math.max(this.#programs.length, 1);
    const version = 1 + this.#programs.reduce((most, program) => Math.max(most, program.version), 0);
    const program: Program = { number, version, name, hash, file, layout };
    this.#calls.starting = true;
    try {
      this.#vm.arm(ADMIN_FUEL);
      this.#bridge.leave();
      loadModules(this.#vm, modules);
      loadProgram(this.#vm, this.#bridge, program, chunk as LuaChunk, access);
    } finally {
      this.#calls.starting = false;
    }
    this.#programs[number] = program;
    return number;
  }

  instantiate(program: number, row: EntityRow): Outcome {
    const known = this.#programs[program]!;
    const stop = this.#begin(known, row);
    if (stop !== undefined) return stop;
    const vm = this.#vm;
    vm.pushSlot(slots.instantiate);
    vm.pushInteger(program);
    vm.pushInteger(row.entity);
    this.#calls.starting = true;
    const outcome = this.#run(known, 0, 2);
    this.#calls.starting = false;
    return outcome;
  }

  discard(instance: number): void {
    const kept = this.#waits.filter((wait) => wait.instance !== instance);
    if (kept.length < this.#waits.length) this.#waits.splice(0, this.#waits.length, ...kept);
    this.#bridge.leave();
    this.#vm.arm(ADMIN_FUEL);
    this.#vm.errand(slots.discard, instance);
  }

  instances(): Int32Array {
    const entities = new Map<number, number>();
    const found: [number, number, number][] = [];
    this.#vm.each(slots.entities, (instance, value, raw) => entities.set(instance, raw.word(value)));
    this.#vm.each(slots.owners, (instance, value, raw) => {
      if (raw.word(value) > 0) found.push([instance, entities.get(instance)!, raw.word(value)]);
    });
    return Int32Array.from(found.sort((a, b) => a[0] - b[0]).flat());
  }

  instancesOf(program: number): number {
    let count = 0;
    this.#vm.each(slots.owners, (_, value, raw) => {
      if (raw.word(value) === program) count++;
    });
    return count;
  }

  beginTick(tick: number): void {
    this.#calls.tick = tick;
    this.#left = this.#budget.instructionsPerTick;
  }

  update(program: number, batch: UpdateBatch, from: number, dt: number): number {
    this.fault = undefined;
    const known = this.#programs[program]!;
    const bridge = this.#bridge;
    const vm = this.#vm;
    if (vm.broken !== undefined) {
      this.fault = this.#faultOf(known, batch.entities[from] ?? 0, brokenStop(vm.broken));
      return from + 1;
    }
    vm.arm(0);
    bridge.begin(known.version, batch, from, dt, this.#budget.instructions, this.#left);
    const { lua, main } = vm;
    lua.lua_pushcclosure(main, bridgeSlots.batch, 0);
    vm.pushSlot(slots.drivers);
    vm.pushSlot(slots.selves);
    vm.values.pushText(main, "onUpdate");
    this.#calls.enterBatch(bridge, batch);
    vm.move(vm.runner, 4);
    const stop = vm.resume(vm.runner, 3, known.name);
    this.#spend(this.#left - bridge.left);
    const { row } = bridge;
    const entity = batch.entities[row] ?? 0;
    const exhausted = stop === undefined && bridge.exhausted;
    bridge.leave();
    if (stop === undefined && !exhausted) {
      vm.clear();
      return batch.count;
    }
    this.#settle();
    this.fault = this.#faultOf(known, entity, stop ?? NOTHING_LEFT);
    return row + 1;
  }

  call(program: number, instance: number, row: EntityRow, name: string, values: readonly ScriptValue[]): Outcome {
    const known = this.#programs[program]!;
    const stop = this.#begin(known, row, instance);
    if (stop !== undefined) return stop;
    const vm = this.#vm;
    vm.pushSlot(slots.invoke);
    vm.pushInteger(instance);
    try {
      vm.values.pushText(vm.main, name);
      for (const value of values) vm.values.push(vm.main, value);
    } catch (error) {
      vm.lua.lua_settop(vm.main, SLOT_COUNT);
      throw error;
    }
    return this.#run(known, instance, values.length + 2);
  }

  resume(program: number, task: number, instance: number, row: EntityRow, value: ScriptValue): Outcome {
    const known = this.#programs[program]!;
    const stop = this.#begin(known, row, instance);
    if (stop !== undefined) return stop;
    const vm = this.#vm;
    const { lua, main } = vm;
    lua.lua_rawgeti(main, slots.places, BigInt(task));
    lua.lua_rawgeti(main, slots.tasks, BigInt(task));
    const mine = Number(lua.lua_tointegerx(main, -2, 0)) === instance;
    const thread = mine ? lua.lua_tothread(main, -1) : 0;
    lua.lua_settop(main, SLOT_COUNT);
    if (thread === 0 || !vm.waits(thread)) return this.#end({ ok: true, value: undefined });
    vm.values.push(main, value);
    vm.move(thread, 1);
    const stopped = vm.resume(thread, 1, known.name);
    if (stopped !== undefined) return this.#end(this.#failed(known, stopped));
    if (vm.waits(thread)) this.#calls.note(task, vm.readWait(thread));
    else vm.errand(slots.forget, task);
    return this.#end(this.#drained(known, instance) ?? { ok: true, value: undefined });
  }

  takeWaits(): readonly Wait[] {
    return this.#waits.splice(0);
  }

  inspect(): DomainInspection {
    let tasks = 0;
    this.#vm.each(slots.tasks, () => tasks++);
    return {
      memoryBytes: this.bytes.length,
      instances: this.instances().length / 3,
      tasks,
      programs: this.#programs.filter((program) => program !== undefined).map(({ name }) => name),
      instructions: this.#instructions,
    };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.give(this.#vm.machine);
  }

  /** Runs what is on the main thread's top, a function under `count` values, as a call of an instance. */
  #run(program: Program, instance: number, count: number): Outcome {
    const vm = this.#vm;
    const { runner } = vm;
    vm.move(runner, count + 1);
    const stop = vm.resume(runner, count, program.name);
    if (stop !== undefined) return this.#end(this.#failed(program, stop));
    let value: ScriptValue;
    if (vm.waits(runner)) {
      const wait = vm.readWait(runner);
      vm.renewRunner();
      this.#calls.note(this.#adoptTask(instance, runner), wait);
    } else {
      try {
        value = vm.results > 0 ? vm.values.read(runner, -vm.results) : undefined;
      } catch (error) {
        if (!(error instanceof WorldloomError)) throw error;
        return this.#end(this.#failed(program, { kind: "error", message: error.message, line: 0, frames: [] }));
      }
      vm.clear();
    }
    return this.#end(this.#drained(program, this.#calls.instance) ?? { ok: true, value });
  }

  /** Gives a thread that waits the number of a task. */
  #adoptTask(instance: number, thread: number): number {
    const vm = this.#vm;
    const { lua } = vm;
    const left = lua.fuel.value;
    let task = 0;
    vm.guard(() => {
      lua.fuel.value = ADMIN_FUEL;
      vm.pushSlot(slots.adopt);
      vm.pushInteger(instance);
      lua.lua_pushthread(thread);
      lua.lua_xmove(thread, vm.main, 1);
      vm.run(2);
      task = Number(lua.lua_tointegerx(vm.runner, -1, 0));
      vm.clear();
    });
    lua.fuel.value = left;
    return task;
  }

  /** Does what was put off until after the call. */
  #drained(program: Program, instance: number): Outcome | undefined {
    if (!this.#calls.deferred) return undefined;
    this.#calls.deferred = false;
    const vm = this.#vm;
    vm.pushSlot(slots.drain);
    vm.pushInteger(instance);
    vm.move(vm.runner, 2);
    const stop = vm.resume(vm.runner, 1, program.name);
    if (stop !== undefined) return this.#failed(program, stop);
    if (!vm.waits(vm.runner)) {
      vm.clear();
      return undefined;
    }
    const { runner } = vm;
    const wait = vm.readWait(runner);
    vm.renewRunner();
    this.#calls.note(this.#adoptTask(instance, runner), wait);
    return undefined;
  }

  /** Prepares a call; an outcome if there can be none. */
  #begin(program: Program, row: EntityRow, instance = 0): Outcome | undefined {
    assert(program !== undefined, "A program is loaded before it is used.");
    const vm = this.#vm;
    this.#granted = Math.min(this.#budget.instructions, this.#left);
    this.#calls.enter(row.entity, instance);
    if (vm.broken !== undefined) return { ok: false, fault: this.#faultOf(program, row.entity, brokenStop(vm.broken)) };
    if (this.#granted <= 0) return { ok: false, fault: this.#faultOf(program, row.entity, NOTHING_LEFT) };
    vm.arm(this.#granted);
    this.#host.undo.clear();
    this.#bridge.enter(program.version, row);
    return undefined;
  }

  #end(outcome: Outcome): Outcome {
    this.#bridge.leave();
    this.#spend(this.#granted - Math.max(0, this.#vm.lua.fuel.value));
    if (!outcome.ok) this.#settle();
    return outcome;
  }

  #spend(instructions: number): void {
    this.#left -= instructions;
    this.#instructions += instructions;
  }

  #failed(program: Program, stop: Stop): Outcome {
    const tick = stop.kind === "instructions" && this.#granted < this.#budget.instructions;
    const { entity } = this.#calls;
    return { ok: false, fault: this.#faultOf(program, entity, tick ? { ...stop, ...NOTHING_LEFT_HERE } : stop) };
  }

  /** After a stop: what it left on threads is given up. */
  #settle(): void {
    this.#calls.deferred = false;
    this.#calls.leaveBatch();
    this.#vm.renewRunner();
  }

  #faultOf(program: Program, entity: number, { kind, message: told, line, frames }: Stop): ScriptFault {
    const message = told.replace(PRELUDE_PLACE, "");
    const own = new RegExp(`^${program.name}:(\\d+): `).exec(message);
    return {
      kind: kind === "instructions" && this.#left <= 0 ? "instructionsPerTick" : kind,
      engine: "lua",
      script: program.name,
      entity,
      message: own === null ? message : message.slice(own[0].length),
      line: line > 0 ? line : own === null ? 0 : Number(own[1]),
      trace: frames,
    };
  }

  #expectWhole(): void {
    if (this.#vm.broken === undefined) return;
    throw new WorldloomError(
      "script-fault",
      `Domain ${this.name} was stopped in the midst of a call; reset it first.`,
      {
        domain: this.name,
      },
    );
  }

  /** Goes on in another machine. */
  #replace(): void {
    this.#pool.give(this.#vm.machine);
    this.#vm = this.#adopt(this.#pool.take());
    this.#bridge = this.#bind();
  }

  #adopt(machine: Machine): LuaVm {
    machine.limitBytes = Math.max(this.#budget.memoryBytes, machine.bytes.length);
    return new LuaVm(machine, this.#words, this.#budget);
  }

  #bind(): Bridge {
    const { memory, undo, text, intern } = this.#host;
    const bridge = new Bridge({
      lua: this.#vm.lua as unknown as Readonly<Record<string, unknown>>,
      world: memory,
      undo,
      call: (L, index) => this.#calls.call(L, index),
      text: (id) => text.call(this.#host, id),
      intern: (name) => intern.call(this.#host, name),
      work: workFor(this.#budget.instructions),
    });
    this.#calls.bind(this.#vm);
    return bridge;
  }

  #forget(): void {
    this.#vm.broken = undefined;
    this.#programs.length = 0;
    this.#waits.length = 0;
    this.#calls.deferred = false;
    this.#bridge.leave();
    this.fault = undefined;
  }
}

/** Where something failed that the engine called itself. */
const PRELUDE_PLACE = new RegExp(`^${PRELUDE_NAME}:\\d+: `);
const ADMIN_FUEL = 100_000_000;
const NOTHING_LEFT_HERE = { kind: "instructionsPerTick", message: "no instructions of this tick are left" } as const;
const NOTHING_LEFT: Stop = { ...NOTHING_LEFT_HERE, line: 0, frames: [] };

function brokenStop(kind: FaultKind): Stop {
  return { kind, message: "the machine was stopped in the midst of a call and starts afresh", line: 0, frames: [] };
}
