import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import { type LintConfig, readLintConfig } from "../script/lint/config.ts";
import type { Finding } from "../script/lint/finding.ts";
import { createLinter, type Linter } from "../script/lint/linter.ts";
import { printFinding } from "../script/lint/print.ts";
import { rules } from "../script/lint/rules/index.ts";
import type { Command, Outcome } from "./command.ts";
import { type Flags, flagHelp, parseFlags } from "./flags.ts";
import { writeWhole } from "./run-files.ts";
import { pathsBefore } from "./script-settings.ts";
import { apiOfScene } from "./script-stage.ts";

const flags = {
  fix: {
    kind: "switch",
    summary: "apply the fixes after which a script does the same, or what it obviously was to do",
  },
  "fix-all": { kind: "switch", summary: "apply all fixes, also those that are guesses; read what has changed" },
  json: { kind: "switch", summary: "print one object with all findings, and nothing else" },
  strict: { kind: "switch", summary: "end with status 1 for warnings, too" },
  rules: { kind: "text", placeholder: "LIST", summary: "severities: shadowing=off,unused=error" },
  scene: { kind: "file", summary: "a module whose scriptScene has an api: what it lets scripts call" },
  config: { kind: "file", summary: "JSON with rules, globals, spawnsMax; --rules goes before it" },
} as const satisfies Flags;

/** Most findings that are printed as text. */
const PRINTED_MAX = 200;

/** `worldloom script check`. */
export const checkScripts: Command = {
  help: `usage: worldloom script check PATH... [flags]

Each PATH is a script, or a folder of which all .lua files are checked.

${flagHelp(flags)}

Rules:${ruleList()}.
A comment "-- lint: ignore RULE" turns one off for its line. docs/lint.md says what each of them finds.

Exit status: 0 nothing found, 1 errors found, 2 not understood.`,
  run: check,
};

/** The names of the rules, in lines. */
function ruleList(): string {
  const lines = [""];
  for (const { id } of rules) {
    const longer = `${lines.at(-1)} ${id},`;
    if (longer.length <= 100) lines[lines.length - 1] = longer;
    else lines.push(` ${id},`);
  }
  return lines.join("\n      ").slice(0, -1);
}

async function check(words: readonly string[]): Promise<Outcome> {
  const [paths, rest] = pathsBefore(words);
  const values = parseFlags(flags, rest);
  if (paths.length === 0) {
    throw new WorldloomError("usage", "Say which scripts: worldloom script check PATH...", {});
  }
  const linter = await createLinter({ ...configOf(values.config, values.rules), api: await apiOfScene(values.scene) });
  const files = [...new Set(paths.flatMap(scriptsAt))];
  if (files.length === 0)
    throw new WorldloomError("usage", `There is nothing to check: no .lua in ${paths.join(", ")}.`, { paths });
  const checked = files.map((file) => checkFile(linter, file, { fix: values.fix, all: values["fix-all"] }));
  const findings = checked.flatMap((one) => one.findings);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const fixed = checked.reduce((sum, { applied }) => sum + applied, 0);
  const warnings = findings.length - errors;
  if (values.json) console.log(JSON.stringify({ files: files.length, fixed, errors, warnings, findings }));
  else print(checked, { files: files.length, fixed, errors, warnings });
  return errors > 0 || (values.strict && warnings > 0) ? "differs" : undefined;
}

interface Checked {
  readonly text: string;
  readonly applied: number;
  readonly findings: readonly Finding[];
}

function configOf(path: string | undefined, list: string | undefined): LintConfig {
  const config = path === undefined ? {} : readLintConfig(textOf(path).text, path);
  if (list === undefined) return config;
  const rules = list.split(",").map((part) => {
    const [, rule, severity] = /^\s*([\w-]+)=(off|warning|error)\s*$/.exec(part) ?? [];
    if (rule === undefined) {
      throw new WorldloomError("usage", `--rules: write RULE=off, RULE=warning or RULE=error, not "${part}".`, {
        part,
      });
    }
    return [rule, severity];
  });
  return { ...config, rules: { ...config.rules, ...Object.fromEntries(rules) } };
}

/** The file itself, or all scripts in a folder and those below, in the order of their names. */
function scriptsAt(path: string): string[] {
  if (!existsSync(path)) throw new WorldloomError("usage", `There is no ${path}; give a script or a folder.`, { path });
  const found = attempt(path, () => statSync(path));
  if (!found.isDirectory()) return [path];
  const entries = attempt(path, () => readdirSync(path, { withFileTypes: true }));
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name)) return scriptsAt(join(path, entry.name));
      return entry.isFile() && entry.name.endsWith(".lua") ? [join(path, entry.name)] : [];
    });
}

function checkFile(linter: Linter, file: string, { fix, all }: { fix: boolean; all: boolean }): Checked {
  const { text, encoding } = textOf(file);
  if (!fix && !all) return { text, applied: 0, findings: linter.lint(text, file) };
  const fixed = linter.fix(text, { all, file });
  if (fixed.text !== text) writeWhole(file, Buffer.from(fixed.text, encoding));
  return fixed;
}

/** Text that is not UTF-8 is taken byte by byte, so that it can be written back as it was. */
function textOf(path: string): { readonly text: string; readonly encoding: "utf8" | "latin1" } {
  const bytes = attempt(path, () => readFileSync(path));
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), encoding: "utf8" };
  } catch {
    return { text: bytes.toString("latin1"), encoding: "latin1" };
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError("file-io", `${path} cannot be read (${reason}); check the path.`, { path }, cause);
  }
}

function print(
  checked: readonly Checked[],
  { files, fixed, errors, warnings }: Readonly<Record<"files" | "fixed" | "errors" | "warnings", number>>,
): void {
  const all = checked.flatMap(({ findings, text }) => findings.map((finding) => ({ finding, text })));
  for (const { finding, text } of all.slice(0, PRINTED_MAX)) console.log(`${printFinding(finding, text)}\n`);
  if (all.length > PRINTED_MAX) console.log(`... and ${all.length - PRINTED_MAX} more; --json prints all.\n`);
  const fixable = all.filter(({ finding }) => finding.fix?.isSafe).length;
  const counts = `${counted(errors, "error")}, ${counted(warnings, "warning")} in ${counted(files, "file")}`;
  const done = fixed > 0 ? `; ${fixed} fixed` : "";
  console.log(`${counts}${done}${fixable > 0 ? `; --fix mends ${fixable}` : ""}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
