import { PAGE_BYTES } from "../../native/memory.ts";
import { type WasmMemory, wasm } from "../../native/wasm.ts";
import { ScriptError, type ScriptHost } from "../host.ts";
import { type GuestNames, type HostFunction, REALLOC } from "./abi.ts";
import { type Copies, copiesBetween } from "./copies.ts";
import type { Image } from "./image.ts";
import { GLOBAL_PREFIX } from "./instrument.ts";
import { type Exchange, flatResult, GuestMemory, liftArguments, storeResult } from "./values.ts";

/** A module that was checked and instrumented, and what it is linked to. */
export interface GuestModule {
  readonly module: object;
  readonly names: GuestNames;
  readonly imports: readonly { readonly module: string; readonly name: string; readonly host: HostFunction }[];
  /** Functions that it exports for hosts to call: the types of their parameters, which like their results are numbers. */
  readonly functions: ReadonlyMap<string, readonly number[]>;
  /** Functions to call once before all others. */
  readonly starts: readonly string[];
}

/** What guests may ask of the call that is going on. */
export interface GuestCall {
  readonly host: ScriptHost;
  /** Takes one from the host calls. Throws past the budget. */
  countHostCall(): void;
  /** Takes fuel for what the host does. Throws past the budget. */
  charge(guest: Guest, cost: number): void;
  /** The entities of the call, or none while a module starts. */
  readonly entities: Int32Array | undefined;
  /** For which of them the functions of the API are called. */
  row: number;
}

type GuestFunction = (...numbers: (number | bigint)[]) => number | bigint | undefined;

interface WasmGlobal {
  value: number | bigint;
}

/** An instance of a module, in step with its part of an image. */
export class Guest {
  readonly memory: GuestMemory;
  readonly copies: Copies;
  /** Counts down to below zero; what is left after a call was not used. */
  readonly #fuel: WasmGlobal;
  readonly #depth: WasmGlobal;
  readonly #why: WasmGlobal;
  readonly #globals: readonly WasmGlobal[];
  #allocating = false;
  readonly #exports: Readonly<Record<string, unknown>>;
  /** Where its lists are in its memory. */
  listsAt = 0;
  listsBytes = 0;

  /** Links a module; nothing of it runs yet. */
  constructor({ module, imports }: GuestModule, call: GuestCall) {
    const linked: Record<string, Record<string, unknown>> = {};
    for (const item of imports) {
      linked[item.module] ??= {};
      linked[item.module]![item.name] = hostImport(item.host, call, () => this);
    }
    this.#exports = new wasm.Instance(module, linked).exports;
    this.#fuel = this.#exports["fuel"] as WasmGlobal;
    this.#depth = this.#exports["depth"] as WasmGlobal;
    this.#why = this.#exports["why"] as WasmGlobal;
    const globals: WasmGlobal[] = [];
    while (this.#exports[`${GLOBAL_PREFIX}${globals.length}`] !== undefined) {
      globals.push(this.#exports[`${GLOBAL_PREFIX}${globals.length}`] as WasmGlobal);
    }
    this.#globals = globals;
    this.memory = new GuestMemory(this.#exports["memory"] as WasmMemory);
    this.copies = copiesBetween(call.host.memory, this.memory.memory);
  }

  get pages(): number {
    return this.memory.u8.length / PAGE_BYTES;
  }

  get globalCount(): number {
    return this.#globals.length;
  }

  get fuel(): number {
    return this.#fuel.value as number;
  }

  set fuel(value: number) {
    this.#fuel.value = value;
  }

  /** Why it was stopped: bits. */
  get why(): number {
    return this.#why.value as number;
  }

  /** To be called before each call from outside. */
  arm(fuel: number, depth: number): void {
    this.#fuel.value = fuel;
    this.#depth.value = depth;
    this.#why.value = 0;
  }

  has(name: string): boolean {
    return typeof this.#exports[name] === "function";
  }

  call(name: string, ...numbers: (number | bigint)[]): number | bigint | undefined {
    return (this.#exports[name] as GuestFunction)(...numbers);
  }

  /** Memory for a result, that the guest owns. */
  allocate(bytes: number, align: number): number {
    this.#allocating = true;
    try {
      return this.call(REALLOC, 0, 0, align, bytes) as number;
    } finally {
      this.#allocating = false;
    }
  }

  /** Gives it a text: place and bytes. */
  give(text: Uint8Array): [place: number, bytes: number] {
    if (text.length === 0) return [1, 0];
    const place = this.memory.place(this.allocate(text.length, 1), text.length, 1);
    this.memory.u8.set(text, place);
    return [place, text.length];
  }

  /** While it is asked for memory: calls of the host from there could nest without end. */
  get allocating(): boolean {
    return this.#allocating;
  }

  /** Writes memory and globals to the image. Lists are zeros from then on. */
  save(image: Image, program: number): void {
    const { listsAt, listsBytes } = this;
    if (listsBytes > 0) this.copies.fill(listsAt, listsBytes);
    if (image.pagesOf(program) !== this.pages) image.setPages(program, this.pages);
    const at = image.memoryAt(program);
    if (!image.hasLists(program, listsAt, listsBytes)) {
      image.setLists(program, listsAt, listsBytes);
      image.bytes.fill(0, at + listsAt, at + listsAt + listsBytes);
    }
    const { u8 } = this.memory;
    image.bytes.set(u8.subarray(0, listsAt), at);
    image.bytes.set(u8.subarray(listsAt + listsBytes), at + listsAt + listsBytes);
    const view = new DataView(image.bytes.buffer, image.globalsAt(program));
    this.#globals.forEach(({ value }, i) => {
      if (typeof value === "bigint") view.setBigInt64(i * 8, value, true);
      else view.setFloat64(i * 8, Number.isNaN(value) ? Number.NaN : value, true);
    });
  }

  /** Takes memory and globals from the image. False where it cannot: memory does not shrink. */
  load(image: Image, program: number): boolean {
    const { pages, listsAt, listsBytes } = image.program(program);
    if (pages < this.pages) return false;
    if (pages > this.pages) this.memory.memory.grow(pages - this.pages);
    const at = image.memoryAt(program);
    this.memory.u8.set(image.bytes.subarray(at, at + pages * PAGE_BYTES));
    const view = new DataView(image.bytes.buffer, image.globalsAt(program));
    this.#globals.forEach((global, i) => {
      if (typeof global.value === "bigint") global.value = view.getBigInt64(i * 8, true);
      else global.value = view.getFloat64(i * 8, true);
    });
    this.listsAt = listsAt;
    this.listsBytes = listsBytes;
    return true;
  }
}

/** A function of the host as a guest imports it. */
function hostImport(host: HostFunction, call: GuestCall, guest: () => Guest): GuestFunction {
  const { definition, index, ret, name } = host;
  const exchange: Exchange = {
    get memory() {
      return guest().memory;
    },
    charge: (bytes) => call.charge(guest(), bytes),
    allocate: (bytes, align) => guest().allocate(bytes, align),
  };
  const run = (entities: Int32Array, numbers: readonly (number | bigint)[]): number | bigint | undefined => {
    if (definition === undefined) {
      const row = Number(numbers[0]) >>> 0;
      if (row >= entities.length) throw new ScriptError(`row ${row} is not among the ${entities.length} of this call`);
      call.row = row;
      return undefined;
    }
    const value = call.host.call(index, entities[call.row]!, liftArguments(definition, numbers, exchange));
    if (!ret) return flatResult(definition.returns, value);
    storeResult(definition, value, Number(numbers.at(-1)), exchange);
    return undefined;
  };
  return (...numbers) => {
    call.countHostCall();
    if (call.entities === undefined) throw new ScriptError(`${name} cannot be called while a module starts`);
    if (guest().allocating) throw new ScriptError(`${name} cannot be called from ${REALLOC}`);
    try {
      return run(call.entities, numbers);
    } catch (error) {
      // Errors that the host found have the function's name already; pointers and texts that are wrong do not.
      if (error instanceof ScriptError && !/^\w+\.\w+:/.test(error.message))
        error.message = `${name}: ${error.message}`;
      throw error;
    }
  };
}
