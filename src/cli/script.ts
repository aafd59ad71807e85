import { WorldloomError } from "../core/errors.ts";
import type { Command } from "./command.ts";

/** A word after `worldloom script`. What it needs is loaded when it is said. */
interface Verb {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const verbs: Readonly<Record<string, Verb>> = {
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

/** `worldloom script VERB`. */
export const script: Command = {
  summary: "run, check, try out, test, debug and document scripts",
  verbs: Object.keys(verbs),
  async help([name]) {
    const verb = await verbOf(name)?.load();
    if (verb !== undefined) return typeof verb.help === "string" ? verb.help : verb.help([]);
    const width = Math.max(...Object.keys(verbs).map((known) => known.length));
    const lines = Object.entries(verbs).map(([known, { summary }]) => `  ${known.padEnd(width)}  ${summary}`);
    return `usage: worldloom script VERB [...]

${lines.join("\n")}

worldloom script VERB --help lists the flags of each; docs/script-cli.md has examples.`;
  },
  async run([name, ...words]) {
    const verb = await verbOf(name)?.load();
    if (verb !== undefined) return verb.run(words);
    const list = Object.keys(verbs).join(", ");
    const wrong = name === undefined || name.startsWith("-") ? "Say what to do" : `There is no "${name}"`;
    throw new WorldloomError("usage", `${wrong}; after worldloom script comes one of: ${list}.`, { verb: name });
  },
};

function verbOf(name: string | undefined): Verb | undefined {
  return name !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined;
}
