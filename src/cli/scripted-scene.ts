import { basename } from "node:path";
import type { World } from "../ecs/world.ts";
import { saveFile, Transform } from "../index.ts";
import { Image } from "../raster/image.ts";
import { DEFAULT_BUDGET } from "../script/budget.ts";
import { type Profile, profiles } from "../script/capability.ts";
import type { Scene, SceneRun } from "./run-scene.ts";
import { compileError } from "./script-report.ts";
import { choiceOf } from "./script-settings.ts";
import { openStage, Position, type ScriptStage } from "./script-stage.ts";
import { readText } from "./script-text.ts";

/** What a JSON file with scripts describes, for the commands that take scenes: `worldloom run`, `record`, `replay`. */
export function scriptedScene(file: string): Scene {
  return {
    name: basename(file, ".json"),
    summary: "scripts and entities of a JSON file",
    flags: {
      profile: {
        kind: "text",
        placeholder: "NAME",
        default: "standard",
        summary: `what scripts may do: ${Object.keys(profiles).join(", ")}`,
      },
      entities: {
        kind: "integer",
        min: 1,
        max: 1_000_000,
        default: 1,
        summary: "for each script, where the file has no entities",
      },
      rate: { kind: "integer", min: 1, max: 1000, default: 60, summary: "ticks a second" },
    },
    async create({ values, seed, load, executor }) {
      const { profile: name, entities, rate } = values as { profile: string; entities: number; rate: number };
      const profile = choiceOf("profile", name, Object.keys(profiles) as Profile[]);
      const options = { paths: [], scene: file, profile, entities, seed, rate, budget: DEFAULT_BUDGET };
      try {
        return runOf(await openStage({ ...options, load, executor, byHand: true }), rate);
      } catch (error) {
        throw compileError(error, readText);
      }
    },
  };
}

function runOf(stage: ScriptStage, rate: number): SceneRun {
  const { game, scripts, world } = stage;
  let [faults, lines] = [0, 0];
  const told = new Set<string>();
  scripts.onLog(() => lines++);
  scripts.onFault(({ script, line, message }) => {
    faults++;
    const what = `${scripts.script(script).first.file}:${line}: ${script}: ${message}`;
    if (!told.has(what) && told.size < TOLD_MAX) process.stderr.write(`${what}\n`);
    told.add(what);
  });
  return {
    settings: { scripts: scripts.list.length, rate },
    seed: world.seed,
    jobs: world.jobs,
    simulation: game,
    step() {
      stage.beforeTick();
      game.step();
    },
    keep() {
      const [snapshot, before] = [world.snapshot(), [faults, lines] as const];
      return () => {
        world.restore(snapshot);
        snapshot.dispose();
        [faults, lines] = before;
      };
    },
    systemMs: () => ({}),
    figures: () => ({ faults, lines }),
    tick: () => world.tick,
    entities: () => world.entityCount,
    bytes: () => world.arena.usedBytes,
    hash: () => world.hash(),
    picture: () => picture(world, SIDE),
    thumbnail: (side) => picture(world, Math.min(side, SIDE)),
    save: (path) => saveFile(world, path),
    dispose() {
      scripts.dispose();
      world.dispose();
    },
  };
}

/** Most different faults that are told. */
const TOLD_MAX = 20;
/** Pixels of the picture, and of each entity in it. */
const SIDE = 512;
const DOT = 3;
const [GROUND, SHOWN] = [0x171a20, 0x58c8f0];

/** Where the entities are, by the two axes along which they lie furthest apart. */
function picture(world: World, side: number): Image {
  const image = new Image(side, side, GROUND);
  const places: (readonly [number, number, number])[] = [];
  const take = ({ x, y, z }: { readonly x: number; readonly y: number; readonly z: number }): void => {
    if ([x, y, z].every(Number.isFinite)) places.push([x, y, z]);
  };
  for (const entity of world.query(Position).entities()) take(world.get(entity, Position) as never);
  for (const entity of world.query(Transform).entities()) take(world.get(entity, Transform)!.translation);
  const bounds = [0, 1, 2].map((axis) => {
    const along = places.map((place) => place[axis]!);
    const [low, high] = [along.reduce((a, b) => Math.min(a, b), 0), along.reduce((a, b) => Math.max(a, b), 0)];
    return { axis, low, extent: high - low };
  });
  const [across, up] = bounds
    .sort((a, b) => b.extent - a.extent || a.axis - b.axis)
    .slice(0, 2)
    .sort((a, b) => a.axis - b.axis);
  const scale = (side - DOT) / Math.max(across!.extent, up!.extent, 1);
  for (const place of places) {
    const x = (place[across!.axis]! - across!.low) * scale;
    const y = side - DOT - (place[up!.axis]! - up!.low) * scale;
    image.fill(x, y, DOT, DOT, SHOWN);
  }
  return image;
}
