/** Instructions that each Rust job takes on fixed inputs, counted by callgrind. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCargo } from "../../scripts/addon.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The function around each run of a job: nothing else is counted. */
const FUNCTION = "worldloom_gate::gate_job";
const BUILD = join("target", "gate");

/** What the figures depend on besides the sources. */
export interface Machine {
  readonly arch: string;
  readonly rustc: string;
}

export interface Instructions {
  readonly machine: Machine;
  /** By `LEVEL JOB`: the level of vector instructions, and the job. */
  readonly jobs: Readonly<Record<string, number>>;
}

/** Counts instructions, or says in one line why that is not possible here. Throws where something fails that should not. */
export function countInstructions(): Instructions | string {
  const cargo = findCargo();
  if (cargo === undefined) return "no cargo on this machine";
  const { error, status } = spawnSync("valgrind", ["--version"], { stdio: "ignore" });
  if (error !== undefined || status !== 0) return "no valgrind on this machine";
  const manifest = join("bench", "gate", "jobs", "Cargo.toml");
  run(cargo, ["build", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir", BUILD]);
  const folder = mkdtempSync(join(tmpdir(), "worldloom-gate-"));
  try {
    const out = join(folder, "out");
    const flags = [`--callgrind-out-file=${out}`, "--collect-atstart=no"];
    flags.push(`--toggle-collect=${FUNCTION}`, `--dump-after=${FUNCTION}`);
    const binary = join(root, BUILD, "release", "worldloom-gate");
    const printed = run("valgrind", ["--quiet", "--tool=callgrind", ...flags, binary]);
    const rustc = run(join(dirname(cargo), "rustc"), ["--version"]).trim();
    const jobs = readCounts(printed, (part) => readFileSync(`${out}.${part}`, "utf8"));
    return { machine: { arch: process.arch, rustc }, jobs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Joins the lines that the jobs printed with the dumps of callgrind, numbered from 1 in the same order. */
export function readCounts(printed: string, dump: (part: number) => string): Record<string, number> {
  const jobs: Record<string, number> = {};
  for (const [i, line] of printed.trim().split("\n").entries()) {
    const name = line.replace(/ [0-9a-f]{16}$/, "");
    const count = /^totals: (\d+)$/m.exec(dump(i + 1))?.[1];
    if (name === line || count === undefined || Number(count) === 0)
      throw new Error(`callgrind counted nothing for ${line}; is ${FUNCTION} still called so?`);
    jobs[name] = Number(count);
  }
  return jobs;
}

function run(command: string, words: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, words, { cwd: root, encoding: "utf8" });
  if (error === undefined && status === 0) return stdout;
  throw new Error(`${command} ${words[0]} failed: ${error?.message ?? stderr.trim()}`);
}
