import type { Complaint, Severity } from "./finding.ts";
import type { Source } from "./source.ts";

/** One thing that the linter looks for. */
export interface Rule {
  /** What comments and configurations call it. */
  readonly id: string;
  readonly severity: Severity;
  /** What it finds, for the list of rules. */
  readonly doc: string;
  /** What its fix does. */
  readonly fixes: string;
  check(source: Source): Complaint[];
}
