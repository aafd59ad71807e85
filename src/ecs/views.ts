import type { Memory } from "../native/memory.ts";
import type { Layout, Schema } from "./component.ts";
import type { Axis, Field, FieldKind, FixedArray, Scalar, Vector } from "./field.ts";

/** The typed array that holds elements of `kind`. */
export type ArrayOf<K extends FieldKind> = K extends "f32"
  ? Float32Array
  : K extends "f64"
    ? Float64Array
    : K extends "i8"
      ? Int8Array
      : K extends "u8" | "bool"
        ? Uint8Array
        : K extends "i16"
          ? Int16Array
          : K extends "u16"
            ? Uint16Array
            : K extends "u32"
              ? Uint32Array
              : Int32Array;

type Mutators = "set" | "fill" | "copyWithin" | "sort" | "reverse" | "subarray" | "buffer";

/** A typed array that can be read only. */
export type ReadonlyArrayOf<K extends FieldKind> = Omit<ArrayOf<K>, Mutators | number> & {
  readonly [index: number]: number;
};

/** The columns of a component that a query may write. */
export type Columns<S extends Schema> = { readonly [F in keyof S]: ColumnOf<S[F]> };
/** The columns of a component that a query may read. */
export type ReadonlyColumns<S extends Schema> = { readonly [F in keyof S]: ReadonlyColumnOf<S[F]> };

type ColumnOf<F extends Field> = F extends Scalar<infer K> | FixedArray<infer K>
  ? ArrayOf<K>
  : F extends Vector<infer K, infer N>
    ? { readonly [A in AxesOf<N>]: ArrayOf<K> }
    : never;
type ReadonlyColumnOf<F extends Field> = F extends Scalar<infer K> | FixedArray<infer K>
  ? ReadonlyArrayOf<K>
  : F extends Vector<infer K, infer N>
    ? { readonly [A in AxesOf<N>]: ReadonlyArrayOf<K> }
    : never;
type AxesOf<N extends 2 | 3 | 4> = N extends 2 ? "x" | "y" : N extends 3 ? "x" | "y" | "z" : Axis;

export type AnyArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** The typed arrays over one block in one layout. A block that served several layouts has a list of them. */
export interface BlockViews {
  readonly layout: Layout;
  /** By field name; vectors hold one array an axis. */
  readonly columns: Readonly<Record<string, AnyArray | Readonly<Record<string, AnyArray>>>>;
  /** In the order of the component's columns. */
  readonly arrays: readonly AnyArray[];
  readonly next: BlockViews | undefined;
}

/** Makes the views of one block; lengths are `capacity * lanes`. */
export function viewsOver(memory: Memory, block: number, layout: Layout, next: BlockViews | undefined): BlockViews {
  const columns: Record<string, AnyArray | Record<string, AnyArray>> = {};
  const arrays = layout.component.columns.map((column, c) => {
    const view = arrayOver(memory, column.code, block * 64 + layout.offsets[c]!, layout.capacity * column.lanes);
    if (column.axis === undefined) columns[column.field] = view;
    else {
      columns[column.field] ??= {};
      (columns[column.field] as Record<string, AnyArray>)[column.axis] = view;
    }
    return view;
  });
  return { layout, columns, arrays, next };
}

const CONSTRUCTORS = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
] as const;

/** A view of `length` elements of type `code` at byte `offset`. */
export function arrayOver(memory: Memory, code: number, offset: number, length: number): AnyArray {
  return new CONSTRUCTORS[code]!(memory.u8.buffer as ArrayBuffer, offset, length) as AnyArray;
}
