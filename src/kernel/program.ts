import type { Node, ValueType } from "./node.ts";

/** What a buffer's elements are: the element types of memory, and `bool`, a byte that is 0 or 1. */
export type BufferElement = "f32" | "f64" | "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "bool";

/** Rows of numbers in memory that a program reads or writes: element `lane` of row `i` is at `i * lanes + lane`. */
export interface Buffer {
  /** For people, such as `position.x`. */
  readonly name: string;
  readonly element: BufferElement;
  /** Elements a row. */
  readonly lanes: number;
  readonly written: boolean;
}

/** The value of one buffer element of a row after the program. Its type is what {@link valueTypeOf} says of the element. */
export interface Store {
  readonly buffer: number;
  readonly lane: number;
  readonly value: Node;
}

export type FoldKind = "sum" | "min" | "max" | "count";

/**
 * One number from all rows where `mask` holds. Every chunk gives a partial result in f64: four accumulators, one for
 * each row number modulo 4, start at the neutral element (0, +Infinity, -Infinity, 0), take their rows in order and end as
 * `(a0 op a1) op (a2 op a3)`. `count` counts rows; its value is not looked at.
 */
export interface Fold {
  readonly kind: FoldKind;
  readonly mask: Node;
  readonly value: Node;
}

/** Rows where `mask` holds append their values to lists, one list a value, in the order of rows. */
export interface Append {
  readonly mask: Node;
  readonly values: readonly Node[];
}

/** A number that is the same for all rows of a call. */
export interface Uniform {
  readonly name: string;
  readonly type: "f32" | "f64" | "i32" | "u32" | "bool";
}

/** A column of other entities that rows look into, by entity. */
export interface Gather {
  readonly name: string;
  readonly element: BufferElement;
  readonly lanes: number;
  readonly lane: number;
  /**
   * The number of an earlier gather of the same component, whose rows have as many bytes: what says where rows are is the
   * same for both. Undefined where there is none.
   */
  readonly like?: number;
}

/**
 * A program: what happens to one row, for all rows. It has no order but that of data: all loads see the memory before,
 * stores, folds and appends happen at the end of a row (of a group of rows, which is the same).
 */
export interface Program {
  readonly name: string;
  readonly buffers: readonly Buffer[];
  readonly uniforms: readonly Uniform[];
  readonly gathers: readonly Gather[];
  readonly stores: readonly Store[];
  readonly folds: readonly Fold[];
  readonly appends: readonly Append[];
  /** Everything that the roots reach, operands first. */
  readonly nodes: readonly Node[];
}

/** Bytes of one uniform in memory, whatever its type. */
export const UNIFORM_BYTES = 8;

/** The type in which elements are computed with: small integers are i32. Stores saturate to the element's range. */
export function valueTypeOf(element: BufferElement): ValueType {
  return element === "f32" || element === "f64" || element === "u32" || element === "bool" ? element : "i32";
}

/** Bytes of a value in the list of an append. */
export function valueBytes(type: ValueType): number {
  return type === "f64" ? 8 : 4;
}
