import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

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

/** Takes `--scene PATH`, `--out PATH` and the tool's own switches out of the words. Throws {@link Misuse}. */
export function readTarget(words: readonly string[], { out, switches }: { out: string; switches: string[] }): Target {
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
  return { ...found, scene: resolve(found.scene), out: resolve(found.out) };
}

/** The command line of `worldloom`. */
const WORLDLOOM = join(root, "src", "cli", "main.ts");

/** Flags of Node and the program behind them: `worldloom run` of the scene, its systems under frames of their names. */
export function commandOf({ scene, words }: Target, nodeFlags: readonly string[] = [], program = WORLDLOOM): string[] {
  const preload = pathToFileURL(join(root, "profiling", "preload.ts")).href;
  return [...nodeFlags, "--import", preload, program, "run", scene, ...words];
}

/** A folder for the length of one run. */
export class Workplace {
  readonly folder: string = mkdtempSync(join(tmpdir(), "worldloom-profile-"));

  at(name: string): string {
    return join(this.folder, name);
  }

  /** The environment of the process that is profiled. */
  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return { ...process.env, WORLDLOOM_PROFILE_NAMES: this.at("names.json"), ...more };
  }

  /** The systems that the run declared. Throws {@link Failure} if there were none. */
  systems(): string[] {
    const file = this.at("names.json");
    const names: string[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
    if (names.length === 0) throw new Failure("The run declared no system: there is nothing to show.");
    return names;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a tool and gives its exit status: 0 done, 1 failed, 2 misuse. */
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
    if (!(error instanceof Misuse || error instanceof Failure)) throw error;
    console.error(error.message);
    if (error instanceof Failure) return 1;
    console.error(help.split("\n", 1)[0]);
    return 2;
  }
}
