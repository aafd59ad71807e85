import { badArgument, expectFlags, expectOptions, type Known } from "../core/argument.ts";
import { loadJobs } from "../native/index.ts";
import { Arena, defaultArena } from "./arena.ts";
import type { Component } from "./component.ts";
import type { CoreOptions, Limits } from "./core.ts";
import { ENTITIES_MAX } from "./entities.ts";
import type { EventType, InputType } from "./event.ts";
import { isRelation } from "./relation.ts";
import type { Resource } from "./resource.ts";
import { type Declared, SchemaSet } from "./schema.ts";

export interface WorldOptions {
  /** Components, tags and relations. */
  readonly components?: readonly Component[];
  readonly resources?: readonly Resource[];
  readonly events?: readonly EventType[];
  readonly inputs?: readonly InputType[];
  /** Seed of random numbers: 0 to 2^32 - 1. Default 0. */
  readonly seed?: number;
  /** Rows a chunk: a power of two from 32 to 65,536. Default 1,024. */
  readonly chunkRows?: number;
  readonly limits?: Partial<Limits>;
  /** Where the world lives; one arena for the whole process where it is left out. */
  readonly arena?: Arena;
  /**
   * Find broken rules: undeclared access and writes, expired views, NaN, inexact functions. Much slower; for tests.
   * Default: whether the environment has WORLDLOOM_CHECKED=1.
   */
  readonly checked?: boolean;
}

export const DEFAULT_LIMITS: Limits = { entities: 1 << 20, queries: 1024, strings: 1 << 20, events: 1 << 20 };

const KNOWN: Known<WorldOptions> = {
  components: true,
  resources: true,
  events: true,
  inputs: true,
  seed: true,
  chunkRows: true,
  limits: true,
  arena: true,
  checked: true,
};

/** Checks options and fills in defaults. Throws `bad-argument`, `bad-schema`, `name-taken`, `component-limit`. */
export function coreOptions(options: WorldOptions): CoreOptions {
  expectOptions(options, "options", KNOWN);
  expectFlags(options, ["checked"]);
  const seed = options.seed ?? 0;
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw badArgument("seed", seed, "an integer from 0 to 4294967295");
  const rows = options.chunkRows ?? 1024;
  const shift = typeof rows === "number" ? 31 - Math.clz32(rows) : 0;
  if (rows !== 1 << shift || shift < 5 || shift > 16)
    throw badArgument("chunkRows", rows, "a power of two from 32 to 65536");
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) {
    const most = name === "entities" ? ENTITIES_MAX : 2 ** 30;
    if (!(name in DEFAULT_LIMITS))
      throw badArgument(`limits.${name}`, value, `one of ${Object.keys(DEFAULT_LIMITS).join(", ")}`);
    if (!Number.isInteger(value) || value < 1 || value > most)
      throw badArgument(`limits.${name}`, value, `an integer from 1 to ${most}`);
  }
  if (options.arena !== undefined && !(options.arena instanceof Arena))
    throw badArgument("arena", options.arena, "an Arena");
  const schema = schemaOf(options);
  const environment = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env;
  const checked = options.checked ?? environment?.["WORLDLOOM_CHECKED"] === "1";
  return { arena: options.arena ?? defaultArena(), schema, jobs: loadJobs(), limits, shift, seed, checked };
}

/** Schemas by what was declared: worlds of the same declarations share one. */
const schemas = new Map<string, SchemaSet>();
const SCHEMAS_MAX = 256;

function schemaOf(options: WorldOptions): SchemaSet {
  const declared: Declared[] = [];
  const components = options.components ?? [];
  if (!Array.isArray(components)) throw badArgument("components", components, "a list of components and relations");
  for (const component of components as readonly Component[]) {
    if (component?.is !== "component") throw badArgument("components", component, "a list of components and relations");
    const relation = isRelation(component);
    const rules = relation ? JSON.stringify(component.relation) : "";
    declared.push({ role: relation ? "relation" : "component", component, rules, lifetime: 0 });
  }
  for (const [role, list] of [
    ["resource", options.resources],
    ["event", options.events],
    ["input", options.inputs],
  ] as const) {
    if (list !== undefined && !Array.isArray(list)) throw badArgument(`${role}s`, list, `a list made with ${role}()`);
    for (const type of list ?? []) {
      if (type?.is !== role) throw badArgument(`${role}s`, type, `a list made with ${role}()`);
      const lifetime = type.is === "event" ? type.lifetime : 0;
      declared.push({ role, component: type.component as unknown as Component, rules: "", lifetime });
    }
  }
  const key = declared.map(({ component, lifetime }) => `${component.serial}:${lifetime}`).join();
  const known = schemas.get(key);
  if (known !== undefined) return known;
  const made = new SchemaSet(declared);
  if (schemas.size >= SCHEMAS_MAX) schemas.clear();
  schemas.set(key, made);
  return made;
}
