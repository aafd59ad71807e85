import { badArgument, expectInstance } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { applyCommands } from "../ecs/apply.ts";
import type { Commands } from "../ecs/commands.ts";
import type { RowInit, Schema } from "../ecs/component.ts";
import type { Lanes } from "../ecs/lanes.ts";
import { detachFields, markFields } from "../ecs/own-fields.ts";
import type { Query } from "../ecs/query.ts";
import type { Resource } from "../ecs/resource.ts";
import { SpatialIndex } from "../ecs/spatial-index.ts";
import type { World } from "../ecs/world.ts";
import { Call } from "./call.ts";
import { kernelChoice } from "./choice.ts";
import type { Kernel, RunOptions } from "./kernel.ts";
import type { Declaration, Effect } from "./lowered.ts";
import type { Unit } from "./modules.ts";
import { folded, inRange, putEffects, type Target } from "./outcome.ts";
import type { Uniform } from "./program.ts";

/** Where the result of a fold goes. */
interface Goal {
  readonly resource: Resource;
  readonly column: number;
}

/** Worlds in which effects may have NaN: kernels are tried there on numbers that they would never meet. */
export const lenient = new WeakSet<World>();

/** A kernel in one world. */
export class Runner {
  readonly #kernel: Kernel;
  readonly #world: World;
  readonly #query: Query;
  readonly #call: Call;
  /** Fields of the query whose columns are written. */
  readonly #written: readonly number[];
  readonly #targets: readonly Target[];
  readonly #goals: readonly Goal[];
  readonly #commands: Commands;
  readonly #isLenient: boolean;

  /** Throws `component-unknown`. */
  constructor(kernel: Kernel, unit: Unit, world: World) {
    const { schema } = world.core;
    const { parameters, events, resources } = kernel.declaration;
    const components = [...kernel.declaration.components, ...parameters.map(({ component }) => component)];
    const { buffers, gathers, effects, folds, program } = unit.lowered;
    this.#kernel = kernel;
    this.#world = world;
    this.#query = world.query(...kernel.terms) as unknown as Query;
    // Units are shared by kernels whose declarations look alike: what they refer to is found by name.
    const named = <T extends { readonly name: string }>(list: readonly T[], { name }: T): T =>
      list.find((one) => one.name === name)!;
    this.#call = new Call(
      world.core,
      unit,
      gathers.map(({ component, column }) => ({ id: schema.idOf(named(components, component)), column })),
      (matches) => markFields(matches, this.#written),
    );
    this.#written = [...new Set(program.stores.map(({ buffer }) => buffers[buffer]!.parameter))];
    this.#targets = effects.map((effect: Effect): Target => {
      if (effect.kind === "emit") {
        const fields = named(events, effect.event).component;
        return { kind: "emit", component: undefined, id: schema.idOf(fields, "event"), fields };
      }
      const component = effect.kind === "despawn" ? undefined : named(components, effect.component);
      if (component !== undefined) schema.idOf(component, "component");
      return { kind: effect.kind, component, id: -1, fields: undefined };
    });
    this.#goals = folds.map(({ resource, column }) => ({ resource: named(resources, resource), column }));
    for (const { resource } of this.#goals) schema.idOf(resource.component, "resource");
    this.#commands = world.commands();
    this.#isLenient = lenient.has(world);
  }

  /**
   * Puts commands into `queue`; without one they are applied at once, and a failure leaves the world as it was. Threads take
   * parts of it if there are `lanes`.
   */
  run(
    queue: Commands | undefined,
    uniforms: Readonly<Record<string, unknown>>,
    options: RunOptions,
    lanes: Lanes | undefined,
  ): void {
    const { core } = this.#world;
    this.#query.checkUse();
    checkUniforms(this.#kernel.declaration, uniforms);
    if (this.#call.near) this.#checkIndex(options.index);
    if (queue !== undefined) return this.#run(queue, uniforms, options, lanes);
    core.checkOpen(`Kernel ${this.#kernel.name}`);
    if (this.#targets.length + this.#goals.length === 0) return this.#run(this.#commands, uniforms, options, lanes);
    core.atomically(() => {
      this.#commands.clear();
      this.#run(this.#commands, uniforms, options, lanes);
      if (this.#commands.count > 0) applyCommands(core, [this.#commands], false);
    });
    core.observers.deliver();
  }

  #run(
    commands: Commands,
    uniforms: Readonly<Record<string, unknown>>,
    options: RunOptions,
    lanes: Lanes | undefined,
  ): void {
    const { matches } = this.#query;
    detachFields(matches, this.#written);
    const call = this.#call;
    call.run(matches, uniforms, options.index, options.interpreted ?? kernelChoice() === "interpreted", lanes);
    // Commands may use the memory in which results are.
    const results = this.#goals.length === 0 ? NONE : this.#goals.map((_, f) => folded(call, f));
    putEffects(call, this.#targets, commands, this.#isLenient);
    for (let f = 0; f < results.length; f++) {
      const { resource, column } = this.#goals[f]!;
      const { field, axis, kind } = resource.component.columns[column]!;
      const result = results[f]!;
      const value = inRange(kind, this.#isLenient && Number.isNaN(result) ? -1 : result);
      const values = { [field]: axis === undefined ? value : { [axis]: value } };
      commands.setResource(resource, values as RowInit<Schema>);
    }
  }

  #checkIndex(index: SpatialIndex | undefined): void {
    expectInstance(
      index,
      SpatialIndex,
      "index",
      `a spatial index, since kernel ${this.#kernel.name} visits neighbours`,
    );
    if (index!.world !== this.#world) {
      throw new WorldloomError(
        "bad-argument",
        `The index given to kernel ${this.#kernel.name} is of another world; build one for this world.`,
      );
    }
    index!.order();
  }
}

/** Throws `bad-argument` unless a kernel is given all of its uniforms, each of its type. */
export function checkUniforms({ name: kernel, uniforms }: Declaration, given: Readonly<Record<string, unknown>>): void {
  for (const name in uniforms) {
    const [type, value] = [uniforms[name]!, given[name]];
    if (!fits(type, value)) throw badArgument(`uniform ${name} of kernel ${kernel}`, value, `a ${WANTED[type]}`);
  }
}

const WANTED: Readonly<Record<Uniform["type"], string>> = {
  bool: "boolean",
  f32: "number",
  f64: "number",
  i32: "whole number from -2^31 to 2^31 - 1",
  u32: "whole number from 0 to 2^32 - 1",
};

/** Whether a value is one of a type, as it is. */
function fits(type: Uniform["type"], value: unknown): boolean {
  if (type === "bool") return typeof value === "boolean";
  if (type === "i32") return ((value as number) | 0) === value;
  return type === "u32" ? (value as number) >>> 0 === value : typeof value === "number";
}

const NONE: readonly number[] = [];
