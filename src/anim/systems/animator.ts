import { type Component, component } from "../../ecs/component.ts";
import { event } from "../../ecs/event.ts";
import {
  array,
  bool,
  entity,
  type Field,
  type FixedArray,
  f32,
  f64,
  type Scalar,
  str,
  u8,
  u16,
  u32,
  vec3,
  vec4,
} from "../../ecs/field.ts";
import { type GraphDefinition, type Parameter, SLOTS } from "../graph/definition.ts";
import { AnimationGraph } from "../graph/graph.ts";
import type { Numbers, PlaybackColumns } from "../graph/playback.ts";

/** The parameters of a definition as fields: `speed: f32`, `grounded: bool`. */
export type ParameterFields<D extends GraphDefinition> =
  D["parameters"] extends Readonly<Record<string, Parameter>>
    ? { readonly [P in keyof D["parameters"]]: Scalar<KindOf<D["parameters"][P]>> }
    : Readonly<Record<never, never>>;
type KindOf<P> = P extends "number" | { readonly kind: "number" } ? "f32" : "bool";

/** What an animator has besides parameters. */
export type AnimatorFields = {
  /** Number of the model in the assets. */
  readonly model: Scalar<"u16">;
  /** How fast everything plays; 1 is as made, below 0 backwards. */
  readonly playRate: Scalar<"f32">;
  /** Ticks from one update to the next: 1 for who is near, more for who is far. */
  readonly everyTicks: Scalar<"u8">;
  /** The tick of the last update. */
  readonly updatedTick: Scalar<"u32">;
  readonly states: FixedArray<"u16">;
  readonly times: FixedArray<"f64">;
  readonly cycles: FixedArray<"f64">;
  readonly fades: FixedArray<"f32">;
  readonly fadeSeconds: FixedArray<"f32">;
  readonly places: FixedArray<"f32">;
};

/** A graph as a component: a column for each parameter, and what is remembered of each layer. */
export interface Animator<D extends GraphDefinition = GraphDefinition> {
  readonly graph: AnimationGraph;
  readonly component: Component<D["name"], AnimatorFields & ParameterFields<D>>;
}

/** Declares the component of a graph, with the name of the graph. Throws `anim-graph` for what is wrong in the definition. */
export function animator<const D extends GraphDefinition>(definition: D): Animator<D> {
  const graph = new AnimationGraph(definition);
  const slots = graph.layers.length * SLOTS;
  const fields: Record<string, Field> = {
    model: u16({ doc: "Number of the model in the assets." }),
    playRate: f32({ default: 1, doc: "How fast everything plays; below 0 backwards." }),
    everyTicks: u8({ default: 1, doc: "Ticks from one update to the next; 0 is never." }),
    updatedTick: u32({ doc: "The tick of the last update." }),
  };
  for (const { name, kind, default: begin } of graph.parameters)
    fields[name] = kind === "number" ? f32({ default: begin }) : bool({ default: begin !== 0 });
  Object.assign(fields, {
    states: array(u16, slots),
    times: array(f64, slots),
    cycles: array(f64, slots),
    fades: array(f32, slots),
    fadeSeconds: array(f32, slots),
    places: array(f32, slots * 2),
  });
  const declared = component(graph.name, fields, {
    doc: "What an entity's animation is up to.",
    category: "animation",
  });
  return { graph, component: declared as unknown as Animator<D>["component"] };
}

/** The columns of one chunk that a graph plays on: an object for all chunks, one after the other. */
export class AnimatorColumns implements PlaybackColumns {
  state!: Numbers;
  time!: Numbers;
  cycles!: Numbers;
  fade!: Numbers;
  fadeSeconds!: Numbers;
  place!: Numbers;
  model!: Numbers;
  playRate!: Numbers;
  everyTicks!: Numbers;
  updatedTick!: Numbers;
  readonly parameters: Numbers[] = [];
  readonly #graph: AnimationGraph;

  constructor(graph: AnimationGraph) {
    this.#graph = graph;
  }

  /** Takes what the chunk has of the animator. */
  take(columns: unknown): void {
    const fields = columns as Readonly<Record<string, Numbers>>;
    this.state = fields.states!;
    this.time = fields.times!;
    this.cycles = fields.cycles!;
    this.fade = fields.fades!;
    this.fadeSeconds = fields.fadeSeconds!;
    this.place = fields.places!;
    this.model = fields.model!;
    this.playRate = fields.playRate!;
    this.everyTicks = fields.everyTicks!;
    this.updatedTick = fields.updatedTick!;
    const { parameters } = this.#graph;
    for (let p = 0; p < parameters.length; p++) this.parameters[p] = fields[parameters[p]!.name]!;
  }
}

/** An event of a clip was passed while its state was in charge. */
export const AnimationEvent = event("AnimationEvent", { entity, clip: str, name: str });

/** How far the root of an entity moved and turned in the last tick, in its own space as it was before. */
export const RootMoved = component(
  "RootMoved",
  { translation: vec3(f32), rotation: vec4(f32, { w: 1 }) },
  { doc: "How far the root moved and turned in the last tick, in the entity's own space.", category: "animation" },
);
