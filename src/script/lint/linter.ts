import { expectOptions } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { ApiNamespace } from "../api.ts";
import { DEFAULT_BUDGET } from "../budget.ts";
import { expectApi } from "../checked-api.ts";
import { compileErrors } from "./compile.ts";
import type { LintConfig } from "./config.ts";
import { convert } from "./convert.ts";
import { diagnose } from "./diagnose.ts";
import { applyFixes, type Complaint, type Finding, lineStarts, nearest, positionOf } from "./finding.ts";
import { type LuaGrammar, loadGrammar } from "./grammar.ts";
import { ignoresOf } from "./ignore.ts";
import { type Lexed, lex } from "./lexer.ts";
import { ruleIds, rules } from "./rules/index.ts";
import { sandboxOf } from "./sandbox.ts";
import { type Settings, Source } from "./source.ts";

export interface LintOptions extends LintConfig {
  /** The functions of the host. */
  readonly api: readonly ApiNamespace[];
}

export interface FixedText {
  readonly text: string;
  /** How many fixes were applied. */
  readonly applied: number;
  /** What is left. */
  readonly findings: readonly Finding[];
}

/** A linter for scripts in Lua. Throws `peer-missing` without its parser, `bad-argument` for rules that do not exist. */
export async function createLinter(options: LintOptions): Promise<Linter> {
  expectOptions(options, "options");
  expectApi(options.api, "options.api");
  for (const [id, severity] of Object.entries(options.rules ?? {})) {
    if (!ruleIds.includes(id)) {
      const near = nearest(id, ruleIds);
      const hint = near === undefined ? `the rules are ${ruleIds.join(", ")}` : `did you mean ${near}`;
      throw new WorldloomError("bad-argument", `There is no rule ${id}; ${hint}.`, { rule: id });
    }
    if (severity !== "off" && severity !== "warning" && severity !== "error")
      throw new WorldloomError("bad-argument", `Set ${id} to off, warning or error.`, { rule: id, severity });
  }
  return new Linter(await loadGrammar(), options);
}

/** Rounds of fixes after which {@link Linter.fix} stops. */
const ROUNDS_MAX = 50;

export class Linter {
  readonly #parse: LuaGrammar;
  readonly #severities: LintConfig["rules"];
  readonly #settings: Settings;

  constructor(parse: LuaGrammar, { api, rules: severities, globals, spawnsMax }: LintOptions) {
    this.#parse = parse;
    this.#severities = severities;
    this.#settings = {
      sandbox: sandboxOf(api, globals),
      spawnsMax: spawnsMax ?? Math.floor(DEFAULT_BUDGET.spawns / 10),
    };
  }

  /** What is wrong with a text, in its order. A text that is no Lua has findings of the rule `syntax` alone. */
  lint(text: string, file = "script"): Finding[] {
    const tree = this.#parse(text);
    const lexed = lex(text);
    const broken = diagnose(text, tree, lexed, (other) => this.#parses(other));
    if (broken.length > 0) return this.#findings(text, file, lexed, [["syntax", broken]]);
    const source = new Source(text, convert(tree.root, text), this.#settings);
    const refused = compileErrors(source.chunk, source.names);
    const found = rules.map((rule) => [rule.id, this.#isOn(rule.id) ? rule.check(source) : []] as const);
    return this.#findings(text, file, lexed, [["syntax", refused], ...found]);
  }

  /** Applies fixes until there are none left: those that are safe, or all. */
  fix(text: string, { all = false, file = "script" }: { all?: boolean; file?: string } = {}): FixedText {
    let now = text;
    let applied = 0;
    let findings = this.lint(now, file);
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const fixes = findings.flatMap(({ fix }) => (fix !== undefined && (all || fix.isSafe) ? [fix] : []));
      if (fixes.length === 0) break;
      const fixed = applyFixes(now, fixes);
      const after = this.lint(fixed.text, file);
      // A fix shall never break what was Lua.
      if (fixed.text === now || (breaks(after) && !breaks(findings))) break;
      now = fixed.text;
      applied += fixed.applied;
      findings = after;
    }
    return { text: now, applied, findings };
  }

  #parses(text: string): boolean {
    return lex(text).complaints.length === 0 && !this.#parse(text).broken;
  }

  #isOn(id: string): boolean {
    return this.#severities?.[id] !== "off";
  }

  #findings(
    text: string,
    file: string,
    { comments }: Lexed,
    complaints: readonly (readonly [id: string, complaints: readonly Complaint[]])[],
  ): Finding[] {
    const starts = lineStarts(text);
    const ignores = ignoresOf(text, comments, starts);
    const all = [...complaints, ["ignore", ignores.complaints] as const].flatMap(([id, found]) => {
      const severity = this.#severities?.[id] ?? rules.find((rule) => rule.id === id)!.severity;
      if (severity === "off") return [];
      return found.map(({ fix, start, end, message }): Finding => {
        const place = { rule: id, severity, message, file, start, end, ...positionOf(starts, start) };
        return fix === undefined ? place : { ...place, fix };
      });
    });
    return all
      .filter(({ rule, line }) => !ignores.covers(rule, line))
      .sort((a, b) => a.start - b.start || a.end - b.end || (a.rule < b.rule ? -1 : 1));
  }
}

function breaks(findings: readonly Finding[]): boolean {
  return findings.some(({ rule }) => rule === "syntax");
}
