import { WorldloomError } from "../core/errors.ts";

const MUTATORS = new Set<PropertyKey>(["set", "fill", "copyWithin", "sort", "reverse"]);

/**
 * Stands in front of what a query hands out: reads go through until `expire` is called, then they throw `view-expired`.
 * Writes go through where `writable` says so of the component's key; elsewhere they call `refuse`, which throws.
 */
export function expiring<T extends object>(
  view: T,
  writable: (key: string) => boolean,
  refuse: (key: string) => never,
): { readonly guarded: T; readonly expire: () => void } {
  let alive = true;
  const check = (): void => {
    if (alive) return;
    throw new WorldloomError(
      "view-expired",
      "This column was handed out for one step of an iteration that has gone on; get it again from the query.",
    );
  };
  const guard = <V extends object>(target: V, key: string | undefined): V =>
    new Proxy(target, {
      get(object, property) {
        check();
        const value: unknown = Reflect.get(object, property, object);
        const inside = key ?? String(property);
        if (typeof value === "function") {
          return MUTATORS.has(property) && !writable(inside) ? () => refuse(inside) : value.bind(object);
        }
        const isPlain = typeof value !== "object" || value === null || property === "buffer";
        return isPlain ? value : guard(value, inside);
      },
      set(object, property, value) {
        check();
        if (!writable(key ?? String(property))) refuse(key ?? String(property));
        return Reflect.set(object, property, value, object);
      },
    });
  return {
    guarded: guard(view, undefined),
    expire: () => {
      alive = false;
    },
  };
}
