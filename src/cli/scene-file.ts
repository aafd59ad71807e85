import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { WorldloomError } from "../core/errors.ts";
import type { Flags } from "./flags.ts";
import { brokenFile, importFile } from "./import-file.ts";
import { packageFolder } from "./package.ts";
import type { Scene, SceneRun } from "./run-scene.ts";

/**
 * The scene in a module, a folder, or a JSON file with scripts, seen from the current folder, or else from `dist` or the folder of this package. `taken`
 * are flags that it cannot have, because the command has them. Throws `usage`, `bad-file`.
 */
export async function loadScene(path: string, taken: Flags): Promise<Scene> {
  const file = sceneFile(path);
  if (file === undefined) {
    throw new WorldloomError(
      "usage",
      `There is no scene at ${path}; give a module, a JSON file with scripts, or a folder with scene.ts or scene.js in it.`,
      { path },
    );
  }
  const { scene }: { readonly scene?: Partial<Scene> } = file.endsWith(".json")
    ? await jsonScene(file)
    : await importFile(file);
  if (typeof scene?.create !== "function" || typeof scene.flags !== "object" || typeof scene.name !== "string") {
    throw new WorldloomError(
      "usage",
      `${file} exports no scene; export one named "scene" with a name, a summary, flags and create.`,
      { file },
    );
  }
  const flag = Object.keys(scene.flags).find((name) => Object.hasOwn(taken, name));
  if (flag !== undefined) {
    throw new WorldloomError("usage", `${file} declares --${flag}, which every scene has; rename the flag.`, {
      file,
      flag,
    });
  }
  return made(scene as Scene, file);
}

/** Whether there is a file in which {@link loadScene} would look for the scene. */
export function isScene(path: string): boolean {
  return sceneFile(path) !== undefined;
}

/** The same scene; where `create` fails, it closes the executor and says where in the file that was. */
function made(scene: Scene, file: string): Scene {
  const { name, summary, flags } = scene;
  return {
    name,
    summary,
    flags,
    async create(options) {
      try {
        return checkRun(await scene.create(options), file);
      } catch (cause) {
        await options.executor?.close();
        throw file.endsWith(".json") ? cause : brokenFile(file, "cannot create its scene", cause);
      }
    },
  };
}

const CALLED = [
  "step",
  "systemMs",
  "figures",
  "tick",
  "entities",
  "hash",
  "dispose",
] as const satisfies (keyof SceneRun)[];

/** What `create` returned can be run. Throws `bad-file`. */
function checkRun(run: SceneRun, file: string): SceneRun {
  const missing = CALLED.find((name) => typeof (run as Partial<SceneRun> | null | undefined)?.[name] !== "function");
  if (missing === undefined) return run;
  const message = `${file} creates no scene that can be run: what its create returns lacks ${missing}(); return a SceneRun.`;
  throw new WorldloomError("bad-file", message, { file, missing });
}

/** Scripts are loaded for those who have some. */
async function jsonScene(file: string): Promise<{ readonly scene: Scene }> {
  const { scriptedScene } = await import("./scripted-scene.ts");
  return { scene: scriptedScene(file) };
}

function sceneFile(path: string): string | undefined {
  const folders = [new URL("../", import.meta.url), packageFolder].map((folder) => fileURLToPath(folder));
  return [resolve(path), ...folders.map((folder) => resolve(folder, path))].flatMap(moduleAt)[0];
}

function moduleAt(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return ["scene.ts", "scene.js"].map((name) => join(path, name)).filter((file) => existsSync(file));
}
