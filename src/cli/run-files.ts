import { existsSync, mkdtempSync, realpathSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import { makeFolders } from "../core/folder.ts";

/** Makes a folder and those above it; `file-io` if that fails or it cannot be written to. */
export function makeFolder(path: string): void {
  attempt(path, "choose another folder, or give yourself permission", () => {
    makeFolders(resolve(path));
    tryFolder(path);
  });
}

/** Permissions are not all: folders in /proc take nothing. */
function tryFolder(path: string): void {
  rmdirSync(mkdtempSync(join(path, ".worldloom-")));
}

/** Finds out before a long run whether a file can be written at its end. */
export function checkWritable(path: string): void {
  attempt(path, "choose another path, or give yourself permission", () => {
    const folder = dirname(resolve(path));
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
    tryFolder(folder);
    const target = statSync(path, { throwIfNoEntry: false });
    if (target?.isDirectory()) throw new Error("it is a folder");
    // A device would be replaced by a file.
    if (target !== undefined && !target.isFile()) throw new Error("it is not a regular file");
  });
}

/**
 * Finds out before a long run whether files can be written at its end: `outputs` by flag, none of them one of the `inputs` or
 * twice. Throws `file-io`, `usage`.
 */
export function checkOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  inputs: Readonly<Record<string, string | undefined>> = {},
): void {
  const taken = new Map<string, string>();
  // An input that is not there is for its reader to say.
  for (const [name, path] of Object.entries(inputs))
    if (path !== undefined && existsSync(path)) taken.set(identityOf(path), name);
  for (const [flag, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    checkWritable(path);
    const other = taken.get(identityOf(path));
    if (other !== undefined)
      throw new WorldloomError("usage", `--${flag} would overwrite ${path}, which is ${other}; choose another path.`, {
        flag,
        path,
      });
    taken.set(identityOf(path), `that of --${flag}`);
  }
}

/** The same for all paths to a file, also to one that is not there yet. */
function identityOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? join(realpathSync(dirname(resolve(path))), basename(path)) : `${found.dev}:${found.ino}`;
}

/** Writes all of a file or nothing: a file that is there stays as it is if that fails (`file-io`). */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const partial = `${path}.${process.pid}.part`;
  attempt(path, "make room on the disk, or choose another path", () => {
    try {
      writeFileSync(partial, content, { flush: true });
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
  });
}

function attempt(path: string, advice: string, run: () => void): void {
  try {
    run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError("file-io", `${path} cannot be written (${reason}); ${advice}.`, { path }, cause);
  }
}
