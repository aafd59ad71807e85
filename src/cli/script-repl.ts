import { appendFileSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Command, Outcome } from "./command.ts";
import { type Flags, type FlagValues, flagHelp } from "./flags.ts";
import { complete } from "./repl-complete.ts";
import { REPL_SCRIPT, replPrelude } from "./repl-prelude.ts";
import { type Evaluation, ReplSession } from "./repl-session.ts";
import { ScriptReport } from "./script-report.ts";
import { stageOf } from "./script-run.ts";
import { configFlag, pathsBefore, scriptSettings, settingsOf } from "./script-settings.ts";
import type { ScriptStage } from "./script-stage.ts";

const { ticks: _ticks, stream: _stream, debounce: _debounce, engine: _engine, ...settings } = scriptSettings;
const flags = { ...settings, ...configFlag } as const satisfies Flags;
type Values = FlagValues<typeof flags>;

/** Lines of the history that are kept. */
const HISTORY_MAX = 1_000;

/** `worldloom script repl`. */
export const scriptRepl: Command = {
  help: `usage: worldloom script repl [PATH...] [flags]

The world is that of worldloom script run, with the scripts of each PATH. Lines are Lua with all capabilities; those that
start with a dot are commands: .help lists them. Without a terminal, lines are read to their end, and an error is status 1.

${flagHelp(flags)}`,
  async run(words) {
    const [paths, rest] = pathsBefore(words);
    const values = settingsOf(flags, rest);
    const console = { name: REPL_SCRIPT, file: "", ending: "lua", code: replPrelude, profile: "trusted" } as const;
    const stage = await stageOf(paths, { ...values, engine: undefined }, { more: [console] });
    const report = new ScriptReport(stage, {
      stream: true,
      except: REPL_SCRIPT,
      print: (text) => void process.stdout.write(`${text}\n`),
      complain: (text) => void process.stderr.write(`${text}\n`),
    });
    try {
      return await talk(stage, values);
    } finally {
      report.end();
      await stage.close();
    }
  },
};

async function talk(stage: ScriptStage, values: Values): Promise<Outcome> {
  const session = new ReplSession(stage);
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const file = values.history ?? (isTerminal ? join(homedir(), ".worldloom_history") : undefined);
  const lines = file === undefined ? [] : readHistory(file);
  const reader = createInterface({
    input: process.stdin,
    ...(isTerminal && { output: process.stdout, history: [...lines].reverse() }),
    historySize: HISTORY_MAX,
    terminal: isTerminal,
    completer: (line: string) => complete(stage, line, lines),
  });
  if (isTerminal) console.log("A line of Lua, or .help; Ctrl+D ends.");
  let failed = false;
  try {
    for await (const line of linesOf(reader, session, isTerminal)) {
      if (line.trim() !== "") {
        lines.push(line);
        if (file !== undefined) keepLine(file, line);
      }
      const found = await session.line(line);
      if (found.status === "quit") break;
      if (found.status === "error") failed = true;
      say(found);
    }
    if (session.pending && !isTerminal) {
      failed = true;
      say({ status: "error", text: "the last chunk is incomplete" });
    }
  } finally {
    reader.close();
  }
  return failed && !isTerminal ? "failed" : undefined;
}

/** Lines as they come. In a terminal Ctrl+C drops a chunk that is incomplete. */
async function* linesOf(reader: Interface, session: ReplSession, isTerminal: boolean): AsyncGenerator<string> {
  const prompt = (): void => {
    if (!isTerminal) return;
    reader.setPrompt(session.pending ? ">> " : "> ");
    reader.prompt();
  };
  reader.on("SIGINT", () => {
    session.drop();
    process.stdout.write("\n(.quit or Ctrl+D ends)\n");
    prompt();
  });
  prompt();
  for await (const line of reader) {
    yield line;
    prompt();
  }
}

function say({ status, text }: Evaluation): void {
  if (status === "incomplete" || text === "") return;
  (status === "error" ? process.stderr : process.stdout).write(`${text}\n`);
}

/** Oldest first; none where the file cannot be read. */
function readHistory(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).slice(-HISTORY_MAX);
  } catch {
    return [];
  }
}

/** A history that cannot be kept is no reason to end. */
function keepLine(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
  } catch {
    return;
  }
}
