import { WorldloomError } from "../../core/errors.ts";
import type { Severity } from "./finding.ts";

/** What is looked for. All parts can be left out. */
export interface LintConfig {
  /** Severities by rule, or "off". */
  readonly rules?: Readonly<Record<string, Severity | "off">>;
  /** Globals that the game adds. */
  readonly globals?: readonly string[];
  /** Most entities that a loop spawns without a complaint. */
  readonly spawnsMax?: number;
}

/** A configuration from the text of a JSON file. Throws `bad-file`, which names what is wrong. */
export function readLintConfig(text: string, file: string): LintConfig {
  const refuse = (message: string): never => {
    throw new WorldloomError("bad-file", `${file}: ${message}`, { file });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`this is no JSON (${(error as Error).message}).`);
  }
  if (!isRecord(value)) return refuse("write an object with rules, globals, spawnsMax.");
  for (const key of Object.keys(value))
    if (!["rules", "globals", "spawnsMax"].includes(key))
      refuse(`there is no ${key}; rules, globals, spawnsMax are known.`);
  const { rules, globals, spawnsMax } = value;
  if (rules !== undefined && !isRecord(rules)) refuse("rules is an object: severities by rule.");
  if (globals !== undefined && !(Array.isArray(globals) && globals.every((name) => typeof name === "string")))
    refuse("globals is a list of names.");
  if (spawnsMax !== undefined && !(Number.isSafeInteger(spawnsMax) && (spawnsMax as number) >= 1))
    refuse("spawnsMax is a whole number from 1.");
  return value as LintConfig;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
