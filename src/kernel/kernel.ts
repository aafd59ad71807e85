import { badArgument, expectFlags, expectInstance, expectOptions, type Known } from "../core/argument.ts";
import { type Component, checkName } from "../ecs/component.ts";
import { SpatialIndex } from "../ecs/spatial-index.ts";
import { type Ordering, type System, type SystemContext, system } from "../ecs/system.ts";
import { type AnyOf, type Term, type Without, write } from "../ecs/term.ts";
import { World } from "../ecs/world.ts";
import { checkWhere, declare } from "./declare.ts";
import { type Explanation, explain } from "./explain.ts";
import type { Constant, Declaration } from "./lowered.ts";
import { type Unit, unitOf } from "./modules.ts";
import { checkUniforms, Runner } from "./runner.ts";
import type {
  KernelFunction,
  KernelRows,
  KernelScope,
  ReadonlyKernelRows,
  RowCall,
  UniformSchema,
  UniformValues,
  Use,
  WithUniforms,
} from "./scope.ts";
import { isExact, warm } from "./warm.ts";

type Constants = Readonly<Record<string, Constant>>;

export interface KernelOptions<
  W extends readonly Component[],
  R extends readonly Component[],
  U extends UniformSchema,
  C extends Constants,
  X extends readonly Use[],
> {
  /** Components that the row function may change: its first parameters. */
  readonly write?: W;
  /** Components that it reads: its next parameters. */
  readonly read?: R;
  /** What else entities must have or lack, such as tags and `without(...)`. */
  readonly where?: readonly (Component | Without | AnyOf)[];
  /** Numbers that are given with each run, at `k`: f32, f64, i32, u32 or bool. */
  readonly uniforms?: U;
  /** Numbers, booleans, enumerations and lists of numbers that are compiled in, at `k`. */
  readonly constants?: C;
  /** What it refers to besides: components of other entities, tags, events, resources, kernel functions. */
  readonly uses?: X;
  readonly doc?: string;
}

const KNOWN: Known<KernelOptions<never, never, never, never, never>> = {
  write: true,
  read: true,
  where: true,
  uniforms: true,
  constants: true,
  uses: true,
  doc: true,
};

export interface RunOptions {
  /** For `k.neighbours`: built before, over a query that has the kernel's entities. */
  readonly index?: SpatialIndex;
  /** Run the interpreter, the slow reference: the same bits. Default: `WORLDLOOM_KERNELS=interpreted`. */
  readonly interpreted?: boolean;
}

const RUN: Known<RunOptions> = { index: true, interpreted: true };

/** The uniforms of a tick. */
type Given<U extends UniformSchema> = UniformValues<U> | ((context: SystemContext) => UniformValues<U>);

/** How a kernel is run by a system, with uniforms for all ticks or a function that gives those of each. */
export type KernelSystemOptions<U extends UniformSchema> = Ordering & {
  /** As for {@link Kernel.run}. */
  readonly index?: RunOptions["index"];
  readonly interpreted?: RunOptions["interpreted"];
  /** Default: the name of the kernel. */
  readonly name?: string;
} & WithUniforms<U, { readonly uniforms: Given<U> }, { readonly uniforms?: Given<U> }>;

/** The uniforms and the options of a run. */
export type RunArguments<U extends UniformSchema> = WithUniforms<
  U,
  [uniforms: UniformValues<U>, options?: RunOptions],
  [uniforms?: UniformValues<U>, options?: RunOptions]
>;

/** The options of a system, which are needed where the kernel has uniforms. */
type SystemArguments<U extends UniformSchema> = WithUniforms<
  U,
  [options: KernelSystemOptions<U>],
  [options?: KernelSystemOptions<U>]
>;

const SYSTEM: Known<KernelSystemOptions<UniformSchema>> = {
  ...{ uniforms: true, index: true, interpreted: true, name: true, phase: true, before: true, after: true },
  ...{ when: true, every: true, offset: true, exclusive: true, gets: true, hears: true },
};

/** A row function, compiled. Made by {@link kernel}. */
export class Kernel<U extends UniformSchema = UniformSchema> {
  readonly is = "kernel";
  readonly name: string;
  readonly doc: string;
  /** The query that its rows come from. */
  readonly terms: readonly Term[];
  readonly declaration: Declaration;
  readonly #unit: Unit;
  readonly #runners = new WeakMap<World, Runner>();

  /** Throws `kernel-source`. */
  constructor(declaration: Declaration, where: readonly Term[], doc: string) {
    this.name = declaration.name;
    this.doc = doc;
    this.declaration = declaration;
    this.terms = [
      ...declaration.parameters.map(({ component, write: writes }) => (writes ? write(component) : component)),
      ...where,
    ];
    this.#unit = unitOf(declaration);
  }

  /**
   * Runs for every entity of the query. On a world, its commands are applied and its resources set when it is done; in a
   * system (given the context) they wait with the others. Throws `bad-argument`, `component-unknown`, `index-stale`, `arena-full`, and what the
   * commands throw.
   */
  run(on: World | SystemContext, ...given: RunArguments<U>): void;
  run(on: World | SystemContext, uniforms?: UniformValues<U>, options: RunOptions = {}): void {
    const context = on instanceof World ? undefined : (on as SystemContext);
    const world = on instanceof World ? on : context?.world;
    expectInstance(world, World, "on", "a world, or the context of a system");
    const values = (uniforms ?? {}) as Readonly<Record<string, unknown>>;
    expectOptions<object>(values, "uniforms", this.declaration.uniforms);
    expectOptions(options, "options", RUN);
    this.#runnerOf(world!).run(context?.commands, values, options, context?.lanes);
  }

  /** A system that runs the kernel. Throws `bad-argument`. */
  system(...options: SystemArguments<U>): System;
  system(options: KernelSystemOptions<UniformSchema> = {}): System {
    const of = `options of a system of kernel ${this.name}`;
    expectOptions<object>(options, of, SYSTEM);
    const { uniforms, name, index, interpreted, ...order } = options;
    if (index !== undefined) expectInstance(index, SpatialIndex, `index of ${of}`, "a spatial index");
    expectFlags(options, ["interpreted"], of);
    if (typeof uniforms !== "function") {
      expectOptions<object>(uniforms ?? {}, `uniforms of ${of}`, this.declaration.uniforms);
      checkUniforms(this.declaration, uniforms ?? {});
    }
    const run = { ...(index && { index }), ...(interpreted !== undefined && { interpreted }) };
    const { parameters, components, resources, events } = this.declaration;
    const gathered = new Set(this.#unit.lowered.gathers.map(({ component }) => component.name));
    const own = parameters.map(({ component }) => component).filter((one) => gathered.has(one.name));
    const made = system(name ?? this.name, {
      query: this.terms,
      reads: [...new Set([...components, ...own])],
      sets: resources,
      emits: events,
      ...order,
      doc: this.doc,
      run: (context) => {
        const values = typeof uniforms === "function" ? uniforms(context as SystemContext) : uniforms;
        (this as unknown as Kernel).run(context as SystemContext, values, run);
      },
    }) as unknown as System;
    kernels.set(made.run, this as unknown as Kernel);
    return made;
  }

  /**
   * Compiles for a world by the engine's best compiler, and runs on a small world of its own until what calls the code is as
   * fast as it gets, so that the first tick is as fast as the others. Takes some milliseconds. Kernels that were prepared may have
   * vectors of 256 bits; they are compared with the interpreter first. Throws `bad-argument`, `component-unknown`,
   * `arena-unsupported`, `arena-full`.
   */
  prepare(world: World): void {
    expectInstance(world, World, "world", "a world");
    const { arena, core } = world;
    const self = this as unknown as Kernel;
    const { shared } = arena.memory;
    const { shift } = core.store;
    if (this.#unit.improve(shared, shift) && !isExact(self, world)) {
      this.#unit.narrow(shared, shift);
      process.stderr.write(
        `worldloom: kernel ${this.name} runs with vectors of 128 bits, since wider ones gave other results (please report it with its source)\n`,
      );
    }
    warm(self, world);
    for (const full of [true, false]) this.#unit.code(arena.memory, core.store.shift, full);
    this.#runnerOf(world);
  }

  /**
   * The compiled `WebAssembly.Module`s that `run` passes to `SystemContext.lanes`, so that threads can be given them before:
   * for full chunks, and for smaller ones. None where the memory is not shared.
   */
  modules(world: World): readonly object[] {
    expectInstance(world, World, "world", "a world");
    const { core, arena } = world;
    const { shared } = arena.memory;
    return shared ? [true, false].map((full) => this.#unit.module(shared, core.store.shift, full)) : [];
  }

  /** Whether it has commands or reductions: then a run on a world changes more than columns. */
  get hasCommands(): boolean {
    const { effects, folds } = this.#unit.lowered;
    return effects.length + folds.length > 0;
  }

  /** The intermediate form, the code, and what it costs a row. */
  explain(): Explanation {
    return explain(this.declaration, this.#unit);
  }

  #runnerOf(world: World): Runner {
    let runner = this.#runners.get(world);
    if (runner === undefined) {
      runner = new Runner(this as unknown as Kernel, this.#unit, world);
      this.#runners.set(world, runner);
    }
    return runner;
  }
}

/**
 * A kernel: `row` is called, as it were, once for each entity that has the components, with a row of each of
 * `write` and `read` and, last, `k`. It is compiled from its source, so it sees nothing but its parameters. Throws `kernel-source`,
 * `bad-argument`, `bad-schema` for a bad name.
 */
export function kernel<
  const W extends readonly Component[] = [],
  const R extends readonly Component[] = [],
  const U extends UniformSchema = Record<never, never>,
  C extends Constants = Record<never, never>,
  const X extends readonly Use[] = [],
>(
  name: string,
  options: KernelOptions<W, R, U, C, X>,
  row: (...parameters: [...KernelRows<W>, ...ReadonlyKernelRows<R>, k: KernelScope<U, C, [...W, ...R, ...X]>]) => void,
): Kernel<U> {
  checkName(name, "kernel");
  expectOptions(options, "options", KNOWN);
  if (typeof row !== "function") throw badArgument("row", row, "a function");
  const { where = [], doc = "" } = options;
  checkWhere(name, where);
  return new Kernel<U>(declare(name, options, row), where, doc);
}

/** The kernel that a system runs, if it was made by {@link Kernel.system}. */
export function kernelOf(of: System): Kernel | undefined {
  return kernels.get(of.run);
}

/** By the body of the system: others may be made of it by copying. */
const kernels = new WeakMap<System["run"], Kernel>();

/**
 * A function that kernels can call when it is among their `uses`. It takes and gives numbers and booleans; of functions and
 * constants of the kernel it may call those by name, or as properties of a parameter to which the kernel passes its `k`.
 * Throws `bad-argument`, `bad-schema` for a bad name.
 */
export function kernelFunction<const Name extends string, F extends RowCall>(
  name: Name,
  call: F,
): KernelFunction<Name, F> {
  checkName(name, "kernel function");
  if (typeof call !== "function") throw badArgument("call", call, "a function");
  const made = (...values: never[]): number | boolean => call(...values);
  Object.defineProperty(made, "name", { value: name });
  return Object.assign(made, {
    is: "kernel-function",
    source: Function.prototype.toString.call(call),
  } as const) as unknown as KernelFunction<Name, F>;
}
