import { triangulate } from "./blend-space.ts";
import {
  type BlendSpace1d,
  type BlendSpace2d,
  type Condition,
  type GraphLayer,
  type GraphState,
  STATES_MAX,
  type Transition,
} from "./definition.ts";
import type { ConditionRow, GraphStateRow, LayerRow, ParameterRow, TransitionRow } from "./graph.ts";
import { graphError, isRecord, shown } from "./graph.ts";

/** Checks a layer and looks its names up. `clips` gets the names of clips that are new. Throws `anim-graph`. */
export function compileLayer(
  layer: GraphLayer,
  index: number,
  parameters: readonly ParameterRow[],
  clips: Map<string, number>,
): LayerRow {
  const part = `layers[${index}]`;
  const { name, states, initial, transitions = [], mode = "override", weight = 1, joints } = layer ?? {};
  if (typeof name !== "string" || name === "") throw graphError(`${part}.name`, "must be a text");
  const names = isRecord(states) ? Object.keys(states) : [];
  if (names.length === 0 || names.length > STATES_MAX)
    throw graphError(`${part}.states`, `must have 1 to ${STATES_MAX} states`);
  const stateAt = (state: unknown, where: string): number => {
    const at = names.indexOf(state as string);
    if (at < 0) throw graphError(where, `names no state of its layer: ${shown(state)}; there are ${names.join(", ")}`);
    return at;
  };
  if (mode !== "override" && mode !== "additive")
    throw graphError(`${part}.mode`, `must be "override" or "additive", not ${shown(mode)}`);
  if (typeof weight === "number" && !(weight >= 0 && weight <= 1))
    throw graphError(`${part}.weight`, `must be between 0 and 1, not ${weight}`);
  if (
    joints !== undefined &&
    (!Array.isArray(joints) || joints.length === 0 || Array.from(joints).some((one) => typeof one !== "string"))
  )
    throw graphError(`${part}.joints`, "must be a list of names of joints, or left out");
  if (!Array.isArray(transitions)) throw graphError(`${part}.transitions`, "must be a list");
  return {
    name,
    additive: mode === "additive",
    weight: typeof weight === "number" ? weight : 1,
    weightParameter: typeof weight === "number" ? -1 : numberParameter(weight, parameters, `${part}.weight`),
    joints,
    states: names.map((one) => compileState(one, states[one]!, `${part}.states.${one}`, parameters, clips)),
    initial: initial === undefined ? 0 : stateAt(initial, `${part}.initial`),
    transitions: Array.from(transitions, (one, i) =>
      compileTransition(one, `${part}.transitions[${i}]`, names, stateAt, parameters),
    ),
  };
}

function compileState(
  name: string,
  state: GraphState,
  part: string,
  parameters: readonly ParameterRow[],
  clips: Map<string, number>,
): GraphStateRow {
  const clipAt = (clip: unknown, where: string): number => {
    if (typeof clip !== "string" || clip === "")
      throw graphError(where, `must be the name of a clip, not ${shown(clip)}`);
    if (!clips.has(clip)) clips.set(clip, clips.size);
    return clips.get(clip)!;
  };
  if (!isRecord(state)) throw graphError(part, `must say what it plays, not be ${shown(state)}`);
  const { speed = 1 } = state;
  if (typeof speed === "number" && !Number.isFinite(speed)) throw graphError(`${part}.speed`, "must be finite");
  const common = {
    name,
    speed: typeof speed === "number" ? speed : 1,
    speedParameter: typeof speed === "number" ? -1 : numberParameter(speed, parameters, `${part}.speed`),
  };
  const kinds = ["clip", "blend1d", "blend2d", "empty"].filter((kind) => kind in state);
  if (kinds.length !== 1) throw graphError(part, "must have one of clip, blend1d, blend2d and empty");
  if ("blend1d" in state) return { ...common, ...along(state.blend1d, `${part}.blend1d`, parameters, clipAt) };
  if ("blend2d" in state) return { ...common, ...plane(state.blend2d, `${part}.blend2d`, parameters, clipAt) };
  if ("empty" in state) {
    if (!isTrue(state)) throw graphError(`${part}.empty`, "must be true, or left out");
    return { ...common, ...EMPTY };
  }
  const { clip, wrap = "loop" } = state;
  if (wrap !== "loop" && wrap !== "clamp" && wrap !== "ping-pong")
    throw graphError(`${part}.wrap`, `must be "loop", "clamp" or "ping-pong", not ${shown(wrap)}`);
  const clipNumbers = Int32Array.of(clipAt(clip, `${part}.clip`));
  return {
    ...common,
    kind: "clip",
    wrap,
    clips: clipNumbers,
    at: new Float64Array(1),
    plane: undefined,
    x: -1,
    y: -1,
    damping: 0,
  };
}

type Place = Omit<GraphStateRow, "name" | "speed" | "speedParameter">;
const EMPTY: Place = {
  kind: "empty",
  wrap: "clamp",
  clips: new Int32Array(0),
  at: new Float64Array(0),
  plane: undefined,
  x: -1,
  y: -1,
  damping: 0,
};
type ClipAt = (clip: unknown, where: string) => number;

function along(space: BlendSpace1d, part: string, parameters: readonly ParameterRow[], clipAt: ClipAt): Place {
  const { parameter, points, damping = 0 } = space ?? {};
  checkSpace(points, damping, part);
  for (let i = 0; i < points.length; i++)
    if (!isPlace(points[i]?.at)) throw graphError(`${part}.points[${i}].at`, "must be a finite number that fits f32");
  const at = Float64Array.from(points, (point) => point.at);
  for (let i = 1; i < at.length; i++) {
    if (!(at[i]! > at[i - 1]!)) throw graphError(`${part}.points[${i}].at`, "must be above the one before");
  }
  const clips = Int32Array.from(points, (point, i) => clipAt(point.clip, `${part}.points[${i}].clip`));
  const x = numberParameter(parameter, parameters, `${part}.parameter`);
  return { kind: "1d", wrap: "loop", clips, at, plane: undefined, x, y: -1, damping };
}

function plane(space: BlendSpace2d, part: string, parameters: readonly ParameterRow[], clipAt: ClipAt): Place {
  const { parameters: names, points, damping = 0 } = space ?? {};
  checkSpace(points, damping, part);
  Array.from(points).forEach((point, i) => {
    if (!Array.isArray(point?.at) || point.at.length !== 2 || !point.at.every(isPlace))
      throw graphError(`${part}.points[${i}].at`, "must be two finite numbers that fit f32");
  });
  const triangles = triangulate(
    Float64Array.from(points, ({ at }) => at[0]),
    Float64Array.from(points, ({ at }) => at[1]),
  );
  if (triangles === undefined)
    throw graphError(`${part}.points`, "must be at least three that differ and do not lie on one line");
  const clips = Int32Array.from(points, (point, i) => clipAt(point.clip, `${part}.points[${i}].clip`));
  const [x, y] = [0, 1].map((axis) => numberParameter(names?.[axis], parameters, `${part}.parameters[${axis}]`));
  return {
    kind: "2d",
    wrap: "loop",
    clips,
    at: new Float64Array(points.length),
    plane: triangles,
    x: x!,
    y: y!,
    damping,
  };
}

/** Most points of a blend space. */
const POINTS_MAX = 64;

function isTrue({ empty }: { readonly empty: unknown }): boolean {
  return empty === true;
}

/** Whether a parameter, which is an f32, can be it. */
function isPlace(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

/** Whether it is a finite number from 0. */
function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function checkSpace(points: unknown, damping: unknown, part: string): void {
  if (!Array.isArray(points) || points.length === 0 || points.length > POINTS_MAX)
    throw graphError(`${part}.points`, `must be a list of 1 to ${POINTS_MAX} points`);
  if (!isAmount(damping)) throw graphError(`${part}.damping`, "must be seconds, from 0");
}

function compileTransition(
  transition: Transition,
  part: string,
  names: readonly string[],
  stateAt: (state: unknown, where: string) => number,
  parameters: readonly ParameterRow[],
): TransitionRow {
  const { from, to, when = [], after = 0, fade = 0.2, sync = false } = transition ?? {};
  const target = stateAt(to, `${part}.to`);
  const sources = new Uint8Array(names.length);
  const begins: readonly unknown[] = Array.isArray(from) ? from : [from];
  for (const one of begins) {
    if (one === "*") sources.fill(1);
    else sources[stateAt(one, `${part}.from`)] = 1;
  }
  // A state leads to itself only where it is named.
  if (!begins.includes(to)) sources[target] = 0;
  if (!sources.includes(1)) throw graphError(`${part}.from`, "must name a state, or *");
  if (!isAmount(after)) throw graphError(`${part}.after`, "must be cycles, from 0");
  if (!isAmount(fade)) throw graphError(`${part}.fade`, "must be seconds, from 0");
  if (typeof sync !== "boolean") throw graphError(`${part}.sync`, "must be true or false");
  if (!Array.isArray(when)) throw graphError(`${part}.when`, "must be a list of conditions");
  if (when.length === 0 && after === 0)
    throw graphError(part, "must have conditions or after: it would be taken at once");
  const conditions = Array.from(when, (one, i) => compileCondition(one, `${part}.when[${i}]`, parameters));
  const triggers = conditions.map(({ parameter }) => parameter).filter((one) => parameters[one]!.kind === "trigger");
  return { from: sources, to: target, conditions, triggers, after, fade, sync };
}

function compileCondition(condition: Condition, part: string, parameters: readonly ParameterRow[]): ConditionRow {
  const at = parameters.findIndex(({ name }) => name === condition?.parameter);
  if (at < 0) throw graphError(part, unknownParameter(condition?.parameter, parameters));
  const number = parameters[at]!.kind === "number";
  if (number) {
    const { above = -Infinity, below = Infinity } = condition as { above?: number; below?: number };
    if ("is" in condition || (above === -Infinity && below === Infinity))
      throw graphError(part, "must have above or below, not is: its parameter is a number");
    if (!(typeof above === "number" && typeof below === "number" && above < below))
      throw graphError(part, "must have numbers, above less than below");
    return { parameter: at, above, below };
  }
  const { is = parameters[at]!.kind === "trigger" ? true : undefined } = condition as { is?: boolean };
  if (typeof is !== "boolean" || "above" in condition || "below" in condition)
    throw graphError(part, "must have is: true or is: false: its parameter is a switch");
  return { parameter: at, above: is ? 0.5 : -0.5, below: is ? 1.5 : 0.5 };
}

function numberParameter(name: unknown, parameters: readonly ParameterRow[], part: string): number {
  const at = parameters.findIndex((one) => one.name === name && one.kind === "number");
  if (at < 0)
    throw graphError(
      part,
      unknownParameter(
        name,
        parameters.filter(({ kind }) => kind === "number"),
      ),
    );
  return at;
}

function unknownParameter(name: unknown, parameters: readonly ParameterRow[]): string {
  const list = parameters.map((one) => one.name).join(", ");
  return `names no such parameter: ${shown(name)}; there ${list === "" ? "are none" : `is ${list}`}`;
}
