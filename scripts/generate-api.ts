/**
 * Writes what describes the API of scripts to `docs/api`, from its definition.
 * `--check` writes nothing and fails when a file is stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type ApiFormat, apiFiles, describeApi } from "../src/script/generate/index.ts";

const folder = new URL("../docs/api/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [format, name] of Object.entries(apiFiles)) {
  const path = new URL(name, folder);
  const text = describeApi(format as ApiFormat);
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (text !== found(path)) {
    console.error(`docs/api/${name} is stale: run \`node scripts/generate-api.ts\` and commit the result.`);
    process.exitCode = 1;
  }
}

function found(path: URL): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
