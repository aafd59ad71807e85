import { badArgument } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import { type Component, component, FIELDS_MAX } from "../../ecs/component.ts";
import { bool, entity, type Field, f32, f64, i32, str, u8, u16, u32 } from "../../ecs/field.ts";
import { type Resource, resource } from "../../ecs/resource.ts";
import { type Profile, profiles } from "../capability.ts";
import type { AccessLayout, ScriptChunk, ScriptEngine, StateField, StateKind } from "../engine.ts";
import { NAME } from "../manifest.ts";
import type { FaultPolicy } from "./policy.ts";
import { fieldOf } from "./rows.ts";
import { isSpare, SPARES_MAX, type SpareColumns, spareKinds, spareName } from "./spare.ts";

/** What an instance of a script is up to: the values of `scriptStatus`. */
export const status = {
  /** To be made in the next tick. */
  fresh: 0,
  running: 1,
  /** To be made again in the tick `scriptUntil`. */
  waiting: 2,
  /** Until somebody resumes it. */
  paused: 3,
  /** Failed too often; until somebody resumes it. */
  quarantined: 4,
} as const;

/** Columns that the run time keeps for each instance, before those of the state. */
export const book = { instance: 0, status: 1, until: 2, fault: 3, failures: 4, health: 5, started: 6 } as const;
const BOOK_FIELDS = {
  scriptInstance: i32({ doc: "The engine's number of the instance; 0 for none." }),
  scriptStatus: u8({ doc: "0 fresh, 1 running, 2 waiting, 3 paused, 4 quarantined." }),
  scriptUntil: u32({ doc: "The tick in which a waiting instance is made again." }),
  scriptFault: u32({ doc: "The tick of the latest fault." }),
  scriptFailures: u16({ doc: "Faults since the latest recovery." }),
  scriptHealth: f32({ default: 1, doc: "1 is well, 0 ends in quarantine." }),
  scriptStarted: bool({ doc: "Whether onStart has been called and went well." }),
};
const BOOK_COLUMNS = Object.keys(BOOK_FIELDS).length;

export interface ScriptOptions {
  /** Scripts of one domain share a virtual machine and trust each other. Default `main`. */
  readonly domain?: string;
  /** What the script may do. Default `standard`. */
  readonly profile?: Profile;
  readonly policy?: Partial<FaultPolicy>;
  /**
   * Columns for fields that later versions of the script add to its state: of each kind that many, 0 to 16, or by kind.
   * Default 4 of `f64`, `i32`, `bool` and `str`, 2 of `f32`, `u32` and `entity`, and less where the state has over 35 fields:
   * with the state they may be 57.
   */
  readonly spare?: number | SpareColumns;
}

/** A script that entities can have: its component holds the state, and what the run time notes about each instance. */
export class Script {
  readonly name: string;
  readonly engine: ScriptEngine;
  readonly domain: string;
  readonly profile: Profile;
  readonly policy: FaultPolicy;
  readonly component: Component;
  /** Which version a world runs, and which fields its spare columns hold. */
  readonly code: Resource;
  /** The version that it was declared with. */
  readonly first: ScriptChunk;
  /** The kind of each spare column. */
  readonly #spares: readonly StateKind[];

  /**
   * `policy` is what counts for it, that of its options included. Throws `bad-argument`, and `script-invalid` for state that has
   * names of the run time's own.
   */
  constructor(first: ScriptChunk, engine: ScriptEngine, options: ScriptOptions, policy: FaultPolicy) {
    const { name } = first;
    expectFit(options);
    expectFree(first);
    this.name = name;
    this.engine = engine;
    this.domain = options.domain ?? "main";
    this.profile = options.profile ?? "standard";
    this.policy = policy;
    this.first = first;
    const schema: Record<string, Field> = { ...BOOK_FIELDS };
    for (const [field, declared] of Object.entries(first.manifest.state)) schema[field] = fieldFor(declared);
    this.#spares = spareKinds(options.spare, Math.max(0, FIELDS_MAX - Object.keys(schema).length));
    for (const [s, kind] of this.#spares.entries()) schema[spareName(s)] = KINDS[kind]({} as never);
    this.component = component(name, schema, { doc: `The state of script ${name}.`, category: "script" });
    const held = Object.fromEntries(this.#spares.map((_, s) => [spareName(s), str]));
    this.code = resource(`${name}Code`, { hash: str, ...held });
  }

  /** The fields that the spare columns of a world hold, from its resource. */
  held(values: Readonly<Record<string, unknown>>): string[] {
    return this.#spares.map((_, s) => String(values[spareName(s)] ?? ""));
  }

  /** The values of the resource for a version and what the spare columns hold. */
  codeOf(hash: string, held: readonly string[]): Record<string, string> {
    return { hash, ...Object.fromEntries(held.map((field, s) => [spareName(s), field])) };
  }

  /**
   * Which columns hold the state of a version, and what the spare columns hold then: fields that went free theirs. Throws
   * `script-state` where a field changed to another kind of value, or no column is left, `script-invalid` as the constructor.
   */
  stateOf(chunk: ScriptChunk, before: readonly string[]): StateLayout {
    expectFree(chunk);
    const { columns } = this.component;
    const { state } = chunk.manifest;
    const held = before.map((field) => (state[field] === undefined ? "" : field));
    const picked: number[] = [];
    const spares: StateLayout["spares"][number][] = [];
    const fields = Object.entries(state).map(([field, declared]) => {
      const own = columns.findIndex((column, c) => c >= BOOK_COLUMNS && column.path === field);
      const s = own < 0 ? this.#spareFor(field, declared, held) : -1;
      const at = own < 0 ? columns.length - this.#spares.length + s : own;
      if (columns[at]!.kind !== declared.kind)
        throw changed(
          this.name,
          field,
          `changed from ${columns[at]!.kind} to ${declared.kind}; give it another name for this world`,
        );
      if (s >= 0) {
        held[s] = field;
        spares.push({ column: at, initial: declared.default, added: before[s] !== field });
      }
      picked.push(at);
      return fieldOf(columns[at]!, field);
    });
    return { access: { name: "State", write: true, fields }, picked, held, spares };
  }

  /** The spare column of a field: the one that it has, or a free one of its kind. */
  #spareFor(field: string, { kind }: StateField, held: readonly string[]): number {
    const own = held.indexOf(field);
    if (own >= 0) return own;
    const free = this.#spares.findIndex((one, s) => one === kind && held[s] === "");
    if (free >= 0) return free;
    const count = this.#spares.filter((one) => one === kind).length;
    const advice =
      count < SPARES_MAX
        ? `give scripts.add more for new worlds, as { spare: { ${kind}: ${count + 1} } }`
        : "make a new world";
    throw changed(this.name, field, `is one more than the ${count} spare columns of the kind ${kind} hold; ${advice}`);
  }
}

/** How a version's state lies in the component. */
export interface StateLayout {
  readonly access: AccessLayout;
  readonly picked: readonly number[];
  readonly held: readonly string[];
  readonly spares: readonly SpareField[];
}

/** A field in a spare column. */
export interface SpareField {
  readonly column: number;
  readonly initial: StateField["default"];
  /** Whether the column held something else before. */
  readonly added: boolean;
}

/** The end of the names of regions that hold what a machine has besides its memory. */
const GLOBALS = /_globals$/;

function expectFit({ domain = "main", profile = "standard" }: ScriptOptions): void {
  if (typeof domain !== "string" || !NAME.test(domain) || GLOBALS.test(domain))
    throw badArgument("domain", domain, "a letter, then letters, digits and underscores, but not _globals at its end");
  if (!Object.hasOwn(profiles, profile)) throw badArgument("profile", profile, Object.keys(profiles).join(", "));
}

/** What the state of a script must not be called: its component has these columns already. */
function expectFree({ name, manifest }: ScriptChunk): void {
  const taken = Object.keys(manifest.state).find((field) => Object.hasOwn(BOOK_FIELDS, field) || isSpare(field));
  if (taken === undefined) return;
  throw new WorldloomError(
    "script-invalid",
    `Script ${name} has the field ${taken} in its state, which worlds use themselves; give it another name.`,
    { script: name, field: taken },
  );
}

const KINDS: Readonly<Record<StateKind, (options: { default: never }) => Field>> = {
  f32: (o) => f32(o),
  f64: (o) => f64(o),
  i32: (o) => i32(o),
  u32: (o) => u32(o),
  bool: (o) => bool(o),
  entity: () => entity,
  str: (o) => str(o),
};

function fieldFor({ kind, default: initial }: StateField): Field {
  return KINDS[kind]({ default: initial as never });
}

function changed(script: string, field: string, how: string): WorldloomError {
  return new WorldloomError(
    "script-state",
    `Field ${field} in the state of ${script} ${how}. This world keeps the version that it runs.`,
    { script, field },
  );
}
