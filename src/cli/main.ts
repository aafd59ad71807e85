#!/usr/bin/env node
import { isCoded, WorldloomError } from "../core/errors.ts";
import { nearest } from "../script/lint/finding.ts";
import { type CommandTable, commandHelp, loadCommand, type Outcome } from "./command.ts";
import { packageVersion } from "./package.ts";
import { script, scriptVerbs } from "./script.ts";

const commands: CommandTable = {
  run: {
    summary: "run a scene, print how fast it was and the hash of the world",
    load: async () => (await import("./run.ts")).run,
  },
  record: {
    summary: "run a scene and record it in a file",
    load: async () => (await import("./record.ts")).record,
  },
  replay: {
    summary: "run a recording again, and find where it differs",
    load: async () => (await import("./replay.ts")).replay,
  },
  diff: {
    summary: "say what differs between two save files, or between two recordings",
    load: async () => (await import("./diff.ts")).diff,
  },
  graph: {
    summary: "show in which order the systems of a scene run, and why",
    load: async () => (await import("./graph.ts")).graph,
  },
  kernels: {
    summary: "show what the kernels of a module were made into, and what they cost",
    load: async () => (await import("./kernels.ts")).kernels,
  },
  script: {
    summary: "run, check, try out, test, debug and document scripts",
    verbs: scriptVerbs,
    load: async () => script,
  },
  wasm: {
    summary: "make modules for the WebAssembly engine of components",
    load: async () => (await import("./wasm.ts")).wasm,
  },
  view: {
    summary: "draw a glTF model, at rest or in a clip, as a picture or a contact sheet",
    load: async () => (await import("./view.ts")).view,
  },
  "build-addon": {
    summary: "build the native addon of an installed package with cargo",
    load: async () => (await import("./build-addon.ts")).buildAddon,
  },
};

/** Exit statuses. A process that was killed or ran into a bug has another one. */
const OK = 0;
const FAILURE = 1;
const MISUSE = 2;
const INTERRUPTED = 130;
/** That of programs that a closed pipe ends. */
const UNREAD = 141;
/** Codes of errors whose cause is code that was run. */
const BUGS: readonly string[] = ["tick-failed", "observer-failed"];

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
    const bug = BUGS.includes(error.code) && !isCoded(error.cause) ? error.cause : undefined;
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
  const command = await loadCommand(commands, name);
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
  return `usage: worldloom COMMAND [...]

${commandHelp(commands)}

  --help     this, or with a command all of its flags; worldloom script VERB --help for one of its verbs
  --version  the version of this package

WORLDLOOM_JOBS=addon|reference forces the native addon or the TypeScript reference jobs,
WORLDLOOM_KERNELS=compiled|narrow|interpreted compiled kernels, those without vectors of 256 bits, or the slow reference.
Exit status: 0 done, 1 failed or different, 2 not understood, 130 ended with Ctrl+C,
141 ended because nobody reads what it prints.`;
}

/** `worldloom ... | head` ends without a word, a full disk with one line; neither makes what was compared the same. */
function stopAtClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? UNREAD);
  console.error(
    `worldloom: the output cannot be written (${error.message}); make room, or write it elsewhere. (file-io)`,
  );
  process.exit(FAILURE);
}
