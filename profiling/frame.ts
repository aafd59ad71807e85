import { runInThisContext } from "node:vm";

type Body = (context: unknown) => void;

/**
 * A function that calls `body`, and whose stack frame is called `name`. Profilers show the name that the source gives,
 * not the property `name`; so each one is compiled from a source of its own.
 */
export function frameOf(name: string, body: Body): Body {
  const key = JSON.stringify(name);
  const make = runInThisContext(`(body) => ({ ${key}(context) { return body.call(this, context); } })[${key}]`, {
    filename: "worldloom:systems",
  }) as (body: Body) => Body;
  return make(body);
}
