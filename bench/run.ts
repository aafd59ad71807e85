/** Measures Worldloom against other libraries and against limits of the machine. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gate } from "./gate/gate.ts";
import { suites } from "./suites.ts";
import { printTable, type Row } from "./table.ts";
import type { Measured, Workload } from "./workload.ts";

const HELP = `Usage: npm run bench -- [SUITE...] [--only TEXT] [--peer TEXT] [--quick] [--json] [--list]
       npm run bench -- gate [--update] [--json]

Suites: ${Object.keys(suites).join(", ")}. Without one all run.

  --only TEXT   workloads whose name contains TEXT; may be given several times
  --peer TEXT   peers whose name contains TEXT; may be given several times
  --quick       fewer pairs: a first impression
  --json        an array of rows instead of a table: {"workload","ours","peer","peerName","unit","ratio","checked"},
                with "best" for the fastest peer that counts and, where there is a target, "target" and "met"
  --list        names only

Every row is measured in a process of its own: our side and the peer in turn, sample by sample; the ratio (peer time /
our time) is the median over the pairs. Work is counted and checksums are compared on both sides: the exit status is 1
where they are zero, missing or different, 2 for misuse. Targets that are missed do not fail.

The gate counts instead of measuring, and fails where counts differ from the committed ones: gate --help says more.
`;

const given = process.argv.slice(2);
process.exitCode = given[0] === "gate" ? await gate(given.slice(1)) : main(given);

function main(words: string[]): number {
  let options: ReturnType<typeof readFlags>;
  try {
    options = readFlags(words);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nTry npm run bench -- --help`);
    return 2;
  }
  const { values, positionals } = options;
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.find((name) => suites[name] === undefined);
  if (unknown !== undefined) {
    console.error(`There is no suite ${unknown}; there are ${Object.keys(suites).join(", ")}.`);
    return 2;
  }
  const chosen = (positionals.length > 0 ? positionals : Object.keys(suites)).flatMap((name) => suites[name]!);
  const plan = chosen
    .filter(({ name }) => contains(name, values.only))
    .map((workload) => ({ workload, peers: workload.peers.filter((peer) => contains(peer, values.peer)) }))
    .filter(({ peers }) => peers.length > 0);
  if (plan.length === 0) {
    console.error("No workload and peer are called so; see --list.");
    return 2;
  }
  if (values.list) {
    for (const { workload, peers } of plan) console.log(`${workload.name}: ${peers.join(", ")}`);
    return 0;
  }
  const rows: Row[] = [];
  const skipped = new Map<string, string>();
  let faults = 0;
  for (const { workload, peers } of plan) {
    const found: Row[] = [];
    for (const peer of peers) {
      const reason = workload.skip?.(peer);
      if (reason !== undefined) {
        skipped.set(peer, reason);
        continue;
      }
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${workload.name} against ${peer} ...`);
      const row = measureRow(workload, peer, values.quick);
      if (typeof row === "string") {
        console.error(`${process.stderr.isTTY ? "\r\x1b[K" : ""}${workload.name} against ${peer}: ${row}`);
        faults++;
      } else found.push(row);
    }
    judge(workload, found);
    rows.push(...found);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  for (const [peer, reason] of skipped) console.error(`skipped ${peer}: ${reason}`);
  if (values.json) console.log(`[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]`);
  else printTable(rows);
  return faults > 0 ? 1 : 0;
}

function readFlags(words: string[]) {
  return parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true, default: [] },
      peer: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false, short: "h" },
    },
  });
}

function contains(name: string, parts: readonly string[]): boolean {
  return parts.length === 0 || parts.some((part) => name.includes(part));
}

/** Measures one row in a process of its own; returns what went wrong as text. */
function measureRow(workload: Workload, peer: string, quick: boolean): Row | string {
  const script = fileURLToPath(new URL("row.ts", import.meta.url));
  const run = spawnSync(process.execPath, ["--expose-gc", script, workload.name, peer, ...(quick ? ["--quick"] : [])], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...workload.env },
  });
  const line = run.stdout.trim().split("\n").at(-1) ?? "";
  if (run.status !== 0 || !line.startsWith("{")) return run.stderr.trim() || `exit status ${run.status}`;
  const { fault, ours, peer: peerTime, ratio } = JSON.parse(line) as Partial<Measured> & { fault?: string };
  if (fault !== undefined) return fault;
  if (!(ours! > 0 && peerTime! > 0 && ratio! > 0)) return "no time was measured";
  return {
    workload: workload.name,
    ours: ours!,
    peer: peerTime!,
    peerName: peer,
    unit: workload.unit ?? `ns/${workload.item}`,
    ratio: ratio!,
    checked: true,
  };
}

/** Marks the fastest peer, and whether the target is met. */
function judge(workload: Workload, rows: Row[]): void {
  const judged = rows.filter(({ peerName }) => workload.judged?.includes(peerName) ?? true);
  const best = judged.reduce<Row | undefined>(
    (least, row) => (least === undefined || row.ratio < least.ratio ? row : least),
    undefined,
  );
  for (const row of rows) {
    row.best = row === best;
    if (workload.itemBytes !== undefined) row.gigabytesPerSecond = workload.itemBytes / row.ours;
    const target = workload.targets?.[row.peerName] ?? (row === best ? workload.target : undefined);
    if (target === undefined) continue;
    row.target = target.text;
    row.met = target.met(row);
  }
}
