/** What one line of a script used. */
export interface LineProfile {
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** How often it began. */
  readonly count: number;
  /** Instructions, as budgets count them: those of functions of the library and the host that charge for themselves, too. */
  readonly instructions: number;
  /** Milliseconds; not deterministic, and longer than without the profiler. */
  readonly ms: number;
  /** Bytes of objects that it made. What was collected in the meantime is missing. */
  readonly bytes: number;
  /** Calls of functions of the host. */
  readonly hostCalls: number;
}

/** The sums of one script or module. */
export interface SourceProfile extends Omit<LineProfile, "line"> {
  readonly file: string;
}

/** What scripts used between the begin and the end of a profile. */
export interface ScriptProfile {
  /** Calls of the engine: hooks, tasks and batches of updates. */
  readonly calls: number;
  readonly instructions: number;
  readonly ms: number;
  readonly bytes: number;
  readonly hostCalls: number;
  /** Most instructions first. */
  readonly sources: readonly SourceProfile[];
  readonly lines: readonly LineProfile[];
}

/** The lines that used most, as a table: at most `count` of them. */
export function hottestLines({ lines, instructions }: ScriptProfile, count: number): string[][] {
  return lines
    .slice(0, count)
    .map((one) => [
      `${one.source}:${one.line}`,
      String(one.count),
      String(one.instructions),
      `${((100 * one.instructions) / Math.max(1, instructions)).toFixed(1)}%`,
      one.ms.toFixed(2),
      String(one.bytes),
      String(one.hostCalls),
    ]);
}

/** A page with the sources of a profile, line by line, that needs nothing else. `textOf` gives the text of a file. */
export function profilePage(profile: ScriptProfile, textOf: (file: string) => string | undefined): string {
  const parts = profile.sources.map((source) => sourceTable(profile, source, textOf(source.file) ?? ""));
  const sums = `${grouped(profile.instructions)} instructions in ${grouped(profile.calls)} calls, ${profile.ms.toFixed(1)} ms,
${grouped(profile.bytes)} bytes made, ${grouped(profile.hostCalls)} calls of the host`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Scripts, line by line</title>
<style>
body { font: 13px/1.4 system-ui, sans-serif; margin: 2em; }
table { border-collapse: collapse; font-family: ui-monospace, monospace; }
td, th { padding: 0 .8em; text-align: right; white-space: pre; }
td:last-child, th:last-child { text-align: left; }
tr.cold { color: #999; }
</style>
<h1>Scripts, line by line</h1>
<p>${sums}. Milliseconds include what the profiler took.</p>
${parts.join("\n")}
</html>
`;
}

function sourceTable({ lines, instructions }: ScriptProfile, { source, file }: SourceProfile, text: string): string {
  const known = new Map(lines.filter((one) => one.source === source).map((one) => [one.line, one]));
  const last = Math.max(0, ...known.keys());
  const texts = text.split(/\r\n|\n|\r/);
  const rows: string[] = [];
  for (let line = 1; line <= Math.max(last, texts.length); line++) {
    const one = known.get(line);
    const code = escaped(texts[line - 1] ?? "");
    if (one === undefined) {
      rows.push(`<tr class="cold"><td>${line}<td><td><td><td><td><td><td>${code}`);
      continue;
    }
    const share = one.instructions / Math.max(1, instructions);
    const heat = `background: rgb(255 ${Math.round(255 - 160 * Math.sqrt(share))} ${Math.round(255 - 220 * Math.sqrt(share))})`;
    const cells = [
      grouped(one.count),
      grouped(one.instructions),
      `${(100 * share).toFixed(1)}%`,
      one.ms.toFixed(2),
      grouped(one.bytes),
      grouped(one.hostCalls),
    ];
    rows.push(`<tr style="${heat}"><td>${line}${cells.map((cell) => `<td>${cell}`).join("")}<td>${code}`);
  }
  return `<h2>${escaped(source)}</h2>
<p>${escaped(file)}</p>
<table>
<tr><th>line<th>begun<th>instructions<th>share<th>ms<th>bytes<th>host<th>
${rows.join("\n")}
</table>`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
