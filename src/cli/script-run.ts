import { nowMs, systemClock } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { DEFAULT_BUDGET } from "../script/budget.ts";
import { type Profile, profiles } from "../script/capability.ts";
import { type DomainInspection, hooks } from "../script/engine.ts";
import { watchScripts } from "../script/systems/watch.ts";
import type { Command, Outcome } from "./command.ts";
import { type Flags, type FlagValues, flagHelp } from "./flags.ts";
import { beginHotspots, endHotspots } from "./script-hotspots.ts";
import { compileError, countInstances, ScriptReport } from "./script-report.ts";
import { choiceOf, configFlag, pathsBefore, scriptSettings, settingsOf } from "./script-settings.ts";
import { openStage, type ScriptStage, type StageOptions } from "./script-stage.ts";
import { readText } from "./script-text.ts";
import { summarise } from "./statistics.ts";
import { formatBytes, formatCount, formatMs, textTable } from "./text.ts";

const { history: _, ...settings } = scriptSettings;
const flags = {
  ...settings,
  ...configFlag,
  watch: { kind: "switch", summary: "read files again that change, at the rate of a game; --ticks 0 is without end" },
  hotspots: {
    kind: "file",
    summary: "count what each line in Lua uses, print the hottest; the rest goes to this file, .json or .html",
  },
  json: { kind: "switch", summary: "print the result as one JSON object, and nothing else" },
} as const satisfies Flags;
type Values = FlagValues<typeof flags>;

/** `worldloom script run`. */
export const scriptRun: Command = {
  help: `usage: worldloom script run PATH... [flags]
       worldloom script run --scene scene.json [flags]

Each PATH is a script, or a folder with scripts; what one of them requires is a module. The world has Transform, Position,
Velocity, Name, and physics (KinematicBody, Collider); --scene adds to it, scripts too. Each script gets entities of its own, with the
components that it names.

${flagHelp(flags)}

Settings come from the command line, or else from the environment (WORLDLOOM_SCRIPT_TICKS=600 and the like), from the part
"script" of worldloom.json ({ "script": { "ticks": 600 } }), or are the defaults. --no-stream takes a switch back.
Exit status: 0 done, 1 a script was stopped or refused, 2 not understood, 130 ended with Ctrl+C.`,
  async run(words) {
    const [paths, rest] = pathsBefore(words);
    const values = settingsOf(flags, rest);
    if (paths.length === 0 && values.scene === undefined)
      throw new WorldloomError("usage", "Say which scripts: worldloom script run PATH...");
    const stage = await stageOf(paths, values);
    try {
      return await runStage(stage, values);
    } finally {
      await stage.close();
    }
  },
};

/** The settings that say what a stage is. */
type StageValues = Pick<
  Values,
  "engine" | "profile" | "scene" | "entities" | "seed" | "rate" | "instructions" | "memory-mib"
>;

/** Opens a stage by settings; errors of scripts come with the lines that they are about. */
export async function stageOf(
  paths: readonly string[],
  values: StageValues,
  more: Partial<StageOptions> = {},
): Promise<ScriptStage> {
  const profile = choiceOf("profile", values.profile, Object.keys(profiles) as Profile[]);
  const { engine, scene, entities, seed, rate, instructions } = values;
  const budget = {
    instructions,
    instructionsPerTick: Math.max(2 * instructions, DEFAULT_BUDGET.instructionsPerTick),
    memoryBytes: values["memory-mib"] * (1 << 20),
  };
  try {
    return await openStage({ paths, engine, scene, profile, entities, seed, rate, budget, ...more });
  } catch (error) {
    throw compileError(error, readText);
  }
}

async function runStage(stage: ScriptStage, values: Values): Promise<Outcome> {
  const { game, scripts } = stage;
  const out = (text: string): void => void process.stdout.write(`${text}\n`);
  const complain = (text: string): void => void process.stderr.write(`${text}\n`);
  const report = new ScriptReport(stage, { stream: values.stream, print: values.json ? complain : out, complain });
  const hotspots = values.hotspots === undefined ? undefined : beginHotspots(stage, values.hotspots);
  for (const { name, first } of scripts.list)
    if (first.manifest.hooks.length === 0) complain(`${name} has no hooks, so nothing of it runs: ${hooks.join(", ")}`);
  let interrupted = false;
  let refused = 0;
  const interrupt = (): void => {
    interrupted = true;
  };
  // A second Ctrl+C ends the process at once.
  process.once("SIGINT", interrupt);
  const watch = values.watch
    ? watchScripts(scripts, game, stage.paths, {
        debounceMs: values.debounce,
        onReport: ({ what, name, file, line, message, afterMs }) => {
          const text = readText(file);
          if (what === "refused") refused++;
          if (what === "done" && text !== undefined) report.changed(name, file, text);
          const told = compileError(new WorldloomError("script-invalid", message, { file, line }), readText) as Error;
          complain(`${what}: ${what === "refused" ? told.message : message} (${formatMs(afterMs)} ms)`);
        },
      })
    : undefined;
  const tickMs: number[] = [];
  try {
    const endless = values.watch && values.ticks === 0;
    const paceMs = values.watch ? 1000 / values.rate : 0;
    let due = nowMs();
    for (let tick = 0; (endless || tick < values.ticks) && !interrupted; tick++) {
      const began = nowMs();
      game.step();
      const ms = nowMs() - began;
      if (tickMs.length < TIMES_MAX) tickMs.push(ms);
      due = Math.max(due + paceMs, nowMs() - paceMs);
      await new Promise<void>((next) => void systemClock.wait(paceMs === 0 ? 0 : due - nowMs(), next));
    }
  } finally {
    process.removeListener("SIGINT", interrupt);
    await watch?.close();
    report.end();
  }
  for (const line of lacking(stage)) complain(line);
  const result = resultOf(stage, report, tickMs, refused);
  out(values.json ? JSON.stringify(result) : textOf(result));
  if (hotspots !== undefined) (values.json ? complain : out)(`\n${endHotspots(hotspots, values.hotspots!)}`);
  if (interrupted) return "interrupted";
  return report.faultCount + refused > 0 ? "failed" : undefined;
}

/** Of scripts with entities that lack a component which the script names: nothing of it runs for those. */
function lacking({ scripts, world }: ScriptStage): string[] {
  return scripts.list.flatMap(({ name, component, first: { manifest } }) => {
    const has = world.query(component).entities();
    const named = [...new Set([...manifest.reads, ...manifest.writes])].map((one) => scripts.types.component(one)!);
    const without = named.find((one) => has.some((entity) => !world.has(entity, one)));
    if (without === undefined) return [];
    const count = Array.from(has).filter((entity) => !world.has(entity, without)).length;
    return [`${name} does not run for ${formatCount(count)} of its entities, which have no ${without.name}`];
  });
}

/** Most ticks whose times are kept. */
const TIMES_MAX = 1_000_000;

function resultOf(stage: ScriptStage, report: ScriptReport, tickMs: readonly number[], refused: number) {
  const { scripts, world } = stage;
  const { p50, p99 } = summarise(Float64Array.from(tickMs.length > 0 ? tickMs : [0]));
  const domains = new Map<string, DomainInspection>();
  for (const { domain } of scripts.list) {
    const slot = scripts.of(world).slotOf(domain);
    if (slot !== undefined) domains.set(domain, slot.domain.inspect());
  }
  const sum = (of: (one: DomainInspection) => number): number => {
    return [...domains.values()].reduce((total, one) => total + of(one), 0);
  };
  return {
    scripts: scripts.list.map(({ name, engine }) => ({
      name,
      engine: engine.name,
      ...countInstances(stage, name),
      faults: report.faults.get(name) ?? 0,
    })),
    ticks: world.tick,
    tickMs: { p50, p99 },
    instructions: sum(({ instructions }) => instructions),
    tasks: sum(({ tasks }) => tasks),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    entities: world.entityCount,
    lines: report.lineCount,
    faults: report.faultCount,
    refused,
    hash: world.hash(),
  };
}

function textOf(result: ReturnType<typeof resultOf>): string {
  const rows = result.scripts.map(({ name, engine, running, waiting, paused, quarantined, fresh, faults }) =>
    [name, engine, running, waiting + fresh, paused, quarantined, faults].map(String),
  );
  const { p50, p99 } = result.tickMs;
  const perTick = result.ticks > 0 ? ` (${formatCount(Math.round(result.instructions / result.ticks))} a tick)` : "";
  const facts: [string, string][] = [
    ["ticks", formatCount(result.ticks)],
    ["tick ms p50 / p99", `${formatMs(p50)} / ${formatMs(p99)}`],
    ["entities", formatCount(result.entities)],
    ["instructions", `${formatCount(result.instructions)}${perTick}`],
    ["tasks that wait", formatCount(result.tasks)],
    ["memory", formatBytes(result.memoryBytes)],
    ["lines logged", formatCount(result.lines)],
    ["faults", formatCount(result.faults)],
    ["hash", result.hash],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    textTable(["script", "engine", "running", "waiting", "paused", "quarantined", "faults"], rows),
    "",
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
  ].join("\n");
}
