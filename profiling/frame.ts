import { runInThisContext } from "node:vm";

/** The body of a system, or of one over a chunk. */
export type Body = (first: unknown, second?: unknown) => unknown;

/**
 * A function that calls `body`, and whose stack frame is called `name`. Profilers show the name that the source gives,
 * not the property `name`; so each one is compiled from a source of its own.
 */
export function frameOf(name: string, body: Body): Body {
  const key = JSON.stringify(name);
  const make = runInThisContext(
    `(body) => ({ ${key}(first, second) { return body.call(this, first, second); } })[${key}]`,
    {
      filename: "worldloom:systems",
    },
  ) as (body: Body) => Body;
  return make(body);
}
