import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { record as recordTo } from "../sched/record/recorder.ts";
import type { Command } from "./command.ts";
import { type Flags, type FlagValues, flagHelp, parseFlags } from "./flags.ts";
import { progress } from "./progress.ts";
import { aboutScene, executorOf, plant, sceneFlags, simulationOf } from "./recorded-scene.ts";
import { checkOutputs } from "./run-files.ts";
import { loadScene } from "./scene-file.ts";
import { formatBytes, formatCount } from "./text.ts";

const recordFlags = {
  out: { kind: "file", default: "world.recording", summary: "the file to write" },
  ticks: { kind: "integer", min: 1, max: 10_000_000, default: 300, summary: "ticks to run" },
  seed: { kind: "integer", min: 0, max: 4_294_967_295, default: 1, summary: "seed of all random numbers" },
  load: { kind: "file", summary: "start with the world in this file, which worldloom run --save wrote" },
  "hash-every": {
    kind: "integer",
    min: 0,
    max: 1_000_000,
    default: 1,
    summary: "ticks from one state hash to the next; 0 for none but that of the end",
  },
  fine: {
    kind: "switch",
    summary: "keep the state after each stage, so that a replay names field and entity; slow, and large files",
  },
  ...sceneFlags,
  json: { kind: "switch", summary: "print the result as one JSON object, and nothing else" },
} as const satisfies Flags;

export const record: Command = {
  help: `usage: worldloom record SCENE [--out FILE] [flags]

SCENE is as for worldloom run, and may get its own flags, too. The file has what worldloom replay needs. It can be
read up to its last whole tick whatever ends this command. The exit status is 1 if a --fault did not happen.

${flagHelp(recordFlags)}`,
  async run([path, ...words]) {
    if (path === undefined || path.startsWith("-"))
      throw new WorldloomError("usage", "Say first which scene: worldloom record examples/city.", { path });
    const scene = await loadScene(path, recordFlags);
    const values = parseFlags({ ...scene.flags, ...recordFlags }, words) as FlagValues<typeof recordFlags>;
    const { out, ticks, seed, load, threads, fine, json } = values;
    checkOutputs({ out }, { "the world that is loaded": load });
    const executor = executorOf(threads);
    const world = await scene.create({ values, seed, load, executor });
    try {
      const simulation = simulationOf(scene, world);
      const happened = plant(simulation, values.fault);
      const about = { ...aboutScene(scene, path, { ...values }) };
      const recorder = recordTo(simulation, out, { hashEvery: values["hash-every"], fine, about });
      const bar = progress({ unit: "ticks", total: ticks, now: nowMs, stream: process.stderr });
      const started = nowMs();
      try {
        for (let done = 1; done <= ticks; done++) {
          world.step();
          bar.update(done);
        }
      } finally {
        bar.end();
        recorder.close();
      }
      const faulty = happened();
      const seconds = (nowMs() - started) / 1000;
      const result = { file: out, ticks, tick: world.tick(), hash: simulation.world.hash(), bytes: recorder.bytes };
      if (json) console.log(JSON.stringify(result));
      else {
        const rate = formatCount(Math.round(ticks / seconds));
        console.log(
          `ticks    ${formatCount(ticks)}, ${rate} a second\nhash     ${result.hash}\nwritten  ${out}, ${formatBytes(result.bytes)}`,
        );
      }
      return faulty ? undefined : "failed";
    } finally {
      await executor.close();
      world.dispose();
    }
  },
};
