import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { aboutFile } from "../../core/about-file.ts";
import { badArgument, expectOptions, expectText, type Known } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import { makeFolders } from "../../core/folder.ts";
import { badRecording, type FileType, type Frame, frameHead, framesOf, START_BYTES, startOf } from "../record/frame.ts";
import { lockFolder } from "./lock.ts";
import type { DurableLog, Stored } from "./log.ts";

export interface FileLogOptions {
  /**
   * What is brought to the disk before the call returns: each `record`, `snapshot`s only, or `nothing`. A process that is
   * killed loses nothing either way; a machine that loses power loses what was not on the disk. Default `snapshot`.
   */
  readonly sync?: "record" | "snapshot" | "nothing";
}

const KNOWN: Known<FileLogOptions> = { sync: true };

const snapshotFile: FileType = { magic: "WLDURSNP", version: 1, noun: "snapshot of a durable run" };
const logFile: FileType = { magic: "WLDURLOG", version: 2, noun: "log of a durable run" };
/** The one kind of frame in either. */
const KIND = 1;
/** What disks write at once, at least. */
const SECTOR_BYTES = 512;
const NAME = /^(snapshot|log)-(\d{12})$/;

/**
 * A log in a folder, which is made if need be: `snapshot-N` and, with the records since, `log-N`. One log at a time may
 * use it: `lock` says of which process, from `load` to `close`. Throws `bad-argument`, `file-io`; methods throw `file-io`, and `bad-file`
 * for what is not what was written.
 */
export function fileLog(folder: string, options: FileLogOptions = {}): DurableLog {
  expectText(folder, "folder");
  expectOptions(options, "options", KNOWN);
  const { sync = "snapshot" } = options;
  if (!["record", "snapshot", "nothing"].includes(sync))
    throw badArgument("sync", sync, '"record", "snapshot" or "nothing"');
  attempt(folder, () => makeFolders(resolve(folder)));
  const pathOf = (kind: "snapshot" | "log", number: number): string =>
    join(folder, `${kind}-${String(number).padStart(12, "0")}`);
  let number = 0;
  let unlock: (() => void) | undefined;
  let file: number | undefined;
  let frames = 0;

  const end = (): void => {
    const ended = file;
    file = undefined;
    if (ended !== undefined) closeSync(ended);
  };
  const begin = (): void => {
    end();
    file = openSync(pathOf("log", number), "w");
    write(file, startOf(logFile));
    frames = 0;
  };
  const dropOthers = (): void => {
    for (const name of readdirSync(folder)) {
      const found = NAME.exec(name);
      if ((found !== null && Number(found[2]) !== number) || name.endsWith(".part"))
        rmSync(join(folder, name), { force: true });
    }
  };

  const load = (): Stored | undefined => {
    const named = readdirSync(folder).map((name) => NAME.exec(name));
    const numbers = named.flatMap((found) => (found?.[1] === "snapshot" ? [Number(found[2])] : []));
    if (numbers.length === 0) {
      // Snapshots are written before their logs, and removed after the next.
      if (named.some((found) => found !== null))
        throw badRecording(`the folder ${folder} of a durable run has a log, but no snapshot; empty it to begin anew`);
      return undefined;
    }
    number = Math.max(...numbers);
    const state = pathOf("snapshot", number);
    const [snapshot] = aboutFile(state, () => framesOf(readFileSync(state), snapshotFile));
    if (snapshot === undefined) throw badRecording(`the snapshot ${number} of the durable run is cut short`);
    const path = pathOf("log", number);
    const found = aboutFile(path, () => readLog(path));
    if (found === undefined) begin();
    else {
      file = openSync(path, "a");
      ftruncateSync(file, found.at(-1)?.end ?? START_BYTES);
      frames = found.length;
    }
    dropOthers();
    return { snapshot: snapshot.payload, records: (found ?? []).map(({ payload }) => payload) };
  };

  const close = (): void => {
    const free = unlock;
    unlock = undefined;
    try {
      end();
    } finally {
      free?.();
    }
  };

  return {
    load() {
      return attempt(folder, (): Stored | undefined => {
        unlock = lockFolder(folder);
        try {
          return load();
        } catch (error) {
          close();
          throw error;
        }
      });
    },
    append(record) {
      const to = file;
      if (to === undefined) throw closed(folder);
      attempt(folder, () => {
        const head = frameHead(KIND, record, frames++);
        const whole = new Uint8Array(head.length + record.length);
        whole.set(head);
        whole.set(record, head.length);
        write(to, whole);
        if (sync === "record") fsyncSync(to);
      });
    },
    snapshot(bytes) {
      if (unlock === undefined) throw closed(folder);
      attempt(folder, () => {
        number++;
        const path = pathOf("snapshot", number);
        const part = openSync(`${path}.part`, "w");
        try {
          write(part, startOf(snapshotFile));
          write(part, frameHead(KIND, bytes, 0));
          write(part, bytes);
          if (sync !== "nothing") fsyncSync(part);
        } finally {
          closeSync(part);
        }
        renameSync(`${path}.part`, path);
        begin();
        if (sync !== "nothing") syncFolder(folder);
        dropOthers();
      });
    },
    close: () => attempt(folder, close),
  };
}

/** The records of a log; undefined where there is none. What follows the last whole one may be cut off, or zeros. */
function readLog(path: string): Frame[] | undefined {
  let bytes: Uint8Array<ArrayBufferLike>;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (bytes.length < START_BYTES) return undefined;
  try {
    return framesOf(bytes, logFile);
  } catch (error) {
    // A machine that lost power may leave a file of the right length without its last bytes, from a sector on.
    const at = error instanceof WorldloomError ? error.operands["byte"] : undefined;
    if (typeof at !== "number") throw error;
    let end = bytes.length;
    while (end > at && bytes[end - 1] === 0) end--;
    const kept = end === at ? at : Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES;
    if (kept >= bytes.length) throw error;
    return framesOf(bytes.subarray(0, kept), logFile);
  }
}

function write(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Brings new names to the disk, where folders can be synchronised. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Some systems cannot; the files are whole there all the same.
  }
}

function closed(folder: string): WorldloomError {
  return new WorldloomError("file-io", `The log in ${folder} is closed, or nothing was saved in it yet.`, { folder });
}

function attempt<T>(folder: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof WorldloomError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError(
      "file-io",
      `The log in ${folder} cannot be used: ${reason}. Check the permissions and the space left.`,
      { folder },
      cause,
    );
  }
}
