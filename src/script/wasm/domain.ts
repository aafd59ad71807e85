import { WorldloomError } from "../../core/errors.ts";
import { PAGE_BYTES } from "../../native/memory.ts";
import type { Budget } from "../budget.ts";
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
import { type ScriptFault, ScriptStop } from "../fault.ts";
import type { ScriptValue } from "../value.ts";
import { Call } from "./call.ts";
import { WasmChunk } from "./chunk.ts";
import { Guest } from "./guest.ts";
import { Image } from "./image.ts";
import { printValue } from "./json.ts";
import { dueRows, Lists, listColumns, type Rows, rowsOf } from "./lists.ts";
import { wrong } from "./manifest.ts";
import { type } from "./opcode.ts";
import { outOfFuel, Trap, tooMuchMemory, trapOf } from "./trap.ts";

/** A program that is loaded: its guest, and where its lists go. */
interface Program {
  readonly chunk: WasmChunk;
  readonly lists: Lists;
  guest: Guest;
  /** Whether the image was overwritten since the guest was in step with it. */
  stale: boolean;
}

/**
 * The guests of one domain. What they hold lies in an {@link Image}: each call ends with a copy into it, and one that fails
 * with a copy out of it, at 0.05 ms for each megabyte. Budgets are counted by the instrumented modules; there is no watchdog
 * beside them, as fuel is charged for all that takes time.
 */
export class WasmDomain implements ScriptDomain {
  readonly name: string;
  readonly unit = "batch";
  readonly globals = new Uint8Array(0);
  fault: ScriptFault | undefined;
  readonly #options: DomainOptions;
  readonly #call: Call;
  #image = new Image();
  /** By number, from 1. */
  #programs: (Program | undefined)[] = [];
  #usedInTick = 0;
  #used = 0;

  constructor(options: DomainOptions) {
    this.name = options.name;
    this.#options = options;
    this.#call = new Call(options, (guest, cost) => this.#charge(guest, cost));
  }

  get bytes(): Uint8Array<ArrayBufferLike> {
    return this.#image.bytes;
  }

  resize(bytes: number): void {
    this.#image = new Image(bytes);
  }

  restored(_chunks: readonly ScriptChunk[]): void {
    this.#image.verify();
    const before = this.#programs.filter((program) => program !== undefined);
    this.#programs = [];
    for (let number = 1; number <= this.#image.programs; number++) {
      const { name, hash } = this.#image.program(number);
      const kept = before.find(({ chunk }) => chunk.name === name && chunk.hash === hash);
      if (kept !== undefined) this.#programs[number] = { ...kept, stale: true };
    }
  }

  reset(): void {
    this.#image = new Image();
    this.#programs = [];
    this.#usedInTick = 0;
    this.fault = undefined;
  }

  load(chunk: ScriptChunk, access: readonly AccessLayout[]): number {
    if (!(chunk instanceof WasmChunk))
      throw wrong(chunk.file, `was compiled by engine ${chunk.engine}, not by this one`);
    const lists = new Lists(listColumns(chunk, access));
    const number = this.#image.find(chunk.name);
    const held = this.#programs[number];
    if (number > 0 && this.#image.program(number).hash === chunk.hash) {
      const guest = held?.guest ?? this.#start(chunk);
      this.#programs[number] = { chunk, lists, guest, stale: held?.stale ?? true };
      return number;
    }
    const guest = this.#start(chunk);
    const { pages, globalCount: globals } = guest;
    const placed = this.#image.place(number, {
      name: chunk.name,
      hash: chunk.hash,
      pages,
      globals,
      listsAt: 0,
      listsBytes: 0,
    });
    guest.save(this.#image, placed);
    this.#programs[placed] = { chunk, lists, guest, stale: false };
    return placed;
  }

  instantiate(program: number, row: EntityRow): Outcome {
    this.#program(program);
    return { ok: true, value: this.#image.addInstance(program, row.entity) };
  }

  discard(instance: number): void {
    this.#image.removeInstance(instance);
  }

  instances(): Int32Array {
    return this.#image.instances();
  }

  instancesOf(program: number): number {
    return this.#image.instancesOf(program);
  }

  beginTick(_tick: number): void {
    this.#usedInTick = 0;
  }

  /** All due rows are one transaction: where it fails none of them was called, and the result is `count` all the same. */
  update(program: number, batch: UpdateBatch, from: number, dt: number): number {
    this.fault = undefined;
    const { guest, chunk } = this.#program(program);
    const name = chunk.module.names.hooks.onUpdate!;
    if (!chunk.module.functions.has(name)) return batch.count;
    const rows = dueRows(batch, from);
    if (rows.count === 0) return batch.count;
    const trap = this.#run(program, rows, [], (lists) => guest.call(name, rows.count, dt, lists));
    if (trap instanceof Trap) this.fault = trap.fault(chunk.name, rows.count === 1 ? rows.entities[0]! : 0);
    return batch.count;
  }

  call(program: number, _instance: number, row: EntityRow, name: string, values: readonly ScriptValue[]): Outcome {
    const { guest, chunk } = this.#program(program);
    const { hooks } = chunk.module.names;
    const hook = Object.hasOwn(hooks, name) ? hooks[name as keyof typeof hooks] : undefined;
    const parameters = chunk.module.functions.get(hook ?? name);
    if (parameters === undefined) return { ok: true, value: undefined };
    const result = this.#run(program, rowsOf(row), textsOf(name, values), (lists, ...texts) => {
      if (hook !== undefined && hook === hooks.onUpdate) return guest.call(hook, 1, Number(values[0] ?? 0), lists);
      if (hook !== undefined) return guest.call(hook, 1, lists, ...texts);
      return guest.call(name, ...parameters.map((kind, i) => numberOf(values[i], kind)));
    });
    if (result instanceof Trap) return { ok: false, fault: result.fault(chunk.name, row.entity) };
    return { ok: true, value: scriptValue(result) };
  }

  /** Guests have no tasks. */
  resume(): Outcome {
    return { ok: true, value: undefined };
  }

  takeWaits(): readonly Wait[] {
    return [];
  }

  inspect(): DomainInspection {
    const programs = Array.from({ length: this.#image.programs }, (_, p) => this.#image.program(p + 1).name);
    const instances = this.#image.instances().length / 3;
    return { memoryBytes: this.bytes.length, instances, tasks: 0, programs, instructions: this.#used };
  }

  dispose(): void {
    this.#programs = [];
  }

  /** Throws `script-invalid` where it cannot start, or needs more memory than the domain has left. */
  #start(chunk: WasmChunk): Guest {
    const { budget } = this.#options;
    const guest = startGuest(chunk, this.#call, budget);
    const bytes = this.#bytesWith(guest, chunk.name);
    if (bytes <= budget.memoryBytes) return guest;
    throw wrong(
      chunk.file,
      `with it the memories of its domain have ${bytes} bytes, but may have ${budget.memoryBytes}`,
    );
  }

  /** Bytes of the memories of a program that has this guest, and of all others. */
  #bytesWith(guest: Guest, name: string): number {
    let pages = guest.pages;
    for (let number = 1; number <= this.#image.programs; number++) {
      const other = this.#image.program(number);
      if (other.name !== name) pages += other.pages;
    }
    return pages * PAGE_BYTES;
  }

  /** The program of a number, its guest in step with the image. */
  #program(number: number): Program {
    const program = this.#programs[number];
    if (program === undefined) {
      throw new WorldloomError("script-unknown", `Domain ${this.name} has no program ${number}; load it first.`, {
        number,
      });
    }
    if (program.stale) this.#restore(program, number);
    return program;
  }

  #restore(program: Program, number: number): void {
    if (!program.guest.load(this.#image, number)) {
      program.guest = this.#start(program.chunk);
      program.guest.load(this.#image, number);
    }
    program.stale = false;
  }

  /** One transaction: rows in, the call, what it wrote checked and copied out. The guest is as before if it fails. */
  #run(
    number: number,
    rows: Rows,
    texts: readonly Uint8Array[],
    body: (lists: number, ...texts: number[]) => number | bigint | undefined,
  ): number | bigint | undefined | Trap {
    const program = this.#program(number);
    const { guest, lists } = program;
    const { budget, host } = this.#options;
    const ofCall = Math.min(budget.instructions * rows.count, FUEL_MAX);
    const ofTick = budget.instructionsPerTick - this.#usedInTick;
    const kind = ofCall <= ofTick ? "instructions" : "instructionsPerTick";
    const fuel = Math.min(ofCall, ofTick);
    if (fuel <= 0) return outOfFuel("instructionsPerTick");
    this.#call.begin(rows.entities, kind);
    guest.arm(fuel, depthOf(budget.stack));
    try {
      const { alloc, owned } = program.chunk.module.names;
      const places = owned ? texts.flatMap((text) => guest.give(text)) : [];
      const at = this.#room(guest, alloc, lists.need(rows.count, textBytes(texts)));
      let place = at === 0 ? 0 : lists.copyIn(rows, at, guest.memory, guest.copies);
      for (const text of owned ? [] : texts) {
        guest.memory.u8.set(text, place);
        places.push(place, text.length);
        place += text.length;
      }
      const result = body(at, ...places);
      if (
        guest.pages > this.#image.pagesOf(number) &&
        this.#bytesWith(guest, program.chunk.name) > budget.memoryBytes
      ) {
        throw tooMuchMemory();
      }
      if (at !== 0) {
        const wrongs = lists.check(at, rows, guest.memory, guest.copies, (id) => host.text(id));
        if (wrongs !== "") throw new Trap("error", wrongs);
        lists.copyOut(at, rows, guest.memory, guest.copies);
      }
      this.#spend(fuel - guest.fuel);
      guest.save(this.#image, number);
      return result;
    } catch (error) {
      this.#spend(fuel - Math.max(guest.fuel, 0));
      const reasons = guest.why;
      this.#restore(program, number);
      return trapOf(error, reasons, kind);
    } finally {
      this.#call.begin(undefined);
    }
  }

  /** Memory for lists, asked of the guest where what it gave before is too little. 0 where the guest has no lists. */
  #room(guest: Guest, alloc: string, bytes: number): number {
    if (!guest.has(alloc)) return 0;
    if (guest.listsBytes < bytes) {
      let wanted = LISTS_BYTES;
      while (wanted < bytes) wanted *= 2;
      const at = (guest.call(alloc, wanted) as number) >>> 0;
      if (at === 0 || at % 8 !== 0 || at + wanted > guest.memory.u8.length) {
        throw new Trap("memory", `${alloc} gave no memory for ${wanted} bytes of lists`);
      }
      guest.memory.u8.fill(0, at, at + wanted);
      guest.listsAt = at;
      guest.listsBytes = wanted;
    }
    return guest.listsAt;
  }

  #spend(fuel: number): void {
    this.#usedInTick += fuel;
    this.#used += fuel;
  }

  #charge(guest: Guest, cost: number): void {
    const left = guest.fuel - cost;
    guest.fuel = Math.max(left, -1);
    if (left < 0) {
      const { kind, message } = outOfFuel(this.#call.kind);
      throw new ScriptStop(kind, message);
    }
  }
}

/** A guest that ran what its module starts with, without the host. Throws `script-invalid`. */
export function startGuest({ file, module }: WasmChunk, call: Call, budget: Budget): Guest {
  let guest: Guest | undefined;
  call.begin(undefined);
  try {
    guest = new Guest(module, call);
    guest.arm(Math.min(budget.instructions, FUEL_MAX), depthOf(budget.stack));
    for (const name of module.starts) guest.call(name);
    return guest;
  } catch (error) {
    throw wrong(file, `cannot start: ${trapOf(error, guest?.why ?? 0, "instructions").message}`);
  }
}

/** The least that a guest is asked for. */
const LISTS_BYTES = 65_536;
const FUEL_MAX = 0x7fff_ffff;
/** V8 has room for 3,900 of these units in the worst case, functions full of vectors; the host needs some itself. */
const DEPTH_MAX = 2_500;
const encoder = new TextEncoder();

function depthOf(stack: number): number {
  return Math.min(stack, DEPTH_MAX);
}

/** The texts behind the lists: of an event its name and its fields. */
function textsOf(name: string, values: readonly ScriptValue[]): readonly Uint8Array[] {
  if (name !== "onEvent") return [];
  return [encoder.encode(String(values[0] ?? "")), encoder.encode(printValue(values[1]))];
}

function textBytes(texts: readonly Uint8Array[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

/** A value as a parameter of that type; one that is left out is 0. */
function numberOf(value: ScriptValue = 0, kind: number): number | bigint {
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean")
    throw new Trap("error", "functions of WebAssembly take numbers and booleans alone");
  if (kind !== type.i64) return Number(value);
  if (typeof value !== "number") return BigInt(value);
  if (Number.isInteger(value)) return BigInt(value);
  throw new Trap("error", `this function of WebAssembly takes an integer, not ${value}`);
}

function scriptValue(result: number | bigint | undefined): ScriptValue {
  if (typeof result !== "bigint") return result;
  const number = Number(result);
  return Number.isSafeInteger(number) ? number : result;
}
