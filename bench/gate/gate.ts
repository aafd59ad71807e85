/** Compares what worlds and jobs do, counted, with what they did when the baseline was committed. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Baseline, compareCounts, compareInstructions, type Finding, machineFault } from "./compare.ts";
import type { Counts } from "./counts.ts";
import { countInstructions } from "./instructions.ts";

const HELP = `Usage: npm run bench -- gate [--update] [--json]

Counts, for fixed scenarios, blocks allocated, blocks copied, views made and calls of jobs, which must equal those in
bench/gate/baseline.json; and with valgrind and the compiler of the baseline the instructions of each Rust job, which may
be up to 0.5 % more.

  --update  write what was counted to the baseline, for you to commit
  --json    an array of {"name","before","now","verdict"} instead of text

Exit status: 0 as the baseline, 1 not, 2 not understood.`;

const BASELINE = fileURLToPath(new URL("baseline.json", import.meta.url));
const UPDATE = "If that is meant: npm run bench -- gate --update, and commit bench/gate/baseline.json.";

/** Runs the gate with the words behind its name, and gives the exit status. */
export async function gate(words: readonly string[]): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const unknown = words.find((word) => word !== "--update" && word !== "--json");
  if (unknown !== undefined) {
    console.error(`The gate does not know ${unknown}.\nTry npm run bench -- gate --help`);
    return 2;
  }
  const baseline = readBaseline();
  if (typeof baseline === "string") {
    console.error(`${BASELINE} cannot be read (${baseline}); git checkout bench/gate/baseline.json brings it back.`);
    return 1;
  }
  const counts = await countScenarios();
  const instructions = countInstructions();
  if (words.includes("--update")) {
    const kept = typeof instructions === "string" ? baseline.instructions : instructions;
    writeFileSync(BASELINE, `${JSON.stringify({ counts, instructions: kept }, undefined, 2)}\n`);
    const half = typeof instructions === "string" ? `, instructions stay as they were: ${instructions}` : "";
    console.log(`${BASELINE} written${half}`);
    return 0;
  }
  const findings = compareCounts(baseline.counts, counts);
  const reason = typeof instructions === "string" ? instructions : machineFault(baseline.instructions, instructions);
  const measured =
    reason === undefined && typeof instructions !== "string"
      ? compareInstructions(baseline.instructions, instructions)
      : [];
  if (reason !== undefined) console.error(`skipped the instructions of the jobs: ${reason}`);
  if (words.includes("--json")) console.log(JSON.stringify([...findings, ...measured], undefined, 1));
  else report(findings, measured);
  const failed = findings.some(({ verdict }) => verdict !== "equal") || measured.some(isWorse);
  return failed ? 1 : 0;
}

/** What was committed, or why it cannot be read. */
function readBaseline(): Baseline | string {
  try {
    const read: Partial<Baseline> | null = JSON.parse(readFileSync(BASELINE, "utf8"));
    if (typeof read?.counts !== "object" || typeof read.instructions !== "object") return "it has no counts";
    return read as Baseline;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The scenarios run unchecked and with compiled kernels, whatever the environment says. */
async function countScenarios(): Promise<Record<string, Counts>> {
  process.env["WORLDLOOM_CHECKED"] = "0";
  process.env["WORLDLOOM_KERNELS"] = "compiled";
  const { scenarios } = await import("./scenarios.ts");
  return Object.fromEntries(Object.entries(scenarios).map(([name, run]) => [name, run()]));
}

function report(counts: readonly Finding[], instructions: readonly Finding[]): void {
  const different = [...counts, ...instructions].filter(({ verdict }) => verdict !== "equal");
  for (const { name, before, now, verdict } of different)
    console.log(`${verdict.padEnd(6)} ${name}: ${before} -> ${now}`);
  const equal = (all: readonly Finding[]) => all.filter(({ verdict }) => verdict === "equal").length;
  console.log(`counts: ${equal(counts)} of ${counts.length} equal`);
  if (instructions.length > 0)
    console.log(`instructions of jobs: ${equal(instructions)} of ${instructions.length} within 0.5 %`);
  if (different.length > 0) console.log(UPDATE);
}

function isWorse({ verdict }: Finding): boolean {
  return verdict === "worse" || verdict === "new" || verdict === "gone";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await gate(process.argv.slice(2));
