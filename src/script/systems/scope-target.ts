import type { Component } from "../../ecs/component.ts";
import type { Context } from "../../ecs/context.ts";
import { isRelation } from "../../ecs/relation.ts";
import { ScriptError } from "../host.ts";
import { knownNames, type ScriptTypes } from "./types.ts";

/** What a name means to scripts. */
export interface Target {
  readonly id: number;
  readonly component: Component;
  /** Whether the system that runs declared it. */
  readonly reads: boolean;
  readonly writes: boolean;
}

type Kind = "component" | "event" | "input";

/** Names of components, events and inputs that scripts know, as the declaration of a system allows them. */
export class Targets {
  readonly #context: Context;
  readonly #types: ScriptTypes;
  readonly #known: Readonly<Record<Kind, Map<string, Target>>> = {
    component: new Map(),
    event: new Map(),
    input: new Map(),
  };

  constructor(context: Context, types: ScriptTypes) {
    this.#context = context;
    this.#types = types;
  }

  /** Throws {@link ScriptError} where scripts know nothing of that kind by the name. */
  of(name: string, kind: Kind): Target {
    return this.#known[kind].get(name) ?? this.#find(name, kind);
  }

  /** A component that scripts may read. Throws {@link ScriptError}. */
  readable(name: string): Target {
    const target = this.of(name, "component");
    if (target.reads) return target;
    throw new ScriptError(`${name} is not read by scripts here: their system does not declare it`);
  }

  /** A component that scripts may write. Throws {@link ScriptError}. */
  writable(name: string): Target {
    const target = this.of(name, "component");
    if (target.id === this.#context.world.core.names.id || isRelation(target.component))
      throw new ScriptError(`${name} is not written by scripts`);
    if (target.writes) return target;
    throw new ScriptError(`${name} is not written by scripts here: their system does not declare it`);
  }

  /** What the run time of scripts declared itself. */
  own(component: Component): Target {
    const id = this.#context.world.core.schema.find(component);
    if (id < 0) throw new ScriptError(`This world has no ${component.name}`);
    return this.#target(id, component);
  }

  #find(name: string, kind: Kind): Target {
    const type = this.#types[kind](name);
    const component = (type?.is === "component" ? type : type?.component) as Component | undefined;
    const id = component === undefined ? -1 : this.#context.world.core.schema.find(component);
    if (component === undefined || id < 0)
      throw new ScriptError(
        `Scripts here know no ${kind} ${JSON.stringify(name.slice(0, 64))} (${knownNames(name, this.#types[`${kind}s`])})`,
      );
    const target = this.#target(id, component);
    this.#known[kind].set(name, target);
    return target;
  }

  #target(id: number, component: Component): Target {
    const { access, columns } = this.#context;
    const writes = access.writes.has(id);
    return { id, component, reads: writes || columns.has(id) || access.reads.has(id), writes };
  }
}
