import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { aboutFile } from "../core/about-file.ts";
import { expectInstance, expectText } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { type LoadOptions, loadWorld } from "./save-load.ts";
import { World } from "./world.ts";

/** Most names tried for the file that is written first. */
const ATTEMPTS_MAX = 100;

/**
 * Saves a world to a file, whole or not at all: it is written beside the target, brought to the disk and then renamed.
 * Throws `bad-argument`, `file-io`, and the file that was there before is unchanged.
 */
export function saveFile(world: World, path: string): void {
  expectInstance(world, World, "world", "a world");
  expectText(path, "path");
  const bytes = world.save();
  let made: string | undefined;
  try {
    const target = existsSync(path) ? realpathSync(path) : path;
    const { file, name } = openBeside(target);
    made = name;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(name, target);
    made = undefined;
    syncFolder(dirname(target));
  } catch (cause) {
    throw refused(`The world cannot be saved to ${path}`, path, cause);
  } finally {
    if (made !== undefined) remove(made);
  }
}

/** Loads a world from a file. Throws `bad-argument`, `file-io` and what `loadWorld` throws, which names the file if it is about it. */
export function loadFile(path: string, options: LoadOptions = {}): World {
  expectText(path, "path");
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw refused(`The save file ${path} cannot be read`, path, cause);
  }
  return aboutFile(path, () => loadWorld(bytes, options));
}

/** A new file in the folder of `target`. */
function openBeside(target: string): { file: number; name: string } {
  for (let attempt = 0; ; attempt++) {
    const name = join(dirname(target), `.${basename(target)}.${process.pid}-${attempt}.tmp`);
    try {
      return { file: openSync(name, "wx"), name };
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST" || attempt >= ATTEMPTS_MAX) throw error;
    }
  }
}

/** Brings the new name to the disk, where folders can be synchronised. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Some systems cannot; the file is whole there all the same.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The disk that refused the file may refuse this too; the first error is the one to tell.
  }
}

function refused(what: string, path: string, cause: unknown): WorldloomError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WorldloomError(
    "file-io",
    `${what}: ${reason}. Check the path, the permissions and the space left.`,
    { path },
    cause,
  );
}
