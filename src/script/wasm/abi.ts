import type { ApiFunction, ApiNamespace, ApiType } from "../api.ts";
import { functionsOf } from "../api.ts";
import type { Hook } from "../engine.ts";
import { words } from "../words.ts";

/**
 * How guests and their host speak: one calling convention for core modules and components, the canonical ABI of the WIT
 * world. `docs/wasm-guide.md` says it in full.
 *
 * A guest exports its `memory`; if it has hooks, `worldloom_alloc`; if it takes texts or lists from the host, {@link REALLOC};
 * and any of the hooks.
 *
 * | export | called |
 * |---|---|
 * | `on_update(count: i32, dt: f64, lists: i32)` | for a batch of rows |
 * | `on_start(count: i32, lists: i32)`, `on_destroy(count: i32, lists: i32)` | for a new entity, for one that goes |
 * | `on_event(count: i32, lists: i32, name: i32, name_bytes: i32, event: i32, event_bytes: i32)` | for an event, its fields as JSON |
 *
 * `lists` points at words: where the entities are (i32 each), then where each column of the manifest is, `count` times its
 * lanes elements each. A guest changes columns in place; those of components that it writes are copied back when the call has
 * succeeded. After the call the lists are gone.
 */
export interface GuestNames {
  readonly hooks: Readonly<Partial<Record<Hook, string>>>;
  /** `worldloom_alloc(bytes: i32) -> i32`: memory for lists, aligned to 8, for good. Called again when more is needed. */
  readonly alloc: string;
  /** Whether texts that the host passes are the guest's, from its {@link REALLOC}; else they lie behind the lists. */
  readonly owned: boolean;
}

export const moduleNames: GuestNames = {
  hooks: { onStart: "on_start", onUpdate: "on_update", onEvent: "on_event", onDestroy: "on_destroy" },
  alloc: "worldloom_alloc",
  owned: false,
};

/** Of modules that components were made of: the names of WIT. */
export const componentNames: GuestNames = {
  hooks: { onStart: "on-start", onUpdate: "on-update", onEvent: "on-event", onDestroy: "on-destroy" },
  alloc: "worldloom-alloc",
  owned: true,
};

/** `cabi_realloc(old: i32, old_bytes: i32, align: i32, bytes: i32) -> i32`: memory for a result; the guest's from then on. */
export const REALLOC = "cabi_realloc";
/** The module of the imports of core modules, whose functions are named like `world_near`. */
const HOST_MODULE = "worldloom";
/** Custom section with the manifest as JSON. */
export const MANIFEST_SECTION = "worldloom";
/** `batch_row(row: i32)`: the row of the batch that the calls of the API from now on are made for. */
const ROW = { namespace: "batch", name: "row" } as const;

export type Flat = "i32" | "i64" | "f64";

export interface FlatSignature {
  /** With the place for the result last, where {@link FlatSignature.ret}. */
  readonly parameters: readonly Flat[];
  /** At most one. */
  readonly results: readonly Flat[];
  /** Whether the result is written to memory: it takes more than one number. */
  readonly ret: boolean;
}

/** What a function of the API looks like in WebAssembly. */
export function flatSignature(fn: Pick<ApiFunction, "parameters" | "returns" | "nullable">): FlatSignature {
  const parameters = fn.parameters.flatMap(({ type, optional }): readonly Flat[] =>
    optional === true ? ["i32", ...flat[type]] : flat[type],
  );
  const results = fn.nullable === true ? (["i32", ...flat[fn.returns]] as const) : flat[fn.returns];
  const ret = results.length > 1;
  return ret ? { parameters: [...parameters, "i32"], results: [], ret } : { parameters, results, ret };
}

/** A function that guests import: one of the API, or {@link ROW}. */
export interface HostFunction extends FlatSignature {
  /** `world_near`. */
  readonly name: string;
  /** By which the host calls it; -1 for {@link ROW}. */
  readonly index: number;
  readonly definition: ApiFunction | undefined;
}

/** All functions that guests can import, by `module.name` without versions: of core modules and of components. */
export function hostFunctions(api: readonly ApiNamespace[]): ReadonlyMap<string, HostFunction> {
  const found = new Map<string, HostFunction>();
  const add = (namespace: string, name: string, rest: Omit<HostFunction, "name">): void => {
    const host = { name: `${words(namespace, "_")}_${words(name, "_")}`, ...rest };
    found.set(`${HOST_MODULE}.${host.name}`, host);
    found.set(`worldloom:script/${words(namespace, "-")}.${words(name, "-")}`, host);
  };
  functionsOf(api).forEach(({ namespace, function: definition }, index) => {
    add(namespace.name, definition.name, { index, definition, ...flatSignature(definition) });
  });
  add(ROW.namespace, ROW.name, { index: -1, definition: undefined, parameters: ["i32"], results: [], ret: false });
  return found;
}

/** The name under which {@link hostFunctions} has an import. */
export function importName(module: string, name: string): string {
  return `${module.replace(/@[^/]*$/, "")}.${name}`;
}

/** Numbers that a value takes as a parameter: vectors one each, texts and lists their place and length. */
const flat: Readonly<Record<ApiType, readonly Flat[]>> = {
  number: ["f64"],
  integer: ["i64"],
  boolean: ["i32"],
  entity: ["i32"],
  string: ["i32", "i32"],
  bytes: ["i32", "i32"],
  entities: ["i32", "i32"],
  strings: ["i32", "i32"],
  list: ["i32", "i32"],
  table: ["i32", "i32"],
  value: ["i32", "i32"],
  vec3: ["f64", "f64", "f64"],
  quat: ["f64", "f64", "f64", "f64"],
  hit: ["i32", "f64", "f64", "f64", "f64", "f64", "f64", "f64"],
  nothing: [],
};
