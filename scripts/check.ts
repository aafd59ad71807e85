/**
 * Format, lint, types and Rust checks; `--write` mends what can be mended first. Runs all of them, whatever fails.
 * Its last line is `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findCargo } from "./addon.mjs";

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Why it cannot run here. */
  readonly skip?: string | undefined;
}

const modules = "node_modules/";
const biome = [process.execPath, `${modules}@biomejs/biome/bin/biome`];
const colors = process.stdout.isTTY ? [] : ["--colors=off"];
const tsc = [process.execPath, `${modules}typescript/bin/tsc`];
const cargo = findCargo() ?? "cargo";
const noCargo = findCargo() === undefined ? "no cargo on this machine" : undefined;
const ofBench = ["--manifest-path", "bench/native-kernels/Cargo.toml"];
const gemm = ["--manifest-path", "bench/native-gemm/Cargo.toml"];
const gate = ["--manifest-path", "bench/gate/jobs/Cargo.toml"];
const benchInstalled = existsSync("bench/node_modules") || !existsSync("bench/package.json");
const noBench = benchInstalled ? undefined : "its packages come with the first npm run bench";

if (process.argv.includes("--write")) {
  run([...biome, "check", "--write", "."]);
  if (noCargo === undefined) run([cargo, "fmt", "--all"]);
}

const checks: readonly Check[] = [
  { name: "format and lint", command: [...biome, "ci", "--error-on-warnings", ...colors, "."] },
  { name: "types", command: [...tsc, "-p", "."] },
  { name: "types of bench", command: [...tsc, "-p", "bench"], skip: noBench },
  { name: "rustfmt", command: [cargo, "fmt", "--all", "--check"], skip: noCargo },
  {
    name: "clippy",
    command: [cargo, "clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
    skip: noCargo,
  },
  { name: "rustfmt of bench", command: [cargo, "fmt", ...ofBench, "--check"], skip: noCargo },
  { name: "rustfmt of products", command: [cargo, "fmt", ...gemm, "--check"], skip: noCargo },
  { name: "rustfmt of the gate", command: [cargo, "fmt", ...gate, "--check"], skip: noCargo },
  {
    name: "clippy of products",
    command: [cargo, "clippy", ...gemm, "--target-dir", "target", "--quiet", "--", "-D", "warnings"],
    skip: noCargo ?? noBench,
  },
  {
    name: "clippy of the gate",
    command: [cargo, "clippy", ...gate, "--target-dir", "target", "--quiet", "--", "-D", "warnings"],
    skip: noCargo,
  },
  { name: "the gate: counts and instructions", command: [process.execPath, "bench/gate/gate.ts"] },
  {
    name: "clippy of bench",
    command: [
      cargo,
      "clippy",
      ...ofBench,
      "--target-dir",
      "target",
      "--all-targets",
      "--quiet",
      "--",
      "-D",
      "warnings",
    ],
    skip: noCargo ?? noBench,
  },
];

let failed = 0;
let passed = 0;
for (const { name, command, skip } of checks) {
  if (skip !== undefined) {
    console.log(`skipped  ${name}: ${skip}`);
    continue;
  }
  const ok = run(command);
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "passed " : "FAILED "}  ${name}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function run([program, ...words]: readonly string[]): boolean {
  return spawnSync(program!, words, { stdio: "inherit" }).status === 0;
}
