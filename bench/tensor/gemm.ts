import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findCargo } from "../../scripts/addon.mjs";
import { WorkFault } from "../pairs.ts";
import { atLeast, type Measured, type Workload } from "../workload.ts";

/** A line that `bench/native-gemm` prints: it measures the products of the addon beside libraries, in one process, in pairs. */
interface Line {
  readonly name: string;
  readonly ours_us: number;
  readonly peer_us: number;
  readonly ratio: number;
}

const manifest = fileURLToPath(new URL("../native-gemm/Cargo.toml", import.meta.url));
const target = fileURLToPath(new URL("../../target/", import.meta.url));
const binary = `${target}release/worldloom-bench-gemm${process.platform === "win32" ? ".exe" : ""}`;
/** By the names that rows have, the names that the binary knows. */
const libraries = { OpenBLAS: "openblas", gemm: "gemm", matrixmultiply: "matrixmultiply" };
/** What the library has to be on the machine for. */
const NO_OPENBLAS = "no libopenblas here (Debian: libopenblas0)";

let known: { fault: string | undefined; output: string } | undefined;

/** Builds the binary once, and asks it for its smallest case. */
function ready(): { fault: string | undefined; output: string } {
  if (known !== undefined) return known;
  const cargo = findCargo();
  if (cargo === undefined) return (known = { fault: "no cargo on this machine", output: "" });
  const words = ["build", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir", target];
  const built = spawnSync(cargo, words, { encoding: "utf8" });
  if (built.status !== 0) return (known = { fault: `cargo failed: ${built.stderr.trim().split("\n")[0]}`, output: "" });
  const { stderr } = spawnSync(binary, ["--quick", "--peer", libraries.OpenBLAS, "f32 4 nn"], { encoding: "utf8" });
  return (known = { fault: undefined, output: stderr });
}

function measure(name: string, peer: string, quick: boolean): Pick<Measured, "ours" | "peer" | "ratio"> {
  const words = [name, "--peer", libraries[peer as keyof typeof libraries], ...(quick ? ["--quick"] : [])];
  const { stdout, stderr } = spawnSync(binary, words, { encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  const line = lines.map((text): Line => JSON.parse(text)).find((one) => one.name === name);
  if (line === undefined) throw new WorkFault(stderr.trim() || `${name} was not measured`);
  return { ours: line.ours_us, peer: line.peer_us, ratio: line.ratio };
}

function workload(name: string, factor?: number): Workload {
  return {
    name: `products in Rust, ${name}`,
    item: "run",
    unit: "us",
    peers: Object.keys(libraries),
    ...(factor === undefined ? {} : { targets: { OpenBLAS: atLeast(factor) } }),
    skip(peer) {
      const { fault, output } = ready();
      return fault ?? (peer === "OpenBLAS" && output.includes("OpenBLAS is not") ? NO_OPENBLAS : undefined);
    },
    measure: async (peer, quick) => measure(name, peer, quick),
  };
}

const layouts = ["nn", "tn", "nt"];

/** Names are those of `bench/native-gemm/src/cases.rs`: n as it is, t transposed, A then B. */
export const gemmWorkloads: readonly Workload[] = [
  ...[256, 512, 1024].flatMap((size) => layouts.map((layout) => workload(`f32 ${size} ${layout}`, 0.95))),
  ...layouts.map((layout) => workload(`f32 64 ${layout} x 100`, 0.95)),
  workload("f64 512 nn", 0.9),
];
