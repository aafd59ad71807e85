/** Puts the rows that `npm run -s bench -- SUITE --json` printed into the table of a page: `node bench/readme.ts ROWS.json [PAGE] [NOTE]`. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { fileURLToPath } from "node:url";
import type { Row } from "./table.ts";

const BEGIN = "<!-- measured: written by bench/readme.ts -->";
const END = "<!-- end of measured -->";

const [path, name = "README.md", note] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: node bench/readme.ts ROWS.json [PAGE] [NOTE]");
const rows: Row[] = JSON.parse(readFileSync(path, "utf8"));
const page = fileURLToPath(new URL(`../${name}`, import.meta.url));
const text = readFileSync(page, "utf8");
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`${name} lacks ${BEGIN} or ${END}`);
writeFileSync(page, `${text.slice(0, begin + BEGIN.length)}\n${measured()}\n${text.slice(end)}`);

/** Rows with a target: the fastest peer that counts, or a limit of the machine. */
function measured(): string {
  const lines = rows
    .filter(({ target }) => target !== undefined)
    .map(
      (row) =>
        `| ${row.workload} | ${row.peerName} | ${digits(row.ours)} | ${digits(row.peer)} | ${row.unit} | ${digits(row.ratio)} | ${row.target} ${row.met ? "✓" : "✗"} |`,
    );
  const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, ${platform()} ${arch()}, Node ${process.versions.node}`;
  const day = statSync(path!).mtime.toISOString().slice(0, 10);
  return `
Written by \`node bench/readme.ts\` from \`npm run -s bench -- --json\`, ${day}; ${machine}.${note === undefined ? "" : `\n${note}`}
Ours is beside the fastest peer, or beside a limit of the machine, in interleaved pairs; ratio = their time / our time,
the median over the pairs. A target that was missed in this run has a ✗.

| workload | against | ours | theirs | unit | ratio | target |
|---|---|---:|---:|---|---:|---|
${lines.join("\n")}
`;
}

/** Three significant digits. */
function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
}
