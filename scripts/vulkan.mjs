// Where the software Vulkan driver of `npm run software-vulkan` lies, and what makes programs find it.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** From the repository's root; git does not look at it. */
const FOLDER = join(".worldloom", "vulkan");

/**
 * @param {string} root of the repository
 * @returns {{ folder: string, libraries: string, manifest: string }}
 */
export function vulkanPaths(root) {
  const folder = join(root, FOLDER);
  return { folder, libraries: join(folder, "lib"), manifest: join(folder, "lvp_icd.json") };
}

/**
 * What a program must have in its environment when it starts. Empty where the driver has not been unpacked. A real
 * graphics card stays visible: the driver is added to those of the machine.
 * @param {string} root of the repository
 * @returns {Record<string, string>}
 */
export function vulkanEnvironment(root) {
  const { libraries, manifest } = vulkanPaths(root);
  if (!existsSync(manifest)) return {};
  const others = process.env.LD_LIBRARY_PATH;
  return {
    LD_LIBRARY_PATH: others ? libraries + delimiter + others : libraries,
    VK_ADD_DRIVER_FILES: manifest,
  };
}
