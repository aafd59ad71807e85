import { badArgument, expectNumbers, expectOptions, expectText } from "../core/argument.ts";

/** Lines before and behind the one that is meant. */
const AROUND = 2;
/** Columns of a line that are shown. */
const WIDTH_MAX = 160;

/** The line of a place, with its number, and a mark below what is meant of it. Lines and columns are from 1. */
export function codeFrame(text: string, place: { line: number; column: number; start: number; end: number }): string {
  expectText(text, "text");
  expectOptions(place, "place");
  const { line, column, start, end } = place;
  expectNumbers([line, column, start, end], "place");
  const whole = linesOf(text)[line - 1];
  if (whole === undefined) throw badArgument("line", line, "a line of the text, from 1");
  // Of long lines what is around the place.
  const cut = column > WIDTH_MAX / 2 && whole.length > WIDTH_MAX ? column - WIDTH_MAX / 2 : 0;
  const shown = whole.slice(cut, cut + WIDTH_MAX);
  const width = Math.max(1, Math.min(end - start, shown.length - (column - 1 - cut)));
  // Tabs stay tabs, so that the mark stands right below.
  const before = shown.slice(0, column - 1 - cut).replace(/[^\t]/g, " ");
  const margin = " ".repeat(String(line).length);
  return `  ${line} | ${shown}\n  ${margin} | ${before}${"^".repeat(width)}`;
}

/** A line of a text, from 1, with those around it, numbered, and a mark at its start; empty where it has no such line. */
export function linesAround(text: string, line: number): string {
  const lines = linesOf(text);
  if (lines.at(-1) === "") lines.pop();
  if (!(line >= 1 && line <= lines.length)) return "";
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number === line ? ">" : " ";
    shown.push(`${mark} ${String(number).padStart(width)} | ${lines[number - 1]!.slice(0, WIDTH_MAX)}`.trimEnd());
  }
  return shown.join("\n");
}

/** Lines end with LF, CR LF or CR. */
function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}
