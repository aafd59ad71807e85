import { parseArgs } from "node:util";
import { WorldloomError } from "../core/errors.ts";
import { nearest } from "../script/lint/finding.ts";

/** One flag of a command line. */
export type Flag =
  | {
      readonly kind: "integer" | "number";
      readonly min: number;
      readonly max: number;
      readonly default: number;
      readonly summary: string;
    }
  /** A path; without a default it may be absent. */
  | { readonly kind: "file" | "folder"; readonly summary: string; readonly default?: string }
  | { readonly kind: "text"; readonly placeholder: string; readonly summary: string; readonly default?: string }
  | { readonly kind: "switch"; readonly summary: string };

/** Flags by their names without dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** What {@link parseFlags} gives for a table of flags. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends { kind: "switch" }
    ? boolean
    : F[Name] extends { kind: "integer" | "number" }
      ? number
      : F[Name] extends { default: string }
        ? string
        : string | undefined;
};

/**
 * Reads `--name value`, `--name=value` and switches; `usage` for anything that the table does not have. A value that begins with
 * two dashes needs the equals sign.
 */
export function parseFlags<const F extends Flags>(flags: F, words: readonly string[]): FlagValues<F> {
  const seen = new Map<string, string | true>();
  for (const token of tokensOf(flags, words)) {
    if (token.kind !== "option") {
      const word = token.kind === "positional" ? token.value : "--";
      throw misuse(`"${word}" is not a flag; flags start with two dashes.`, { word });
    }
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (flag === undefined) {
      const near = nearest(token.name, Object.keys(flags));
      throw misuse(
        `There is no flag ${token.rawName}; ${near === undefined ? "--help lists all." : `did you mean --${near}?`}`,
        { flag: token.name },
      );
    }
    if (seen.has(token.name)) throw misuse(`--${token.name} is given twice; give it once.`, { flag: token.name });
    if (flag.kind === "switch" && token.value !== undefined) {
      throw misuse(`--${token.name} takes no value; leave out "${token.value}".`, { flag: token.name });
    }
    if (flag.kind !== "integer" && flag.kind !== "number") checkApart(token);
    seen.set(token.name, flag.kind === "switch" ? true : (token.value ?? ""));
  }
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) values[name] = flagValue(name, flag, seen.get(name));
  return values as FlagValues<F>;
}

/** One line a flag for `--help`, with ranges and defaults. */
export function flagHelp(flags: Flags): string {
  const lines = Object.entries(flags).map(
    ([name, flag]) =>
      [`--${name}${flag.kind === "text" ? ` ${flag.placeholder}` : PLACEHOLDERS[flag.kind]}`, flag] as const,
  );
  const width = Math.max(0, ...lines.map(([left]) => left.length));
  return lines.map(([left, flag]) => `  ${left.padEnd(width)}  ${flag.summary}${rangeOf(flag)}`).join("\n");
}

const PLACEHOLDERS = { integer: " N", number: " X", file: " FILE", folder: " DIR", switch: "" } as const;

function rangeOf(flag: Flag): string {
  if (flag.kind === "integer" || flag.kind === "number")
    return ` (${flag.min} to ${flag.max}, default ${flag.default})`;
  return flag.kind !== "switch" && flag.default !== undefined ? ` (default ${flag.default})` : "";
}

type Token = ReturnType<typeof tokensOf>[number];

function tokensOf(flags: Flags, words: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.kind === "switch" ? "boolean" : "string" } as const,
    ]),
  );
  return parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** A flag after a flag that needs a value is no value: else a file would be called `--json`. */
function checkApart({ name, value, inlineValue }: Extract<Token, { kind: "option" }>): void {
  if (inlineValue !== false || !value?.startsWith("--")) return;
  throw misuse(`--${name} needs a value before ${value}; if that is the value, write --${name}=${value}.`, {
    flag: name,
    value,
  });
}

function flagValue(name: string, flag: Flag, text: string | true | undefined): unknown {
  if (flag.kind === "switch") return text === true;
  if (text === undefined) return flag.default;
  if (flag.kind === "integer" || flag.kind === "number") return numberValue(name, flag, String(text));
  if (typeof text === "string" && text !== "" && !text.includes("\0")) return text;
  throw misuse(`--${name} needs ${flag.kind === "text" ? flag.placeholder : `the path of a ${flag.kind}`}.`, {
    flag: name,
  });
}

function numberValue(name: string, flag: Flag & { kind: "integer" | "number" }, text: string): number {
  const pattern = flag.kind === "integer" ? /^[-+]?\d+$/ : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  // Adding 0 turns -0 into 0.
  if (value >= flag.min && value <= flag.max) return value + 0;
  const wanted = flag.kind === "integer" ? "a whole number" : "a number";
  const found = text === "" ? "" : `, not ${JSON.stringify(text)}`;
  throw misuse(`--${name} must be ${wanted} from ${flag.min} to ${flag.max}${found}.`, { flag: name, value: text });
}

function misuse(message: string, operands: Record<string, unknown>): WorldloomError {
  return new WorldloomError("usage", message, operands);
}
