import { emitModule } from "../../src/kernel/emit/emit.ts";
import { wasm } from "../../src/native/wasm.ts";
import type { Stage } from "./stage.ts";

type Run = (list: number, count: number, frame: number) => void;

/** The compiled program of a stage, over its memory. */
export function compiled({ program, binding, memory }: Stage, relaxed: boolean): Run {
  const bytes = emitModule(program, [{ name: "rows", binding }], { shared: memory.shared, relaxed });
  const instance = new wasm.Instance(new wasm.Module(bytes), { m: { m: memory.wasm } });
  return instance.exports["rows"] as Run;
}

/** Runs a stage's program as it is compiled. */
export function execute(stage: Stage, relaxed: boolean): Stage {
  compiled(stage, relaxed)(stage.list, stage.chunks.length, stage.frame);
  return stage;
}
