import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import { codeHash, TrustList } from "../script/trust.ts";
import type { Command } from "./command.ts";
import { flagHelp, parseFlags } from "./flags.ts";
import { pathsBefore } from "./script-settings.ts";

const flags = {
  list: { kind: "file", default: "trusted.json", summary: "the list" },
  remove: { kind: "switch", summary: "take the files, or hashes, from the list" },
} as const;

/** `worldloom script trust [FILE...]`: lists code that may have the profile `trusted`, or prints the list. */
export const scriptTrust: Command = {
  help: `usage: worldloom script trust [FILE...] [flags]

Adds the SHA-256 of each file to the list that createScripts({ trust }) reads, or takes it out. Without files it prints the
list. A file that changes is not trusted any more.

${flagHelp(flags)}`,
  run(words) {
    const [files, rest] = pathsBefore(words);
    const { list: path, remove } = parseFlags(flags, rest);
    const list = new TrustList(path);
    for (const file of files) {
      if (remove) {
        const hash = /^[0-9a-f]{64}$/.test(file) ? file : codeHash(codeOf(file));
        if (!list.remove(hash))
          throw new WorldloomError("bad-argument", `${file} is not in ${path}; worldloom script trust lists what is.`, {
            file,
            hash,
          });
        console.log(`removed ${hash}  ${file}`);
      } else console.log(`trusted ${list.add(codeOf(file), basename(file))}  ${file}`);
    }
    if (files.length > 0) return;
    if (list.entries.length === 0) console.log(`${path} lists nothing: no code is trusted.`);
    for (const [hash, name] of list.entries) console.log(`${hash}  ${name}`);
  },
};

function codeOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new WorldloomError("file-io", `${file} cannot be read; give files that can.`, { file }, cause);
  }
}
