import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkWritable, makeFolder } from "../src/cli/run-files.ts";
import { WorldloomError } from "../src/core/errors.ts";

/** The folder of package.json. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** Words that a tool was given, taken apart. */
export interface Target {
  readonly scene: string;
  /** Where the result goes: a file or a folder. */
  readonly out: string;
  /** Flags of the tool that were given. */
  readonly switches: ReadonlySet<string>;
  /** The rest: flags for `worldloom run`. */
  readonly words: readonly string[];
}

/** What a tool says for words that it does not understand; the exit status is 2. */
export class Misuse extends Error {}

/** A profile that did not come to be; the exit status is 1. */
export class Failure extends Error {}

/** Somebody ended the tool before it was done. */
export class Stopped extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`Ended by ${signal}.`);
    this.signal = signal;
  }
}

/** What a tool writes, and the switches that it has. */
export interface Tool {
  /** Where it writes unless told otherwise. */
  readonly out: string;
  readonly writes: "file" | "folder";
  readonly switches: readonly string[];
}

/**
 * Takes `--scene PATH`, `--out PATH` and the tool's own switches out of the words, and makes the folder that is written to.
 * Throws {@link Misuse}, and `file-io` where nothing can be written.
 */
export function readTarget(words: readonly string[], { out, writes, switches }: Tool): Target {
  const found = { scene: join(root, "examples", "city"), out, switches: new Set<string>(), words: [] as string[] };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name = "", ...value] = word.split("=");
    if (name === "--scene" || name === "--out") {
      const path = value.length > 0 ? value.join("=") : rest.shift();
      if (path === undefined || path === "" || path.startsWith("--")) throw new Misuse(`${name} needs a path.`);
      found[name === "--scene" ? "scene" : "out"] = path;
    } else if (switches.includes(word)) found.switches.add(word);
    else if (found.words.length === 0 && !word.startsWith("--"))
      throw new Misuse(`"${word}" is not a flag; a scene is given with --scene ${word}.`);
    else found.words.push(word);
  }
  if (!existsSync(found.scene)) throw new Misuse(`There is no scene ${found.scene}.`);
  const path = resolve(found.out);
  const folder = writes === "file" ? dirname(path) : path;
  makeFolder(folder);
  if (writes === "file") checkWritable(path);
  return { ...found, scene: resolve(found.scene), out: path };
}

/** The command line of `worldloom`. */
const WORLDLOOM = join(root, "src", "cli", "main.ts");

/** Flags of Node and the program behind them: `worldloom run` of the scene, its systems under frames of their names. */
export function commandOf({ scene, words }: Target, nodeFlags: readonly string[] = [], program = WORLDLOOM): string[] {
  const preload = pathToFileURL(join(root, "profiling", "preload.ts")).href;
  return [...nodeFlags, "--import", preload, program, "run", scene, ...words];
}

/** Runs a tool and gives its exit status: 0 done, 1 failed, 2 misuse, above 128 where a signal ended it. */
export async function runTool(help: string, tool: (words: readonly string[]) => unknown): Promise<number> {
  const words = process.argv.slice(2);
  if (words.includes("--help") || words.includes("-h")) {
    console.log(help);
    return 0;
  }
  try {
    await tool(words);
    return 0;
  } catch (error) {
    if (error instanceof Stopped) return 128 + constants.signals[error.signal];
    const isKnown = error instanceof Misuse || error instanceof Failure || error instanceof WorldloomError;
    if (!isKnown) throw error;
    console.error(error.message);
    const isMisuse = error instanceof Misuse || (error instanceof WorldloomError && error.code === "usage");
    if (!isMisuse) return 1;
    console.error(help.split("\n", 1)[0]);
    return 2;
  }
}
