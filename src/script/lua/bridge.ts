import { type WasmMemory, wasm } from "../../native/wasm.ts";
import type { AccessLayout, Column, EntityRow, UpdateBatch } from "../engine.ts";
import type { UndoLog } from "../undo.ts";
import { COLUMNS_MAX, FIRST_SLOT, scratch, slotNames } from "./bridge-layout.ts";
import { bridgeModule } from "./bridge-module.ts";
import { installMetatable, pushProxies } from "./bridge-proxy.ts";
import { Slow } from "./bridge-slow.ts";
import { LuaState } from "./bridge-state.ts";
import { type Slices, WHOLE } from "./machine.ts";

/** A VM and the world around it. */
export interface BridgeParts {
  /** Exports of the instance of Lua, instrumented or not. */
  readonly lua: Readonly<Record<string, unknown>>;
  readonly world: WasmMemory;
  readonly undo: UndoLog;
  /**
   * Behind each closure over the slot `host` with an integer as its upvalue: arguments are on the stack of `L`. Pushes results
   * and returns how many, or pushes an error and returns -1.
   */
  readonly call: (L: number, index: number) => number;
  readonly text: (id: number) => string;
  readonly intern: (text: string) => number;
  /** What the `work` of the build is set to before each row. */
  readonly work?: number;
  /** What counters are given at once. */
  readonly slices?: Slices;
  /** Called after each slice or so of what batches use. */
  readonly look?: () => void;
}

/** Where the functions of the bridge are in Lua's table, in each VM: what closures are made of. */
export const bridgeSlots = Object.fromEntries(slotNames.map((name, i) => [name, FIRST_SLOT + i])) as Readonly<
  Record<(typeof slotNames)[number], number>
>;

/**
 * Lets Lua read and write columns, and runs batches of rows, without JavaScript between: a module of WebAssembly beside the VM
 * that shares its memory, the world's and the undo log's. What it keeps between calls is in the VM's memory.
 */
export class Bridge {
  readonly #vm: LuaState;
  readonly #fuel: { value: number };
  readonly #fuelMore: { value: number };
  readonly #work: number;
  readonly #slices: Slices;
  readonly #scratch: WasmMemory;
  #words: Int32Array<ArrayBufferLike>;
  #doubles: Float64Array<ArrayBufferLike>;

  constructor({ lua, world, undo, call, text, intern, ...parts }: BridgeParts) {
    const { work = 0x7fffffff, slices = WHOLE, look = () => {} } = parts;
    this.#vm = new LuaState(lua);
    this.#work = work;
    this.#slices = slices;
    this.#fuel = (lua.fuel as { value: number } | undefined) ?? spareCounter();
    this.#fuelMore = (lua.fuelMore as { value: number } | undefined) ?? spareCounter();
    this.#scratch = new wasm.Memory({ initial: 1, maximum: SCRATCH_PAGES_MAX });
    this.#words = new Int32Array(this.#scratch.buffer);
    this.#doubles = new Float64Array(this.#scratch.buffer);
    let words = new Uint32Array(world.buffer);
    const slow = new Slow({
      vm: this.#vm,
      world: () => (words.buffer === world.buffer ? words : (words = new Uint32Array(world.buffer))),
      text,
      intern,
      program: () => this.#words[scratch.program >> 2]!,
      next: bridgeSlots.next,
      charge: (instructions) => {
        this.#fuel.value -= instructions;
      },
    });
    const instance = new wasm.Instance(bridgeModule(isShared(world)), {
      f: { ...lua, ask: slow.ask, call, look },
      m: { lua: lua.memory, world, undo: undo.memory, scratch: this.#scratch },
      g: {
        fuel: this.#fuel,
        fuelMore: this.#fuelMore,
        work: lua.work ?? spareCounter(),
        workMore: lua.workMore ?? spareCounter(),
      },
    });
    slow.functions = instance.exports as unknown as Slow["functions"];
    const table = lua.__indirect_function_table as FunctionTable;
    const missing = FIRST_SLOT + slotNames.length - table.length;
    if (missing > 0) table.grow(missing);
    for (const name of slotNames) table.set(bridgeSlots[name], instance.exports[name]);
    this.leave();
  }

  /** Makes what all proxies share. Once in a VM; its images have it then. */
  install(L: number): void {
    installMetatable(this.#vm, L, bridgeSlots);
  }

  /** Pushes a table of proxies, by the names of `access`. They mean the row of whichever call is going on. */
  declare(L: number, program: number, access: readonly AccessLayout[]): void {
    pushProxies(this.#vm, L, program, access);
  }

  /** From now on proxies of the program mean that row. */
  enter(program: number, row: EntityRow): void {
    this.#point(program, row.columns);
    const words = this.#words;
    words[scratch.row >> 2] = row.row;
    words[scratch.entity >> 2] = row.entity;
    words[scratch.serial >> 2]!++;
  }

  /** Has columns noted in the undo log again when they are next written. What it returns takes that back. */
  noteAnew(): () => void {
    const kept = this.#words.slice(0, scratch.rows >> 2);
    this.#words[scratch.serial >> 2]!++;
    return () => this.#words.set(kept);
  }

  /** From now on proxies mean nothing. */
  leave(): void {
    this.#words[scratch.program >> 2] = -1;
    this.#words[scratch.entity >> 2] = 0;
  }

  /**
   * Prepares a call of the slot `batch` or `each` for the rows from `from` on: each may use `perCall` instructions, all of them
   * `left`. `batch` gets a list of environments and one of selves, by instance, and the name of the function; `each` a
   * function, the number of a program and nil.
   */
  begin(program: number, batch: UpdateBatch, from: number, dt: number, perCall: number, left: number): void {
    const { count } = batch;
    this.#reserve(scratch.rows + 9 * count);
    this.#point(program, batch.columns);
    const words = this.#words;
    words[scratch.row >> 2] = from;
    words[scratch.count >> 2] = count;
    words[scratch.perCall >> 2] = perCall;
    words[scratch.left >> 2] = left;
    words[scratch.granted >> 2] = 0;
    words[scratch.work >> 2] = this.#work;
    words[scratch.fuelSlice >> 2] = this.#slices.fuel;
    words[scratch.workSlice >> 2] = this.#slices.work;
    words[scratch.tally >> 2] = 0;
    words[scratch.exhausted >> 2] = 0;
    this.#doubles[scratch.delta >> 3] = dt;
    const first = scratch.rows >> 2;
    words.set(batch.entities.subarray(0, count), first);
    words.set(batch.instances.subarray(0, count), first + count);
    new Uint8Array(this.#scratch.buffer).set(batch.due.subarray(0, count), scratch.rows + 8 * count);
  }

  /** The instances of the rows of a batch, as calls of the slot `each` have changed them. */
  readInstances(batch: UpdateBatch): void {
    const first = (scratch.rows >> 2) + batch.count;
    batch.instances.set(this.#words.subarray(first, first + batch.count));
  }

  /** The row that a batch was at when it ended: the count if nothing stopped it. */
  get row(): number {
    return this.#words[scratch.row >> 2]!;
  }

  /** The entity whose call is going on, or was the last one; 0 after {@link leave}. */
  get entity(): number {
    return this.#words[scratch.entity >> 2]!;
  }

  /** Whether a batch ended before {@link row} as the tick had no instructions left. */
  get exhausted(): boolean {
    return this.#words[scratch.exhausted >> 2] === 1;
  }

  /** Instructions of the tick that are left after a batch, however it ended. */
  get left(): number {
    const granted = this.#words[scratch.granted >> 2]!;
    const left = this.#words[scratch.left >> 2]!;
    return granted === 0 ? left : left - granted + Math.max(0, this.#fuel.value + this.#fuelMore.value);
  }

  #point(program: number, columns: readonly (readonly Column[])[]): void {
    const words = this.#words;
    words[scratch.program >> 2] = program;
    let at = scratch.bases >> 2;
    for (let i = 0; i < columns.length; i++) {
      const fields = columns[i]!;
      for (let j = 0; j < fields.length; j++) words[at++] = fields[j]!.byteOffset;
    }
    if (words[scratch.serial >> 2]! < SERIAL_MAX) return;
    words.fill(0, scratch.noted >> 2, (scratch.noted >> 2) + COLUMNS_MAX);
    words[scratch.serial >> 2] = 0;
  }

  #reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.#scratch.buffer.byteLength) / 65_536);
    if (missing <= 0) return;
    this.#scratch.grow(missing);
    this.#words = new Int32Array(this.#scratch.buffer);
    this.#doubles = new Float64Array(this.#scratch.buffer);
  }
}

/** Rows of a batch are far fewer. */
const SCRATCH_PAGES_MAX = 1024;
/** Calls after which their numbers start anew, before they would be negative. */
const SERIAL_MAX = 1 << 30;

interface FunctionTable {
  readonly length: number;
  set(index: number, value: unknown): void;
  grow(count: number): number;
}

function isShared(memory: WasmMemory): boolean {
  return Object.prototype.toString.call(memory.buffer) === "[object SharedArrayBuffer]";
}

/** For builds that count nothing. */
function spareCounter(): { value: number } {
  return new wasm.Global({ value: "i32", mutable: true }, 0x7fffffff);
}
