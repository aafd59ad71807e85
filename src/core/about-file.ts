import { isCoded, WorldloomError } from "./errors.ts";

const ABOUT_FILES: readonly string[] = ["bad-file", "file-version", "schema-mismatch"];

/** What `read` gives. What it says of the content of a file, it says with the path. */
export function aboutFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isCoded(error) || !ABOUT_FILES.includes(error.code)) throw error;
    throw new WorldloomError(error.code, `${path}: ${error.message}`, { ...error.operands, path }, error);
  }
}
