import type { Picture } from "../raster/image.ts";
import type { Executor } from "../sched/executor.ts";
import type { Simulation } from "../sched/simulation.ts";
import type { Flags } from "./flags.ts";

/** What `worldloom run` runs: the export `scene` of a module. */
export interface Scene {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Flags of the scene's own; their names differ from those of `worldloom run`. */
  readonly flags: Flags;
  /** Sets everything up. Bad files and figures are refused here, before anything is simulated. */
  create(options: SceneOptions): SceneRun | Promise<SceneRun>;
}

export interface SceneOptions {
  /** What was given for {@link Scene.flags}: numbers, booleans, strings, undefined for paths not given. */
  readonly values: Readonly<Record<string, number | boolean | string | undefined>>;
  readonly seed: number;
  /** A file that {@link SceneRun.save} wrote: continue with it. */
  readonly load: string | undefined;
  /** What runs the systems, for a scene that is a {@link Simulation}. */
  readonly executor?: Executor | undefined;
}

/** A scene that is being run. */
export interface SceneRun {
  /** Settings for the report, numbers of them also for `--json`: `agents` and the like. */
  readonly settings: Readonly<Record<string, number | string>>;
  /** Seed of the world: that of the file where it was loaded. */
  readonly seed: number;
  /** Name of the jobs in use. */
  readonly jobs: string;
  /** The world and its schedule, which can be drawn and recorded. */
  readonly simulation?: Simulation;
  /** One tick. This is what is timed. */
  step(): void;
  /**
   * Keeps everything as it is now. The function that it gives goes back to that, figures and times included, and is
   * called once. A scene without it is not warmed up.
   */
  keep?(): () => void;
  /** Milliseconds in each system since the start, in the order of the schedule. */
  systemMs(): Readonly<Record<string, number>>;
  /** Figures of the world as it is now: `arrived` and the like. */
  figures(): Readonly<Record<string, number>>;
  /** Ticks that the world has seen, those before a load included. */
  tick(): number;
  entities(): number;
  /** Bytes of memory that the world takes. */
  bytes(): number;
  /** Hash of the whole world. */
  hash(): string;
  /** The world as an image, for the report. */
  picture(): Picture;
  /** The same with neither title nor legend, at most `side` pixels wide and high, for the terminal. */
  thumbnail?(side: number): Picture;
  /** Writes a file that `load` continues from, whole or not at all. */
  save(path: string): void;
  dispose(): void;
}
