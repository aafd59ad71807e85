import { type Complaint, nearest, positionOf, replacement } from "./finding.ts";
import type { Comment } from "./lexer.ts";
import { ruleIds } from "./rules/index.ts";

/** What comments of a script turn off. */
export interface Ignores {
  covers(rule: string, line: number): boolean;
  readonly complaints: readonly Complaint[];
}

const ALL = "*";

/**
 * Reads `-- lint: ignore` and `-- lint: ignore a, b`, which hold for their line, or if they stand alone for the next
 * one, and `-- lint: ignore-file a`, which holds for all of the file. Without rules they mean all but `syntax`.
 */
export function ignoresOf(text: string, comments: readonly Comment[], starts: readonly number[]): Ignores {
  const lines = new Map<number, Set<string>>();
  const everywhere = new Set<string>();
  const complaints: Complaint[] = [];
  for (const comment of comments) {
    const found = /^\s*lint:\s*(ignore(?:-file)?)\b(.*)$/.exec(comment.text);
    if (found === null) continue;
    const rules = Array.from(found[2]!.matchAll(/[\w-]+/g), ([word]) => word);
    const { line } = positionOf(starts, comment.start);
    const isAlone = text.slice(starts[line - 1], comment.start).trim() === "";
    const target = isAlone ? positionOf(starts, comment.end).line + 1 : line;
    const set = found[1] === "ignore-file" ? everywhere : (lines.get(target) ?? new Set());
    if (set !== everywhere) lines.set(target, set);
    for (const rule of rules.length === 0 ? [ALL] : rules) set.add(rule);
    for (const rule of rules.filter((one) => !ruleIds.includes(one))) complaints.push(unknown(text, comment, rule));
  }
  const has = (set: Set<string> | undefined, rule: string): boolean =>
    set !== undefined && (set.has(rule) || (set.has(ALL) && rule !== "syntax"));
  return { complaints, covers: (rule, line) => has(everywhere, rule) || has(lines.get(line), rule) };
}

function unknown(text: string, comment: Comment, rule: string): Complaint {
  const start = text.indexOf(
    rule,
    comment.start + text.slice(comment.start).search(/ignore(-file)?/) + "ignore".length,
  );
  const span = { start, end: start + rule.length };
  const near = nearest(rule, ruleIds);
  const message = `there is no rule ${rule}; ${near === undefined ? "see the list of rules" : `did you mean ${near}`}`;
  if (near === undefined) return { ...span, message };
  return { ...span, message, fix: { title: `write ${near}`, edits: [replacement(span, near)], isSafe: true } };
}
