import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WorldloomError } from "../../core/errors.ts";

const NAME = "lock";

/**
 * Takes a folder for this process: a file in it says its number. One that a process has left that is no more is taken over.
 * Throws `file-io` where another process has the folder.
 */
export function lockFolder(folder: string): void {
  const path = join(folder, NAME);
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = ownerOf(path);
    if (owner !== undefined && owner !== process.pid && isAlive(owner)) {
      throw new WorldloomError(
        "file-io",
        `The log in ${folder} is that of process ${owner}, which still runs; end it first, or choose another folder. If it is no server of this world, remove ${path}.`,
        { folder, process: owner },
      );
    }
    rmSync(path, { force: true });
  }
}

/** Gives the folder back, if it is still that of this process. */
export function unlockFolder(folder: string): void {
  const path = join(folder, NAME);
  if (ownerOf(path) === process.pid) rmSync(path, { force: true });
}

function ownerOf(path: string): number | undefined {
  try {
    const owner = Number(readFileSync(path, "utf8"));
    return Number.isInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // Somebody else's may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
