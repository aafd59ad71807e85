import { WorldloomError } from "../core/errors.ts";
import type { StateKind } from "./engine.ts";

/** Names of scripts, and of what they declare. */
export const NAME = /^[A-Za-z]\w*$/;
/** Longest name of a script, so that what worlds name after it fits. */
const SCRIPT_NAME_MAX = 50;

/** Throws `script-invalid` for what cannot name a script. */
export function expectScriptName(name: string): void {
  if (NAME.test(name) && name.length <= SCRIPT_NAME_MAX) return;
  throw new WorldloomError(
    "script-invalid",
    `"${name}" cannot name a script: a letter, then at most ${SCRIPT_NAME_MAX - 1} letters, digits and underscores`,
    { name },
  );
}

/** What the default of a field of the state should be that is none of its kind; an empty text where it is one. */
export function misfit(kind: StateKind, value: unknown): string {
  switch (kind) {
    case "bool":
      return typeof value === "boolean" ? "" : "true or false";
    case "str":
      return typeof value === "string" ? "" : "a text";
    case "entity":
      return value === 0 ? "" : "0, for no entity";
    case "i32":
      return typeof value === "number" && value === (value | 0) ? "" : "an integer of 32 bits";
    case "u32":
      return typeof value === "number" && value === value >>> 0 ? "" : "an integer from 0 to 4294967295";
    default:
      return typeof value === "number" && !Number.isNaN(value) ? "" : "a number";
  }
}
