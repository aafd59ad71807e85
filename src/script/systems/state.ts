import type { Entity } from "../host.ts";
import type { Script } from "./script.ts";
import type { WorldScripts } from "./world-scripts.ts";

/** What the State of an entity holds in the version that its world runs; undefined where the entity lacks the script. */
export function readState(scripts: WorldScripts, script: Script, entity: Entity): Record<string, unknown> | undefined {
  const { component } = script;
  const values = scripts.world.get(entity, component) as Readonly<Record<string, unknown>> | undefined;
  if (values === undefined) return undefined;
  const { access, picked } = scripts.version(script).state;
  return Object.fromEntries(access.fields.map(({ name }, f) => [name, values[component.columns[picked[f]!]!.path]]));
}
