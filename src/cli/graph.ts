import { WorldloomError } from "../core/errors.ts";
import { serial } from "../sched/executors/serial.ts";
import type { Schedule } from "../sched/schedule.ts";
import type { Command } from "./command.ts";
import { type Flags, type FlagValues, flagHelp, parseFlags } from "./flags.ts";
import { checkOutputs, writeWhole } from "./run-files.ts";
import { loadScene } from "./scene-file.ts";

const graphFlags = {
  svg: { kind: "file", summary: "write the schedule as a picture to this file" },
  mermaid: { kind: "file", summary: "write the schedule as a Mermaid flow chart to this file" },
  json: { kind: "switch", summary: "print phases, stages and edges as one JSON object, and nothing else" },
} as const satisfies Flags;

export const graph: Command = {
  help: `usage: worldloom graph SCENE [flags]

SCENE is as for worldloom run, and may get its own flags, too. Without a flag of those below a text and a
Mermaid flow chart are printed.

${flagHelp(graphFlags)}`,
  async run([path, ...words]) {
    if (path === undefined || path.startsWith("-"))
      throw new WorldloomError("usage", "Say first which scene: worldloom graph examples/city.", { path });
    const scene = await loadScene(path, graphFlags);
    const values = parseFlags({ ...scene.flags, ...graphFlags }, words) as FlagValues<typeof graphFlags>;
    checkOutputs({ svg: values.svg, mermaid: values.mermaid });
    const executor = serial();
    const run = await scene.create({ values, seed: 1, load: undefined, executor });
    try {
      if (run.simulation === undefined) {
        throw new WorldloomError(
          "usage",
          `The scene ${scene.name} has no schedule: what its create returns lacks simulation.`,
          {
            scene: scene.name,
          },
        );
      }
      print(run.simulation.schedule, values);
    } finally {
      await executor.close();
      run.dispose();
    }
  },
};

function print(schedule: Schedule, { svg, mermaid, json }: FlagValues<typeof graphFlags>): void {
  if (svg !== undefined) writeWhole(svg, schedule.toSvg());
  if (mermaid !== undefined) writeWhole(mermaid, schedule.toMermaid());
  if (json) return console.log(JSON.stringify(plain(schedule)));
  const written = [svg, mermaid].flatMap((file) => (file === undefined ? [] : [`written: ${file}`]));
  console.log((written.length > 0 ? written : [schedule.explain(), "", schedule.toMermaid().trimEnd()]).join("\n"));
}

/** A schedule by the names of its systems. */
function plain({ phases, stages, edges }: Schedule): object {
  return {
    phases,
    stages: stages.map((stage) => stage.map(({ name }) => name)),
    edges: edges.map(({ from, to, reasons }) => ({ from: from.name, to: to.name, reasons })),
  };
}
