import { fileURLToPath } from "node:url";
import { WorldloomError } from "../core/errors.ts";
import type { Command } from "./command.ts";
import { packageFolder } from "./package.ts";

export const buildAddon: Command = {
  help: `usage: worldloom build-addon

Builds the native addon from the Rust sources in the package and puts it where it is looked for first.
Needs cargo. Without the addon the TypeScript reference jobs run: the same results, slower.`,
  async run(words) {
    if (words.length > 0) {
      throw new WorldloomError("usage", `build-addon takes no arguments, but got "${words.join(" ")}".`, { words });
    }
    const module = new URL("scripts/addon.mjs", packageFolder).href;
    const { ensureAddon, ADDON } = (await import(module)) as {
      ensureAddon(root: string, options: { retry: boolean }): string | undefined;
      ADDON: string;
    };
    const fault = ensureAddon(fileURLToPath(packageFolder), { retry: true });
    if (fault !== undefined) throw new WorldloomError("jobs-unavailable", fault);
    console.log(`The native addon is at ${fileURLToPath(new URL(ADDON, packageFolder))}.`);
  },
};
