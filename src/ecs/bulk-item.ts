import { WorldloomError } from "../core/errors.ts";
import type { ColumnSpec, Component } from "./component.ts";
import type { Core } from "./core.ts";
import { checkItem, checkValues } from "./operations.ts";
import { axisOf, checkElement, checkList, isList } from "./value.ts";

/** Checked values of one column for many rows: the same for all, or `lanes` a row. */
export type BulkColumn = number | ArrayLike<number>;

/** The number of a text. */
export type Intern = (text: string) => number;

export interface BulkItem {
  readonly id: number;
  /** By column of the component; undefined takes the default. */
  readonly columns: readonly (BulkColumn | undefined)[];
}

/**
 * Checks columns for `count` rows of a component of entities. `intern` gives strings their numbers.
 * Throws `component-unknown`, `bad-argument`, `bad-value`, `nan-forbidden`.
 */
export function checkBulk(core: Core, component: Component, init: unknown, count: number, intern: Intern): BulkItem {
  const { id } = checkItem(core, component, undefined);
  return { id, columns: checkColumns(component, init, count, intern) };
}

/**
 * The same for rows of anything that has fields: each is one value for all, a function of the row number, or a list of
 * `count` values (`count * lanes` elements for fixed arrays).
 */
export function checkColumns(
  component: Component,
  init: unknown,
  count: number,
  intern: Intern,
): (BulkColumn | undefined)[] {
  if (init === undefined) return [];
  if (typeof init !== "object" || init === null || Array.isArray(init)) {
    throw new WorldloomError("bad-argument", `The columns of ${component.name} must be an object of its fields.`, {
      component: component.name,
    });
  }
  for (const field in init) {
    if (!Object.hasOwn(component.schema, field)) checkValues(component, { [field]: 0 });
  }
  return component.columns.map((spec) => {
    let value = (init as Record<string, unknown>)[spec.field];
    if (spec.axis !== undefined && value !== undefined) value = axisOf(component, spec, value);
    return value === undefined ? undefined : checkColumn(component, spec, value, count, intern);
  });
}

/** Whether columns for a component may hold texts that get numbers while they are checked. */
export function givesText(component: Component | undefined, init: unknown): boolean {
  return init !== undefined && (component?.columns?.some(({ kind }) => kind === "str") ?? false);
}

function checkColumn(
  component: Component,
  spec: ColumnSpec,
  value: unknown,
  count: number,
  intern: Intern,
): BulkColumn {
  const bits = (element: unknown): number => {
    const checked = checkElement(component.name, spec, element);
    return typeof checked === "string" ? intern(checked) : checked;
  };
  const wanted = count * spec.lanes;
  const listed = isList(component, spec);
  if (typeof value === "function") {
    const list = new Float64Array(wanted);
    for (let i = 0; i < count; i++) {
      const made = (value as (row: number) => unknown)(i);
      if (listed) list.set(checkList(component, spec, made).map(bits), i * spec.lanes);
      else list[i] = bits(made);
    }
    return list;
  }
  if (typeof value !== "object" || value === null) {
    if (listed) throw badLength(component, spec, wanted);
    return bits(value);
  }
  const list = value as ArrayLike<unknown>;
  if (list.length !== wanted) {
    if (!listed || list.length !== spec.lanes) throw badLength(component, spec, wanted);
    const row = Array.from(list, bits);
    return Float64Array.from({ length: wanted }, (_, i) => row[i % spec.lanes]!);
  }
  if (ArrayBuffer.isView(value) && fits(spec, value, wanted)) return value as unknown as ArrayLike<number>;
  return Float64Array.from({ length: wanted }, (_, i) => bits(list[i]));
}

/** Whether a typed array of the column's own type needs no check of each element. */
function fits(spec: ColumnSpec, value: ArrayBufferView, wanted: number): boolean {
  if (spec.kind === "bool" || spec.kind === "entity" || spec.kind === "str") return false;
  if (value.constructor.name !== TYPED[spec.code]) return false;
  if (spec.code > 1 || spec.nan) return true;
  const list = value as unknown as Float32Array;
  for (let i = 0; i < wanted; i++) if (list[i] !== list[i]) return false;
  return true;
}

const TYPED = [
  "Float32Array",
  "Float64Array",
  "Int8Array",
  "Uint8Array",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
];

function badLength(component: Component, spec: ColumnSpec, wanted: number): WorldloomError {
  return new WorldloomError(
    "bad-argument",
    `${component.name}.${spec.path} needs ${wanted} values for this many rows.`,
    {
      component: component.name,
      field: spec.path,
      count: wanted,
    },
  );
}
