import type { Span } from "./syntax.ts";

export type Severity = "error" | "warning";

/** Puts `text` in the place of a span. */
export interface Edit extends Span {
  readonly text: string;
}

export interface Fix {
  /** What it does, as an order: "remove the loop". */
  readonly title: string;
  /** In ascending order, without overlaps. */
  readonly edits: readonly Edit[];
  /** Whether it can be applied unseen: the script does the same as before, or what it obviously was meant to do. */
  readonly isSafe: boolean;
}

/** What a rule says about a place of a script. */
export interface Finding extends Span {
  readonly rule: string;
  readonly severity: Severity;
  /** What is wrong and what to do. */
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly fix?: Fix;
}

/** What rules give; the linter adds the rest. */
export interface Complaint extends Span {
  readonly message: string;
  readonly fix?: Fix | undefined;
}

export function insertion(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

export function replacement(span: Span, text: string): Edit {
  return { start: span.start, end: span.end, text };
}

/** `text` after edits; those that overlap an earlier one are left out. Insertions at one place keep their order. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits.map((edit, i) => ({ edit, i })).sort((a, b) => a.edit.start - b.edit.start || a.i - b.i);
  let result = "";
  let at = 0;
  for (const { edit } of ordered) {
    if (edit.start < at) continue;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** Applies as many fixes as do not touch each other, in the order of the text; each as a whole or not at all. */
export function applyFixes(text: string, fixes: readonly Fix[]): { readonly text: string; readonly applied: number } {
  const taken: Edit[] = [];
  let applied = 0;
  for (const { edits } of fixes) {
    if (edits.some((edit) => taken.some((other) => edit.start <= other.end && other.start <= edit.end))) continue;
    taken.push(...edits);
    applied++;
  }
  return { text: applyEdits(text, taken), applied };
}

/** Starts of all lines; line ends are LF, CR LF or CR. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
  return starts;
}

/** Line and column of an offset, from 1. */
export function positionOf(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - starts[low]! + 1 };
}

/** The one of `names` that differs least from `name`, in at most two and a third of its letters; case hardly counts. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = name.length < 2 ? 0.25 : Math.min(2, Math.max(1, Math.floor(name.length / 3))) + 0.25;
  for (const other of names) {
    if (other === name || Math.abs(other.length - name.length) > least) continue;
    const edits = edited(name, other);
    if (edits < least) [best, least] = [other, edits];
  }
  return best;
}

/** Letters to add, remove, replace, or to swap with the next one. */
function edited(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const [x, y] = [a[i - 1]!, b[j - 1]!];
      const change = x === y ? 0 : x.toLowerCase() === y.toLowerCase() ? 0.1 : 1;
      let edits = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + change);
      if (i > 1 && j > 1 && x === b[j - 2] && a[i - 2] === y) edits = Math.min(edits, before[j - 2]! + 1);
      next.push(edits);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
