import { WorldloomError } from "../core/errors.ts";
import type { Core } from "./core.ts";
import { Query } from "./query.ts";
import { type Term, termKey } from "./term.ts";

/** A list of terms on the way to a query. */
interface Path {
  readonly next: Map<Term, Path>;
  query: Query | undefined;
}

/** The queries of a world, made once, but for those with `related`. */
export class QueryCache {
  readonly #core: Core;
  readonly #byKey = new Map<string, Query>();
  /** Shorter ways for components and `write(...)`, of which there is one object each. */
  #paths: Path = { next: new Map(), query: undefined };

  constructor(core: Core) {
    this.#core = core;
  }

  /** Queries that are kept. */
  get count(): number {
    return this.#byKey.size;
  }

  /** The query of some terms. Throws `query-limit`, `component-unknown`, `bad-argument`. */
  get(terms: readonly Term[]): Query {
    let path: Path | undefined = this.#paths;
    for (let i = 0; i < terms.length && path !== undefined; i++) path = path.next.get(terms[i]!);
    return path?.query ?? this.#find(terms);
  }

  clear(): void {
    this.#byKey.clear();
    this.#paths = { next: new Map(), query: undefined };
  }

  #find(terms: readonly Term[]): Query {
    // One for each target that is ever asked about would be too many.
    if (terms.some((term) => term?.is === "related")) return new Query(this.#core, terms);
    const key = terms.map(termKey).join();
    let query = this.#byKey.get(key);
    if (query === undefined) {
      const { queries } = this.#core.limits;
      if (this.#byKey.size >= queries) {
        throw new WorldloomError(
          "query-limit",
          `The world keeps ${queries} queries; raise limits.queries, or do not make terms in a loop.`,
          { limit: queries },
        );
      }
      query = new Query(this.#core, terms);
      this.#byKey.set(key, query);
    }
    if (terms.every(({ is }) => is === "component" || is === "write")) this.#remember(terms, query);
    return query;
  }

  #remember(terms: readonly Term[], query: Query): void {
    let path = this.#paths;
    for (const term of terms) {
      let next = path.next.get(term);
      if (next === undefined) {
        next = { next: new Map(), query: undefined };
        path.next.set(term, next);
      }
      path = next;
    }
    path.query = query;
  }
}
