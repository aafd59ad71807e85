import { compileBest, makesWide } from "../../src/kernel/compile.ts";
import { emitModule, emitsWide, relaxedSimd } from "../../src/kernel/emit/emit.ts";
import { wasm } from "../../src/native/wasm.ts";
import type { Stage } from "./stage.ts";

/** How a stage's program is compiled. */
export interface Way {
  readonly relaxed: boolean;
  /** By the engine's optimising compiler from the start, rather than by its hurried one. */
  readonly best?: boolean;
  /** With vectors of 256 bits where the program can have them. */
  readonly wide?: boolean;
  /** See `Options`. */
  readonly stretchRows?: number;
  readonly far?: number;
  readonly dear?: number;
}

/** In both tiers of the engine, and with all that it has. */
export const WAYS: readonly Way[] = [
  { relaxed: false },
  { relaxed: relaxedSimd(), best: true },
  ...(makesWide() ? [{ relaxed: relaxedSimd(), best: true, wide: true }] : []),
];

/** Runs a stage's program as it is compiled. */
export function execute(stage: Stage, { relaxed, best = false, wide = false, ...ahead }: Way): Stage {
  const { program, binding, memory } = stage;
  const options = { shared: memory.shared, relaxed, best, wide, ...ahead };
  const bytes = emitModule(program, [{ name: "run", binding }], options);
  const module = best ? compileBest(bytes, wide && emitsWide(program)) : new wasm.Module(bytes);
  const { exports } = new wasm.Instance(module, { m: { m: memory.wasm } });
  const run = exports["run"] as (list: number, count: number, frame: number) => void;
  run(stage.list, stage.chunks.length, stage.frame);
  return stage;
}
