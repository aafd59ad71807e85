import { loadBody } from "../../ecs/module.ts";
import { runBodies } from "../../ecs/tick.ts";
import type { Jobs } from "../../native/jobs.ts";
import type { Executor } from "../executor.ts";

/** Every system on the main thread, one after the other: the definition of what a schedule does. */
export function serial(): Executor {
  let jobs: Jobs | undefined;
  return {
    name: "serial",
    threads: 1,
    active: 1,
    async prepare(world, { systems }) {
      jobs = world.core.jobs;
      await Promise.all(systems.map(({ module }) => (module === undefined ? undefined : loadBody(module))));
    },
    beginTick() {
      // The pool is that of the process: somebody else may have had a turn.
      jobs?.threads(1);
    },
    endTick() {},
    bodies: runBodies,
    async close() {},
  };
}
