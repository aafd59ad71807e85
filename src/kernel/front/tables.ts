import type { ColumnSpec, Component } from "../../ecs/component.ts";
import type { Graph } from "../graph.ts";
import type { ColumnReference, Declaration } from "../lowered.ts";
import type { Node, Op, ValueType } from "../node.ts";
import { type BufferElement, type Gather, type Program, type Uniform, valueTypeOf } from "../program.ts";
import { Cell } from "./state.ts";
import { type Typed, typed } from "./value.ts";

/** What a program gets from outside. */
export interface Inputs {
  readonly buffers: readonly { readonly parameter: number; readonly column: number }[];
  readonly gathers: readonly (ColumnReference & { readonly lane: number })[];
  readonly uniforms: readonly Uniform[];
}

/** Where the element of a cell is. */
export interface Place {
  readonly buffer: number;
  readonly lane: number;
  readonly column: ColumnSpec;
}

/** The inputs of a program, numbered in the order of first use, those in `known` first. */
export class Tables {
  readonly #graph: Graph;
  readonly #parameters: Declaration["parameters"];
  readonly #buffers: Inputs["buffers"][number][];
  readonly #gathers: Inputs["gathers"][number][];
  readonly #uniforms: Uniform[];
  readonly #cells = new Map<string, Cell>();
  readonly #places = new Map<Cell, Place>();

  constructor(graph: Graph, parameters: Declaration["parameters"], known: Inputs) {
    this.#graph = graph;
    this.#parameters = parameters;
    this.#buffers = [...known.buffers];
    this.#gathers = [...known.gathers];
    this.#uniforms = [...known.uniforms];
  }

  /** The element of a parameter's column. */
  cell(parameter: number, column: number, lane: number): Cell {
    const key = `${parameter} ${column} ${lane}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      let buffer = this.#buffers.findIndex((known) => known.parameter === parameter && known.column === column);
      if (buffer < 0) buffer = this.#buffers.push({ parameter, column }) - 1;
      const { component } = this.#parameters[parameter]!;
      const spec = component.columns[column]!;
      const name = `${component.key}.${spec.path}${isArray(component, spec) ? `[${lane}]` : ""}`;
      cell = new Cell("column", name, asKind(spec, this.#graph.load(valueType(spec), buffer, lane)));
      this.#cells.set(key, cell);
      this.#places.set(cell, { buffer, lane, column: spec });
    }
    return cell;
  }

  /** The number of the column that is looked up in the rows of other entities. */
  gather(component: Component, column: number, lane: number): number {
    const known = this.#gathers.findIndex((g) => g.component === component && g.column === column && g.lane === lane);
    return known >= 0 ? known : this.#gathers.push({ component, column, lane }) - 1;
  }

  /** Any column of a component, to look up whether an entity has it; 0 of one that has none. */
  presence(component: Component): number {
    const known = this.#gathers.findIndex((g) => g.component === component);
    return known >= 0 ? known : this.gather(component, 0, 0);
  }

  uniform(name: string, type: Uniform["type"]): Node {
    let slot = this.#uniforms.findIndex((known) => known.name === name);
    if (slot < 0) slot = this.#uniforms.push({ name, type }) - 1;
    return this.#graph.uniform(type, slot);
  }

  /** The place of a cell that is an element of a column. */
  placeOf(cell: Cell): Place {
    return this.#places.get(cell)!;
  }

  /** Those inputs that `nodes` load, and the buffers that are `written`, in their order. */
  used(nodes: Program["nodes"], written: ReadonlySet<number>): Inputs {
    const of = (...ops: Op[]): Set<number> =>
      new Set(nodes.filter(({ op }) => ops.includes(op)).map(({ value }) => value));
    const loaded = new Set([...of("load")].map((value) => value >>> 16));
    const gathered = of("alive", "fetch");
    const given = of("uniform");
    return {
      buffers: this.#buffers.filter((_, i) => loaded.has(i) || written.has(i)),
      gathers: this.#gathers.filter((_, i) => gathered.has(i)),
      uniforms: this.#uniforms.filter((_, i) => given.has(i)),
    };
  }

  /** Whether there is nothing else. */
  isAll({ buffers, gathers, uniforms }: Inputs): boolean {
    return (
      buffers.length === this.#buffers.length &&
      gathers.length === this.#gathers.length &&
      uniforms.length === this.#uniforms.length
    );
  }
}

/** The type of a column's elements in memory. */
export function elementOf({ kind }: ColumnSpec): BufferElement {
  return kind === "entity" || kind === "str" ? "i32" : kind;
}

export function valueType(spec: ColumnSpec): ValueType {
  return valueTypeOf(elementOf(spec));
}

/** A node as what a column holds. */
export function asKind({ kind }: ColumnSpec, node: Node): Typed {
  return typed(
    node,
    kind === "entity" ? "entity" : kind === "str" ? "string" : node.type === "bool" ? "boolean" : "number",
  );
}

export function isArray(component: Component, { field }: ColumnSpec): boolean {
  return component.schema[field]!.shape === "array";
}

export function gatherOf(
  { component, column, lane }: Inputs["gathers"][number],
  number: number,
  all: Inputs["gathers"],
): Gather {
  const spec = component.columns[column];
  if (spec === undefined) return { name: component.name, element: "i32", lanes: 1, lane: 0 };
  const like = all.findIndex(
    (other) => other.component === component && rowBytesOf(other) === rowBytesOf(all[number]!),
  );
  return {
    name: `${component.key}.${spec.path}`,
    element: elementOf(spec),
    lanes: spec.lanes,
    lane,
    ...(like < number ? { like } : {}),
  };
}

/** Bytes of a row in a column. */
function rowBytesOf({ component, column }: ColumnReference): number {
  const { bytes, lanes } = component.columns[column]!;
  return bytes * lanes;
}
