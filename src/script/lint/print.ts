import { type Finding, lineStarts } from "./finding.ts";

/** A finding as people read it: place, message, the line with a mark below, and what the fix does. */
export function printFinding(finding: Finding, text: string): string {
  const { file, line, column, severity, rule, message, fix } = finding;
  const lines = [`${file}:${line}:${column}: ${severity}: ${message} (${rule})`, codeFrame(text, finding)];
  if (fix !== undefined) lines.push(`  ${fix.isSafe ? "fix" : "perhaps"}: ${fix.title}`);
  return lines.join("\n");
}

/** Columns of a line that are shown. */
const WIDTH_MAX = 160;

/** The line of a place, with its number, and a mark below what is meant of it. */
export function codeFrame(
  text: string,
  { line, column, start, end }: { line: number; column: number; start: number; end: number },
): string {
  const from = lineStarts(text)[line - 1]!;
  const whole = /^[^\r\n]*/.exec(text.slice(from))![0];
  // Of long lines what is around the place.
  const cut = column > WIDTH_MAX / 2 && whole.length > WIDTH_MAX ? column - WIDTH_MAX / 2 : 0;
  const shown = whole.slice(cut, cut + WIDTH_MAX);
  const width = Math.max(1, Math.min(end - start, shown.length - (column - 1 - cut)));
  // Tabs stay tabs, so that the mark stands right below.
  const before = shown.slice(0, column - 1 - cut).replace(/[^\t]/g, " ");
  const margin = " ".repeat(String(line).length);
  return `  ${line} | ${shown}\n  ${margin} | ${before}${"^".repeat(width)}`;
}
