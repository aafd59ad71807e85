import { WorldloomError } from "../../core/errors.ts";
import type { Hook, ScriptManifest, StateField, StateKind } from "../engine.ts";
import type { ScriptValue } from "../value.ts";

const hooks: readonly Hook[] = ["onStart", "onUpdate", "onEvent", "onDestroy", "onSave", "onRestore"];
const kinds: readonly StateKind[] = ["f32", "f64", "i32", "u32", "bool", "entity", "str"];
const NAME = /^[A-Za-z]\w*$/;

export interface Said {
  /** What the script gave to `script { }`, fields of `state` as kinds and defaults. */
  readonly said: ScriptValue;
  /** Names of its global functions. */
  readonly names: readonly string[];
  readonly requires: readonly string[];
}

/** The manifest of what a script says; `given` has precedence. Throws `script-invalid`, which says what is wrong. */
export function manifestOf(
  where: string,
  { said, names, requires }: Said,
  given: Partial<ScriptManifest> = {},
): ScriptManifest {
  const fail = (what: string): never => {
    throw new WorldloomError("script-invalid", `${where}: script: ${what}`, { script: where });
  };
  const table = said as Record<string, ScriptValue>;
  for (const key of Object.keys(table))
    if (!["state", "reads", "writes", "hears"].includes(key))
      fail(`there is no key ${key}; there are state, reads, writes and hears`);
  const list = (key: "reads" | "writes" | "hears"): readonly string[] => {
    const value = table[key];
    if (value === undefined || (typeof value === "object" && Object.keys(value).length === 0)) return [];
    if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value as readonly string[];
    return fail(`${key}: expected a list of names, such as { "Position" }`);
  };
  const state: Record<string, StateField> = {};
  for (const name of Object.keys((table["state"] ?? {}) as object).sort())
    state[name] = field(
      name,
      (table["state"] as Record<string, ScriptValue>)[name] as Record<string, ScriptValue>,
      fail,
    );
  return {
    state,
    reads: list("reads"),
    writes: list("writes"),
    hears: list("hears"),
    requires,
    hooks: hooks.filter((hook) => names.includes(hook)),
    ...given,
  };
}

function field(
  name: string,
  { kind, default: value }: Record<string, ScriptValue>,
  fail: (what: string) => never,
): StateField {
  if (!NAME.test(name)) fail(`state: "${name}" cannot name a field: a letter, then letters, digits and underscores`);
  if (!kinds.includes(kind as StateKind)) fail(`state.${name}: there is no kind ${String(kind)}`);
  const known = kind as StateKind;
  const expected = misfit(known, value);
  if (expected !== "") fail(`state.${name}: expected ${expected}`);
  return { kind: known, default: value as number | boolean | string };
}

/** What a default should be that is none of its kind, else an empty text. */
function misfit(kind: StateKind, value: ScriptValue): string {
  switch (kind) {
    case "bool":
      return typeof value === "boolean" ? "" : "true or false";
    case "str":
      return typeof value === "string" ? "" : "a text";
    case "i32":
    case "entity":
      return typeof value === "number" && value === (value | 0) ? "" : "an integer of 32 bits";
    case "u32":
      return typeof value === "number" && value === value >>> 0 ? "" : "an integer from 0 to 4294967295";
    default:
      return typeof value === "number" ? "" : "a number";
  }
}
