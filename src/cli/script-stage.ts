import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import type { Component } from "../ecs/component.ts";
import type { EventType, InputType } from "../ecs/event.ts";
import { f32 } from "../ecs/field.ts";
import type { Prefab } from "../ecs/prefab.ts";
import type { Resource } from "../ecs/resource.ts";
import type { System } from "../ecs/system.ts";
import type { World } from "../ecs/world.ts";
import { Arena, component, createWorld, loadFile, Name, type Simulation, simulate, Transform } from "../index.ts";
import type { Executor } from "../sched/executor.ts";
import { scriptApi } from "../script/api/index.ts";
import type { ApiNamespace } from "../script/api.ts";
import type { Budget } from "../script/budget.ts";
import type { Profile } from "../script/capability.ts";
import { expectApi } from "../script/checked-api.ts";
import type { ScriptEngine } from "../script/engine.ts";
import { luaEngine } from "../script/lua/engine.ts";
import { Sound } from "../script/systems/component-sound.ts";
import { physicsSystem, physicsTypes } from "../script/systems/physics.ts";
import type { Script } from "../script/systems/script.ts";
import { createScripts, type Scripts } from "../script/systems/scripts.ts";
import { wasmEngine } from "../script/wasm/engine.ts";
import { importFile } from "./import-file.ts";
import { readSources, type SourceFile, type SourceFiles } from "./script-files.ts";
import { readScriptScene } from "./script-scene.ts";

/** The world in which `worldloom script` runs scripts: the export `scriptScene` of a module, or what a JSON file describes. */
export interface ScriptScene {
  /** What scripts can call, such as `[...scriptApi, mine]`. Default: `scriptApi`. */
  readonly api?: readonly ApiNamespace[];
  /** What scripts may know by name, besides what every such world has. */
  readonly components?: readonly Component[];
  /** Files of scripts besides those of the command line, by the names of the scripts. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** A function makes those that hold scripts, which are known then. */
  readonly prefabs?: readonly Prefab[] | ((scripts: readonly Script[]) => readonly Prefab[]);
  readonly events?: readonly EventType[];
  readonly inputs?: readonly InputType[];
  readonly resources?: readonly Resource[];
  /** Systems that run before the scripts. */
  readonly systems?: readonly System[];
  /** Engines for files of other endings. */
  readonly engines?: readonly ScriptEngine[];
  /** Puts entities in the world. Left out, `entities` get each script, with the components that it names. */
  spawn?(world: World, scripts: readonly Script[], options: { readonly entities: number }): void;
  /** Called before each tick: for inputs. */
  beforeTick?(game: Simulation): void;
}

export interface StageOptions {
  readonly paths: readonly string[];
  /** Tests instead of scripts. */
  readonly tests?: boolean;
  readonly engine?: string | undefined;
  readonly scene?: string | undefined;
  readonly profile: Profile;
  readonly entities: number;
  readonly seed: number;
  /** Ticks a second. */
  readonly rate: number;
  readonly budget: Partial<Budget>;
  /** Put in front of the first line of each script of the paths. */
  readonly prefix?: string;
  /** Scripts besides those of the paths; they get no entities. */
  readonly more?: readonly SourceFile[];
  /** A file with the world to go on with. */
  readonly load?: string | undefined;
  readonly executor?: Executor | undefined;
  /** Inputs of the scene come by {@link ScriptStage.beforeTick} alone, not with each tick. */
  readonly byHand?: boolean;
}

/** Scripts of some files in a world of their own. */
export interface ScriptStage {
  readonly scripts: Scripts;
  readonly world: World;
  readonly game: Simulation;
  readonly files: SourceFiles;
  /** The files and folders of the scripts, those of the scene included. */
  readonly paths: readonly string[];
  /** Gives the inputs of the scene for the next tick. */
  beforeTick(): void;
  close(): Promise<void>;
}

export const Position = component("Position", { x: f32, y: f32, z: f32 }) as unknown as Component;
const Velocity = component("Velocity", { x: f32, y: f32, z: f32 }) as unknown as Component;
const standard = {
  components: [Transform, Position, Velocity, Name, ...physicsTypes.components] as unknown as readonly Component[],
  events: [Sound, ...physicsTypes.events] as unknown as readonly EventType[],
  resources: physicsTypes.resources as unknown as readonly Resource[],
};

/** Compiles the scripts of some files and makes a world for them. Throws `usage`, `script-syntax`, `script-invalid`, ... */
export async function openStage(options: StageOptions): Promise<ScriptStage> {
  const scene = options.scene === undefined ? {} : await loadScriptScene(options.scene);
  const own = scene.engines ?? [];
  const endings = endingsOf(own, options.engine);
  const names = new Map(Object.entries(scene.scripts ?? {}).map(([name, file]) => [resolve(file), name]));
  const paths = [...options.paths, ...Object.values(scene.scripts ?? {})];
  const read = readSources(paths, endings, { tests: options.tests ?? false, names });
  const { prefix = "", more = [] } = options;
  const ofScene = (file: string): boolean => names.has(resolve(file));
  const prefixed = read.scripts.map((one) =>
    prefix === "" || ofScene(one.file) ? one : { ...one, code: prefix + one.code },
  );
  const files = { ...read, scripts: [...prefixed, ...more] };
  if (files.scripts.length === 0) {
    const wanted = endings.map((ending) => `.${ending}`).join(" or ");
    throw new WorldloomError(
      "usage",
      `There is nothing to run: no ${wanted} among ${[...paths, options.scene ?? ""].filter((path) => path !== "").join(", ")}.`,
      {},
    );
  }
  const engines = await enginesFor(files, scene);
  const types = {
    components: distinct(standard.components, scene.components),
    events: distinct(standard.events, scene.events),
    prefabs: typeof scene.prefabs === "function" ? [] : (scene.prefabs ?? []),
    inputs: scene.inputs ?? [],
  };
  const scripts = createScripts({ engines, ...types, budget: options.budget, delta: 1 / options.rate });
  await addAll(scripts, files, options.profile);
  if (typeof scene.prefabs === "function") scripts.addPrefabs(...scene.prefabs(scripts.list));
  const resources = distinct(standard.resources, scene.resources);
  const declared = scripts.worldTypes({ resources });
  const made = createWorld({ ...declared, seed: options.seed });
  if (scene.spawn !== undefined) scene.spawn(made, scripts.list, { entities: options.entities });
  else
    for (const { name, file } of prefixed)
      if (options.tests !== true || !ofScene(file)) spawnFor(made, scripts, scripts.script(name), options.entities);
  // What the scene spawns has the same ids in each run, also where a file takes its place.
  if (options.load !== undefined) made.dispose();
  const world = options.load === undefined ? made : loadFile(options.load, { ...declared, arena: new Arena() });
  const physics = physicsSystem({ delta: 1 / options.rate });
  const { executor } = options;
  const systems = [...(scene.systems ?? []), ...scripts.systems(), physics];
  const game = await simulate(world, systems, executor === undefined ? {} : { executor });
  const beforeTick = (): void => scene.beforeTick?.(game);
  if (options.byHand !== true) game.keep({ begins: beforeTick });
  const close = async (): Promise<void> => {
    await game.close();
    scripts.dispose();
    world.dispose();
  };
  return { scripts, world, game, files, paths, beforeTick, close };
}

/** Names of files that there are engines for. Throws `usage` for an engine that there is not. */
function endingsOf(own: readonly ScriptEngine[], wanted: string | undefined): readonly string[] {
  const known: [name: string, endings: readonly string[]][] = [
    ["lua", ["lua"]],
    ["wasm", ["wasm"]],
    ...own.map(({ name, extensions }): [string, readonly string[]] => [name, extensions]),
  ];
  const taken = known.filter(([name]) => wanted === undefined || name === wanted);
  if (taken.length > 0) return taken.flatMap(([, endings]) => endings);
  const names = known.map(([name]) => name).join(", ");
  throw new WorldloomError("usage", `--engine must be one of ${names}, not "${wanted}".`, { engine: wanted });
}

/** The engines that some files need; Lua, which is in a package of its own, is loaded for files in Lua alone. */
async function enginesFor(
  { scripts, modules }: SourceFiles,
  { api = scriptApi, engines = [] }: ScriptScene,
): Promise<ScriptEngine[]> {
  const has = (ending: string): boolean => [...scripts, ...modules].some((file) => file.ending === ending);
  return [...(has("lua") ? [await luaEngine({ api })] : []), ...(has("wasm") ? [wasmEngine({ api })] : []), ...engines];
}

async function addAll(scripts: Scripts, { scripts: files, modules }: SourceFiles, profile: Profile): Promise<void> {
  const engineOf = (ending: string): ScriptEngine =>
    scripts.engines.find(({ extensions }) => extensions.includes(ending))!;
  for (const { name, code, ending, file } of modules) {
    const engine = engineOf(ending);
    if (engine.addModule === undefined || typeof code !== "string")
      throw new WorldloomError("script-invalid", `${file} is required, but ${engine.name} has no modules.`, { file });
    engine.addModule({ name, code });
  }
  for (const { name, code, ending, file, profile: own = profile } of files) {
    const engine = engineOf(ending).name;
    await scripts.add({ name, file, code }, { engine, domain: engine, profile: own });
  }
}

function spawnFor(world: World, scripts: Scripts, { component, first }: Script, entities: number): void {
  const { reads, writes } = first.manifest;
  const named = [...new Set([...writes, ...reads])].map((name) => scripts.types.component(name)!);
  world.spawnMany(entities, ...([component, ...named] as unknown as readonly Component[]));
}

/** What a scene lets scripts call; without one, what all can. Throws `usage`, `bad-argument`, and what loading a scene throws. */
export async function apiOfScene(path: string | undefined): Promise<readonly ApiNamespace[]> {
  const { api = scriptApi } = path === undefined ? {} : await loadScriptScene(path);
  expectApi(api, "scriptScene.api");
  return api;
}

async function loadScriptScene(path: string): Promise<ScriptScene> {
  const file = resolve(path);
  if (!existsSync(file)) throw new WorldloomError("usage", `There is no scene ${path}; check the path.`, { file });
  if (file.endsWith(".json")) return readScriptScene(file, standard.components);
  const { scriptScene } = (await importFile(file)) as { readonly scriptScene?: ScriptScene };
  if (typeof scriptScene !== "object")
    throw new WorldloomError("usage", `${file} exports no scriptScene; export one, {} at least.`, { file });
  return scriptScene;
}

function distinct<T>(list: readonly T[], more: readonly T[] = []): T[] {
  return [...new Set([...list, ...more])];
}
