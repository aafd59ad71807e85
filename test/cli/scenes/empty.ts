import type { Scene, SceneRun } from "../../../src/index.ts";

/** Is created, but as something that cannot be run. */
export const scene: Scene = {
  name: "empty",
  summary: "a scene that cannot be run",
  flags: {},
  create: () => ({ step: () => {} }) as unknown as SceneRun,
};
