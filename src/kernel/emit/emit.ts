import { wasm } from "../../native/wasm.ts";
import { type Binding, type Frame, frameOf, gatherPlaces, STRETCH } from "../frame.ts";
import type { Program } from "../program.ts";
import { Code } from "./code.ts";
import { assemble, type Routine } from "./module.ts";
import { emitNear } from "./near.ts";
import { type Plan, planOf } from "./plan.ts";
import { emitRows } from "./rows.ts";
import { splitOf } from "./split.ts";
import { COUNT, FRAME, LIST, Values } from "./values.ts";
import { clearUpperHalves, pairsOf } from "./wide.ts";

export interface Options {
  /** Whether the memory is shared. */
  readonly shared: boolean;
  /** Whether to use relaxed instructions; see {@link relaxedSimd}. */
  readonly relaxed: boolean;
  /** Whether to write pairs of vectors that an engine may make one of 256 bits each: see {@link pairsOf}. */
  readonly wide?: boolean;
  /** Whether the module is for the engine's best compiler: engines know modules by their bytes, so it must differ. */
  readonly best?: boolean;
  /** Whether gathers have locators. */
  readonly located?: boolean;
  /** Whether a call is about one stretch, that of the frame, in the first chunk of the list. */
  readonly isStretch?: boolean;
  /** The number of the routine that looks up what a stretch needs, if there is one. */
  readonly finder?: number;
  /** For tests: rows of a stretch, divisible by four, and from where on indices count as far apart; see `Ahead`. */
  readonly stretchRows?: number;
  readonly far?: number;
  /** For tests: the weight from which on something is a branch; see `Branches`. */
  readonly dear?: number;
}

/**
 * A WebAssembly module that runs a program on four or eight rows at a time. It imports the memory as "m" "m" and has for each
 * binding a function of its name: `(list, count, frame)`, byte offsets of `count` chunk records and of a frame.
 */
export function emitModule(
  program: Program,
  bindings: readonly { readonly name: string; readonly binding: Binding }[],
  options: Options,
): Uint8Array<ArrayBuffer> {
  const plan = planOf(program, options.dear);
  const split = options.wide ? splitOf(program, options.dear) : undefined;
  const frame = frameOf(program);
  const body = (of: Plan, binding: Binding, more: Partial<Options>): number[] =>
    emitted(of, binding, { ...options, ...more }, false, frame).body();
  const routines: Routine[] = [];
  for (const { name, binding } of bindings) {
    if (program.gathers.length === 0) {
      routines.push({ name, body: body(plan, binding, {}) });
      continue;
    }
    if (split !== undefined) {
      const stretchRows = eights(options.stretchRows ?? STRETCH);
      routines.push({ name, body: body(split.rest, binding, { finder: routines.length + 1, stretchRows }) });
    }
    const [looks, first] = [split?.lookups ?? plan, routines.length + 1];
    const isStretch = split !== undefined;
    routines.push(
      { name: isStretch ? `${name} finding` : name, body: choice(frame, first, first + 1).body() },
      { name: `${name} located`, body: body(looks, binding, { located: true, isStretch }) },
      { name: `${name} searching`, body: body(looks, binding, { isStretch }) },
    );
  }
  return assemble(routines, options.shared, options.best === true);
}

/** So many rows, or up to seven more. */
function eights(rows: number): number {
  return (rows + 7) & ~7;
}

/** A function that calls one of two with its parameters: the first if gathers have locators. */
function choice({ gathers }: Frame, located: number, searching: number): Code {
  const code = new Code(["list", "count", "frame"], false);
  const call = (routine: number): void => {
    for (const parameter of [LIST, COUNT, FRAME]) code.get(parameter);
    code.op("call", routine);
  };
  code.get(FRAME);
  code.memory("i32.load", gathers[0]! + gatherPlaces.locators * 4);
  code.open("if");
  call(located);
  code.op("else");
  call(searching);
  code.end();
  return code;
}

/** Whether the option `wide` makes a difference for a program. */
export function emitsWide(program: Program): boolean {
  return pairsOf(planOf(program)) !== undefined || splitOf(program) !== undefined;
}

/** Whether this engine has relaxed vector instructions. */
export function relaxedSimd(): boolean {
  known ??= wasm.validate(PROBE);
  return known;
}

let known: boolean | undefined;
/** A function that selects lanes of the zero vector by `i32x4.relaxed_laneselect`. */
// biome-ignore format: one section a line
const PROBE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  1, 5, 1, 0x60, 0, 1, 0x7b,
  3, 2, 1, 0,
  10, 19, 1, 17, 1, 1, 0x7b, 0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x8b, 0x02, 0x20, 0, 0xfd, 0x51, 0x0b,
]);

/** The code of one function, with its text if wanted. */
export function emitted(
  plan: Plan,
  binding: Binding,
  options: Options,
  text: boolean,
  frame: Frame = frameOf(plan.program),
): Code {
  const code = new Code(["list", "count", "frame"], text);
  const values = new Values(code, plan, options);
  const emit = plan.loops.size > 0 ? emitNear : emitRows;
  emit(values, binding, frame);
  if (values.pairs) clearUpperHalves(values, frame);
  return code;
}
