// Makes a fresh clone ready to run: packages, then the native addon. Plain JavaScript without dependencies,
// because it runs before either exists, on the machine's own Node (20 or later). Prints to stderr what it does,
// and nothing where nothing is to be done.
//
//   node scripts/setup.mjs [--retry] [FOLDER...]
//
// FOLDER: further folders of this repository whose packages are wanted (bench).
// --retry: build the addon again although the last attempt on the same sources failed.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureAddon } from "./addon.mjs";
import { nodeFault } from "./node.mjs";
import { installPackages } from "./packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);
const folders = words.filter((word) => !word.startsWith("--"));

process.exitCode = setUp() ? 0 : 1;

/** @returns {boolean} whether the scripts of package.json can run now */
function setUp() {
  for (const folder of ["", ...folders]) if (!installPackages(join(root, folder))) return false;
  const fault = nodeFault(root);
  if (fault !== undefined) {
    console.error(fault);
    return false;
  }
  // Forced reference jobs need no addon; who forces the addon learns from the run itself that it is missing.
  if (process.env.WORLDLOOM_JOBS === "reference") return true;
  const line = ensureAddon(root, { retry: words.includes("--retry") });
  if (line !== undefined) console.error(line);
  return true;
}
