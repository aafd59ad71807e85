import { closeSync, openSync, writeSync } from "node:fs";
import { WorldloomError } from "../../core/errors.ts";

/** What takes the bytes of a recording, in their order. What it is given is valid during the call. */
export interface RecordingSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Writes to a file, which is made anew. Throws `file-io`. */
export function fileSink(path: string): RecordingSink {
  const file = attempt(path, () => openSync(path, "w"));
  let open = true;
  return {
    write: (bytes) =>
      attempt(path, () => {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }),
    close: () => {
      if (open) attempt(path, () => closeSync(file));
      open = false;
    },
  };
}

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError(
      "file-io",
      `The recording ${path} cannot be written: ${reason}. Check the path, the permissions and the space left.`,
      { path },
      cause,
    );
  }
}
