import { badArgument, expectList, expectOptions } from "../../core/argument.ts";
import type { ColumnSpec, Component } from "../../ecs/component.ts";
import type { Query } from "../../ecs/query.ts";
import { without } from "../../ecs/term.ts";
import type { World } from "../../ecs/world.ts";
import { typeNamed } from "./named.ts";

/** Numbers of one column, one after the other: fixed arrays have as many a row as they are long. */
export type HostColumn =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;

/** Rows of a hosted world at the end of a tick, copied: they are the receiver's own. */
export interface HostRows {
  readonly tick: number;
  readonly count: number;
  /** The entity of each row. */
  readonly entities: Int32Array<ArrayBuffer>;
  /** By component and field; axes of vectors are `"origin.x"`. Booleans are 0 and 1. */
  readonly columns: Readonly<Record<string, Readonly<Record<string, HostColumn>>>>;
  /** Fields of `str`, by component and field. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** By the code of the element type. */
const ARRAYS = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
] as const;

/**
 * Copies columns of the entities that have all the components named, in the order of queries. `true` stands for all fields.
 * Throws `bad-argument`, `component-unknown`, `query-limit`.
 */
export function rowsOf(
  world: World,
  wanted: Readonly<Record<string, true | readonly string[]>>,
  having: readonly string[],
  lacking: readonly string[],
): HostRows {
  expectOptions(wanted, "columns");
  expectList(having, "having");
  expectList(lacking, "without");
  const named = (name: string): Component => typeNamed(world, name, "component").component;
  const components = Object.keys(wanted).map(named);
  const others = having.map(named).filter((component) => !components.includes(component));
  const query = world.query(...components, ...others, ...lacking.map((name) => without(named(name))));
  const entities = query.entities() as Int32Array<ArrayBuffer>;
  const columns: Record<string, Record<string, HostColumn>> = {};
  const texts: Record<string, Record<string, string[]>> = {};
  for (const [name, fields] of Object.entries(wanted)) {
    const component = named(name);
    columns[name] = {};
    for (const spec of specsOf(component, fields)) {
      const values = columnOf(world, query, component, spec, entities.length);
      if (spec.kind === "str") (texts[name] ??= {})[spec.path] = Array.from(values, (id) => world.string(id));
      else columns[name][spec.path] = values;
    }
  }
  return { tick: world.tick, count: entities.length, entities, columns, texts };
}

/** The buffers of rows that need not be copied when they are sent. */
export function buffersOf({ entities, columns }: HostRows): ArrayBuffer[] {
  return [entities.buffer, ...Object.values(columns).flatMap((fields) => Object.values(fields).map((c) => c.buffer))];
}

/** Columns by field, or by path. */
function specsOf({ name, columns }: Component, fields: true | readonly string[]): readonly ColumnSpec[] {
  if (fields === true) return columns;
  expectList(fields, `the fields of ${name}`);
  return fields.flatMap((field) => {
    const found = columns.filter((spec) => spec.path === field || spec.field === field);
    if (found.length > 0) return found;
    const paths = columns.map(({ path }) => path).join(", ");
    throw badArgument(`a field of ${name}`, field, `one of ${paths === "" ? "none, as it is a tag" : paths}`);
  });
}

function columnOf(
  { core }: World,
  query: Query,
  component: Component,
  { code, bytes, lanes, path }: ColumnSpec,
  rows: number,
): HostColumn {
  const values = new ARRAYS[code]!(rows * lanes);
  const target = new Uint8Array(values.buffer);
  const id = core.schema.idOf(component);
  const n = component.columns.findIndex((spec) => spec.path === path);
  const { u8 } = core.arena.memory;
  let at = 0;
  for (const { table } of query.matches) {
    const column = table.columns[table.columnOf[id]!]!;
    for (let k = 0; k < table.usedChunks; k++) {
      const from = table.blockOf(column, k) * 64 + table.layout(column, k).offsets[n]!;
      const length = table.rowsOf(k) * bytes * lanes;
      target.set(u8.subarray(from, from + length), at);
      at += length;
    }
  }
  return values;
}
