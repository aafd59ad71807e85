// Packages of a folder: installed exactly as package-lock.json says, and only when something is missing or differs.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Locked */

/** What the benchmarks compare with runs on the processor: libraries for graphics cards are not fetched. */
const CPU_ONLY = { ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" };

/**
 * Runs `npm ci` in `folder` if its packages are not those of its lock file.
 * @param {string} folder with package.json and package-lock.json
 * @returns {boolean} whether the packages are there; the reason why not is on stderr
 */
export function installPackages(folder) {
  const reason = packagesFault(folder);
  if (reason === undefined) return true;
  console.error(`Installing packages in ${folder} (${reason}) ...`);
  // The machine's Node may be older than some packages ask for; they run on the one that is installed here.
  const run = spawnSync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...CPU_ONLY },
    shell: process.platform === "win32",
  });
  if (run.error === undefined && run.status === 0) return true;
  console.error(
    run.error === undefined
      ? `"npm ci" failed in ${folder}; its messages are above. Mend the cause and run this again.`
      : `npm cannot be started (${run.error.message}). Install npm, which comes with Node, and run this again.`,
  );
  return false;
}

/**
 * Why the installed packages of `folder` differ from its lock file, or undefined where they agree.
 * Looks at what npm noted about its last installation and at the folders themselves; takes a few milliseconds.
 * @param {string} folder
 * @returns {string | undefined}
 */
export function packagesFault(folder) {
  const installed = lockedIn(join(folder, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "none yet";
  const wanted = lockedIn(join(folder, "package-lock.json"));
  if (wanted === undefined) return "no readable package-lock.json";
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.link) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const had = installed[path];
    if (had === undefined) {
      if (entry.optional) continue; // for another platform
      return `${name} is missing`;
    }
    if (had.version !== entry.version || had.integrity !== entry.integrity) return `${name} changed`;
    if (!existsSync(join(folder, path, "package.json"))) return `${name} is missing`;
  }
  return undefined;
}

/** @param {string} file a lock file @returns {Record<string, Locked> | undefined} its packages by path */
function lockedIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
