import { badArgument, expectList } from "./argument.ts";
import type { Commands } from "./commands.ts";
import { type Component, checkName } from "./component.ts";
import type { Entity } from "./entities.ts";
import type { Query } from "./query.ts";
import type { Resource } from "./resource.ts";
import type { Term } from "./term.ts";
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
  /** Resources that the system sets. All may be read. */
  readonly sets?: readonly Resource[];
  readonly doc?: string;
  run(context: SystemContext<Q, R>): void;
}

export interface System<Q extends readonly Term[] = readonly Term[], R extends Queries = Queries>
  extends SystemOptions<Q, R> {
  readonly is: "system";
  readonly name: string;
}

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
  /** An integer in [0, n) likewise. */
  readonly randomBelow: (n: number, entity: Entity, draw?: number) => number;
  /** The entities of a query that are each picked with `probability`, likewise. Valid until the next call. */
  readonly sample: (query: Query<readonly Term[]>, probability: number, draw?: number) => Int32Array;
}

/** Declares a system. Throws `bad-schema` for a bad name, `bad-argument`. */
export function system<const Q extends readonly Term[] = readonly [], const R extends Queries = Record<never, never>>(
  name: string,
  options: SystemOptions<Q, R>,
): System<Q, R> {
  checkName(name, "system");
  if (typeof options?.run !== "function") throw badArgument(`run of system ${name}`, options?.run, "a function");
  const { query, queries = {}, reads, writes, sets } = options;
  for (const list of [query, reads, writes, sets, ...Object.values(queries)]) {
    if (list !== undefined) expectList(list, `what system ${name} declares`);
  }
  return { ...options, is: "system", name };
}
