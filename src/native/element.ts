/**
 * Element types of columns: the one source of their codes and sizes.
 * `scripts/generate.ts` writes the same table for Rust.
 */
export const elementTypes = ["f32", "f64", "i8", "u8", "i16", "u16", "i32", "u32"] as const;

export type ElementType = (typeof elementTypes)[number];

/** Index of a type in {@link elementTypes}: what crosses the boundary. */
export const elementCode: Readonly<Record<ElementType, number>> = {
  f32: 0,
  f64: 1,
  i8: 2,
  u8: 3,
  i16: 4,
  u16: 5,
  i32: 6,
  u32: 7,
};

/** Bytes of one element, by code. */
export const elementBytes: readonly number[] = [4, 8, 1, 1, 2, 2, 4, 4];

/** What an f32 NaN is stored and hashed as. */
export const CANONICAL_NAN_F32 = 0x7fc00000;
/** The upper half of what an f64 NaN is hashed as; the lower half is zero. */
export const CANONICAL_NAN_F64_HIGH = 0x7ff80000;
