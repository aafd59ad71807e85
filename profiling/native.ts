import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { findCargo } from "../scripts/addon.mjs";
import { readPerfScript } from "./perf-script.ts";
import { addStack, type FrameTree } from "./stacks.ts";
import { commandOf, Failure, root, type Target } from "./target.ts";
import { checkRun, type Workplace } from "./workplace.ts";

/** Samples a second; a prime-like number keeps clear of what happens each millisecond. */
const FREQUENCY = 1999;
/** Where cargo builds the addon with frame pointers: beside the usual build, which stays as it is. */
const BUILD = join("target", "flame");

/** Runs the scene under perf and adds its samples. Throws {@link Failure} and says what is missing, and as {@link checkRun}. */
export async function addNative(tree: FrameTree, target: Target, place: Workplace): Promise<void> {
  checkPerf();
  const addon = await buildAddon(place);
  const recorded = place.at("perf.data");
  const flags = ["--perf-basic-prof", "--interpreted-frames-native-stack"];
  const words = ["record", "--freq", String(FREQUENCY), "--call-graph", "fp", "--output", recorded, "--"];
  const number = place.at("process");
  const program = ["sh", "-c", 'echo $$ >"$0"; exec "$@"', number, process.execPath, ...commandOf(target, flags)];
  const env = place.env({ WORLDLOOM_PROFILE_ADDON: addon, WORLDLOOM_JOBS: "addon" });
  try {
    const run = await place.run("perf", [...words, ...program], { env });
    if (existsSync(number)) checkRun(run);
    else
      throw new Failure(
        `perf could not record (${run.signal ?? `status ${run.status}`}), see above. Where it lacks permission: sudo sysctl kernel.perf_event_paranoid=1`,
      );
    readSamples(tree, recorded, addon);
  } finally {
    // Where V8 writes the names of functions for perf, which looks for them nowhere else.
    if (existsSync(number)) rmSync(`/tmp/perf-${readFileSync(number, "utf8").trim()}.map`, { force: true });
  }
}

/** Adds what perf recorded. Throws {@link Failure} where that is no mixed profile. */
function readSamples(tree: FrameTree, recorded: string, addon: string): void {
  const fields = ["--fields", "comm,pid,tid,time,period,event,ip,sym,dso", "--no-inline"];
  const script = spawnSync("perf", ["script", "--input", recorded, ...fields], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (script.status !== 0) throw new Failure(`perf could not read what it recorded: ${script.stderr.trim()}`);
  const samples = readPerfScript(script.stdout, { root, addon: basename(addon) });
  for (const { stack } of samples) addStack(tree, stack, 1);
  for (const kind of ["js", "rust"] as const)
    if (!samples.some(({ stack }) => stack.some((frame) => frame.kind === kind)))
      throw new Failure(
        `perf saw no frame of ${kind === "js" ? "JavaScript" : "Rust"}: this would be no mixed profile.`,
      );
}

function checkPerf(): void {
  if (process.platform !== "linux")
    throw new Failure("--native needs perf, a tool of Linux; without --native any platform will do.");
  const { error, status } = spawnSync("perf", ["--version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return;
  throw new Failure(`--native needs Linux perf, which ${error === undefined ? "does not work" : "is not installed"} here. Install it:
  Debian   sudo apt-get install linux-perf
  Ubuntu   sudo apt-get install linux-tools-common linux-tools-$(uname -r)
  Fedora   sudo dnf install perf`);
}

/** The addon with frame pointers and line tables; returns its path. Throws {@link Failure}. */
async function buildAddon(place: Workplace): Promise<string> {
  const cargo = findCargo();
  if (cargo === undefined)
    throw new Failure("--native builds the addon with frame pointers and needs cargo; install Rust.");
  const words = ["build", "--release", "--locked", "--quiet", "--package", "worldloom-node", "--target-dir", BUILD];
  const { status } = await place.run(cargo, words, {
    cwd: root,
    env: {
      ...process.env,
      CARGO_PROFILE_RELEASE_DEBUG: "line-tables-only",
      RUSTFLAGS: `${process.env["RUSTFLAGS"] ?? ""} -C force-frame-pointers=yes`.trim(),
    },
  });
  const library = join(root, BUILD, "release", "libworldloom_node.so");
  if (status !== 0 || !existsSync(library)) throw new Failure("The addon with frame pointers could not be built.");
  return library;
}
