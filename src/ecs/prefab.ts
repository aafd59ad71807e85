import { expectOptions, expectTextOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { checkName } from "./component.ts";
import { eachItem, type SpawnItem, type TypedItem } from "./item.ts";

export interface PrefabOptions {
  /** A prefab whose items come first, so that this one's override them. */
  readonly extends?: Prefab;
  readonly doc?: string;
}

const KNOWN: Known<PrefabOptions> = { extends: true, doc: true };

/** A named recipe for entities. Spawn it like a component; items that follow it override its values. */
export interface Prefab {
  readonly is: "prefab";
  readonly name: string;
  readonly doc: string;
  /** Its own items after those that it extends. */
  readonly all: readonly SpawnItem[];
}

/** Declares a prefab. Values are checked when it is spawned, against the schema of the world. Throws `bad-schema`, `bad-argument`. */
export function prefab<const T extends readonly SpawnItem[]>(
  name: string,
  items: { readonly [I in keyof T]: TypedItem<T[I]> } & readonly SpawnItem[],
  options: PrefabOptions = {},
): Prefab {
  checkName(name, "prefab");
  if (!Array.isArray(items))
    throw new WorldloomError("bad-argument", `The items of prefab ${name} must be a list.`, { name });
  expectOptions(options, `options of prefab ${name}`, KNOWN);
  expectTextOptions(options, ["doc"], `options of prefab ${name}`);
  if (options.extends !== undefined && options.extends?.is !== "prefab") {
    throw new WorldloomError("bad-argument", `Prefab ${name} can extend a prefab only.`, { name });
  }
  const all = [...(options.extends?.all ?? []), ...items];
  eachItem(all, () => {});
  return { is: "prefab", name, doc: options.doc ?? "", all };
}
