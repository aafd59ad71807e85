import type { Binding } from "../frame.ts";
import type { Program } from "../program.ts";
import { emitted, relaxedSimd } from "./emit.ts";
import { planOf } from "./plan.ts";

/** What is emitted for a program and one binding, in the text format of WebAssembly. */
export function textOf(program: Program, binding: Binding): string {
  return emitted(planOf(program), binding, { shared: true, relaxed: relaxedSimd(), located: true }, true).text(
    program.name,
  );
}
