import { fma32, fma64 } from "./fma.ts";
import type { Reader } from "./reader.ts";
import { F32, type View } from "./view.ts";

/** Refuses an operand that is not of square matrices whole in each block of rows. */
export function readMatrix(reader: Reader, view: View): View {
  reader.check(view.rank >= 2 && view.tokens.at(-1) === view.tokens.at(-2));
  reader.along(view, view.rank - 2);
  return view;
}

export function fusedOf(dtype: number): (a: number, b: number, c: number) => number {
  return dtype === F32 ? fma32 : fma64;
}
