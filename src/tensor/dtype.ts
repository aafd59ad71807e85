import { WorldloomError } from "../core/errors.ts";
import { type TensorType, tensorTypeBytes, tensorTypeCode } from "../native/tensor/format.ts";

/** Element type of a tensor: `bool`, `u8`, `i32`, `f32` (what numbers become where nothing says otherwise) or `f64`. */
export type DType = TensorType;

/** Bytes of one element. Throws `tensor-dtype` for what is no type: programs without types may ask for it. */
export function bytesOf(dtype: DType): number {
  const bytes = tensorTypeBytes[tensorTypeCode[dtype]];
  if (bytes === undefined)
    throw new WorldloomError("tensor-dtype", `${String(dtype)} is no element type; use bool, u8, i32, f32 or f64.`, {
      dtype,
    });
  return bytes;
}

export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f64";
}

/**
 * The type in which NumPy computes with elements of these two: the smallest that holds both. So i32 with f32 gives f64;
 * u8 with f32 gives f32.
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const [low, high] = tensorTypeCode[a] < tensorTypeCode[b] ? [a, b] : [b, a];
  return low === "i32" && high === "f32" ? "f64" : high;
}

/** The type of a plain number beside a tensor of `dtype`: that of the tensor, unless it cannot hold such numbers. */
export function promoteNumber(dtype: DType, value: number): DType {
  if (isFloat(dtype)) return dtype;
  if (!Number.isInteger(value)) return "f32";
  if (value < -0x80000000 || value > 0x7fffffff) return "f64";
  return dtype === "u8" && value >= 0 && value < 256 ? "u8" : "i32";
}

/** Throws `tensor-dtype` unless `allowed` has `dtype`. */
export function checkType(operation: string, dtype: DType, allowed: readonly DType[]): void {
  if (allowed.includes(dtype)) return;
  throw new WorldloomError(
    "tensor-dtype",
    `${operation} takes ${allowed.join(", ")}, not ${dtype}; convert with astype(x, "${allowed.at(-1)}").`,
    { operation, dtype, allowed },
  );
}
