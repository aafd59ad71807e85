import { WorldloomError } from "../core/errors.ts";

/**
 * Stands in front of an object of typed arrays: reads and writes go through until `expire` is called, then they throw
 * `view-expired`.
 */
export function expiring<T extends object>(view: T): { readonly guarded: T; readonly expire: () => void } {
  let alive = true;
  const check = (): void => {
    if (alive) return;
    throw new WorldloomError("view-expired", "This column was handed out for one step of an iteration that has gone on; get it again from the query.");
  };
  const guard = <V extends object>(target: V): V =>
    new Proxy(target, {
      get(object, property) {
        check();
        const value: unknown = Reflect.get(object, property, object);
        if (typeof value === "function") return value.bind(object);
        return typeof value === "object" && value !== null && !(value instanceof SharedArrayBuffer) ? guard(value) : value;
      },
      set(object, property, value) {
        check();
        return Reflect.set(object, property, value, object);
      },
    });
  return {
    guarded: guard(view),
    expire: () => {
      alive = false;
    },
  };
}
