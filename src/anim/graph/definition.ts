import type { Wrap } from "../time.ts";

/** What a parameter is: a number, a switch, or a switch that the transition which it allowed turns off again. */
export type ParameterKind = "number" | "boolean" | "trigger";

/** A parameter by its kind, or with the value that it begins with. */
export type Parameter =
  | ParameterKind
  | { readonly kind: "number"; readonly default: number }
  | { readonly kind: "boolean"; readonly default: boolean };

/** One clip. */
export interface ClipMotion {
  readonly clip: string;
  /** Default `loop`. */
  readonly wrap?: Wrap;
}

/** Clips along one parameter: the two around its value are blended. All of them go through their cycles together. */
export interface BlendSpace1d {
  readonly parameter: string;
  /** Ascending. */
  readonly points: readonly { readonly at: number; readonly clip: string }[];
  /** Seconds in which the place follows the parameter; 0, the default: at once. */
  readonly damping?: number;
}

/** Clips on a plane of two parameters: the three around the place are blended, at its border two. */
export interface BlendSpace2d {
  readonly parameters: readonly [x: string, y: string];
  /** At least three that do not lie on a line. */
  readonly points: readonly { readonly at: readonly [x: number, y: number]; readonly clip: string }[];
  readonly damping?: number;
}

/** Nothing: the layer lets through what is below it. */
export interface EmptyMotion {
  readonly empty: true;
}

/** What is played in a state, and how fast: a number, or the name of a number parameter. */
export type GraphState = (
  | EmptyMotion
  | ClipMotion
  | { readonly blend1d: BlendSpace1d }
  | { readonly blend2d: BlendSpace2d }
) & {
  readonly speed?: number | string;
};

/** What a parameter must be. `above` and `below` are for numbers, both together too; `is` for switches. */
export type Condition =
  | { readonly parameter: string; readonly above?: number; readonly below?: number }
  | { readonly parameter: string; readonly is: boolean };

/** A way from states to another one. Of those that are open the first in the list is taken, one an update. */
export interface Transition {
  /** Names of states; `*` is any but the target. */
  readonly from: string | readonly string[];
  readonly to: string;
  /** All of these must hold. A trigger without `is` must be on. */
  readonly when?: readonly Condition[];
  /** Cycles of the state that must be over: 1 is the end of a clip. Default 0. */
  readonly after?: number;
  /** Seconds in which the new state takes over; default 0.2. */
  readonly fade?: number;
  /** Whether the new state begins at the same part of its cycle, as from walking to running. Default: at its start. */
  readonly sync?: boolean;
}

/** A part of a graph that plays one state at a time. */
export interface GraphLayer {
  readonly name: string;
  readonly states: Readonly<Record<string, GraphState>>;
  /** Default: the first state. */
  readonly initial?: string;
  readonly transitions?: readonly Transition[];
  /** `additive` adds what its clips, which are deltas, do to a pose. Default `override`. */
  readonly mode?: "override" | "additive";
  /** Between 0 and 1, or the name of a number parameter. Default 1. */
  readonly weight?: number | string;
  /** Joints that it moves, each with all below: their names. Default: all. */
  readonly joints?: readonly string[];
}

/** A graph of animations as plain data: it can be written as JSON. */
export interface GraphDefinition {
  /** Of the component that entities get: letters, digits and `_`. */
  readonly name: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** Applied one over the other, the first to the rest pose. 1 to {@link LAYERS_MAX}. */
  readonly layers: readonly GraphLayer[];
}

export const LAYERS_MAX = 8;
export const STATES_MAX = 1024;
/** States of a layer that play at once: the one in charge, and those that it and its predecessor took over from. */
export const SLOTS = 3;
