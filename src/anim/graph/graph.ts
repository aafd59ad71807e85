import { WorldloomError } from "../../core/errors.ts";
import type { Wrap } from "../time.ts";
import type { Triangulation } from "./blend-space.ts";
import { compileLayer } from "./compile.ts";
import { type GraphDefinition, LAYERS_MAX } from "./definition.ts";

/** A state with its names looked up. Clips are numbers of {@link AnimationGraph.clips}, parameters of its parameters. */
export interface GraphStateRow {
  readonly name: string;
  readonly kind: "clip" | "1d" | "2d" | "empty";
  readonly wrap: Wrap;
  /** By point of the blend space; one for a clip. */
  readonly clips: Int32Array;
  /** Places of the points in one dimension. */
  readonly at: Float64Array;
  readonly plane: Triangulation | undefined;
  /** Parameters of the place; -1 for none. */
  readonly x: number;
  readonly y: number;
  readonly damping: number;
  readonly speed: number;
  /** The parameter that is the speed; -1 for none. */
  readonly speedParameter: number;
}

export interface ConditionRow {
  readonly parameter: number;
  /** Open interval in which the parameter must lie: switches are 0 or 1. */
  readonly above: number;
  readonly below: number;
}

export interface TransitionRow {
  /** By state: 1 if the transition leads away from it. */
  readonly from: Uint8Array;
  readonly to: number;
  readonly conditions: readonly ConditionRow[];
  /** Triggers among the conditions: taking the transition turns them off. */
  readonly triggers: readonly number[];
  readonly after: number;
  readonly fade: number;
  readonly sync: boolean;
}

export interface LayerRow {
  readonly name: string;
  readonly additive: boolean;
  readonly weight: number;
  /** The parameter that is the weight; -1 for none. */
  readonly weightParameter: number;
  /** Names of the topmost joints that it moves; `undefined` for all. */
  readonly joints: readonly string[] | undefined;
  readonly states: readonly GraphStateRow[];
  readonly initial: number;
  readonly transitions: readonly TransitionRow[];
}

export interface ParameterRow {
  readonly name: string;
  readonly kind: "number" | "boolean" | "trigger";
  readonly default: number;
}

/** A graph whose definition was checked. It does not know models: clips have names. */
export class AnimationGraph {
  readonly name: string;
  readonly definition: GraphDefinition;
  readonly parameters: readonly ParameterRow[];
  readonly layers: readonly LayerRow[];
  /** Names of all clips that it plays, each once. */
  readonly clips: readonly string[];

  /** Throws `anim-graph` naming the part that is wrong. */
  constructor(definition: GraphDefinition) {
    const { name, layers } = definition ?? {};
    if (typeof name !== "string" || !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
      throw graphError("name", `must be 1 to 64 letters, digits and _, beginning with a letter, not ${shown(name)}`);
    if (!Array.isArray(layers) || layers.length === 0 || layers.length > LAYERS_MAX)
      throw graphError("layers", `must be a list of 1 to ${LAYERS_MAX} layers`);
    this.name = name;
    this.definition = definition;
    this.parameters = parametersOf(definition);
    const clips = new Map<string, number>();
    this.layers = Array.from(layers, (layer, i) => compileLayer(layer, i, this.parameters, clips));
    this.clips = [...clips.keys()];
  }
}

/** The error for one part of a definition. */
export function graphError(part: string, what: string): WorldloomError {
  return new WorldloomError("anim-graph", `In this animation graph ${part} ${what}.`, { part });
}

export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? (Array.isArray(value) ? "a list" : "an object") : String(value);
}

/** Whether it has named parts: no list, no text. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names that the component of a graph needs for itself. */
const RESERVED = new Set([
  "model",
  "playRate",
  "everyTicks",
  "updatedTick",
  "states",
  "times",
  "cycles",
  "fades",
  "fadeSeconds",
  "places",
]);

function parametersOf({ parameters = {} }: GraphDefinition): ParameterRow[] {
  if (!isRecord(parameters)) throw graphError("parameters", `must be kinds by name, not ${shown(parameters)}`);
  return Object.entries(parameters).map(([name, parameter]) => {
    const { kind, default: begin = 0 } = typeof parameter === "string" ? { kind: parameter } : (parameter ?? {});
    const part = `parameter ${shown(name)}`;
    if (RESERVED.has(name))
      throw graphError(part, `has a name of the component's own; take another one than ${[...RESERVED].join(", ")}`);
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) throw graphError(part, "must be letters, digits and _");
    if (kind !== "number" && kind !== "boolean" && kind !== "trigger")
      throw graphError(part, `must be "number", "boolean" or "trigger", not ${shown(kind)}`);
    const fits = kind === "number" ? Number.isFinite(begin) : typeof begin === "boolean" || begin === 0;
    if (!fits)
      throw graphError(
        part,
        `must begin with ${kind === "number" ? "a finite number" : "true or false"}, not ${shown(begin)}`,
      );
    return { name, kind, default: Number(begin) };
  });
}
