import type { Component, Schema } from "../ecs/component.ts";
import type { Entity } from "../ecs/entities.ts";
import type { EventType } from "../ecs/event.ts";
import type { AxisOf, Field, FixedArray, Scalar, Vector } from "../ecs/field.ts";
import type { Resource } from "../ecs/resource.ts";
import type { ElementType } from "../native/element.ts";
import type { Constant } from "./lowered.ts";

type Element<K> = K extends "bool" ? boolean : number;

/** A field of a row in a kernel: strings are their ids. */
type KernelField<F extends Field> =
  F extends Scalar<infer K>
    ? Element<K>
    : F extends Vector<infer K, infer N>
      ? { [A in AxisOf<N>]: Element<K> }
      : F extends FixedArray<infer K>
        ? Element<K>[]
        : never;

/** The fields of an event that a row emits; what is left out has its default. */
type KernelInit<S extends Schema> = {
  readonly [F in keyof S]?: S[F] extends Vector<infer K, infer N>
    ? { readonly [A in AxisOf<N>]?: Element<K> }
    : Readonly<KernelField<S[F]>>;
};

/** One row of a component, to be changed in place: vectors and arrays by their axes and elements. */
export type KernelRow<S extends Schema> = {
  -readonly [F in keyof S as S[F] extends Vector | FixedArray ? never : F]: KernelField<S[F]>;
} & { readonly [F in keyof S as S[F] extends Vector | FixedArray ? F : never]: KernelField<S[F]> };
/** One row of a component, to be read. */
export type ReadonlyKernelRow<S extends Schema> = {
  readonly [F in keyof S]: KernelField<S[F]> extends infer V ? (V extends object ? Readonly<V> : V) : never;
};

/** The numbers of a resource, by name; those of a vector are `"centre.x"` and so on. */
type NumberOf<S extends Schema> = string extends keyof S
  ? string
  : {
      [F in keyof S & string]: S[F] extends Scalar<ElementType>
        ? F
        : S[F] extends Vector<ElementType, infer N>
          ? `${F}.${AxisOf<N>}`
          : never;
    }[keyof S & string];

/** An entity near the row's. */
export interface Neighbour {
  readonly entity: Entity;
  /** Where it was when the index was built. */
  readonly x: number;
  readonly y: number;
  /** The way from it to the row's entity, both as the index has them, and its length squared: faster than reading both. */
  readonly dx: number;
  readonly dy: number;
  readonly distanceSquared: number;
}

/** Of what a kernel refers to, what is of one kind. */
type Named<X extends readonly Use[], K extends Use> = Extract<X[number], K>;
type SchemaOf<T> = T extends Component<string, infer S> | EventType<string, infer S> | Resource<string, infer S>
  ? S
  : never;

/**
 * What a row function can call, with what the kernel refers to. It is never run as it stands, so nothing here exists but for
 * the compiler.
 */
export interface KernelCalls<X extends readonly Use[] = readonly Use[]> {
  /** The entity of the row. */
  readonly entity: Entity;
  readonly tick: number;
  /** A number in [0, 1) that depends on (seed, tick, kernel, entity, which call this is) alone. */
  random(): number;
  /** Commands, applied after the kernel (in a system, after the system): tags first, then events, then despawns. */
  despawn(): void;
  addTag(tag: Named<X, Component>): void;
  removeTag(tag: Named<X, Component>): void;
  emit<E extends Named<X, EventType>>(event: E, values?: KernelInit<SchemaOf<E>>): void;
  /** Sets the field of a resource to the sum, smallest or greatest of `value` over all rows that get here. */
  sum<R extends Named<X, Resource>>(resource: R, field: NumberOf<SchemaOf<R>>, value: number): void;
  min<R extends Named<X, Resource>>(resource: R, field: NumberOf<SchemaOf<R>>, value: number): void;
  max<R extends Named<X, Resource>>(resource: R, field: NumberOf<SchemaOf<R>>, value: number): void;
  /** Sets it to how many rows get here, with `condition` those where it holds. */
  count<R extends Named<X, Resource>>(resource: R, field: NumberOf<SchemaOf<R>>, condition?: boolean): void;
  /** The row of another entity; its fields are 0 if the entity is stale or lacks the component. */
  at<C extends Named<X, Component>>(entity: Entity, component: C): ReadonlyKernelRow<SchemaOf<C>>;
  has(entity: Entity, component: Named<X, Component>): boolean;
  /** Visits the entities of the spatial index within `radius` (inclusive), but for the row's own, by (cell, entity). */
  neighbours(radius: number, visit: (other: Neighbour) => void): void;
  /** Conversions: to integers they truncate and saturate. */
  f32(value: number): number;
  f64(value: number): number;
  i32(value: number): number;
  u32(value: number): number;
}

/** A function that kernels can call, by its name or at `k`; see {@link kernelFunction}. It can be called elsewhere too. */
export type KernelFunction<Name extends string = string, F extends RowCall = RowCall> = F & {
  readonly is: "kernel-function";
  readonly name: Name;
  readonly source: string;
};
export type RowCall = (...values: never[]) => number | boolean;

/** What a kernel may refer to besides its components. */
export type Use = Component | EventType | Resource | KernelFunction;

export type UniformKind = "f32" | "f64" | "i32" | "u32" | "bool";
export type UniformSchema = Readonly<Record<string, Scalar<UniformKind>>>;
/** The uniforms of one run. */
export type UniformValues<U extends UniformSchema> = {
  readonly [N in keyof U]: U[N] extends Scalar<infer K> ? Element<K> : never;
};

/** `Needs` for a kernel that is known to have uniforms, else `May`. */
export type WithUniforms<U extends UniformSchema, Needs, May> = string extends keyof U
  ? May
  : keyof U extends never
    ? May
    : Needs;

/**
 * The last parameter of a row function: uniforms, constants, its components and what it uses by name, and {@link KernelCalls}.
 * What has no name that is known here has none at `k` either.
 */
export type KernelScope<
  U extends UniformSchema,
  C extends Readonly<Record<string, Constant>>,
  X extends readonly Use[],
> = KernelCalls<X> &
  UniformValues<U> & { readonly [N in keyof C]: C[N] extends boolean ? boolean : C[N] } & {
    readonly [I in X[number] as string extends I["name"] ? never : Exclude<I["name"], keyof C>]: I;
  };

/** The rows of some components, as parameters. */
export type KernelRows<L extends readonly Component[]> = {
  [I in keyof L]: L[I] extends Component<string, infer S> ? KernelRow<S> : never;
};
export type ReadonlyKernelRows<L extends readonly Component[]> = {
  [I in keyof L]: L[I] extends Component<string, infer S> ? ReadonlyKernelRow<S> : never;
};
