import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import { type Flag, type Flags, type FlagValues, parseFlags } from "./flags.ts";

/** What can be set in `worldloom.json` and the environment, too. A name means the same for each verb that has it. */
export const scriptSettings = {
  engine: { kind: "text", placeholder: "lua|wasm", summary: "take files of this engine alone; all where left out" },
  profile: {
    kind: "text",
    placeholder: "NAME",
    default: "standard",
    summary: "what scripts may do: minimal, standard or trusted",
  },
  scene: {
    kind: "file",
    summary: "JSON with components, events, inputs, entities, ..., or a module that exports scriptScene",
  },
  entities: { kind: "integer", min: 0, max: 1_000_000, default: 1, summary: "entities that get each script" },
  ticks: { kind: "integer", min: 0, max: 10_000_000, default: 60, summary: "ticks to run" },
  seed: { kind: "integer", min: 0, max: 4_294_967_295, default: 1, summary: "seed of all random numbers" },
  rate: { kind: "number", min: 1, max: 1000, default: 60, summary: "ticks a second" },
  instructions: {
    kind: "integer",
    min: 100,
    max: 1_000_000_000,
    default: 1_000_000,
    summary: "instructions that one call may use",
  },
  "memory-mib": { kind: "integer", min: 1, max: 1024, default: 64, summary: "MiB that a virtual machine may use" },
  debounce: {
    kind: "integer",
    min: 0,
    max: 10_000,
    default: 30,
    summary: "ms without a change after which --watch reads files",
  },
  stream: { kind: "switch", summary: "print what scripts log as it comes" },
  history: {
    kind: "file",
    summary: "where the lines of repl are kept (default .worldloom_history in the home folder)",
  },
} as const satisfies Flags;

/** The one that is taken from nowhere but the command line. */
export const configFlag = {
  config: {
    kind: "file",
    summary: "the configuration file (default worldloom.json of this folder, where there is one)",
  },
} as const satisfies Flags;

/** Where settings are looked for besides the command line. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the configuration file, unless the command line names one. */
  readonly folder: string;
}

/**
 * Values for `flags`: those of the command line, or else of the environment, of the configuration file, the defaults. A
 * switch is taken back with `--no-NAME`. Throws `usage` for what nobody knows, whichever place it stands in.
 */
export function settingsOf<const F extends Flags>(
  flags: F,
  words: readonly string[],
  { env, folder }: Surroundings = { env: process.env, folder: process.cwd() },
): FlagValues<F> {
  const given: Record<string, { text: string; origin: string }> = {};
  for (const [name, text, origin] of [...fromFile(words, folder), ...fromEnvironment(env)])
    if (Object.hasOwn(flags, name)) given[name] = { text, origin };
  const table: Record<string, Flag> = {};
  const switches: Record<string, boolean> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const { text, origin } = given[name] ?? {};
    if (text === undefined) table[name] = flag;
    else if (flag.kind !== "switch") table[name] = { ...flag, default: settingOf(name, flag, text, origin!) } as Flag;
    else [table[name], switches[name]] = [flag, truth(text, origin!)];
  }
  const left: string[] = [];
  const negatedNames = new Set<string>();
  for (const word of words) {
    const negated = /^--no-(.+)$/.exec(word)?.[1];
    if (negated !== undefined && table[negated]?.kind === "switch") negatedNames.add(negated);
    else left.push(word);
  }
  const values: Record<string, unknown> = { ...parseFlags(table, left) };
  for (const name of negatedNames) {
    if (values[name] === true)
      throw new WorldloomError("usage", `--${name} and --no-${name} are both given; give one of them.`, { flag: name });
    switches[name] = false;
  }
  for (const [name, value] of Object.entries(switches)) values[name] = values[name] === true || value;
  return values as FlagValues<F>;
}

/** Throws `usage` unless a text is one of those. */
export function choiceOf<const T extends string>(name: string, text: string, choices: readonly T[]): T {
  if ((choices as readonly string[]).includes(text)) return text as T;
  const list = choices.join(", ");
  throw new WorldloomError("usage", `--${name} must be one of ${list}, not "${text}".`, { flag: name, value: text });
}

/** The words before the first flag. */
export function pathsBefore(words: readonly string[]): [paths: readonly string[], rest: readonly string[]] {
  const first = words.findIndex((word) => word.startsWith("-"));
  return first < 0 ? [words, []] : [words.slice(0, first), words.slice(first)];
}

type Given = [name: string, text: string, origin: string];

const PREFIX = "WORLDLOOM_SCRIPT_";

function fromEnvironment(env: Surroundings["env"]): Given[] {
  return Object.entries(env).flatMap(([variable, text]): Given[] => {
    if (!variable.startsWith(PREFIX) || text === undefined || text === "") return [];
    const name = variable.slice(PREFIX.length).toLowerCase().replaceAll("_", "-");
    expectKnown(name, variable);
    return [[name, text, variable]];
  });
}

function fromFile(words: readonly string[], folder: string): Given[] {
  const at = words.findIndex((word) => word === "--config" || word.startsWith("--config="));
  const named = at < 0 ? undefined : words[at] === "--config" ? words[at + 1] : words[at]!.slice("--config=".length);
  const file = named || join(folder, "worldloom.json");
  if (!existsSync(file)) {
    if (named === undefined) return [];
    throw new WorldloomError("bad-file", `There is no configuration file ${file}; write one, or leave out --config.`, {
      file,
    });
  }
  const config = parse(file);
  expectKeys(config, ["script"], file);
  const script = (config as { script?: unknown }).script ?? {};
  if (typeof script !== "object" || script === null || Array.isArray(script))
    throw badFile(file, "script is no object");
  return Object.entries(script).map(([name, value]): Given => {
    const origin = `${file}: script.${name}`;
    expectKnown(name, origin);
    if (typeof value === "object") throw badFile(file, `script.${name} must be a number, a text, true or false`);
    return [name, String(value), origin];
  });
}

function parse(file: string): object {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw badFile(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw badFile(file, "it is no object");
  return config;
}

function expectKeys(object: object, known: readonly string[], file: string): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badFile(file, `"${unknown}" is none of its keys, which are: ${known.join(", ")}`);
}

function expectKnown(name: string, origin: string): void {
  if (Object.hasOwn(scriptSettings, name)) return;
  const known = Object.keys(scriptSettings).join(", ");
  throw new WorldloomError("usage", `${origin} sets nothing that there is; there are: ${known}.`, { name });
}

function settingOf(name: string, flag: Flag, text: string, origin: string): unknown {
  try {
    return parseFlags({ [name]: flag }, [`--${name}=${text}`])[name];
  } catch (error) {
    if (!(error instanceof WorldloomError)) throw error;
    throw new WorldloomError("usage", `${origin}: ${error.message}`, error.operands, error);
  }
}

function truth(text: string, origin: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new WorldloomError("usage", `${origin} must be true or false, not "${text}".`, { value: text });
}

function badFile(file: string, why: string, cause?: unknown): WorldloomError {
  return new WorldloomError("bad-file", `${file} cannot be read (${why}); mend it.`, { file }, cause);
}
