import { WorldloomError } from "../core/errors.ts";
import type { ElementType } from "../native/element.ts";

/** What a field can hold. `entity` and `str` are stored as 32-bit ids, `bool` as a byte. */
export type FieldKind = ElementType | "bool" | "entity" | "str";

/** The JavaScript value of one element. */
export type ValueOf<K extends FieldKind> = K extends "str" ? string : K extends "bool" ? boolean : number;

export interface FieldOptions<K extends FieldKind> {
  /** Value of a new row; 0, `false`, `""` or no entity where it is left out. */
  readonly default?: ValueOf<K>;
  readonly doc?: string;
  /** Whether a float field may hold NaN. Default: no. */
  readonly nan?: boolean;
}

/** One element a row. */
export interface Scalar<K extends FieldKind = FieldKind> {
  readonly shape: "scalar";
  readonly kind: K;
  readonly options: FieldOptions<K>;
}

export type Axis = "x" | "y" | "z" | "w";
export type AxisOf<N extends 2 | 3 | 4> = N extends 2 ? "x" | "y" : N extends 3 ? "x" | "y" | "z" : Axis;

/** `lanes` columns called x, y, z, w. */
export interface Vector<K extends FieldKind = FieldKind, N extends 2 | 3 | 4 = 2 | 3 | 4> {
  readonly shape: "vector";
  readonly kind: K;
  readonly lanes: N;
  readonly options: FieldOptions<K>;
  /** Defaults of single axes; the others have that of the options. */
  readonly axes: { readonly [A in AxisOf<N>]?: ValueOf<K> };
}

/** One column with `lanes` consecutive elements a row: element j of row i is at `i * lanes + j`. */
export interface FixedArray<K extends FieldKind = FieldKind> {
  readonly shape: "array";
  readonly kind: K;
  readonly lanes: number;
  readonly options: FieldOptions<K>;
}

export type Field = Scalar | Vector | FixedArray;

/** Usable bare (`x: f32`) or with options (`x: f32({ default: 1 })`). */
export interface ScalarType<K extends FieldKind> extends Scalar<K> {
  (options: FieldOptions<K>): Scalar<K>;
}

export const f32 = scalarType("f32");
export const f64 = scalarType("f64");
export const i8 = scalarType("i8");
export const u8 = scalarType("u8");
export const i16 = scalarType("i16");
export const u16 = scalarType("u16");
export const i32 = scalarType("i32");
export const u32 = scalarType("u32");
export const bool = scalarType("bool");
/** An entity, or 0 for none. */
export const entity = scalarType("entity");
/** An interned string; its column holds ids, see `World.string`. */
export const str = scalarType("str");

/** A vector of two; `axes` are defaults of single axes. */
export function vec2<K extends FieldKind>(of: Scalar<K>, axes: Vector<K, 2>["axes"] = {}): Vector<K, 2> {
  return vector(of, 2, axes);
}
/** A vector of three; `axes` are defaults of single axes. */
export function vec3<K extends FieldKind>(of: Scalar<K>, axes: Vector<K, 3>["axes"] = {}): Vector<K, 3> {
  return vector(of, 3, axes);
}
/** A vector of four; `axes` are defaults of single axes. */
export function vec4<K extends FieldKind>(of: Scalar<K>, axes: Vector<K, 4>["axes"] = {}): Vector<K, 4> {
  return vector(of, 4, axes);
}

/** Largest length of a fixed array. */
export const ARRAY_LANES_MAX = 4096;

/** A fixed array of `lanes` elements (1 to {@link ARRAY_LANES_MAX}) in every row. */
export function array<K extends FieldKind>(of: Scalar<K>, lanes: number): FixedArray<K> {
  checkScalar(of);
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > ARRAY_LANES_MAX) {
    throw new WorldloomError("bad-schema", `A fixed array has 1 to ${ARRAY_LANES_MAX} elements, not ${lanes}.`, {
      lanes,
    });
  }
  return { shape: "array", kind: of.kind, lanes, options: of.options };
}

const ELEMENT_OF: Readonly<Record<FieldKind, ElementType>> = {
  f32: "f32",
  f64: "f64",
  i8: "i8",
  u8: "u8",
  i16: "i16",
  u16: "u16",
  i32: "i32",
  u32: "u32",
  bool: "u8",
  entity: "i32",
  str: "i32",
};

/** The element type that a column of `kind` is made of. */
export function elementOf(kind: FieldKind): ElementType {
  return ELEMENT_OF[kind];
}

/** Lowest and highest value of each integer kind. */
export const integerRange: Readonly<Partial<Record<FieldKind, readonly [number, number]>>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32_768, 32_767],
  u16: [0, 65_535],
  i32: [-2_147_483_648, 2_147_483_647],
  u32: [0, 4_294_967_295],
};

function scalarType<K extends FieldKind>(kind: K): ScalarType<K> {
  const make = (options: FieldOptions<K>): Scalar<K> => ({ shape: "scalar", kind, options });
  return Object.assign(make, { shape: "scalar", kind, options: {} } as const);
}

function vector<K extends FieldKind, N extends 2 | 3 | 4>(
  of: Scalar<K>,
  lanes: N,
  axes: Vector<K, N>["axes"],
): Vector<K, N> {
  checkScalar(of);
  return { shape: "vector", kind: of.kind, lanes, options: of.options, axes };
}

function checkScalar(of: Scalar | undefined): void {
  if (of?.shape === "scalar") return;
  throw new WorldloomError("bad-schema", "Vectors and fixed arrays are of single elements, such as f32 or str.");
}
