import { codeFrame } from "../code-frame.ts";
import type { Finding } from "./finding.ts";

/** A finding as people read it: place, message, the line with a mark below, and what the fix does. */
export function printFinding(finding: Finding, text: string): string {
  const { file, line, column, severity, rule, message, fix } = finding;
  const lines = [`${file}:${line}:${column}: ${severity}: ${message} (${rule})`, codeFrame(text, finding)];
  if (fix !== undefined) lines.push(`  ${fix.isSafe ? "fix" : "perhaps"}: ${fix.title}`);
  return lines.join("\n");
}
