import { WorldloomError } from "../../core/errors.ts";
import { hooks, type ScriptManifest, type StateField, type StateKind, stateKinds } from "../engine.ts";
import { misfit, NAME } from "../manifest.ts";
import type { ScriptValue } from "../value.ts";

const KEYS: readonly string[] = ["state", "reads", "writes", "hears"];

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
    if (!KEYS.includes(key)) fail(`there is no key ${key}; there are ${KEYS.join(", ")}`);
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
  if (!stateKinds.includes(kind as StateKind)) fail(`state.${name}: there is no kind ${String(kind)}`);
  const known = kind as StateKind;
  const expected = misfit(known, value);
  if (expected !== "") fail(`state.${name}: expected ${expected}`);
  return { kind: known, default: value as number | boolean | string };
}
