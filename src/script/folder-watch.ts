import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { badArgument, expectList, expectText } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";

/** Calls `changed` with the path of each file that may have changed, come or gone, until it is closed. */
export type WatchFiles = (paths: readonly string[], changed: (file: string) => void) => { close(): void };

/** Most folders of one watch. */
const FOLDERS_MAX = 4096;

/**
 * Watches files, and folders with those in them. Names that start with a dot, `node_modules` and links to folders are left
 * out. Several calls for one change are normal. Throws `file-io`.
 */
export const watchFiles: WatchFiles = (paths, changed) => {
  expectList(paths, "paths");
  for (const path of paths) expectText(path, "paths");
  if (typeof changed !== "function") throw badArgument("changed", changed, "a function");
  return new FolderWatch(paths, changed);
};

/** All files that {@link watchFiles} would watch, in ascending order. Throws `file-io`. */
export function filesIn(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths.map((path) => resolve(path))) {
    if (kindOf(path) === "folder") walk(path, { file: (file) => found.add(file), folder: () => undefined });
    else if (kindOf(path) === "file") found.add(path);
    else throw cannotWatch(path, "it does not exist");
  }
  return [...found].sort();
}

class FolderWatch {
  readonly #changed: (file: string) => void;
  readonly #folders = new Map<string, FSWatcher>();
  /** Files that are watched by themselves; of all others in their folder nothing is told. */
  readonly #single = new Map<string, Set<string>>();
  #closed = false;

  constructor(paths: readonly string[], changed: (file: string) => void) {
    this.#changed = changed;
    try {
      for (const path of paths.map((path) => resolve(path))) {
        const kind = kindOf(path);
        if (kind === undefined) throw cannotWatch(path, "it does not exist");
        if (kind === "folder") this.#enter(path);
        else this.#alone(path);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** An editor that saves replaces a file by another one: what tells of that is the folder. */
  #alone(file: string): void {
    const folder = dirname(file);
    const watched = this.#folders.has(folder);
    const names = this.#single.get(folder) ?? new Set();
    names.add(basename(file));
    if (!watched || this.#single.has(folder)) this.#single.set(folder, names);
    if (!watched) this.#listen(folder);
  }

  /** Watches a folder and those in it. Returns the files in all of them. */
  #enter(path: string): string[] {
    const files: string[] = [];
    const folders: string[] = [path];
    walk(path, { file: (file) => files.push(file), folder: (folder) => folders.push(folder) });
    for (const folder of folders) {
      this.#single.delete(folder);
      if (!this.#folders.has(folder)) this.#listen(folder);
    }
    return files;
  }

  #listen(folder: string): void {
    if (this.#folders.size >= FOLDERS_MAX) throw cannotWatch(folder, `there are more than ${FOLDERS_MAX} folders`);
    let watcher: FSWatcher;
    try {
      watcher = watch(folder, (_, name) => this.#event(folder, name));
    } catch (cause) {
      throw cannotWatch(folder, cause instanceof Error ? cause.message : String(cause), cause);
    }
    // The folder is gone, and with it what there was to watch.
    watcher.on("error", () => this.#leave(folder));
    this.#folders.set(folder, watcher);
  }

  #leave(folder: string): void {
    this.#folders.get(folder)?.close();
    this.#folders.delete(folder);
  }

  #event(folder: string, name: string | null): void {
    if (this.#closed) return;
    if (name === null) {
      walk(folder, { file: (file) => this.#tell(file), folder: () => undefined });
      return;
    }
    if (kindOf(folder) !== "folder") return this.#leaveAll(folder);
    if (isHidden(name)) return;
    const path = join(folder, name);
    if (this.#folders.has(path) && kindOf(path) !== "folder") this.#leaveAll(path);
    else if (kindOf(path) === "folder" && !this.#single.has(folder)) this.#arrive(path);
    else this.#tell(path);
  }

  /** A folder that came: nothing told of the files that it had by then. */
  #arrive(folder: string): void {
    if (this.#folders.has(folder)) return;
    try {
      for (const file of this.#enter(folder)) this.#tell(file);
    } catch (error) {
      if (!(error instanceof WorldloomError)) throw error;
    }
  }

  #leaveAll(folder: string): void {
    for (const other of [...this.#folders.keys()])
      if (other === folder || other.startsWith(join(folder, "/"))) this.#leave(other);
    this.#changed(folder);
  }

  #tell(file: string): void {
    const names = this.#single.get(dirname(file));
    if (names === undefined || names.has(basename(file))) this.#changed(file);
  }
}

function walk(
  folder: string,
  visit: { readonly file: (path: string) => void; readonly folder: (path: string) => void },
): void {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(folder);
  } catch {
    // It went while we looked.
    return;
  }
  for (const entry of entries) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      visit.folder(path);
      walk(path, visit);
    } else if (entry.isFile() || (entry.isSymbolicLink() && kindOf(path) === "file")) visit.file(path);
  }
}

function list(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function kindOf(path: string): "file" | "folder" | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? "folder" : found?.isFile() ? "file" : undefined;
}

function cannotWatch(path: string, why: string, cause?: unknown): WorldloomError {
  const message = `${path} cannot be watched (${why}); give a file or folder that can.`;
  return new WorldloomError("file-io", message, { path }, cause);
}
