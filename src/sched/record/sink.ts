import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { WorldloomError } from "../../core/errors.ts";

/** What takes the bytes of a recording, in their order. What it is given is valid during the call. */
export interface RecordingSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Writes to a file, which is made anew. Throws `file-io`, also where something else writes to it meanwhile. */
export function fileSink(path: string): RecordingSink {
  const file = attempt(path, () => openSync(path, "w"));
  let open = true;
  let written = 0;
  const checkOurs = (): void => {
    const found = fstatSync(file);
    if (found.isFile() && found.size !== written) throw shared(path);
  };
  return {
    write: (bytes) =>
      attempt(path, () => {
        checkOurs();
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
        written += bytes.length;
      }),
    close: () => {
      if (open) attempt(path, () => closeSync(file));
      open = false;
    },
  };
}

function shared(path: string): WorldloomError {
  return new WorldloomError(
    "file-io",
    `Something else writes to the recording ${path}, too, so this one ends; give each recording a file of its own.`,
    { path },
  );
}

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof WorldloomError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError(
      "file-io",
      `The recording ${path} cannot be written: ${reason}. Check the path, the permissions and the space left.`,
      { path },
      cause,
    );
  }
}
