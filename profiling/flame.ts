/** Flamegraphs with the names of systems: of JavaScript, or with `--native` of JavaScript and Rust. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { addCpuProfile, type CpuProfile } from "./cpu-profile.ts";
import { addNative } from "./native.ts";
import { writePage } from "./page.ts";
import { addStack, emptyTree, type FrameTree, totals } from "./stacks.ts";
import { commandOf, Failure, readTarget, root, runTool, type Target } from "./target.ts";
import { checkRun, Workplace } from "./workplace.ts";

const HELP = `usage: npm run flame -- [--native] [--scene PATH] [--out FILE] [flags of the scene]

Runs a scene, examples/city unless told otherwise, and writes a flamegraph: one HTML file that needs nothing else.
Systems are frames called "system NAME".

  --native      frames of JavaScript and of Rust, by Linux perf; the addon is built once more for it, with frame pointers
  --scene PATH  what to run, as for worldloom run
  --out FILE    where to write (default profiles/flame.html)

All other flags go to worldloom run: --ticks 600 --agents 50000
Exit status: 0 written, 1 no profile, 2 not understood.`;

/** Microseconds between samples. */
const INTERVAL_US = 200;

process.exitCode = await runTool(HELP, async (words) => {
  const target = readTarget(words, { out: "profiles/flame.html", writes: "file", switches: ["--native"] });
  const native = target.switches.has("--native");
  const place = new Workplace();
  try {
    const tree = emptyTree(`worldloom run ${relative(root, target.scene)}`);
    if (native) await addNative(tree, target, place);
    else await addThreads(tree, target, place);
    finish(tree, target, place.systems(), native);
  } finally {
    place.dispose();
  }
});

/** Runs the scene under V8's profiler; each thread leaves a profile. Throws as {@link checkRun}. */
async function addThreads(tree: FrameTree, target: Target, place: Workplace): Promise<void> {
  const folder = place.at("cpu");
  mkdirSync(folder);
  const flags = ["--cpu-prof", "--cpu-prof-dir", folder, "--cpu-prof-interval", String(INTERVAL_US)];
  checkRun(await place.run(process.execPath, commandOf(target, flags), { env: place.env() }));
  const threads = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  for (const name of threads) {
    const part = emptyTree(threadName(name));
    addCpuProfile(part, JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as CpuProfile, root);
    if (threads.length === 1) Object.assign(tree, { value: part.value, calls: part.calls });
    else {
      addStack(tree, [part.frame], part.value);
      const own = [...tree.calls.values()].at(-1)!;
      for (const [key, call] of part.calls) own.calls.set(key, call);
    }
  }
}

/** The name of a profile is CPU.DATE.TIME.PROCESS.THREAD.NUMBER.cpuprofile; thread 0 is the main one. */
function threadName(file: string): string {
  const thread = file.split(".")[4];
  return thread === "0" ? "main thread" : `worker ${thread}`;
}

/** Writes the page, and reads it again: what is reported as written is there. */
function finish(tree: FrameTree, { out, scene, words }: Target, systems: readonly string[], native: boolean): void {
  const sampled = totals(tree, ({ kind }) => kind === "system");
  if (sampled.size === 0)
    throw new Failure("No sample fell into a system; give the run more to do: --ticks 600 --agents 50000.");
  const how = native ? "perf, samples of the processor's time" : `V8's profiler, a sample each ${INTERVAL_US} us`;
  writePage(out, {
    title: `${relative(root, scene)} ${words.join(" ")}`.trim(),
    about: `Measured by ${how}. Click a frame to see what it calls, the topmost one to go back.`,
    unit: native ? "samples" : "ms",
    systems,
    tree,
  });
  const written = existsSync(out) ? readFileSync(out, "utf8") : "";
  const lost = [...sampled.keys(), ...systems.map((name) => `system ${name}`)].find((name) => !written.includes(name));
  if (lost !== undefined) throw new Failure(`${out} was written without ${lost}: this is no flamegraph.`);
  console.log(`${out}: ${systems.length} systems, ${written.length} bytes`);
}
