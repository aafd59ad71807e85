import { type Flags, parseFlags } from "../src/cli/flags.ts";
import type { Scene, SceneOptions } from "../src/cli/run-scene.ts";
import { loadScene } from "../src/cli/scene-file.ts";

const own = {
  ticks: { kind: "integer", min: 1, max: 10_000_000, default: 3000, summary: "" },
  seed: { kind: "integer", min: 0, max: 4_294_967_295, default: 1, summary: "" },
} as const satisfies Flags;

/** A scene as `worldloom run` takes it, and what was given for its flags. */
export interface HostScene {
  readonly scene: Scene;
  readonly ticks: number;
  readonly seed: number;
  readonly values: SceneOptions["values"];
}

/** Throws `usage` for flags that neither the scene nor the host has, and where there is no scene. */
export async function hostScene(path: string, words: readonly string[]): Promise<HostScene> {
  const scene = await loadScene(path, own);
  const values = parseFlags({ ...scene.flags, ...own }, words) as HostScene["values"] & { ticks: number; seed: number };
  return { scene, ticks: values.ticks, seed: values.seed, values };
}
