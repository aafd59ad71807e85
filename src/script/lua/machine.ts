import { assert } from "../../core/errors.ts";
import { wasm } from "../../native/wasm.ts";
import { ScriptStop } from "../fault.ts";
import { MORE_SLOT } from "./bridge-layout.ts";
import { luaWhy } from "./build.ts";
import { FIRST_PAGES, type LuaExports, luaModule, probedModule, type WasmGlobal } from "./glue.ts";
import { PROBE_SLOT, type Probe, plainFunction, tableFunction } from "./probe.ts";

const PAGE_BYTES = 65_536;
const GROWTH = 32;
const GROWTH_BYTES_MIN = 4 * PAGE_BYTES;

/** What the counters of a call are given at once; when that is used up the owner of the machine is asked. */
export interface Slices {
  readonly fuel: number;
  readonly work: number;
}
/** About a millisecond. */
const SLICES: Slices = { fuel: 1 << 16, work: 1 << 18 };
export const WHOLE: Slices = { fuel: 0x7fff_ffff, work: 0x7fff_ffff };

/**
 * One WebAssembly instance of Lua: its memory and what it imports. What runs in it and how long is up to its owner. It has
 * no clock, no randomness, no files; what the C library asks for is denied.
 */
export class Machine {
  readonly lua: LuaExports;
  /** Most bytes that its memory grows to. */
  limitBytes = FIRST_PAGES * PAGE_BYTES;
  /** Called about once a millisecond while something runs; what it throws ends that. */
  look: () => void = () => {};
  /** Machines that are looked at count without a break. */
  readonly slices: Slices;
  #bytes: Uint8Array<ArrayBufferLike>;
  #words: Int32Array<ArrayBufferLike>;
  #numbers: Float64Array<ArrayBufferLike>;
  /** What looks at it. */
  readonly probe: Probe | undefined;
  readonly #invoked: ((a: number, b: number) => number)[] = [];
  /** What was left when memory was refused last, -1 if it was not. */
  #fuelRefused = -1;

  constructor(probe?: Probe) {
    this.probe = probe;
    const module = probe === undefined ? luaModule().module : probedModule();
    const { exports } = new wasm.Instance(module, this.#imports());
    this.lua = exports as unknown as LuaExports;
    this.slices = probe === undefined ? SLICES : WHOLE;
    const { __indirect_function_table: table } = this.lua;
    table.grow(MORE_SLOT + 1 - table.length);
    table.set(
      MORE_SLOT,
      plainFunction(() => this.#bringMore()),
    );
    if (probe !== undefined) {
      table.set(
        PROBE_SLOT,
        tableFunction((thread, call, next) => probe.step(thread, call, next)),
      );
    }
    this.#bytes = new Uint8Array(0);
    this.#words = new Int32Array(0);
    this.#numbers = new Float64Array(0);
    this.refresh();
    this.lua.__wasm_call_ctors();
  }

  /** Views of the memory; it moves when it grows. */
  get bytes(): Uint8Array<ArrayBufferLike> {
    if (this.#bytes.length === 0) this.refresh();
    return this.#bytes;
  }

  get words(): Int32Array<ArrayBufferLike> {
    if (this.#words.length === 0) this.refresh();
    return this.#words;
  }

  get numbers(): Float64Array<ArrayBufferLike> {
    if (this.#numbers.length === 0) this.refresh();
    return this.#numbers;
  }

  /** Before a call from outside: what it may use, and that nothing is wrong yet. */
  arm(fuel: number, work: number, stack: number): void {
    const { lua } = this;
    give(lua.fuel, lua.fuelMore, fuel, this.slices.fuel);
    give(lua.work, lua.workMore, work, this.slices.work);
    lua.why.value = 0;
    lua.stackMax.value = stack;
    this.#fuelRefused = -1;
  }

  /** Instructions that the call which was armed has left. */
  get fuelLeft(): number {
    const { fuel, fuelMore } = this.lua;
    return Math.max(0, fuel.value + fuelMore.value);
  }

  #bringMore(): void {
    const { fuel, fuelMore, work, workMore } = this.lua;
    this.look();
    if (work.value < 0) give(work, workMore, work.value + workMore.value, this.slices.work);
    if (fuel.value >= 0) return;
    give(fuel, fuelMore, fuel.value + fuelMore.value, this.slices.fuel);
    this.#fuelRefused = -1;
  }

  /** Makes the memory that many bytes long, which must not be less than it is. */
  grow(bytes: number): void {
    const pages = bytes / PAGE_BYTES - this.bytes.length / PAGE_BYTES;
    assert(pages >= 0 && Number.isInteger(pages), "A memory grows by whole pages.");
    if (pages > 0) this.lua.memory.grow(pages);
    this.refresh();
  }

  /** Copies an image of at most the memory's length into it. */
  copy(image: Uint8Array<ArrayBufferLike>): void {
    const bytes = this.bytes;
    bytes.set(image);
    if (bytes.length > image.length) bytes.fill(0, image.length);
  }

  private refresh(): void {
    const { buffer } = this.lua.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
  }

  #imports(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    const env: Record<string, unknown> = {
      invoke_vii: (slot: number, a: number, b: number) => this.#invoke(slot, a, b),
      _emscripten_throw_longjmp: () => {
        // The build without a probe throws and catches itself, and then says so.
        if (this.probe === undefined) return this.#jumped();
        this.probe.thrown();
        throw LONG_JUMP;
      },
      emscripten_resize_heap: (bytes: number) => this.#resize(bytes >>> 0),
      abort: () => {
        // An error that nothing catches, as when values are handed over.
        this.#jumped();
        throw new ScriptStop(this.lua.why.value & luaWhy.memory ? "memory" : "trap", "Lua gave up");
      },
      exit: () => {
        throw new ScriptStop("trap", "Lua gave up");
      },
      emscripten_date_now: () => 0,
      _emscripten_get_now_is_monotonic: () => 1,
      strftime: () => 0,
      system: () => -1,
    };
    for (const name of ["_tzset_js", "_mktime_js", "_localtime_js", "_gmtime_js"]) env[name] = () => 0;
    for (const name of deniedCalls) env[name] = () => NOT_PERMITTED;
    const wasi: Record<string, unknown> = { environ_sizes_get: () => 0, environ_get: () => 0 };
    for (const name of ["fd_write", "fd_read", "fd_close", "fd_seek"]) wasi[name] = () => -NOT_PERMITTED;
    return { env, wasi_snapshot_preview1: wasi };
  }

  /**
   * C's `setjmp`: calls a function of the table; a `longjmp` of Lua's ends here, everything else goes on. If it is for memory
   * that was refused in the same instruction, the next one traps, so that nobody catches that error.
   */
  #invoke(slot: number, a: number, b: number): void {
    const { lua } = this;
    const pointer = lua.stackSave();
    try {
      (this.#invoked[slot] ??= lua.__indirect_function_table.get(slot)!)(a, b);
    } catch (thrown) {
      if (thrown !== LONG_JUMP) throw thrown;
      lua.stackRestore(pointer);
      lua.setThrew(1, 0);
      this.#jumped();
    }
  }

  /** After an error: if memory was refused in this very instruction, that was it. */
  #jumped(): void {
    const { lua } = this;
    if (this.#fuelRefused < 0 || this.#fuelRefused !== lua.fuel.value) return;
    lua.why.value |= luaWhy.memory;
    lua.fuel.value = 0;
    lua.fuelMore.value = 0;
  }

  /**
   * Makes the memory a little longer, or more until `wanted` bytes fit: all of it is compared in ticks that use it. Refused past
   * the limit: Lua then collects garbage, and tries once more.
   */
  #resize(wanted: number): number {
    const { lua } = this;
    const have = lua.memory.buffer.byteLength;
    const longer = Math.max(wanted, have + Math.max(have / GROWTH, GROWTH_BYTES_MIN));
    const bytes = Math.min(Math.ceil(longer / PAGE_BYTES) * PAGE_BYTES, this.limitBytes);
    if (bytes < wanted) {
      this.#fuelRefused = lua.fuel.value;
      return 0;
    }
    lua.memory.grow((bytes - have) / PAGE_BYTES);
    this.refresh();
    return 1;
  }
}

/** Sets a counter to at most a slice of an amount. */
function give(counter: WasmGlobal, more: WasmGlobal, amount: number, slice: number): void {
  const given = Math.min(amount, slice);
  counter.value = given;
  more.value = amount - given;
}

/** What C's `longjmp` throws: one object, as the trace of an error costs time and is of no use. */
const LONG_JUMP = { name: "longjmp" };
/** `EPERM` of WASI, negated as system calls of Linux give it. */
const NOT_PERMITTED = -63;
const deniedCalls = [
  "__syscall_openat",
  "__syscall_fcntl64",
  "__syscall_ioctl",
  "__syscall_dup3",
  "__syscall_unlinkat",
  "__syscall_rmdir",
  "__syscall_renameat",
  "__syscall_readlinkat",
];
