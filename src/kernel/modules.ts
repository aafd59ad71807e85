import { type Component, layoutOf } from "../ecs/component.ts";
import type { Memory } from "../native/memory.ts";
import { wasm } from "../native/wasm.ts";
import { type Bindings, bindingsOf } from "./binding.ts";
import { compileBest, makesWide } from "./compile.ts";
import { emitModule, emitsWide, relaxedSimd } from "./emit/emit.ts";
import { type Frame, frameOf } from "./frame.ts";
import { lower } from "./front/lower.ts";
import type { Declaration, Lowered } from "./lowered.ts";

/** A compiled program over one memory: runs the `count` chunks of a list. */
export type Code = (list: number, count: number, frame: number) => void;

/** What has been made of declarations with equal content: shared by all kernels and worlds of the process. */
export class Unit {
  readonly lowered: Lowered;
  readonly frame: Frame;
  /** Whether the program visits neighbours. */
  readonly near: boolean;
  readonly #components: readonly Component[];
  readonly #bindings: (Bindings | undefined)[] = [];
  /** The parameter of each buffer. */
  readonly parameterOf: Int32Array;
  readonly #offsets: (Int32Array | undefined)[] = [];
  readonly #modules = new Map<string, object>();
  /** Kinds of memory and chunks whose modules have the engine's best code. */
  readonly #improved = new Set<string>();
  #code = new WeakMap<Memory, (Code | undefined)[]>();

  constructor(declaration: Declaration) {
    this.lowered = lower(declaration);
    const { program } = this.lowered;
    this.frame = frameOf(program);
    this.near = program.nodes.some(({ op }) => op === "result");
    this.#components = declaration.parameters.map(({ component }) => component);
    this.parameterOf = Int32Array.from(this.lowered.buffers, ({ parameter }) => parameter);
  }

  /** Where each buffer starts in its block of `capacity` rows, in bytes. */
  offsets(capacity: number): Int32Array {
    const slot = 31 - Math.clz32(capacity);
    this.#offsets[slot] ??= Int32Array.from(
      this.lowered.buffers,
      ({ parameter, column }) => layoutOf(this.#components[parameter]!, capacity).offsets[column]!,
    );
    return this.#offsets[slot];
  }

  /** How chunks of `2 ** shift` rows, and smaller ones, lead to buffers. */
  bindings(shift: number): Bindings {
    this.#bindings[shift] ??= bindingsOf(this.#components, this.lowered, shift);
    return this.#bindings[shift];
  }

  /** The code for `full` chunks of `2 ** shift` rows, or for smaller ones. Compiled once, instantiated once a memory. */
  code(memory: Memory, shift: number, full: boolean): Code {
    let made = this.#code.get(memory);
    if (made === undefined) {
      made = [];
      this.#code.set(memory, made);
    }
    // The code for smaller chunks has no sizes in it.
    const slot = full ? shift : 0;
    made[slot] ??= this.#instance(memory, shift, full);
    return made[slot];
  }

  /** The module of that code, which imports the memory as "m" "m" and exports `run`. */
  module(shared: boolean, shift: number, full: boolean): object {
    const key = keyOf(shared, shift, full);
    let module = this.#modules.get(key);
    if (module === undefined) {
      module = new wasm.Module(this.#emit(shared, shift, full));
      this.#modules.set(key, module);
    }
    return module;
  }

  /**
   * Compiles the modules for such a memory and chunks again, by the engine's best compiler, unless that was done. Code that was
   * asked for before stays as it is. Says whether they were made now with vectors of 256 bits.
   */
  improve(shared: boolean, shift: number): boolean {
    const known = `${shared} ${shift}`;
    if (this.#improved.has(known)) return false;
    this.#improved.add(known);
    const isWide = makesWide() && emitsWide(this.lowered.program);
    this.#replace(shared, shift, isWide ? "wide" : "narrow");
    return isWide;
  }

  /** The same with vectors of 128 bits, in any case. */
  narrow(shared: boolean, shift: number): void {
    this.#improved.add(`${shared} ${shift}`);
    this.#replace(shared, shift, "narrow");
  }

  #replace(shared: boolean, shift: number, best: "wide" | "narrow"): void {
    for (const full of [true, false]) {
      const bytes = this.#emit(shared, shift, full, best);
      this.#modules.set(keyOf(shared, shift, full), compileBest(bytes, best === "wide"));
    }
    this.#code = new WeakMap();
  }

  #emit(shared: boolean, shift: number, full: boolean, best?: "wide" | "narrow"): Uint8Array<ArrayBuffer> {
    const binding = full ? this.bindings(shift).full : this.bindings(shift).part;
    const options = { shared, relaxed: relaxedSimd(), wide: best === "wide", best: best !== undefined };
    return emitModule(this.lowered.program, [{ name: "run", binding }], options);
  }

  #instance(memory: Memory, shift: number, full: boolean): Code {
    const module = this.module(memory.shared, shift, full);
    return new wasm.Instance(module, { m: { m: memory.wasm } }).exports.run as Code;
  }
}

function keyOf(shared: boolean, shift: number, full: boolean): string {
  return `${shared} ${full ? shift : "part"}`;
}

const units = new Map<string, Unit>();

/** The unit of a declaration; made once for each content. Throws `kernel-source`. */
export function unitOf(declaration: Declaration): Unit {
  const key = contentOf(declaration);
  let unit = units.get(key);
  if (unit === undefined) {
    unit = new Unit(declaration);
    units.set(key, unit);
  }
  return unit;
}

/** Everything that decides what a declaration is lowered to. */
function contentOf(declaration: Declaration): string {
  const { name, source, parameters, uniforms, constants, components, events, resources, functions } = declaration;
  const rest = JSON.stringify([
    name,
    parameters.map(({ component, write }) => [component.signature, write]),
    uniforms,
    // JSON would take NaN, infinities and -0 for others. Lists have a length, which enumerations lack.
    Object.entries(constants).map(([key, value]) => [
      key,
      Array.isArray(value),
      typeof value === "object" ? Object.entries(value).map(([word, of]) => [word, spelled(of)]) : spelled(value),
    ]),
    components.map(({ signature }) => signature),
    events.map(({ component, lifetime }) => [component.signature, lifetime]),
    resources.map(({ component }) => component.signature),
    // JSON leaves functions out, these are some with properties.
    functions.map((call) => [call.name, call.source]),
  ]);
  // In JSON there are no line ends, so the last one is where the source ends. It is long, and quoting it takes time.
  return `${source}\n${rest}`;
}

function spelled(value: number | boolean | string): string {
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : String(value);
}
