import { WorldloomError } from "../core/errors.ts";
import { linesAround } from "../script/code-frame.ts";
import type { Command, Outcome } from "./command.ts";
import { type Flags, type FlagValues, flagHelp } from "./flags.ts";
import { ScriptCaller } from "./script-call.ts";
import { readSources, type SourceFile } from "./script-files.ts";
import { ScriptReport } from "./script-report.ts";
import { stageOf } from "./script-run.ts";
import { configFlag, pathsBefore, scriptSettings, settingsOf } from "./script-settings.ts";

const { profile, scene, seed, rate, instructions, stream } = scriptSettings;
const flags = {
  filter: { kind: "text", placeholder: "TEXT", summary: "run tests alone whose full name contains this" },
  profile,
  scene,
  seed,
  rate,
  instructions: { ...instructions, default: 100_000_000, summary: "instructions that the tests of one file may use" },
  "memory-mib": scriptSettings["memory-mib"],
  stream,
  ...configFlag,
  json: { kind: "switch", summary: "print the result as one JSON object, and nothing else" },
} as const satisfies Flags;
type Values = FlagValues<typeof flags>;

/** `worldloom script test`. */
export const scriptTest: Command = {
  help: `usage: worldloom script test PATH... [flags]

Each PATH is a file, or a folder of which all *_test.lua and test_*.lua are run. A file describes its tests with
require("test"); modules beside it can be required, too. Each file has a world and a virtual machine of its own.

${flagHelp(flags)}

Exit status: 0 all passed, 1 a test failed, 2 not understood.`,
  async run(words) {
    const [paths, rest] = pathsBefore(words);
    const values = settingsOf(flags, rest);
    if (paths.length === 0) throw new WorldloomError("usage", "Say which tests: worldloom script test PATH...");
    const { scripts } = readSources(paths, ["lua"], { tests: true });
    if (scripts.length === 0)
      throw new WorldloomError("usage", `There are no tests: no *_test.lua or test_*.lua in ${paths.join(", ")}.`);
    const results: FileResult[] = [];
    for (const file of scripts) {
      const result = await runFile(file, values);
      results.push(result);
      const isShown = values.filter === undefined || result.tests.length > 0 || result.error !== undefined;
      if (!values.json && isShown) console.log(treeOf(result, String(file.code)));
    }
    if (values.filter !== undefined && results.every(({ tests, error }) => tests.length === 0 && error === undefined))
      throw new WorldloomError("usage", `No test has "${values.filter}" in its full name.`, { filter: values.filter });
    if (results.every(({ tests, error }) => tests.length === 0 && error === undefined))
      throw new WorldloomError("usage", `There are no tests in ${paths.join(", ")}: require("test") describes them.`);
    return finish(results, values);
  },
};

interface TestResult {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly message: string;
  /** `name:line`, or empty. */
  readonly where: string;
}

interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly tests: readonly TestResult[];
  /** What kept the tests from being run to their end. */
  readonly error?: string;
}

/** Put in front of the first line, so that all lines keep their numbers. */
const RUNNER = 'function worldloomTests(self, filter) return require("test").run(filter) end ';

async function runFile(file: SourceFile, values: Values): Promise<FileResult> {
  const none = { file: file.file, passed: 0, failed: 0, skipped: 0, tests: [] };
  let stage: Awaited<ReturnType<typeof stageOf>>;
  try {
    stage = await stageOf([file.file], { ...values, entities: 1, engine: "lua" }, { tests: true, prefix: RUNNER });
  } catch (error) {
    if (!(error instanceof WorldloomError)) throw error;
    return { ...none, error: error.message };
  }
  const complain = (text: string): void => void process.stderr.write(`${text}\n`);
  const report = new ScriptReport(stage, {
    stream: values.stream,
    except: file.name,
    print: values.json ? complain : (text) => console.log(text),
    complain,
  });
  try {
    const script = stage.scripts.script(file.name);
    const caller = new ScriptCaller(stage, script, stage.world.query(script.component).entities()[0]!);
    const outcome = caller.call("worldloomTests", values.filter === undefined ? [] : [values.filter]);
    if (outcome.ok) return resultOf(file.file, outcome.value as unknown as Omit<FileResult, "file">);
    const { kind, message, line } = outcome.fault;
    const frame = linesAround(String(file.code), line);
    return { ...none, error: `${kind}: ${message}${line > 0 ? `, line ${line}` : ""}${frame && `\n${frame}`}` };
  } finally {
    report.end();
    await stage.close();
  }
}

/** Lua keeps no order of keys. */
function resultOf(file: string, { passed, failed, skipped, tests }: Omit<FileResult, "file">): FileResult {
  // An empty table of Lua is an object.
  const list = Array.isArray(tests) ? (tests as readonly TestResult[]) : [];
  const ordered = list.map(({ name, status, message, where }) => ({ name, status, message, where }));
  return { file, passed, failed, skipped, tests: ordered };
}

function finish(results: readonly FileResult[], { json }: Values): Outcome {
  const sum = (of: (one: FileResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  const totals = {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    broken: sum(({ error }) => (error === undefined ? 0 : 1)),
  };
  if (json) console.log(JSON.stringify({ ...totals, files: results }));
  else {
    const { passed, failed, skipped, broken } = totals;
    const parts = [
      `${passed} passed`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(broken > 0 ? [`${broken} of ${results.length} files could not be run`] : []),
    ];
    console.log(parts.join(", "));
  }
  return totals.failed + totals.broken > 0 ? "failed" : undefined;
}

const MARKS = { passed: "✓", failed: "✗", skipped: "-" } as const;

/** Groups are indented; each is named once. */
function treeOf({ file, tests, error }: FileResult, text: string): string {
  const lines = [file];
  let open: readonly string[] = [];
  for (const { name, status, message, where } of tests) {
    const groups = name.split(" > ");
    const test = groups.pop()!;
    const common = groups.findIndex((group, depth) => group !== open[depth]);
    for (let depth = common < 0 ? groups.length : common; depth < groups.length; depth++)
      lines.push(`${indent(depth)}${groups[depth]}`);
    open = groups;
    lines.push(`${indent(groups.length)}${MARKS[status]} ${test}`);
    if (status === "failed") lines.push(inset(message, groups.length + 1), ...frameOf(where, text, groups.length + 1));
  }
  if (error !== undefined) lines.push(inset(error, 0));
  return lines.join("\n");
}

function frameOf(where: string, text: string, depth: number): string[] {
  const frame = linesAround(text, Number(/:(\d+)$/.exec(where)?.[1] ?? 0));
  return frame === "" ? [] : [inset(frame, depth)];
}

function indent(depth: number): string {
  return "  ".repeat(depth + 1);
}

function inset(text: string, depth: number): string {
  return text
    .split("\n")
    .map((line) => `${indent(depth)}${line}`)
    .join("\n");
}
