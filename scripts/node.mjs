// The Node that the scripts of package.json get: the one in node_modules, else the machine's own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Major and minor version of the oldest Node that runs TypeScript files without a flag. */
export const NODE_MINIMUM = [22, 18];

/**
 * What is wrong with that Node and how to mend it; undefined where it will do.
 * @param {string} root folder of package.json
 * @param {string} [machine] version of the machine's own Node
 * @returns {string | undefined}
 */
export function nodeFault(root, machine = process.versions.node) {
  const own = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  const wanted = NODE_MINIMUM.join(".");
  if (!existsSync(own)) {
    if (isRecent(machine)) return undefined;
    return (
      `This Node is ${machine}; ${wanted} or later is needed, and the package "node", which brings one, has no binary. ` +
      `Let its install script run ("npm rebuild node"), or install Node ${wanted} or later.`
    );
  }
  const run = spawnSync(own, ["--version"], { encoding: "utf8" });
  const version = run.status === 0 ? run.stdout.trim().replace(/^v/, "") : "";
  if (isRecent(version)) return undefined;
  const state = version === "" ? "does not start" : `is Node ${version}`;
  return `${own} ${state}; Node ${wanted} or later is needed. Delete node_modules and run this again.`;
}

/** @param {string} version as "24.1.0" @returns {boolean} whether it is at least {@link NODE_MINIMUM} */
export function isRecent(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMinimum = 0, minorMinimum = 0] = NODE_MINIMUM;
  return major > majorMinimum || (major === majorMinimum && minor >= minorMinimum);
}
