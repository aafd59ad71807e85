import { loadBody } from "../../ecs/module.ts";
import { runBodies } from "../../ecs/tick.ts";
import type { Executor } from "../executor.ts";

/** Every system on the main thread, one after the other: the definition of what a schedule does. */
export function serial(): Executor {
  return {
    name: "serial",
    threads: 1,
    active: 1,
    async prepare(_, { systems }) {
      await Promise.all(systems.map(({ module }) => (module === undefined ? undefined : loadBody(module))));
    },
    beginTick() {},
    endTick() {},
    bodies: runBodies,
    async close() {},
  };
}
