import { WorldloomError } from "../core/errors.ts";
import type { Component, Schema } from "./component.ts";
import type { Entity } from "./entities.ts";
import { isRelation, type Relation } from "./relation.ts";
import type { Columns, ReadonlyArrayOf, ReadonlyColumns } from "./views.ts";

/** Obtain the columns of a component for writing: entities must have it. */
export interface Write<C extends Component = Component> {
  readonly is: "write";
  readonly component: C;
}
/** Entities must not have the component. */
export interface Without {
  readonly is: "without";
  readonly component: Component;
}
/** Columns where the entity has the component, `undefined` for chunks without it. */
export interface Optional<T extends Component | Write = Component | Write> {
  readonly is: "optional";
  readonly term: T;
}
/** Entities must have at least one of the components. */
export interface AnyOf {
  readonly is: "anyOf";
  readonly components: readonly Component[];
}
/** Chunks whose block of the component was written after the tick given to `chunks`. */
export interface Changed<C extends Component = Component> {
  readonly is: "changed";
  readonly component: C;
}
/** Chunks in which entities gained the component after the tick given to `chunks`. */
export interface Added<C extends Component = Component> {
  readonly is: "added";
  readonly component: C;
}
/** Entities that are related to a target. Only for iteration by entity. */
export interface Related {
  readonly is: "related";
  readonly relation: Relation;
  readonly target: Entity;
}

/** A component alone is read: entities must have it, and its columns are read-only. */
export type Term = Component | Write | Without | Optional | AnyOf | Changed | Added | Related;

const writes: (Write | undefined)[] = [];

export function write<C extends Component>(component: C): Write<C> {
  if (isRelation(component)) {
    throw new WorldloomError(
      "bad-argument",
      `Write ${component.name} with relate and unrelate: its columns have an index.`,
      {
        component: component.name,
      },
    );
  }
  const known = writes[component.serial];
  if (known !== undefined) return known as Write<C>;
  const made: Write<C> = { is: "write", component };
  writes[component.serial] = made;
  return made;
}

export function without(component: Component): Without {
  return { is: "without", component };
}
export function optional<const T extends Component | Write>(term: T): Optional<T> {
  return { is: "optional", term };
}
export function anyOf(...components: Component[]): AnyOf {
  return { is: "anyOf", components };
}
export function changed<C extends Component>(component: C): Changed<C> {
  return { is: "changed", component };
}
export function added<C extends Component>(component: C): Added<C> {
  return { is: "added", component };
}
export function related(relation: Relation, target: Entity): Related {
  return { is: "related", relation, target };
}

type Part<T> =
  T extends Write<infer C>
    ? { readonly [K in C["key"]]: Columns<C["schema"]> }
    : T extends Changed<infer C> | Added<infer C>
      ? Read<C>
      : T extends Optional<infer U>
        ? { readonly [K in keyof Part<U>]: Part<U>[K] | undefined }
        : T extends Component<infer N, infer S>
          ? Read<Component<N, S>>
          : unknown;

type Read<C extends Component> = {
  readonly [K in C["key"]]: ReadonlyColumns<C["schema"] extends Schema ? C["schema"] : never>;
};

/** One function a term: what they all can be given is the intersection of the parts. */
type Parts<T extends readonly Term[]> = { [I in keyof T]: (part: Part<T[I]>) => void };
type Intersect<F> = [F] extends [(part: infer I) => void] ? I : never;

/** What a query hands out for each chunk: columns by component, valid until the iteration goes on. */
export type ChunkOf<T extends readonly Term[]> = {
  /** Rows in this chunk: columns are longer. */
  readonly count: number;
  /** The entity of each row. */
  readonly entities: ReadonlyArrayOf<"entity">;
} & Intersect<Parts<T>[number]>;

/** Equal for terms that ask the same; `?` for what is no term. */
export function termKey(term: Term): string {
  switch (term?.is) {
    case "component":
      return `${term.serial}`;
    case "optional":
      return `o${termKey(term.term)}`;
    case "anyOf":
      return `|${term.components.map((component) => component?.serial).join("|")}`;
    case "related":
      return `r${term.relation?.serial}:${term.target}`;
    case "write":
    case "without":
    case "changed":
    case "added":
      return `${term.is[0]}${term.is.length}${term.component?.serial}`;
    default:
      return "?";
  }
}
