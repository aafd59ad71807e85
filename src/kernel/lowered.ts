import type { Component } from "../ecs/component.ts";
import type { EventType } from "../ecs/event.ts";
import type { Resource } from "../ecs/resource.ts";
import type { Program } from "./program.ts";

/** A component that is a parameter of a row function. */
export interface Parameter {
  readonly component: Component;
  readonly write: boolean;
}

/** What a row function may refer to; names are those of the declarations, or keys. */
export interface Declaration {
  readonly name: string;
  /** The source of the function, as `toString` gives it. */
  readonly source: string;
  /** In the order of the function's parameters; then comes `k`. */
  readonly parameters: readonly Parameter[];
  readonly uniforms: Readonly<Record<string, "f32" | "f64" | "i32" | "u32" | "bool">>;
  readonly constants: Readonly<Record<string, Constant>>;
  readonly components: readonly Component[];
  readonly events: readonly EventType[];
  readonly resources: readonly Resource[];
  /** Functions that the row function may call. */
  readonly functions: readonly { readonly name: string; readonly source: string }[];
}

/**
 * A number or boolean, a list of numbers, or an enumeration: an object of numbers, such as a numeric `enum` of TypeScript. The
 * texts that such an `enum` has besides, the names of its members, are not for kernels.
 */
export type Constant = number | boolean | readonly number[] | Readonly<Record<string, number | string>>;

/** What happens with the lists of one append; the first value is always the entity. */
export type Effect =
  | { readonly kind: "despawn" }
  | { readonly kind: "add" | "remove"; readonly component: Component }
  /** The further values are those of the event's columns, element by element. */
  | { readonly kind: "emit"; readonly event: EventType };

/** A column of a component. */
export interface ColumnReference {
  readonly component: Component;
  readonly column: number;
}

/** A program with what its parts mean to a world. */
export interface Lowered {
  readonly program: Program;
  /** For each buffer: the parameter and the column in its component. */
  readonly buffers: readonly { readonly parameter: number; readonly column: number }[];
  readonly gathers: readonly ColumnReference[];
  readonly effects: readonly Effect[];
  /** For each fold: the column of the resource that takes it. */
  readonly folds: readonly { readonly resource: Resource; readonly column: number }[];
}

/** Uniforms that the host gives by itself: the seed and the tick of the world, i32. */
export const SEED_UNIFORM = "$seed";
export const TICK_UNIFORM = "$tick";
