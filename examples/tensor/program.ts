import { mkdirSync, mkdtempSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { WorldloomError } from "../../src/index.ts";

/** Values of flags by their names; all of them are texts. */
export type Words = Readonly<Record<string, string | boolean | undefined>>;

/** Reads `--name value` and `--help`; throws `usage` for anything else. */
export function flagsOf(words: readonly string[], names: readonly string[]): Words {
  const options: ParseArgsOptionsConfig = { help: { type: "boolean", short: "h" } };
  for (const name of names) options[name] = { type: "string" };
  try {
    return parseArgs({ args: [...words], options, allowPositionals: false }).values as Words;
  } catch (cause) {
    throw new WorldloomError("usage", cause instanceof Error ? cause.message : String(cause), {}, cause);
  }
}

/** A flag that is an integer from `min` to `max`; throws `usage`. */
export function integerOf(values: Words, name: string, unless: number, min: number, max: number): number {
  const text = values[name];
  const value = text === undefined ? unless : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new WorldloomError("usage", `--${name} is ${text}; it must be an integer from ${min} to ${max}.`, { name });
}

/** Makes the folder that a program writes to at its end; throws `file-io` where it cannot be written to. */
export function folderOf(values: Words, unless: string): string {
  const path = String(values["out"] ?? unless);
  try {
    makeFolders(resolve(path));
    // Permissions are not all: folders in /proc take nothing.
    rmdirSync(mkdtempSync(join(path, ".worldloom-")));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError("file-io", `${path} cannot be written to (${reason}); choose another folder.`, {}, cause);
  }
  return path;
}

/** One by one: the recursive form of `mkdirSync` never ends in file systems like /proc. */
function makeFolders(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error(`${path} is not a folder`);
  makeFolders(dirname(path));
  mkdirSync(path);
}

/** Runs `main` if `url` is what Node was started with, not when a test imports it. */
export function program(url: string, main: (words: readonly string[]) => void): void {
  if (process.argv[1] === undefined || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WorldloomError)) throw error;
    console.error(`${error.message} (${error.code})`);
    if (error.code === "usage") console.error("Try --help.");
    process.exitCode = error.code === "usage" ? 2 : 1;
  }
}
