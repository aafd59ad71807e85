import { hiddenColumn } from "./builtin.ts";
import type { Component } from "./component.ts";
import { type TableKind, tableKinds } from "./record.ts";
import type { SchemaSet } from "./schema.ts";

/** What all tables of one kind for one set of components have in common: forks share it. */
export class TableSchema {
  readonly kind: TableKind;
  /** Component ids, ascending; tags have no column. Of a region: the id of its name, and its bytes. */
  readonly components: readonly number[];
  /** What tells it from others. */
  readonly key: string | number;
  /** What each column holds. */
  readonly columns: readonly Component[];
  /** Column of each component id, -1 for a tag, undefined where there is none. */
  readonly columnOf: readonly (number | undefined)[];
  /** Words a row of each column, if every column is made of plain words; else undefined. */
  readonly lanes: Int32Array | undefined;

  constructor(schema: SchemaSet, kind: TableKind, components: readonly number[]) {
    const hidden = hiddenColumn(kind);
    const declared = kind === "region" ? [] : components;
    const columns = hidden === undefined ? [] : [hidden];
    const columnOf: (number | undefined)[] = [];
    for (const id of declared) {
      const component = schema.component(id);
      columnOf[id] = component.columns.length === 0 ? -1 : columns.push(component) - 1;
    }
    this.kind = kind;
    this.components = components;
    this.key = keyOf(kind, components);
    this.columns = columns;
    this.columnOf = columnOf;
    this.lanes = columns.every(({ words }) => words) ? Int32Array.from(columns, wordsOf) : undefined;
  }

  /** Whether it is that of `count` components whose ids are in `words` from `first` on. */
  is(kind: TableKind, words: Int32Array, first: number, count: number): boolean {
    const { components } = this;
    if (this.kind !== kind || components.length !== count) return false;
    for (let i = 0; i < count; i++) if (components[i] !== words[first + i]) return false;
    return true;
  }
}

/** Of one component, such as that of an event, the key is a number: making a text takes longer than finding it. */
export function keyOf(kind: TableKind, components: readonly number[]): string | number {
  if (components.length === 1) return components[0]! * tableKinds.length + tableKinds.indexOf(kind);
  return `${kind}:${components.join(",")}`;
}

function wordsOf({ columns }: Component): number {
  return columns.length;
}
