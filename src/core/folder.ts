import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, if need be; `path` is a whole one. One by one: the recursive form of `mkdirSync` never ends
 * in file systems like /proc. Throws what the system says.
 */
export function makeFolders(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error(`${path} is not a folder`);
  makeFolders(dirname(path));
  mkdirSync(path);
}
