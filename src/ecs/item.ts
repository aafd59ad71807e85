import { WorldloomError } from "../core/errors.ts";
import type { Component, RowInit, Schema } from "./component.ts";
import type { AxisOf, FixedArray, Scalar, ValueOf, Vector } from "./field.ts";
import type { Prefab } from "./prefab.ts";

/** What an entity is made of: a component with its defaults, a component with values, or a prefab. */
export type SpawnItem = Component | readonly [Component, object?] | Prefab;

/** Checks the type of values against the component beside them. */
export type TypedItem<T> = T extends readonly [infer C, unknown]
  ? C extends Component<string, infer S>
    ? readonly [C, RowInit<S>]
    : never
  : T;

/** One value for all rows, a function of the row number, or a list of values: rows one after another for arrays. */
export type BulkInit<S extends Schema> = {
  readonly [F in keyof S]?: S[F] extends Vector<infer K, infer N>
    ? { readonly [A in AxisOf<N>]?: BulkValue<ValueOf<K>> }
    : S[F] extends FixedArray<infer K>
      ? ArrayLike<ValueOf<K>> | ((row: number) => ArrayLike<ValueOf<K>>)
      : S[F] extends Scalar<infer K>
        ? BulkValue<ValueOf<K>>
        : never;
};
type BulkValue<V> = V | ArrayLike<V> | ((row: number) => V);

/** What many entities are made of: the same, with columns; `C` are the components of the pairs. */
export type BulkItems<C extends readonly unknown[]> = {
  readonly [I in keyof C]:
    | Component
    | Prefab
    | readonly [C[I], C[I] extends Component<string, infer S> ? BulkInit<S> : never];
};

/** Calls `visit` with each component of some items, prefabs opened. Throws `bad-argument`. */
export function eachItem(
  items: readonly SpawnItem[],
  visit: (component: Component, init: object | undefined) => void,
): void {
  for (const item of items) {
    if (Array.isArray(item)) {
      const [component, init] = item as readonly [Component, object?];
      if (component?.is !== "component") throw badItem();
      visit(component, init);
    } else if ((item as Partial<Component> | undefined)?.is === "component") visit(item as Component, undefined);
    else if ((item as Partial<Prefab> | undefined)?.is === "prefab") eachItem((item as Prefab).all, visit);
    else throw badItem();
  }
}

function badItem(): WorldloomError {
  return new WorldloomError("bad-argument", "An entity is made of components, [component, values] pairs and prefabs.");
}
