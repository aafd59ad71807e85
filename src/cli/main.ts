#!/usr/bin/env node
import { isCoded, WorldloomError } from "../core/errors.ts";
import { nearest } from "../script/lint/finding.ts";
import { buildAddon } from "./build-addon.ts";
import type { Command, Outcome } from "./command.ts";
import { diff } from "./diff.ts";
import { graph } from "./graph.ts";
import { kernels } from "./kernels.ts";
import { packageVersion } from "./package.ts";
import { record } from "./record.ts";
import { replay } from "./replay.ts";
import { run } from "./run.ts";
import { script } from "./script.ts";
import { view } from "./view.ts";
import { wasm } from "./wasm.ts";

const commands: Readonly<Record<string, Command>> = {
  run,
  record,
  replay,
  diff,
  graph,
  kernels,
  script,
  wasm,
  view,
  "build-addon": buildAddon,
};

/** Exit statuses. A process that was killed or ran into a bug has another one. */
const OK = 0;
const FAILURE = 1;
const MISUSE = 2;
const INTERRUPTED = 130;

process.stdout.on("error", stopAtClosedPipe);
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  try {
    const outcome = await dispatch(words);
    return outcome === "interrupted" ? INTERRUPTED : outcome === undefined ? OK : FAILURE;
  } catch (error) {
    if (!isCoded(error)) throw error;
    const [first, ...more] = error.message.split("\n");
    console.error([`worldloom: ${first} (${error.code})`, ...more].join("\n"));
    const bug = error.code === "tick-failed" && !isCoded(error.cause) ? error.cause : undefined;
    if (bug instanceof Error) console.error(bug.stack);
    if (error.code !== "usage") return FAILURE;
    console.error(`Try: ${["worldloom", ...wordsWithHelp(words)].join(" ")} --help`);
    return MISUSE;
  }
}

async function dispatch([name, ...words]: readonly string[]): Promise<Outcome> {
  if (name === undefined) throw new WorldloomError("usage", "Say which command.");
  if (name === "--help" || name === "-h") return console.log(help());
  if (name === "--version" || name === "-v") return console.log(packageVersion());
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new WorldloomError("usage", unknownCommand(name), { name });
  if (words.includes("--help") || words.includes("-h")) {
    return console.log(typeof command.help === "string" ? command.help : await command.help(words));
  }
  return command.run(words);
}

/** The first words that are a command, or a command and a verb of it. */
function wordsWithHelp([name, verb]: readonly string[]): string[] {
  if (name === undefined || !Object.hasOwn(commands, name)) return [];
  const { verbs = [] } = commands[name]!;
  return verb !== undefined && verbs.includes(verb) ? [name, verb] : [name];
}

function unknownCommand(name: string): string {
  const none = `There is no command "${name}"`;
  const owner = Object.entries(commands).find(([, { verbs }]) => verbs?.includes(name));
  if (owner !== undefined) return `${none}; did you mean worldloom ${owner[0]} ${name}?`;
  const near = nearest(name, Object.keys(commands));
  return near === undefined ? `${none}.` : `${none}; did you mean ${near}?`;
}

function help(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `usage: worldloom COMMAND [...]

${lines.join("\n")}

  --help     this, or with a command all of its flags; worldloom script VERB --help for one of its verbs
  --version  the version of this package

WORLDLOOM_JOBS=addon|reference forces the native addon or the TypeScript reference jobs,
WORLDLOOM_KERNELS=compiled|narrow|interpreted compiled kernels, those without vectors of 256 bits, or the slow reference.
Exit status: 0 done, 1 failed or different, 2 not understood, 130 ended with Ctrl+C.`;
}

/** `worldloom ... | head` ends without a word, a full disk with one line. */
function stopAtClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(OK);
  console.error(
    `worldloom: the output cannot be written (${error.message}); make room, or write it elsewhere. (file-io)`,
  );
  process.exit(FAILURE);
}
