import { WorldloomError } from "../core/errors.ts";
import { type Command, type CommandTable, commandHelp, loadCommand } from "./command.ts";

const verbs: CommandTable = {
  run: {
    summary: "run scripts in a small world, print what they did",
    load: async () => (await import("./script-run.ts")).scriptRun,
  },
  check: {
    summary: "look for mistakes in scripts in Lua without running them",
    load: async () => (await import("./script-check.ts")).checkScripts,
  },
  repl: {
    summary: "talk to a live world in Lua, line by line",
    load: async () => (await import("./script-repl.ts")).scriptRepl,
  },
  test: {
    summary: "run tests that are written in Lua",
    load: async () => (await import("./script-test.ts")).scriptTest,
  },
  debug: {
    summary: "let an editor debug scripts in Lua: breakpoints, steps, variables",
    load: async () => (await import("./script-debug.ts")).scriptDebug,
  },
  doc: {
    summary: "describe what scripts can call",
    load: async () => (await import("./script-doc.ts")).scriptDoc,
  },
  trust: {
    summary: "list code that may have the profile trusted",
    load: async () => (await import("./script-trust.ts")).scriptTrust,
  },
};

/** The words after `worldloom script`. */
export const scriptVerbs: readonly string[] = Object.keys(verbs);

/** `worldloom script VERB`. */
export const script: Command = {
  async help([name]) {
    const verb = await loadCommand(verbs, name);
    if (verb !== undefined) return typeof verb.help === "string" ? verb.help : verb.help([]);
    return `usage: worldloom script VERB [...]

${commandHelp(verbs)}

worldloom script VERB --help lists the flags of each; docs/script-cli.md has examples.`;
  },
  async run([name, ...words]) {
    const verb = await loadCommand(verbs, name);
    if (verb !== undefined) return verb.run(words);
    const list = scriptVerbs.join(", ");
    const wrong = name === undefined || name.startsWith("-") ? "Say what to do" : `There is no "${name}"`;
    throw new WorldloomError("usage", `${wrong}; after worldloom script comes one of: ${list}.`, { verb: name });
  },
};
