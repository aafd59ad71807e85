import { badArgument, expectList, expectOptions, expectTextOptions, type Known } from "../core/argument.ts";
import type { Commands } from "./commands.ts";
import { type Component, checkName } from "./component.ts";
import type { Context } from "./context.ts";
import type { Entity } from "./entities.ts";
import type { EventType } from "./event.ts";
import type { Lanes } from "./lanes.ts";
import { bodyOf, checkModule, type SystemModule } from "./module.ts";
import type { Query } from "./query.ts";
import type { Resource } from "./resource.ts";
import { type Term, termKey } from "./term.ts";
import type { World } from "./world.ts";

/** Further queries of a system, by name. */
export type Queries = Readonly<Record<string, readonly Term[]>>;

/** What a system declares and does. It is data: a tick reads it, and so can a scheduler. */
export interface SystemOptions<Q extends readonly Term[], R extends Queries> {
  /** The query of `context.query`; components in `write` may be written, others read. */
  readonly query?: Q;
  readonly queries?: R;
  /** Components that are read besides: by entity, or by a native job. */
  readonly reads?: readonly Component[];
  /** Components that are written besides: by entity, or by a native job. */
  readonly writes?: readonly Component[];
  /** Resources that the system sets. */
  readonly sets?: readonly Resource[];
  /** Resources that the system reads. A schedule orders it and those who set them. */
  readonly gets?: readonly Resource[];
  /** Events that the system emits, and those that it reads: a schedule orders who emits and who reads. */
  readonly emits?: readonly EventType[];
  readonly hears?: readonly EventType[];
  readonly doc?: string;
  /** For a schedule: the phase. Default: its first one. */
  readonly phase?: string;
  /** For a schedule: names of systems of the same phase that run after this one, and before it. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** Runs only in ticks in which this says so, asked at the start of its stage. It must depend on the world alone. */
  readonly when?: (world: World) => boolean;
  /** Runs in one tick of so many, from 1. Default 1. */
  readonly every?: number;
  /** Which of those ticks: runs where `tick % every` is this. 0 to `every - 1`, default 0. */
  readonly offset?: number;
  /** For a schedule: no other system runs in its stage. */
  readonly exclusive?: boolean;
  /** What the body does besides its source, such as the hash of a script that it runs: recordings compare it. */
  readonly code?: string;
  /** The body, on the main thread. Either this or `module`. */
  run?(context: SystemContext<Q, R>): void;
  /** The body as a function over one chunk, in a module that any thread can load. */
  readonly module?: SystemModule;
}

export interface System<Q extends readonly Term[] = readonly Term[], R extends Queries = Queries>
  extends SystemOptions<Q, R> {
  readonly is: "system";
  readonly name: string;
  run(context: SystemContext<Q, R>): void;
}

/** The part of {@link SystemOptions} that says when a system runs. */
export type Ordering = Pick<
  SystemOptions<readonly Term[], Queries>,
  "phase" | "before" | "after" | "when" | "every" | "offset" | "exclusive" | "gets" | "hears"
>;

/** What a system works with while it runs. */
export interface SystemContext<Q extends readonly Term[] = readonly Term[], R extends Queries = Queries> {
  readonly world: World;
  readonly query: Query<Q>;
  readonly queries: { readonly [K in keyof R]: Query<R[K]> };
  /** Applied when the system has returned. */
  readonly commands: Commands;
  readonly tick: number;
  /** A number in [0, 1) that depends on (seed, tick, system, entity, draw) alone. */
  readonly random: (entity: Entity, draw?: number) => number;
  /** An integer in [0, n) likewise; n is an integer from 1 to 2^32. Throws `bad-argument`. */
  readonly randomBelow: (n: number, entity: Entity, draw?: number) => number;
  /** {@link randomBelow} for each of many entities at once. Valid until the next call. */
  readonly randomBelowMany: (n: number, entities: ArrayLike<Entity>, draw?: number) => Float64Array;
  /** The entities of a query that are each picked with `probability`, likewise. Valid until the next call. */
  readonly sample: (query: Query<readonly Term[]>, probability: number, draw?: number) => Int32Array;
  /** Threads that can take parts of the work, if the executor has some. */
  readonly lanes: Lanes | undefined;
}

/** Declares a system. Throws `bad-schema` for a bad name, `bad-argument`. */
export function system<const Q extends readonly Term[] = readonly [], const R extends Queries = Record<never, never>>(
  name: string,
  options: SystemOptions<Q, R>,
): System<Q, R> {
  checkName(name, "system");
  expectOptions<Partial<System>>(options as object, `options of system ${name}`, KNOWN);
  const { module } = options;
  if (module !== undefined) checkModule(name, module);
  if ((typeof options.run === "function") === (module !== undefined))
    throw badArgument(`run of system ${name}`, options.run, "a function, or left out where there is a module");
  checkLists(name, options);
  if (module !== undefined) checkChunkTerms(name, options.query ?? []);
  checkRate(name, options);
  expectTextOptions(options, ["doc"], `system ${name}`);
  const run = options.run ?? ((context: SystemContext<Q, R>) => runOverChunks(context as unknown as Context, module!));
  return { ...options, run, is: "system", name };
}

/** The options of systems; who copies a system gives its name and kind, too. */
const KNOWN: Known<Partial<System>> = {
  ...{ query: true, queries: true, reads: true, writes: true, sets: true, gets: true, emits: true, hears: true },
  ...{ doc: true, phase: true, before: true, after: true, when: true, every: true, offset: true, exclusive: true },
  ...{ code: true, run: true, module: true, is: true, name: true },
};

/** The body of a module over each chunk, on this thread. */
function runOverChunks(context: Context, module: SystemModule): void {
  const body = bodyOf(module);
  const { scope } = context;
  let chunk = 0;
  for (const view of context.query.chunks()) {
    scope.beginChunk(chunk++);
    body(view as never, scope);
    scope.endChunk();
  }
}

function checkLists<Q extends readonly Term[], R extends Queries>(name: string, options: SystemOptions<Q, R>): void {
  const { query, queries = {}, reads, writes, sets, gets, emits, hears, before, after } = options;
  expectOptions(queries, `queries of system ${name}`);
  const check = (what: string, list: unknown, isOne: (one: unknown) => boolean, wanted: string): void => {
    if (list === undefined) return;
    expectList(list, `${what} of system ${name}`);
    for (const one of list as readonly unknown[])
      if (!isOne(one)) throw badArgument(`${what} of system ${name}`, one, wanted);
  };
  const is = (kind: string) => (one: unknown) => (one as { is?: unknown } | undefined)?.is === kind;
  for (const [key, terms] of Object.entries({ query, ...queries }))
    check(
      key,
      terms,
      (term) => termKey(term as Term) !== "?",
      "a list of components and terms such as write(Position)",
    );
  for (const [key, list] of Object.entries({ reads, writes }))
    check(key, list, is("component"), "a list of components");
  for (const [key, list] of Object.entries({ sets, gets })) check(key, list, is("resource"), "a list of resources");
  for (const [key, list] of Object.entries({ emits, hears })) check(key, list, is("event"), "a list of events");
  for (const [key, list] of Object.entries({ before, after }))
    check(key, list, (one) => typeof one === "string", "a list of names of systems");
}

/** A module gets every chunk, so what picks chunks or entities would be ignored. */
function checkChunkTerms(name: string, query: readonly Term[]): void {
  for (const { is } of query)
    if (is === "changed" || is === "added" || is === "related")
      throw badArgument(
        `query of system ${name}`,
        is,
        "made of components, write, without, optional and anyOf where there is a module, which gets every chunk",
      );
}

function checkRate(name: string, { every = 1, offset = 0, phase, when, exclusive }: Ordering): void {
  if (!Number.isInteger(every) || every < 1) throw badArgument(`every of system ${name}`, every, "an integer from 1");
  if (!Number.isInteger(offset) || offset < 0 || offset >= every)
    throw badArgument(`offset of system ${name}`, offset, `an integer from 0 to ${every - 1}`);
  if (phase !== undefined && typeof phase !== "string") throw badArgument(`phase of system ${name}`, phase, "a text");
  if (when !== undefined && typeof when !== "function") throw badArgument(`when of system ${name}`, when, "a function");
  if (exclusive !== undefined && typeof exclusive !== "boolean")
    throw badArgument(`exclusive of system ${name}`, exclusive, "true or false");
}
