// dist/: the JavaScript and typings that are published, with the addon of this platform beside its loader and the city
// example, ready to run.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADDON } from "./addon.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
const run = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (run.status !== 0) {
  console.error("Nothing was built: the types are wrong, see above.");
  rmSync(dist, { recursive: true, force: true });
  process.exitCode = 1;
} else {
  liftSources();
  typingsForAnyCompiler();
  if (existsSync(join(root, ADDON))) {
    copyFileSync(join(root, ADDON), join(dist, "native", `${process.platform}-${process.arch}.node`));
  } else {
    console.error("No native addon to go with it: the package will run the TypeScript reference jobs.");
  }
}

/** What was compiled from src/ belongs to dist/ itself, and the examples, which are run and not imported, find it there. */
function liftSources() {
  for (const name of readdirSync(join(dist, "src"))) renameSync(join(dist, "src", name), join(dist, name));
  rmdirSync(join(dist, "src"));
  const examples = join(dist, "examples");
  for (const name of readdirSync(examples, { recursive: true, encoding: "utf8" })) {
    const file = join(examples, name);
    if (name.endsWith(".d.ts")) rmSync(file);
    else if (name.endsWith(".js")) writeFileSync(file, readFileSync(file, "utf8").replaceAll('"../../src/', '"../../'));
  }
  copyFileSync(join(root, "examples", "city", "bundled.map"), join(examples, "city", "bundled.map"));
}

/** The compiler rewrites `./a.ts` to `./a.js` in JavaScript only; typings that say `.ts` resolve by luck. */
function typingsForAnyCompiler() {
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(dist, name);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/((?:from|import\() ?"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
}
