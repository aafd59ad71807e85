import v8 from "node:v8";
import { emitModule } from "../../src/kernel/emit/emit.ts";
import { wasm } from "../../src/native/wasm.ts";
import type { Stage } from "./stage.ts";

/** How a stage's program is compiled. */
export interface Way {
  readonly relaxed: boolean;
  /** By the engine's optimising compiler from the start, rather than by its hurried one. */
  readonly best?: boolean;
}

/** Runs a stage's program as it is compiled. */
export function execute(stage: Stage, { relaxed, best = false }: Way): Stage {
  const { program, binding, memory } = stage;
  // The engine knows modules by their bytes, whichever compiler they went through: so names differ.
  const name = best ? "best" : "first";
  v8.setFlagsFromString(best ? "--no-liftoff" : "--liftoff");
  const bytes = emitModule(program, [{ name, binding }], { shared: memory.shared, relaxed });
  const instance = new wasm.Instance(new wasm.Module(bytes), { m: { m: memory.wasm } });
  const run = instance.exports[name] as (list: number, count: number, frame: number) => void;
  run(stage.list, stage.chunks.length, stage.frame);
  v8.setFlagsFromString("--liftoff");
  return stage;
}
