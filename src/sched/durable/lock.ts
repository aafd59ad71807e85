import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { WorldloomError } from "../../core/errors.ts";

const NAME = "lock";

/** Who has a folder: the number of a process and, where the system says it, when that process began. */
interface Owner {
  readonly process: number;
  /** Ticks of the system's clock since the system started. Tells a process from a later one of the same number. */
  readonly began: string | undefined;
  /** It is a thread, which may end before its process does: then the file that it has open is closed. */
  readonly thread: boolean;
}

/** The folders that this thread has, for systems that do not say when a process began. */
const held = new Set<string>();

/**
 * Takes a folder, and returns what gives it back: a file in it says whose it is. One that a process or a thread has left that is
 * no more is taken over. Throws `file-io` where another process has the folder, or this one has it already.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, NAME);
  const key = realpathSync(folder);
  const began = beganOf(process.pid);
  const mine = began === undefined ? String(process.pid) : `${process.pid} ${began}${isMainThread ? "" : " thread"}`;
  let file: number;
  for (;;) {
    try {
      file = openSync(path, "wx");
      writeFileSync(file, mine);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = ownerOf(path);
    if (owner !== undefined && isHeld(owner, key)) throw taken(folder, path, owner);
    rmSync(path, { force: true });
  }
  held.add(key);
  return () => {
    held.delete(key);
    closeSync(file);
    if (textOf(path) === mine) rmSync(path, { force: true });
  };
}

function taken(folder: string, path: string, { process: number }: Owner): WorldloomError {
  const message =
    number === process.pid
      ? `The log in ${folder} is open in this process already; close it first, or choose another folder. If it was a thread that has ended, remove ${path}.`
      : `The log in ${folder} is that of process ${number}, which still runs; end it first, or choose another folder. If it is no server of this world, remove ${path}.`;
  return new WorldloomError("file-io", message, { folder, process: number });
}

function isHeld(owner: Owner, key: string): boolean {
  if (!isAlive(owner.process)) return false;
  const began = beganOf(owner.process);
  if (owner.began !== undefined && began !== undefined)
    return owner.began === began && !(owner.thread && owner.process === process.pid && !isOpen(join(key, NAME)));
  return owner.process !== process.pid || held.has(key);
}

function ownerOf(path: string): Owner | undefined {
  const [, number, began, thread] = /^(\d+)(?: (\d+)( thread)?)?\s*$/.exec(textOf(path) ?? "") ?? [];
  return Number(number) > 0 ? { process: Number(number), began, thread: thread !== undefined } : undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether a thread of this process has a file open, as Linux says it. */
function isOpen(path: string): boolean {
  const folder = "/proc/self/fd";
  return readdirSync(folder).some((name) => {
    try {
      return readlinkSync(join(folder, name)) === path;
    } catch {
      return false;
    }
  });
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

/** When a process began, as Linux says it: field 22 of `stat`, of which field 2 is a name in brackets with anything in it. */
function beganOf(id: number): string | undefined {
  const stat = textOf(`/proc/${id}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
