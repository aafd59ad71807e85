import { join } from "node:path";
import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { encodePng } from "../raster/png.ts";
import { parallel } from "../sched/executors/parallel.ts";
import { serial } from "../sched/executors/serial.ts";
import { SystemTimes } from "../sched/trace/times.ts";
import { Trace } from "../sched/trace/trace.ts";
import type { Command } from "./command.ts";
import { type FlagValues, flagHelp, parseFlags } from "./flags.ts";
import { progress } from "./progress.ts";
import { htmlReport } from "./report.ts";
import { checkOutputs, makeFolder, writeWhole } from "./run-files.ts";
import type { Scene, SceneRun } from "./run-scene.ts";
import { loadScene } from "./scene-file.ts";
import { type Summary, summarise } from "./statistics.ts";
import { coloursOf, terminalPicture } from "./terminal-picture.ts";
import { formatBytes, formatCount, formatMs, textTable } from "./text.ts";

/** Flags that every scene has. */
const commonFlags = {
  ticks: { kind: "integer", min: 1, max: 10_000_000, default: 300, summary: "ticks to run" },
  seed: { kind: "integer", min: 0, max: 4_294_967_295, default: 1, summary: "seed of all random numbers" },
  threads: {
    kind: "integer",
    min: 1,
    max: 64,
    default: 1,
    summary: "threads that run the systems; the result is the same",
  },
  warmup: {
    kind: "integer",
    min: 0,
    max: 10_000,
    default: 24,
    summary: "ticks to run first and take back, so that no time is that of compiling; they change no result",
  },
  report: { kind: "folder", summary: "write report.html and picture.png into this folder, which is made if need be" },
  save: { kind: "file", summary: "write the world to this file after the last tick" },
  trace: {
    kind: "file",
    summary: "write what the ticks did and when to this file, for Perfetto (ui.perfetto.dev) or chrome://tracing",
  },
  load: { kind: "file", summary: "continue with the world in this file, which --save wrote, and with its seed" },
  json: { kind: "switch", summary: "print the result as one JSON object, and nothing else" },
} as const;

type CommonValues = FlagValues<typeof commonFlags>;

export const run: Command = {
  async help(words) {
    const path = words[0];
    const scene = path === undefined || path.startsWith("-") ? undefined : await loadScene(path, commonFlags);
    const own = scene === undefined ? "" : `\nFlags of ${scene.name} (${scene.summary}):\n${flagHelp(scene.flags)}\n`;
    const more = scene === undefined ? "\nworldloom run SCENE --help lists the flags of a scene, too." : "";
    return `usage: worldloom run SCENE [flags]

SCENE is a module that exports a scene, or a folder with such a module named scene: examples/city
It can be a JSON file as for worldloom script run --scene, with the scripts in it, too.
${own}
Flags of every scene:
${flagHelp(commonFlags)}
${more}`.trimEnd();
  },
  async run([path, ...words]) {
    if (path === undefined || path.startsWith("-")) {
      throw new WorldloomError("usage", "Say first which scene: worldloom run examples/city.", { path });
    }
    const scene = await loadScene(path, commonFlags);
    const values = parseFlags({ ...scene.flags, ...commonFlags }, words) as CommonValues & SceneValues;
    await runScene(scene, values);
  },
};

type SceneValues = Readonly<Record<string, number | boolean | string | undefined>>;

/** Everything from the parsed flags to the printed result. */
async function runScene(scene: Scene, values: CommonValues & SceneValues): Promise<void> {
  // What can fail without a tick fails before the long part, and before anything is made on the disk.
  checkOutputs({ save: values.save, trace: values.trace });
  const executor = values.threads === 1 ? serial() : parallel({ threads: values.threads });
  const world = await scene.create({ values, seed: values.seed, load: values.load, executor });
  try {
    if (values.trace !== undefined) checkTraceable(scene, world);
    if (values.report !== undefined) makeFolder(values.report);
    warmUp(world, values.warmup);
    const firstTick = world.tick();
    const times = new SystemTimes();
    world.simulation?.watch(times);
    const trace = values.trace === undefined ? undefined : new Trace(world.simulation!);
    const writeTrace = (): void => {
      trace?.close();
      if (trace !== undefined) writeWhole(values.trace!, trace.toChrome(`worldloom: ${scene.name}`));
    };
    let tickMs: Float64Array;
    try {
      tickMs = timeTicks(world, values.ticks);
    } catch (error) {
      // It has the tick that failed, too.
      writeTrace();
      throw error;
    }
    writeTrace();
    if (values.save !== undefined) world.save(values.save);
    const [summary, hash] = [summarise(tickMs), world.hash()];
    const result: Result = { scene, world, values, firstTick, tickMs, summary, hash, times };
    if (values.report !== undefined) writeReport(result, values.report);
    process.stdout.write(`${values.json ? JSON.stringify(jsonResult(result)) : textResult(result)}\n`);
  } finally {
    await executor.close();
    world.dispose();
  }
}

interface Result {
  readonly scene: Scene;
  readonly world: SceneRun;
  readonly values: CommonValues;
  readonly firstTick: number;
  readonly tickMs: Float64Array;
  readonly summary: Summary;
  readonly hash: string;
  /** By system; of none where the scene has no simulation. */
  readonly times: SystemTimes;
}

/** Throws `usage` where there is no simulation to trace. */
function checkTraceable({ name }: Scene, { simulation }: SceneRun): void {
  if (simulation !== undefined) return;
  throw new WorldloomError(
    "usage",
    `The scene ${name} cannot be traced: what its create returns lacks simulation; leave out --trace.`,
    { scene: name },
  );
}

/** Runs ticks and takes them back: the engine has compiled what they run, and the world is as before. */
function warmUp(world: SceneRun, ticks: number): void {
  const goBack = ticks > 0 ? world.keep?.() : undefined;
  if (goBack === undefined) return;
  countTicks("ticks to warm up", ticks, () => world.step());
  goBack();
}

/** Runs the ticks and gives the milliseconds of each. */
function timeTicks(world: SceneRun, ticks: number): Float64Array {
  const tickMs = new Float64Array(ticks);
  countTicks("ticks", ticks, (tick) => {
    const started = nowMs();
    world.step();
    tickMs[tick] = nowMs() - started;
  });
  return tickMs;
}

/** Calls `run` for each of `total` ticks and shows how far it is. */
function countTicks(unit: string, total: number, run: (tick: number) => void): void {
  const bar = progress({ unit, total, now: nowMs, stream: process.stderr });
  try {
    for (let tick = 0; tick < total; tick++) {
      run(tick);
      bar.update(tick + 1);
    }
  } finally {
    bar.end();
  }
}

function jsonResult({ world, values, summary, hash }: Result): object {
  const { p50, p95, p99, max } = summary;
  const settings = Object.entries(world.settings).filter(([, value]) => typeof value === "number");
  return {
    ...Object.fromEntries(settings),
    ticks: values.ticks,
    seed: world.seed,
    jobs: world.jobs,
    threads: values.threads,
    tickMs: { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99), max: rounded(max) },
    // Per tick, on average.
    systems: Object.fromEntries(
      Object.entries(world.systemMs()).map(([name, ms]) => [name, rounded(ms / values.ticks)]),
    ),
    ...world.figures(),
    hash,
    bytes: world.bytes(),
  };
}

/** To tenths of a microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 10_000) / 10_000;
}

function textResult(result: Result): string {
  const { values } = result;
  const files = [
    ...(values.report === undefined ? [] : ["report.html", "picture.png"].map((name) => join(values.report!, name))),
    ...[values.save, values.trace].flatMap((file) => file ?? []),
  ];
  const rows = facts(result).map(([name, value]) => [name, value]);
  const width = Math.max(...rows.map(([name]) => name!.length));
  return [
    ...rows.map(([name, value]) => `${name!.padEnd(width)}  ${value}`),
    "",
    systemTable(result),
    ...thumbnail(result),
    ...(files.length === 0 ? [] : ["", ...files.map((file) => `written: ${file}`)]),
  ].join("\n");
}

/** Percentiles are of the ticks in which a system ran. */
function systemTable({ world, summary, times }: Result): string {
  const { total, count } = summary;
  const rows = Object.entries(world.systemMs()).map(([name, ms]) => {
    const histogram = times.systems.get(name);
    const percentiles = [50, 95, 99].map((percent) => (histogram ? formatMs(histogram.percentile(percent)) : ""));
    return [name, formatMs(ms / count), ...percentiles, `${(total > 0 ? (100 * ms) / total : 0).toFixed(1)} %`];
  });
  if (times.systems.size > 0) return textTable(["system", "ms per tick", "p50", "p95", "p99", "share"], rows);
  return textTable(
    ["system", "ms per tick", "share"],
    rows.map(([name = "", mean = "", , , , share = ""]) => [name, mean, share]),
  );
}

/** Widest picture in a terminal, in characters. */
const THUMBNAIL_SIDE = 72;

function thumbnail({ world, firstTick, values }: Result): string[] {
  const side = Math.min(THUMBNAIL_SIDE, (process.stdout.columns || 80) - 1);
  const picture = world.thumbnail?.(Math.max(1, side));
  return picture === undefined
    ? []
    : ["", `After tick ${formatCount(firstTick + values.ticks)}:`, terminalPicture(picture, coloursOf(process.stdout))];
}

function facts({ world, values, summary, hash }: Result): [string, string][] {
  const isWarmed = values.warmup > 0 && world.keep !== undefined;
  const text = (value: number | string): string => (typeof value === "number" ? formatCount(value) : value);
  return [
    ...Object.entries(world.settings).map(([name, value]): [string, string] => [name, text(value)]),
    ["seed", String(world.seed)],
    ["jobs", world.jobs],
    ["threads", String(values.threads)],
    ["ticks", `${formatCount(values.ticks)}${isWarmed ? `, after ${formatCount(values.warmup)} to warm up` : ""}`],
    ["ticks per second", formatCount(summary.mean > 0 ? Math.round(1000 / summary.mean) : 0)],
    ["tick ms p50 / p95 / p99 / max", [summary.p50, summary.p95, summary.p99, summary.max].map(formatMs).join(" / ")],
    ["entities", formatCount(world.entities())],
    ["memory", formatBytes(world.bytes())],
    ...Object.entries(world.figures()).map(([name, value]): [string, string] => [name, text(value)]),
    ["hash", hash],
  ];
}

function writeReport(result: Result, folder: string): void {
  const { scene, world, values, tickMs, firstTick } = result;
  const picture = world.picture();
  const png = encodePng(picture);
  const page = htmlReport({
    title: `worldloom: ${scene.name}`,
    subtitle: scene.summary,
    facts: facts(result),
    tickMs,
    firstTick,
    systemMs: world.systemMs(),
    picture: { png, width: picture.width, caption: `After tick ${formatCount(firstTick + values.ticks)}` },
  });
  writeWhole(join(folder, "picture.png"), png);
  writeWhole(join(folder, "report.html"), page);
}
