import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { findCargo } from "../../scripts/addon.mjs";

/** The rules by hand, in Rust: `bench/native-kernels`. Each works on the columns that were last chosen by `use`. */
export interface NativeKernels {
  /** Remembers columns for good; returns the number that `use` takes. */
  bind(columns: readonly Uint8Array[]): number;
  use(columns: number): void;
  integrate(count: number, dt: number): void;
  steer(count: number, speed: number, slow: number, force: number, near: number): void;
  damage(count: number, chance: number, strength: number, least: number): void;
  /** Returns how many entities it put into the list. */
  damageList(count: number, chance: number, strength: number, least: number): number;
  waves(count: number, time: number): void;
  gather(count: number): void;
  pursue(count: number, speed: number, slow: number, force: number, near: number): void;
  neighbours(side: number, radius: number, inverse: number): void;
}

const folder = fileURLToPath(new URL("../native-kernels/", import.meta.url));
const target = fileURLToPath(new URL("../../target/", import.meta.url));
const library = `${folder}kernels.node`;
let fault: { reason: string | undefined } | undefined;

/** Builds the addon unless it is built; why it cannot be, if so. */
export function addonFault(): string | undefined {
  fault ??= { reason: build() };
  return fault.reason;
}

export function loadAddon(): NativeKernels {
  if (!existsSync(library)) throw new Error(`${library} is not there: npm run bench builds it`);
  return createRequire(import.meta.url)(library) as NativeKernels;
}

function build(): string | undefined {
  const cargo = findCargo();
  if (cargo === undefined) return "no cargo on this machine";
  const run = spawnSync(cargo, ["build", "--release", "--locked", "--target-dir", target], {
    cwd: folder,
    encoding: "utf8",
  });
  if (run.status !== 0)
    return `cargo failed: ${run.stderr.split("\n").find((line) => line.startsWith("error")) ?? run.error}`;
  const names = ["libworldloom_bench_kernels.so", "libworldloom_bench_kernels.dylib", "worldloom_bench_kernels.dll"];
  const made = names.map((name) => `${target}release/${name}`).find((path) => existsSync(path));
  if (made === undefined) return "cargo made no shared library";
  copyFileSync(made, library);
  return undefined;
}
