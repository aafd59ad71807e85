import { WorldloomError } from "../core/errors.ts";
import type { ColumnSpec, Component } from "./component.ts";
import { integerRange } from "./field.ts";

/** Longest string in bytes of UTF-16 units. */
export const STRING_LENGTH_MAX = 65_535;

/**
 * Checks one element against its column and returns what will be stored: a number, or the text of a string.
 * Throws `bad-value`, `nan-forbidden`.
 */
export function checkElement(component: string, column: ColumnSpec, value: unknown, entityMin = 0): number | string {
  const { kind } = column;
  switch (kind) {
    case "str":
      if (typeof value !== "string") throw bad(component, column, value, "a string");
      if (value.length > STRING_LENGTH_MAX)
        throw bad(component, column, value, `at most ${STRING_LENGTH_MAX} characters`);
      return value;
    case "bool":
      if (typeof value === "boolean") return value ? 1 : 0;
      if (value === 0 || value === 1) return value;
      throw bad(component, column, value, "true or false");
    case "entity":
      if (typeof value === "number" && (value | 0) === value && value >= entityMin) return value;
      throw bad(component, column, value, "an entity, or 0 for none");
    case "f32":
    case "f64":
      if (typeof value !== "number") throw bad(component, column, value, "a number");
      if (value !== value && !column.nan) {
        throw new WorldloomError(
          "nan-forbidden",
          `${component}.${column.path} must not be NaN; mend the value, or declare the field with { nan: true }.`,
          { component, field: column.path },
        );
      }
      return value;
    default: {
      const [low, high] = integerRange[kind]!;
      if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) return value;
      throw bad(component, column, value, `an integer from ${low} to ${high}`);
    }
  }
}

/**
 * Checks the fields given in `init` (`{ x: 1, origin: { y: 2 } }`) and writes one value a column to `out`, leaving
 * `undefined` where nothing was given; a fixed array gives a list. Throws `bad-argument`, `bad-value`, `nan-forbidden`.
 */
export function checkInit(component: Component, init: unknown, out: Checked[], entityMin = 0): void {
  if (typeof init !== "object" || init === null || Array.isArray(init)) {
    throw new WorldloomError("bad-argument", `The values of ${component.name} must be an object of its fields.`, {
      component: component.name,
    });
  }
  for (const name in init) if (!Object.hasOwn(component.schema, name)) throw unknownField(component, name);
  const { columns } = component;
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c]!;
    let value = (init as Record<string, unknown>)[column.field];
    if (value !== undefined && column.axis !== undefined) value = axisOf(component, column, value);
    if (value === undefined) out[c] = undefined;
    else if (component.schema[column.field]!.shape !== "array")
      out[c] = checkElement(component.name, column, value, entityMin);
    else out[c] = checkList(component, column, value, entityMin);
  }
}

/** A checked value of one column: an element, a list for a fixed array, or nothing. */
export type Checked = number | string | (number | string)[] | undefined;

/** Whether a column belongs to a fixed array, which may have one element. */
export function isList(component: Component, column: ColumnSpec): boolean {
  return component.schema[column.field]!.shape === "array";
}

/** Checks one row of a fixed array. Throws `bad-value`, `nan-forbidden`. */
export function checkList(
  component: Component,
  column: ColumnSpec,
  value: unknown,
  entityMin = 0,
): (number | string)[] {
  const list = value as ArrayLike<unknown>;
  if (typeof value !== "object" || value === null || list.length !== column.lanes) {
    throw bad(component.name, column, value, `a list of ${column.lanes} elements`);
  }
  return Array.from(list, (element) => checkElement(component.name, column, element, entityMin));
}

/** What an object of axes gives to one column of a vector. Throws `bad-value`, `bad-argument`. */
export function axisOf(component: Component, column: ColumnSpec, value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    throw bad(component.name, { ...column, path: column.field }, value, "an object of axes");
  }
  for (const axis in value) {
    if (!component.columns.some((c) => c.field === column.field && c.axis === axis)) {
      throw unknownField(component, `${column.field}.${axis}`);
    }
  }
  return (value as Record<string, unknown>)[column.axis!];
}

function unknownField(component: Component, field: string): WorldloomError {
  const known = component.columns.map((column) => column.path).join(", ");
  return new WorldloomError(
    "bad-argument",
    `${component.name} has no field ${field}; it has ${known === "" ? "none: it is a tag" : known}.`,
    { component: component.name, field },
  );
}

function lengthOf({ length }: { length?: unknown }): string {
  return typeof length === "number" ? `a list of ${length}` : "an object";
}

function bad(component: string, column: ColumnSpec, value: unknown, wanted: string): WorldloomError {
  const shown =
    typeof value === "string"
      ? JSON.stringify(value.slice(0, 40))
      : typeof value === "object" && value !== null
        ? lengthOf(value)
        : String(value);
  return new WorldloomError(
    "bad-value",
    `${component}.${column.path} (${column.kind}) must be ${wanted}, not ${shown}.`,
    {
      component,
      field: column.path,
      kind: column.kind,
      value,
    },
  );
}
