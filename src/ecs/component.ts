import { expectOptions, expectTextOptions, type Known, shown } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { elementBytes, elementCode } from "../native/element.ts";
import {
  type AxisOf,
  elementOf,
  type Field,
  type FieldKind,
  type FixedArray,
  type Scalar,
  type ValueOf,
  type Vector,
} from "./field.ts";
import { checkElement } from "./value.ts";

export type Schema = Readonly<Record<string, Field>>;

/** `component("Position", ...)` is called `position` in the chunks of a query. */
export type KeyOf<Name extends string> = Uncapitalize<Name>;

/** The value of a whole field: a number, boolean or string, `{ x, y }`, or a list of them. */
export type FieldValue<F extends Field> =
  F extends Scalar<infer K>
    ? ValueOf<K>
    : F extends Vector<infer K, infer N>
      ? { readonly [A in AxisOf<N>]: ValueOf<K> }
      : F extends FixedArray<infer K>
        ? readonly ValueOf<K>[]
        : never;

/** Every field of a component. */
export type Row<S extends Schema> = { -readonly [F in keyof S]: FieldValue<S[F]> };

/** What a field can be given: some axes of a vector, any list. Of a field that may be any, what any can be given. */
export type FieldInit<F extends Field> =
  F extends Vector<infer K, infer N>
    ? { readonly [A in AxisOf<N>]?: ValueOf<K> }
    : F extends FixedArray<infer K>
      ? ArrayLike<ValueOf<K>>
      : FieldValue<F>;

/** Some fields of a component; the others get their defaults, or keep their values. */
export type RowInit<S extends Schema> = { readonly [F in keyof S]?: FieldInit<S[F]> };

export interface ComponentOptions {
  readonly doc?: string;
  /** A word for tools to group components by. */
  readonly category?: string;
}

const KNOWN: Known<ComponentOptions> = { doc: true, category: true };

/** One typed column of a component: scalars and fixed arrays have one, vectors one for each axis. */
export interface ColumnSpec {
  /** `"x"`, or `"origin.x"` for the axis of a vector. */
  readonly path: string;
  readonly field: string;
  readonly axis: string | undefined;
  readonly kind: FieldKind;
  /** Code of the element type, see `elementTypes`. */
  readonly code: number;
  readonly bytes: number;
  /** Elements a row. */
  readonly lanes: number;
  /** The default of one element; for a string its text. */
  readonly initial: number | string;
  readonly nan: boolean;
}

/** The columns of one component for one number of rows: what a block holds. */
export interface Layout {
  readonly component: Component;
  /** Rows that fit. */
  readonly capacity: number;
  /** Byte offset of each column in the block; multiples of 64. */
  readonly offsets: readonly number[];
  /** Bytes of the block's payload. */
  readonly bytes: number;
}

/** A kind of data that entities can have. Declare once, share between worlds. */
export interface Component<Name extends string = string, S extends Schema = Schema> {
  readonly is: "component";
  readonly name: Name;
  readonly key: KeyOf<Name>;
  readonly schema: S;
  readonly doc: string;
  readonly category: string;
  /** Number of this declaration in this process. Not state: never saved, never hashed. */
  readonly serial: number;
  readonly columns: readonly ColumnSpec[];
  /** Whether every column has one four-byte element a row, so rows can be moved as plain words. */
  readonly words: boolean;
  /** Whether any default differs from zero bits. */
  readonly zeroed: boolean;
  /** The description that fingerprints and save files are made of. */
  readonly signature: string;
  /** Layouts by log2 of the capacity, made on demand. */
  readonly layouts: (Layout | undefined)[];
}

export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Names that chunk objects use themselves. */
const RESERVED = new Set(["count", "entities", "chunk"]);
/** Names that every object has. */
const INHERITED = new Set([...Object.getOwnPropertyNames(Object.prototype), "prototype"]);
export const FIELDS_MAX = 64;
let serials = 0;

/**
 * Declares a component. Names are letters, digits and underscores, up to 64; a schema without fields makes a tag.
 * Throws `bad-schema`, `bad-argument`.
 */
export function component<const Name extends string, const S extends Schema = Record<never, never>>(
  name: Name,
  schema: S = {} as S,
  options: ComponentOptions = {},
): Component<Name, S> {
  checkName(name, "component");
  const key = name.charAt(0).toLowerCase() + name.slice(1);
  if (RESERVED.has(key) || INHERITED.has(key))
    throw new WorldloomError("bad-schema", `The name ${name} is reserved; choose another.`, { name });
  if (typeof schema !== "object" || schema === null) {
    throw new WorldloomError("bad-schema", `The schema of ${name} must be an object of fields, such as { x: f32 }.`, {
      name,
    });
  }
  expectOptions(options, `options of ${name}`, KNOWN);
  expectTextOptions(options, ["doc", "category"], `options of ${name}`);
  const fields = Object.entries(schema);
  if (fields.length > FIELDS_MAX) {
    throw new WorldloomError("bad-schema", `${name} has ${fields.length} fields; at most ${FIELDS_MAX} are allowed.`, {
      name,
    });
  }
  const columns = fields.flatMap(([field, type]) => columnsOf(name, field, type));
  return {
    is: "component",
    name,
    key: key as KeyOf<Name>,
    schema,
    doc: options.doc ?? "",
    category: options.category ?? "",
    serial: serials++,
    columns,
    words: columns.every((column) => column.bytes === 4 && column.lanes === 1),
    zeroed: columns.every((column) => column.initial === 0 && !Object.is(column.initial, -0)),
    signature: `${name}{${columns.map((c) => `${c.path}:${c.kind}*${c.lanes}=${c.initial}${c.nan ? "?" : ""}`).join(",")}}`,
    layouts: [],
  };
}

/** The layout of `component` for `capacity` rows, a power of two. */
export function layoutOf(component: Component, capacity: number): Layout {
  const slot = 31 - Math.clz32(capacity);
  const known = component.layouts[slot];
  if (known !== undefined) return known;
  let bytes = 0;
  const offsets = component.columns.map((column) => {
    const offset = bytes;
    bytes += (column.bytes * column.lanes * capacity + 63) & ~63;
    return offset;
  });
  const layout: Layout = { component, capacity, offsets, bytes };
  component.layouts[slot] = layout;
  return layout;
}

/** Throws `bad-schema` unless `name` can name a component, field, event and so on. */
export function checkName(name: unknown, what: string): asserts name is string {
  if (typeof name === "string" && NAME_PATTERN.test(name)) return;
  throw new WorldloomError(
    "bad-schema",
    `${shown(name)} cannot name a ${what}: use a letter, then letters, digits or underscores, at most 64.`,
    { name },
  );
}

const OPTIONS = new Set(["default", "doc", "nan"]);

function checkOptions(name: string, field: string, options: unknown): void {
  const wrong =
    typeof options !== "object" || options === null
      ? "options"
      : Object.keys(options).find((option) => !OPTIONS.has(option));
  if (wrong === undefined) return;
  throw new WorldloomError(
    "bad-schema",
    `Field ${field} of ${name} has the wrong ${wrong}; the options are default, doc and nan.`,
    { name, field },
  );
}

function columnsOf(name: string, field: string, type: Field): ColumnSpec[] {
  checkName(field, "field");
  if (INHERITED.has(field)) {
    throw new WorldloomError("bad-schema", `The field name ${field} of ${name} is reserved; choose another.`, {
      field,
    });
  }
  const shape = (type as { shape?: unknown } | undefined)?.shape;
  if ((shape !== "scalar" && shape !== "vector" && shape !== "array") || elementOf(type.kind) === undefined) {
    throw new WorldloomError("bad-schema", `Field ${field} of ${name} needs a type such as f32, vec3(f32) or str.`, {
      name,
      field,
    });
  }
  checkOptions(name, field, type.options);
  const element = elementOf(type.kind);
  const code = elementCode[element];
  const options = type.options as { default?: unknown; nan?: boolean };
  const spec = {
    field,
    kind: type.kind,
    code,
    bytes: elementBytes[code]!,
    lanes: type.shape === "array" ? type.lanes : 1,
    nan: options.nan ?? false,
  };
  const initial = options.default ?? (type.kind === "str" ? "" : 0);
  const axes = type.shape === "vector" ? ["x", "y", "z", "w"].slice(0, type.lanes) : [undefined];
  return axes.map((axis) => {
    const path = axis === undefined ? field : `${field}.${axis}`;
    const column: ColumnSpec = { ...spec, axis, path, initial: 0 };
    const own = type.shape === "vector" ? (type.axes as Record<string, unknown>)[axis!] : undefined;
    const value = checkElement(name, column, own ?? initial);
    return { ...column, initial: value === "" ? 0 : value };
  });
}
