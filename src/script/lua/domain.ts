import { WorldloomError } from "../../core/errors.ts";
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
import type { ScriptFault } from "../fault.ts";
import type { ScriptHost } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { Bridge } from "./bridge.ts";
import type { LuaChunk } from "./compile.ts";
import { HostCalls } from "./host-calls.ts";
import type { Pool } from "./pool.ts";
import { slots } from "./prelude/index.ts";
import { ProbedCall } from "./probed-call.ts";
import { loadModules, loadProgram, type Program, readPrograms } from "./programs.ts";
import { LuaSession, Meter } from "./session.ts";
import { WORD_COUNT, word } from "./template.ts";
import { ERRAND_FUEL, LuaVm, workFor } from "./vm.ts";

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
  readonly #meter: Meter;
  readonly #programs: Program[] = [];
  readonly #waits: Wait[] = [];
  #vm!: LuaVm;
  #bridge!: Bridge;
  #session!: LuaSession;
  /** Instances by program; undefined where they were not counted since some came or went. */
  #counts: readonly number[] | undefined;
  #disposed = false;

  constructor({ name, host, budget, profile }: DomainOptions, pool: Pool) {
    this.name = name;
    this.#host = host;
    this.#budget = budget;
    this.#profile = profile;
    this.#pool = pool;
    this.#meter = new Meter(budget);
    this.globals = new Uint8Array(this.#words.buffer);
    this.#calls = new HostCalls(host, functionsOf(host.api), this.#waits);
    this.#enter();
    this.#words.set(pool.template.words);
  }

  get bytes(): Uint8Array<ArrayBufferLike> {
    return this.#vm.machine.bytes;
  }

  get memory(): WasmMemory {
    return this.#vm.machine.lua.memory;
  }

  get broken(): boolean {
    return this.#vm.broken !== undefined;
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
      this.#vm.arm(ERRAND_FUEL);
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
    this.#counts = undefined;
    const outcome = this.#probed(known, row, () => this.#session.instantiate(known, row));
    if (outcome.ok) return outcome;
    this.#unmake();
    this.discard(this.#calls.instance);
    return outcome;
  }

  remake(program: number, batch: UpdateBatch): void {
    const known = this.#programs[program]!;
    this.#counts = undefined;
    this.#endWaits(batch.instances);
    this.#rest();
    const stopped = this.#probed(known, batch, () => this.#session.remake(known, batch));
    this.fault = stopped?.fault;
    if (stopped === undefined) return;
    this.#unmake();
    // The last one may be made, and have failed at what it had put off.
    this.discard(batch.instances[stopped.row]!);
  }

  discard(instance: number): void {
    if (instance <= 0) return;
    this.#counts = undefined;
    this.#endWaits([instance]);
    this.#bridge.leave();
    this.#vm.arm(ERRAND_FUEL);
    this.#vm.errand(slots.discard, instance);
  }

  discardMany(instances: readonly number[]): void {
    const gone = Int32Array.from(instances.filter((instance) => instance > 0));
    if (gone.length === 0) return;
    this.#counts = undefined;
    this.#endWaits(gone);
    this.#session.discard(gone);
  }

  tidy(): void {
    const words = this.#words;
    if (words[word.untidy] === untidy.no || this.broken) return;
    if (words[word.untidy] === untidy.yes) {
      this.#vm.arm(ERRAND_FUEL);
      if (this.#vm.errand(slots.tidy) > 0) words[word.untidy] = untidy.no;
    } else words[word.untidy] = untidy.yes;
  }

  instances(): Int32Array {
    const found: [number, number, number][] = [];
    this.#vm.each(slots.origins, (instance, value, raw) => {
      const program = raw.upperWord(value);
      if (program > 0) found.push([instance, raw.word(value), program]);
    });
    return Int32Array.from(found.sort((a, b) => a[0] - b[0]).flat());
  }

  instancesOf(program: number): number {
    this.#counts ??= this.#count();
    return this.#counts[program] ?? 0;
  }

  beginTick(tick: number): void {
    this.#calls.tick = tick;
    if (this.#vm.machine.probe !== this.#pool.probe && !this.broken) this.#move();
    this.#meter.beginTick();
  }

  update(program: number, batch: UpdateBatch, from: number, dt: number): number {
    const known = this.#programs[program]!;
    const stopped = this.#probed(known, batch, () => this.#session.batch(known, batch, from, dt));
    this.fault = stopped?.fault;
    return stopped === undefined ? batch.count : stopped.row + 1;
  }

  call(program: number, instance: number, row: EntityRow, name: string, values: readonly ScriptValue[]): Outcome {
    const known = this.#programs[program]!;
    return this.#probed(known, row, () => this.#session.invoke(known, row, instance, name, values));
  }

  resume(program: number, task: number, instance: number, row: EntityRow, value: ScriptValue): Outcome {
    const known = this.#programs[program]!;
    return this.#probed(known, row, () => this.#session.resume(known, row, instance, task, value));
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
      instructions: this.#meter.total,
    };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.give(this.#vm.machine);
  }

  /** The collector does not run while instances are made, unless it still has to catch up: {@link tidy} sees to that. */
  #rest(): void {
    if (this.#words[word.untidy] === untidy.yes || this.broken) return;
    this.#words[word.untidy] = untidy.fresh;
    this.#vm.arm(ERRAND_FUEL);
    this.#vm.errand(slots.rest);
  }

  /** Gives up the instance whose top level was stopped, if there is one. */
  #unmake(): void {
    this.#bridge.leave();
    this.#vm.arm(ERRAND_FUEL);
    this.#endWaits([this.#vm.errand(slots.unmake)]);
  }

  /** Waits of instances that are gone are not told of any more. */
  #endWaits(gone: Iterable<number>): void {
    if (this.#waits.length === 0) return;
    const ends = new Set(gone);
    const kept = this.#waits.splice(0).filter(({ instance }) => !ends.has(instance));
    for (const wait of kept) this.#waits.push(wait);
  }

  #count(): readonly number[] {
    const counts = Array.from<number>({ length: this.#programs.length }).fill(0);
    this.#vm.each(slots.origins, (_, value, raw) => {
      counts[raw.upperWord(value)]!++;
    });
    return counts;
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
    this.#enter();
  }

  /** Goes on in a machine with another probe, or without one. */
  #move(): void {
    const image = this.bytes.slice();
    this.#replace();
    this.#vm.machine.grow(image.length);
    this.bytes.set(image);
  }

  /** Has the probe of the machine look at what runs. */
  #probed<T>(program: Program, { columns }: Pick<EntityRow, "columns">, run: () => T): T {
    const { probe } = this.#vm.machine;
    if (probe === undefined) return run();
    const parts = { vm: this.#vm, bridge: this.#bridge, calls: this.#calls, host: this.#host, program, columns };
    probe.enter(new ProbedCall(parts));
    try {
      return run();
    } finally {
      probe.leave();
    }
  }

  #enter(): void {
    const machine = this.#pool.take(this.#pool.probe);
    machine.limitBytes = Math.max(this.#budget.memoryBytes, machine.bytes.length);
    this.#vm = new LuaVm(machine, this.#words, this.#budget);
    const host = this.#host;
    const functions = functionsOf(host.api).length;
    this.#bridge = new Bridge({
      lua: machine.lua as unknown as Readonly<Record<string, unknown>>,
      world: host.memory,
      undo: host.undo,
      call: (L, index) => {
        if (index < functions) machine.probe?.hostCall(index);
        return this.#calls.call(L, index);
      },
      text: (id) => host.text(id),
      intern: (text) => host.intern(text, this.#bridge.entity),
      work: workFor(this.#budget.instructions),
      slices: machine.slices,
      look: () => host.look?.(),
    });
    machine.look = () => host.look?.();
    this.#calls.bind(this.#vm);
    this.#session = new LuaSession(this.#vm, this.#bridge, this.#calls, host.undo, this.#meter);
  }

  #forget(): void {
    this.#vm.broken = undefined;
    this.#programs.length = 0;
    this.#counts = undefined;
    this.#waits.length = 0;
    this.#calls.deferred = false;
    this.#bridge.leave();
    this.fault = undefined;
  }
}

/** Whether the collector has something to catch up with; `fresh` in the tick that made it. */
const untidy = { no: 0, fresh: 1, yes: 2 } as const;
