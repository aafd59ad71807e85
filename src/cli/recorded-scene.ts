import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isCoded, WorldloomError } from "../core/errors.ts";
import type { Executor } from "../sched/executor.ts";
import { parallel } from "../sched/executors/parallel.ts";
import { serial } from "../sched/executors/serial.ts";
import { type Fault, type PlantedFault, plantFault } from "../sched/record/fault.ts";
import type { Recording } from "../sched/record/recording.ts";
import { Simulation } from "../sched/simulation.ts";
import type { Flags } from "./flags.ts";
import type { Scene, SceneRun } from "./run-scene.ts";
import { isScene, loadScene } from "./scene-file.ts";

type SceneValues = Readonly<Record<string, number | boolean | string | undefined>>;

/** What a recording of a scene says about the scene, so that it can be made again. */
export interface SceneAbout {
  /** As it was given, and as a whole path. */
  readonly scene: string;
  readonly path: string;
  readonly values: SceneValues;
  readonly seed: number;
  /** Whether it went on from a file. */
  readonly loaded: boolean;
}

/** Flags of commands that run a scene to record or replay it. */
export const sceneFlags = {
  threads: {
    kind: "integer",
    min: 1,
    max: 64,
    default: 1,
    summary: "threads that run the systems; the result is the same",
  },
  fault: {
    kind: "text",
    placeholder: "TICK:ENTITY:COMPONENT.FIELD:BIT[:SYSTEM]",
    summary: "flip one bit in a tick, after a system, to test that it is found",
  },
} as const satisfies Flags;

export function executorOf(threads: number): Executor {
  return threads === 1 ? serial() : parallel({ threads });
}

export function aboutScene(
  scene: Scene,
  path: string,
  values: SceneValues & { readonly seed: number; readonly load: string | undefined },
): SceneAbout {
  const own = Object.fromEntries(Object.keys(scene.flags).map((name) => [name, values[name]]));
  return { scene: path, path: resolve(path), values: own, seed: values.seed, loaded: values.load !== undefined };
}

/** The simulation of a scene. Throws `usage` where there is none. */
export function simulationOf({ name }: Scene, { simulation }: SceneRun): Simulation {
  if (simulation instanceof Simulation) return simulation;
  if (simulation !== undefined) {
    throw new WorldloomError(
      "usage",
      `The scene ${name} uses another copy of worldloom than this command; run the command of that copy, such as npx worldloom in the folder of the scene.`,
      { scene: name },
    );
  }
  throw new WorldloomError(
    "usage",
    `The scene ${name} cannot be recorded: what its create returns lacks simulation; give it one.`,
    { scene: name },
  );
}

/** Makes the scene of a recording again; `path` is where it is now, if not where it was. Throws `usage`, `bad-file`. */
export async function sceneOf(
  recording: Recording,
  path: string | undefined,
  executor: Executor,
  taken: Flags,
): Promise<{ readonly scene: Scene; readonly run: SceneRun }> {
  const about = recording.head.about as Partial<SceneAbout>;
  const scene = path === undefined ? await recordedScene(about, taken) : await loadScene(path, taken);
  const folder = about.loaded ? mkdtempSync(join(tmpdir(), "worldloom-replay-")) : undefined;
  try {
    const load = folder === undefined ? undefined : join(folder, "start");
    if (load !== undefined) writeFileSync(load, recording.start());
    const defaults = Object.fromEntries(
      Object.entries(scene.flags).map(([name, flag]) => [name, "default" in flag ? flag.default : undefined]),
    );
    const values = { ...defaults, ...about.values };
    const run = await scene.create({ values, seed: about.seed ?? recording.head.seed, load, executor });
    return { scene, run };
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** The scene where it was recorded; if it is no longer there, where its path leads from here. Throws `usage`, `bad-file`. */
async function recordedScene({ path, scene }: Partial<SceneAbout>, taken: Flags): Promise<Scene> {
  const paths = [path, scene].filter((place) => typeof place === "string");
  if (paths.length === 0)
    throw new WorldloomError("usage", "The recording does not say which scene it is of; give --scene.");
  for (const place of paths) if (isScene(place)) return loadScene(place, taken);
  throw new WorldloomError("usage", `The scene of the recording is no longer at ${paths[0]}; say with --scene where.`, {
    path: paths[0],
  });
}

/** Plants what `--fault` says; what is returned complains at the end if it did not happen, and is false. Throws `usage`. */
export function plant(simulation: Simulation, text: string | undefined): () => boolean {
  if (text === undefined) return () => true;
  const [, tick, entity, name, field, bit, after] = /^(\d+):(\d+):(\w+)\.([\w.]+):(\d+)(?::(\w+))?$/.exec(text) ?? [];
  if (bit === undefined)
    throw new WorldloomError(
      "usage",
      `--fault must look like 40:1048581:Position.x:22 or 40:1048581:Position.x:22:move, not ${text}.`,
    );
  const { schema } = simulation.world.core;
  const declared = schema.declared[schema.named(name!)];
  if (declared === undefined)
    throw new WorldloomError("usage", `--fault names ${name}, which the scene does not declare.`);
  const fault: Fault = {
    tick: Number(tick),
    entity: Number(entity),
    component: declared.component,
    field: field!,
    bit: Number(bit),
    ...(after !== undefined && { after }),
  };
  const planted = planting(() => plantFault(simulation, fault));
  return () => {
    if (planted.happened > 0) return true;
    console.error(
      `The fault did not happen: entity ${entity} with ${name} was not there after tick ${tick}, or the tick did not run.`,
    );
    return false;
  };
}

/** What a fault cannot be is what `--fault` cannot say. Throws `usage`. */
function planting(plant: () => PlantedFault): PlantedFault {
  try {
    return plant();
  } catch (error) {
    if (!isCoded(error) || error.code !== "bad-argument") throw error;
    throw new WorldloomError("usage", `--fault: ${error.message}`, error.operands, error);
  }
}
