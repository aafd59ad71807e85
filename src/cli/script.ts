import { WorldloomError } from "../core/errors.ts";
import type { Command } from "./command.ts";
import { checkScripts } from "./script-check.ts";
import { scriptDoc } from "./script-doc.ts";
import { scriptRepl } from "./script-repl.ts";
import { scriptRun } from "./script-run.ts";
import { scriptTest } from "./script-test.ts";
import { scriptTrust } from "./script-trust.ts";

const verbs: Readonly<Record<string, Command>> = {
  run: scriptRun,
  check: checkScripts,
  repl: scriptRepl,
  test: scriptTest,
  doc: scriptDoc,
  trust: scriptTrust,
};

/** `worldloom script VERB`. */
export const script: Command = {
  summary: "run, check, try out, test and document scripts",
  async help([name]) {
    const verb = verbOf(name);
    if (verb !== undefined) return typeof verb.help === "string" ? verb.help : verb.help([]);
    const width = Math.max(...Object.keys(verbs).map((known) => known.length));
    const lines = Object.entries(verbs).map(([known, { summary }]) => `  ${known.padEnd(width)}  ${summary}`);
    return `usage: worldloom script VERB [...]

${lines.join("\n")}

worldloom script VERB --help lists the flags of each; docs/script-cli.md has examples.`;
  },
  run([name, ...words]) {
    const verb = verbOf(name);
    if (verb !== undefined) return verb.run(words);
    const list = Object.keys(verbs).join(", ");
    const wrong = name === undefined || name.startsWith("-") ? "Say what to do" : `There is no "${name}"`;
    throw new WorldloomError("usage", `${wrong}; after worldloom script comes one of: ${list}.`, { verb: name });
  },
};

function verbOf(name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined;
}
