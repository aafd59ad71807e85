import { createInterface } from "node:readline";
import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { describeDifference } from "../sched/record/difference.ts";
import { record as recordTo } from "../sched/record/recorder.ts";
import { type Recording, readRecording } from "../sched/record/recording.ts";
import { Replay } from "../sched/record/replay.ts";
import type { Command, Outcome } from "./command.ts";
import { type Flags, type FlagValues, flagHelp, parseFlags } from "./flags.ts";
import { type Progress, progress } from "./progress.ts";
import { executorOf, plant, sceneFlags, sceneOf, simulationOf } from "./recorded-scene.ts";
import { checkOutputs, writeWhole } from "./run-files.ts";
import { formatBytes, formatCount, jsonText } from "./text.ts";

/** No tick comes after this one. */
const LAST = 2_147_483_647;

const replayFlags = {
  verify: { kind: "switch", summary: "compare with the recording, stop at the first difference and name it" },
  to: { kind: "integer", min: 0, max: LAST, default: LAST, summary: "stop after this tick" },
  step: { kind: "switch", summary: "run one tick for each line of the input, and say what it did; q ends" },
  scene: { kind: "file", summary: "the scene, if it is no longer where it was recorded" },
  force: { kind: "switch", summary: "go on although the schedule or the code of the systems is another one" },
  record: { kind: "file", summary: "record the replay in this file, with a hash for each tick" },
  fine: { kind: "switch", summary: "with --record: keep the state after each stage" },
  save: { kind: "file", summary: "write the world to this file at the end" },
  ...sceneFlags,
  json: { kind: "switch", summary: "print the result as one JSON object, and nothing else" },
} as const satisfies Flags;

type Values = FlagValues<typeof replayFlags>;

export const replay: Command = {
  help: `usage: worldloom replay FILE [flags]

FILE is what worldloom record wrote. The exit status is 1 if --verify finds a difference, or a --fault did not happen.
What it can name depends on the recording: with hashes the tick, or ticks, and the components; recorded with --fine
also the system, the field and the entity, with both values.

${flagHelp(replayFlags)}`,
  async run([file, ...words]) {
    if (file === undefined || file.startsWith("-"))
      throw new WorldloomError("usage", "Say first which recording: worldloom replay world.recording.", { file });
    const values = parseFlags(replayFlags, words);
    if (values.fine && values.record === undefined)
      throw new WorldloomError("usage", "--fine says how to --record; give both.");
    checkOutputs({ save: values.save, record: values.record }, { "the recording": file });
    return replayFile(readRecording(file), values);
  },
};

async function replayFile(recording: Recording, values: Values): Promise<Outcome> {
  const executor = executorOf(values.threads);
  const { scene, run } = await sceneOf(recording, values.scene, executor, {});
  try {
    const simulation = simulationOf(scene, run);
    const happened = plant(simulation, values.fault);
    const replaying = new Replay(recording, simulation, { verify: values.verify, force: values.force });
    const { about } = recording.head;
    const recorder =
      values.record === undefined
        ? undefined
        : recordTo(simulation, values.record, { hashEvery: 1, fine: values.fine, about });
    try {
      if (values.step) await stepByLine(replaying, values.to);
      else runTo(replaying, values.to);
    } finally {
      recorder?.close();
    }
    const written: [path: string, bytes: number][] = [];
    if (recorder !== undefined) written.push([values.record!, recorder.bytes]);
    if (values.save !== undefined) {
      const save = simulation.world.save();
      writeWhole(values.save, save);
      written.push([values.save, save.length]);
    }
    const faulty = happened();
    complainOf(values.to, replaying);
    print(replaying, values, written);
    if (replaying.difference !== undefined) return "differs";
    return faulty ? undefined : "failed";
  } finally {
    await executor.close();
    run.dispose();
  }
}

function runTo(replaying: Replay, to: number): void {
  const { simulation, recording } = replaying;
  // A recording may go back, so that it has more ticks than their numbers say.
  const last = recording.ticks.findIndex(({ tick }) => tick >= to);
  const total = last < 0 ? recording.ticks.length : last + 1;
  const bar: Progress = progress({ unit: "ticks", total, now: nowMs, stream: process.stderr });
  try {
    for (let done = 1; simulation.tick < to && replaying.next(); done++) bar.update(done);
  } finally {
    bar.end();
  }
}

/** Says why a tick that `--to` asks for is not the one that the replay came to. */
function complainOf(to: number, { simulation, upcoming, difference, recording }: Replay): void {
  const { tick } = simulation;
  if (tick > to && upcoming === recording.ticks[0])
    console.error(`The recording begins at tick ${tick}, after --to ${to}.`);
  else if (tick > to)
    console.error(`The recording has no tick ${to}; it was set to a later state, and this is tick ${tick}.`);
  else if (tick < to && to !== LAST && upcoming === undefined && difference === undefined)
    console.error(
      `The recording ${recording.end === undefined ? "was cut short" : "ends"} at tick ${tick}, before --to ${to}.`,
    );
}

/** One tick a line; the end of the input ends it. */
async function stepByLine(replaying: Replay, to: number): Promise<void> {
  const { simulation } = replaying;
  const { world } = simulation;
  console.error("Enter runs a tick, q ends.");
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    if (line.trim() === "q" || simulation.tick >= to || replaying.upcoming === undefined) break;
    const before = world.snapshot();
    const went = replaying.next();
    const { cells, entitiesAdded, entitiesRemoved } = world.diff(before);
    before.dispose();
    const counts = [
      [cells.length, "cells changed"],
      [entitiesAdded.length, "entities more"],
      [entitiesRemoved.length, "entities fewer"],
    ] as const;
    const changes = counts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
    console.error(`tick ${simulation.tick}  ${world.hash()}  ${changes.join(", ")}`);
    if (!went || simulation.tick >= to) break;
    if (replaying.upcoming === undefined && !replaying.next()) break;
  }
  lines.close();
}

function print(
  replaying: Replay,
  { verify, json }: Values,
  written: readonly (readonly [path: string, bytes: number])[],
): void {
  const { recording, difference } = replaying;
  const { tick, hash, ticks, verified } = replaying.result();
  const whole = recording.end !== undefined;
  if (json) {
    const { diff, ...found } = difference ?? {};
    console.log(
      jsonText({
        tick,
        hash,
        ticks,
        verified,
        whole,
        ...(difference === undefined ? {} : { difference: found }),
      }),
    );
    return;
  }
  const compared = verify ? `${formatCount(verified)} states equal` : "not compared, see --verify";
  const rows = [
    ["ticks", `${formatCount(ticks)}, up to tick ${formatCount(tick)}`],
    ["hash", hash],
    ["verified", compared],
    ...(whole ? [] : [["recording", "it was cut short; this is its last whole tick"]]),
    ...written.map(([path, bytes]) => ["written", `${path}, ${formatBytes(bytes)}`]),
  ];
  console.log(rows.map(([name, value]) => `${name!.padEnd(9)}  ${value}`).join("\n"));
  if (difference === undefined) return;
  console.log(`\nThe replay differs from the recording:\n${describeDifference(difference)}`);
  const { fine, hashEvery } = recording.head;
  if (fine) return;
  const more = hashEvery === 1 ? "" : "with --hash-every 1 it would name the tick, ";
  console.log(`\nThe recording has hashes only: ${more}with --fine the system, field and entity.`);
}
