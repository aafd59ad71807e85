import { readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import type { Profile } from "../script/capability.ts";
import type { ScriptSource } from "../script/engine.ts";
import { filesIn } from "../script/folder-watch.ts";
import { codeOf } from "../script/systems/watch-source.ts";

/** A file with a script or a module. */
export interface SourceFile {
  /** As it was given, or below the folder that was. */
  readonly file: string;
  readonly name: string;
  /** Its ending, without the dot. */
  readonly ending: string;
  readonly code: ScriptSource["code"];
  /** Default: that of all. */
  readonly profile?: Profile;
}

/** Files by what they are. */
export interface SourceFiles {
  readonly scripts: readonly SourceFile[];
  /** What one of the others requires, also where it only lies beside that. */
  readonly modules: readonly SourceFile[];
}

/** Names of files with tests. */
const TEST = /^test_|_test$/;

export interface ReadOptions {
  readonly tests?: boolean;
  /** Names of scripts by whole paths of files, where these are not named by them. */
  readonly names?: ReadonlyMap<string, string>;
}

/**
 * Reads files and folders, and the modules that they require. Of folders, what is named like a test is left out, or with
 * `tests` all else is. Throws `usage`, `file-io`.
 */
export function readSources(
  paths: readonly string[],
  endings: readonly string[],
  { tests = false, names = new Map() }: ReadOptions = {},
): SourceFiles {
  const read = new Map<string, SourceFile>();
  const wanted = new Set<SourceFile>();
  for (const path of paths) {
    const isFolder = isFolderAt(path);
    if (!isFolder && !endings.includes(endingOf(path))) {
      const list = endings.map((ending) => `.${ending}`).join(" or ");
      throw new WorldloomError("usage", `${path} is no script: the name of one ends in ${list}.`, { path });
    }
    for (const file of isFolder ? filesIn([path]).filter((file) => endings.includes(endingOf(file))) : [path]) {
      const one = read.get(resolve(file)) ?? readSource(file, names.get(resolve(file)) ?? nameOf(file));
      read.set(resolve(file), one);
      if (!isFolder || TEST.test(one.name) === tests) wanted.add(one);
    }
  }
  const modules = new Map<string, SourceFile>();
  const used = new Set<SourceFile>();
  const queue = [...wanted];
  for (let next = queue.pop(); next !== undefined; next = queue.pop())
    for (const name of requiredBy(next)) {
      const module = [...read.values()].find((one) => one.name === name) ?? readBeside(next, name, read);
      if (module === undefined || modules.has(name)) continue;
      modules.set(name, { ...module, name });
      used.add(module);
      queue.push(module);
    }
  return { scripts: [...wanted].filter((one) => !used.has(one)), modules: [...modules.values()] };
}

function isFolderAt(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new WorldloomError("usage", `There is no ${path}; give a script or a folder.`, { path });
  return found.isDirectory();
}

/** A module in the folder of what requires it; dots are folders. */
function readBeside(from: SourceFile, name: string, read: Map<string, SourceFile>): SourceFile | undefined {
  const path = join(dirname(from.file), `${name.replaceAll(".", "/")}.${from.ending}`);
  const known = read.get(resolve(path));
  if (known !== undefined || !statSync(path, { throwIfNoEntry: false })?.isFile()) return known;
  const found = readSource(path, name);
  read.set(resolve(path), found);
  return found;
}

function readSource(file: string, name: string): SourceFile {
  return { file, name, ending: endingOf(file), code: codeOf(file, readFileSync(file)) };
}

/** What a script is called that has no other name: that of its file, with letters, digits and underscores alone. */
function nameOf(file: string): string {
  return basename(file, extname(file)).replaceAll(/\W/g, "_");
}

function endingOf(file: string): string {
  return extname(file).slice(1);
}

/** Names that a script says it requires. */
function requiredBy({ code }: SourceFile): string[] {
  if (typeof code !== "string") return [];
  return [...code.matchAll(/\brequires?\b\s*\(?\s*["']?(\w[\w./]*)/g)].map(([, name]) => name!);
}
