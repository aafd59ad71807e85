import { event, input } from "../../ecs/event.ts";
import { entity, i32, str } from "../../ecs/field.ts";

/** A call of a script was stopped. The message goes to whoever listens with `onFault`: it is not state. */
export const ScriptFaulted = event("ScriptFaulted", { script: str, entity, kind: str, line: i32 });

/** An instance that is paused, quarantined or waits goes on in the next tick, well again, from its state. */
export const ScriptResume = input("ScriptResume", { script: str, entity });

/** From the next tick on the script runs the version with that hash, if its state can be carried over. */
export const ScriptReload = input("ScriptReload", { script: str, hash: str });
