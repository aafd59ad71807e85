import { readFileSync } from "node:fs";

/** The folder of package.json, with a slash at the end; the same from `src/cli` and from `dist/cli`. */
export const packageFolder = new URL("../../", import.meta.url);

/** The version of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8")) as { version: string }).version;
}
