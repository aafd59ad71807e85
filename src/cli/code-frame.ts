/** Lines around the one that is meant. */
const AROUND = 2;
/** Columns that are shown. */
const WIDTH_MAX = 160;

/** A line of a text, from 1, with those around it, numbered, and a mark at its start; empty where it has no such line. */
export function linesAround(text: string, line: number): string {
  const lines = text.replace(/(\r\n|\n|\r)$/, "").split(/\r\n|\n|\r/);
  if (line < 1 || line > lines.length) return "";
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
