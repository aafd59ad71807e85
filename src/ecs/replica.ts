import { loadJobs } from "../native/index.ts";
import type { WasmMemory } from "../native/wasm.ts";
import { Arena } from "./arena.ts";
import { type Component, component } from "./component.ts";
import { Core, type Limits } from "./core.ts";
import type { Field } from "./field.ts";
import { type Declared, SchemaSet } from "./schema.ts";
import { added, anyOf, changed, optional, type Term, without, write } from "./term.ts";

/** A world as another thread can open it to read: plain data and its memory. */
export interface WorldDescription {
  readonly memory: WasmMemory;
  readonly bytesMax: number;
  readonly limits: Limits;
  readonly shift: number;
  readonly types: readonly TypeDescription[];
}

interface TypeDescription extends Omit<Declared, "component"> {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A term of a query by the ids of its components. */
export interface TermDescription {
  readonly is: Term["is"] | "optional-write";
  readonly ids: readonly number[];
}

export function describeWorld({ arena, limits, store, schema }: Core): WorldDescription {
  const types = schema.declared.map(({ component: { name, schema: fields }, ...rest }) => ({
    ...rest,
    name,
    fields: Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, plain(type)])),
  }));
  return { memory: arena.memory.wasm, bytesMax: arena.bytesMax, limits, shift: store.shift, types };
}

/** Types are functions with properties; what is left are the properties. */
function plain(type: Field): object {
  const { shape, kind, options } = type;
  if (type.shape === "scalar") return { shape, kind, options };
  return type.shape === "array"
    ? { shape, kind, options, lanes: type.lanes }
    : { shape, kind, options, lanes: type.lanes, axes: type.axes };
}

/**
 * The parts of a world that another thread owns, at the root block `root`: to read between two of its changes. Call
 * {@link followRoot} after each of them.
 */
export function openReplica(description: WorldDescription, root: number): Core {
  const { memory, bytesMax, limits, shift, types } = description;
  const declared = types.map(({ role, name, fields, rules, lifetime }): Declared => {
    const made = component(name, fields as Record<string, Field>) as Component;
    const whole = role === "relation" ? ({ ...made, relation: JSON.parse(rules) } as unknown as Component) : made;
    return { role, component: whole, rules, lifetime };
  });
  const arena = new Arena({ over: memory, bytesMax });
  const schema = new SchemaSet(declared, true);
  return new Core({ arena, schema, jobs: loadJobs(), limits, shift, seed: 0, checked: false, root });
}

/** Sees the world as it is now, at the root block `root`. */
export function followRoot(core: Core, root: number): void {
  core.arena.memory.follow();
  core.adopt(root);
}

export function describeTerm({ schema }: Pick<Core, "schema">, term: Term): TermDescription {
  const id = (of: { readonly name: string }): number => schema.idOf(of as Component);
  switch (term.is) {
    case "component":
      return { is: "component", ids: [id(term)] };
    case "optional":
      return term.term.is === "write"
        ? { is: "optional-write", ids: [id(term.term.component)] }
        : { is: "optional", ids: [id(term.term)] };
    case "anyOf":
      return { is: "anyOf", ids: term.components.map(id) };
    case "related":
      return { is: "related", ids: [id(term.relation as unknown as Component)] };
    default:
      return { is: term.is, ids: [id(term.component)] };
  }
}

/** The term of this thread's own components. Those with `related` have no chunks. */
export function openTerm({ schema }: Core, { is, ids }: TermDescription): Term {
  const of = (id: number): Component => schema.component(id);
  const first = of(ids[0]!);
  switch (is) {
    case "write":
      return write(first);
    case "without":
      return without(first);
    case "optional":
      return optional(first);
    case "optional-write":
      return optional(write(first));
    case "anyOf":
      return anyOf(...ids.map(of));
    case "changed":
      return changed(first);
    case "added":
      return added(first);
    default:
      return first;
  }
}
