import type { Writer } from "./binary.ts";
import { op, type } from "./opcode.ts";

/**
 * Which NaN an operation gives differs between machines, and between the compilers of one engine. So every NaN that arithmetic
 * gives becomes the canonical one, as soon as something other than arithmetic takes it. What is only moved keeps its bits:
 * programs move integers as floats, too. Calls of the host are left to the host.
 */
export type Canonical = typeof type.f32 | typeof type.f64 | "f32x4" | "f64x2";

/** What an instruction gives that may be any NaN. */
export function resultOf(code: number): Canonical | undefined {
  if ((code >= F32_ABS && code <= op.f32Copysign) || code === DEMOTE_F64) return type.f32;
  if ((code >= F64_ABS && code <= op.f64Copysign) || code === PROMOTE_F32) return type.f64;
  return vectorResult(code);
}

/** Whether it takes what is on top as that, and shows no bits of a NaN: arithmetic and comparisons. */
export function absorbs(code: number, what: Canonical): boolean {
  if (code === op.f32Copysign || code === op.f64Copysign) return false;
  if (code >= op.f32Eq && code < op.f64Eq) return what === type.f32;
  if (code >= op.f64Eq && code <= F64_GE) return what === type.f64;
  if (code === DEMOTE_F64 || code === DEMOTE) return what === (code === DEMOTE ? "f64x2" : type.f64);
  if (code === PROMOTE_F32 || code === PROMOTE) return what === (code === PROMOTE ? "f32x4" : type.f32);
  if (code >= op.f32x4Eq && code <= F64X2_GE) return what === (code < op.f64x2Eq ? "f32x4" : "f64x2");
  return resultOf(code) === what;
}

/** Behind it the same is on the stack, canonical. `local` is one of its type. */
export function canonicalise(out: Writer, what: Canonical, local: number): void {
  out.byte(op.localTee).u32(local);
  if (what === type.f32) out.byte(op.f32Const).bytes(NAN_32);
  else if (what === type.f64) out.byte(op.f64Const).bytes(NAN_64);
  else if (what === "f32x4") out.op(op.v128Const).bytes([...NAN_32, ...NAN_32, ...NAN_32, ...NAN_32]);
  else out.op(op.v128Const).bytes([...NAN_64, ...NAN_64]);
  out.byte(op.localGet).u32(local).byte(op.localGet).u32(local);
  if (typeof what === "number") out.byte(what === type.f32 ? op.f32Eq : op.f64Eq).byte(op.select);
  else out.op(what === "f32x4" ? op.f32x4Eq : op.f64x2Eq).op(op.v128Bitselect);
}

const F32_ABS = 0x8b;
const F64_ABS = 0x99;
const F64_GE = 0x66;
const DEMOTE_F64 = 0xb6;
const PROMOTE_F32 = 0xbb;
const F64X2_GE = 0xfd4c;
const DEMOTE = 0xfd5e;
const PROMOTE = 0xfd5f;
/** The bytes of the canonical NaNs, the lowest first. */
export const NAN_32: readonly number[] = [0, 0, 0xc0, 0x7f];
export const NAN_64: readonly number[] = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];

function vectorResult(code: number): Canonical | undefined {
  switch (code) {
    case DEMOTE:
    case 0xfd67: // ceil, floor, trunc, nearest
    case 0xfd68:
    case 0xfd69:
    case 0xfd6a:
    case 0xfde3: // sqrt, add, sub, mul, div, min, max
    case 0xfde4:
    case 0xfde5:
    case 0xfde6:
    case 0xfde7:
    case 0xfde8:
    case 0xfde9:
      return "f32x4";
    case PROMOTE:
    case 0xfd74: // ceil, floor, trunc, nearest
    case 0xfd75:
    case 0xfd7a:
    case 0xfd94:
    case 0xfdef: // sqrt, add, sub, mul, div, min, max
    case 0xfdf0:
    case 0xfdf1:
    case 0xfdf2:
    case 0xfdf3:
    case 0xfdf4:
    case 0xfdf5:
      return "f64x2";
    default:
      return undefined;
  }
}
