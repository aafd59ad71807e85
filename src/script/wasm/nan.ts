import type { Writer } from "./binary.ts";
import { op, type } from "./opcode.ts";

/**
 * Which NaN an operation gives differs between machines, and between the compilers of one engine. That is seen only where
 * bits of floats turn into numbers: there, and only there, every NaN becomes the canonical one. Those places are stores,
 * reinterpretations, the sign that `copysign` takes, lanes that get a float, vectors of floats that anything but arithmetic
 * takes next (vectors have no type that would keep their bits apart), and globals, which snapshots read. Calls of the host
 * are left to the host.
 */
export type Canonical =
  /** The operand on top, before the instruction. */
  | typeof type.f32
  | typeof type.f64
  /** The vector on top, behind it. */
  | "f32x4"
  | "f64x2";

/** What has to be made canonical at an instruction, if anything; `before` is the instruction before it. */
export function canonicalAt(code: number, before: number): Canonical | undefined {
  switch (code) {
    case op.f32Store:
    case op.i32ReinterpretF32:
    case op.f32Copysign:
    case op.f32x4ReplaceLane:
      return isGivenF32(before) ? undefined : type.f32;
    case op.f64Store:
    case op.i64ReinterpretF64:
    case op.f64Copysign:
    case op.f64x2ReplaceLane:
      return isGivenF64(before) ? undefined : type.f64;
    case op.f32x4Splat:
      return isGivenF32(before) ? undefined : "f32x4";
    case op.f64x2Splat:
      return isGivenF64(before) ? undefined : "f64x2";
    default:
      return vectorResult(code);
  }
}

/** Whether it takes a vector on top as floats of that kind, and shows no bits of a NaN: arithmetic and comparisons. */
export function absorbs(code: number, what: Canonical): boolean {
  if (code === DEMOTE) return what === "f64x2";
  if (code === PROMOTE) return what === "f32x4";
  if (code >= op.f32x4Eq && code <= F64X2_GE) return what === (code < op.f64x2Eq ? "f32x4" : "f64x2");
  return vectorResult(code) === what;
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

const F64X2_GE = 0xfd4c;
const DEMOTE = 0xfd5e;
const PROMOTE = 0xfd5f;
/** The bytes of the canonical NaNs, the lowest first. */
export const NAN_32: readonly number[] = [0, 0, 0xc0, 0x7f];
export const NAN_64: readonly number[] = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];

/** Whether its result has the same bits everywhere: read, given or made of an integer. */
function isGivenF32(code: number): boolean {
  return code === op.f32Load || code === op.f32Const || code === 0xbe || (code >= 0xb2 && code <= 0xb5);
}

function isGivenF64(code: number): boolean {
  return code === op.f64Load || code === op.f64Const || code === 0xbf || (code >= 0xb7 && code <= 0xba);
}

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
