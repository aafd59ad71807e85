import { badArgument } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Component } from "../../ecs/component.ts";
import type { EventType, InputType } from "../../ecs/event.ts";
import type { Prefab } from "../../ecs/prefab.ts";
import { nearest } from "../lint/finding.ts";

/** What scripts know by name. */
export class ScriptTypes {
  readonly components: readonly Component[];
  readonly prefabs: Prefab[];
  readonly events: readonly EventType[];
  readonly inputs: readonly InputType[];

  /** Throws `bad-argument`. */
  constructor(options: {
    readonly components?: readonly Component[];
    readonly prefabs?: readonly Prefab[];
    readonly events?: readonly EventType[];
    readonly inputs?: readonly InputType[];
  }) {
    this.components = listOf(options.components, "component");
    const taken = this.components.find(({ name }) => OWN.has(name));
    if (taken !== undefined)
      throw badArgument(
        "components",
        taken.name,
        "components with other names than State and id, which every self has",
      );
    this.prefabs = [...listOf(options.prefabs, "prefab")];
    this.events = listOf(options.events, "event");
    this.inputs = listOf(options.inputs, "input");
  }

  /** More prefabs. Throws `bad-argument`, `name-taken`. */
  addPrefabs(prefabs: readonly Prefab[]): void {
    for (const [at, { name }] of listOf(prefabs, "prefab").entries())
      if (this.prefab(name) !== undefined || prefabs.findIndex((one) => one.name === name) < at)
        throw new WorldloomError("name-taken", `There is a prefab ${name} already; give the other one another name.`, {
          name,
        });
    this.prefabs.push(...prefabs);
  }

  component(name: string): Component | undefined {
    return this.components.find((one) => one.name === name);
  }
  prefab(name: string): Prefab | undefined {
    return this.prefabs.find((one) => one.name === name);
  }
  event(name: string): EventType | undefined {
    return this.events.find((one) => one.name === name);
  }
  input(name: string): InputType | undefined {
    return this.inputs.find((one) => one.name === name);
  }
}

/** Fields of every `self`. */
const OWN = new Set(["State", "id"]);
const SHOWN = 20;

/** For messages about a name that nobody knows: the one that was meant, or what there is. */
export function knownNames(name: string, known: readonly { readonly name: string }[]): string {
  const names = known.map((one) => one.name);
  const near = nearest(name, names);
  if (near !== undefined) return `did you mean ${near}?`;
  const more = names.length > SHOWN ? ", ..." : "";
  return `there are: ${names.slice(0, SHOWN).join(", ") || "none"}${more}`;
}

/** What a script names, and nobody declared. */
export function undeclared(
  script: string,
  what: string,
  name: string,
  known: readonly { readonly name: string }[],
): WorldloomError {
  return new WorldloomError(
    "script-invalid",
    `Script ${script} uses the ${what} ${name}, which scripts here do not know (${knownNames(name, known)}); add it to the ${what}s of createScripts, or of the scene.`,
    { script, [what]: name },
  );
}

function listOf<T extends { readonly is: string }>(list: readonly T[] = [], is: string): readonly T[] {
  if (!Array.isArray(list)) throw badArgument(`${is}s`, list, `a list of ${is}s`);
  const at = list.findIndex((one) => one?.is !== is);
  const other = (list[at] as { name?: unknown; is?: unknown } | undefined) ?? {};
  if (at >= 0)
    throw badArgument(`${is}s[${at}]`, other.is === undefined ? list[at] : `${other.is} ${other.name}`, `a ${is}`);
  return list;
}
