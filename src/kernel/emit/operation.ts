import type { Node, Op } from "../node.ts";
import type { Code } from "./code.ts";
import { extremeFix } from "./extreme.ts";
import type { OpcodeName } from "./opcode.ts";
import { isZero } from "./plan.ts";
import type { Values } from "./values.ts";

/** Puts one vector of an operation's result on the stack, as `evaluate.ts` defines it. */
export function operate(values: Values, node: Node, part: number): void {
  const { code } = values;
  const { op, type } = node;
  const [a, b, c] = node.args as [Node, Node, Node];
  const shape = shapeOf(type);
  switch (op) {
    case "add":
    case "sub":
    case "mul":
      return binary(values, a, b, part, `${shape}.${op}` as OpcodeName);
    case "div":
      if (type !== "f32" && type !== "f64") return divide(values, node);
      return binary(values, a, b, part, `${shape}.div` as OpcodeName);
    case "min":
    case "max":
      if (type === "i32" || type === "u32") {
        return binary(values, a, b, part, `i32x4.${op}_${type === "i32" ? "s" : "u"}`);
      }
      return extreme(values, node, part);
    case "abs":
    case "neg":
      values.push(a, part);
      if (type === "f64" && values.pairs) {
        // V8 13 flips wrong bits in a `neg` of four f64.
        sign(code, type);
        return code.op(op === "neg" ? "v128.xor" : "v128.andnot");
      }
      if (op === "neg" || type !== "u32") code.op(`${shape}.${op}` as OpcodeName);
      return;
    case "sqrt":
    case "floor":
    case "ceil":
    case "trunc":
    case "nearest":
      values.push(a, part);
      return code.op(`${shape}.${op}` as OpcodeName);
    case "copysign":
      values.push(b, part);
      values.push(a, part);
      sign(code, type);
      return code.op("v128.bitselect");
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
      return compare(values, op, a, b);
    case "and":
    case "or":
    case "xor":
      if (op === "and" && (inverted(values, a, b) || inverted(values, b, a))) return;
      return binary(values, a, b, part, `v128.${op}`);
    case "not":
      values.push(a);
      return code.op("v128.not");
    case "shl":
    case "shr":
      return shift(values, node);
    case "select":
      return select(values, node, a, b, c, part);
    case "convert":
      return convert(values, a, node, part);
    default:
      return values.push(a, part); // bits
  }
}

function binary(values: Values, a: Node, b: Node, part: number, name: OpcodeName): void {
  values.push(a, part);
  values.push(b, part);
  values.code.op(name);
}

function shapeOf(type: Node["type"]): string {
  return type === "f32" ? "f32x4" : type === "f64" ? "f64x2" : "i32x4";
}

/** The bit of the sign in every lane. */
export function sign(code: Code, type: Node["type"]): void {
  if (type === "f64") code.words(0, -0x8000_0000, 0, -0x8000_0000);
  else code.splat(-0x8000_0000);
}

/** `other` where `node` inverts what does not hold, in one instruction. `ne` of integers would be three on x64. */
function inverted(values: Values, other: Node, node: Node): boolean {
  const { op, args } = node;
  const isUnequal = op === "ne" && (args[0]!.type === "i32" || args[0]!.type === "u32");
  if ((op !== "not" && !isUnequal) || values.isKept(node)) return false;
  values.push(other);
  if (isUnequal) compare(values, "eq", args[0]!, args[1]!);
  else values.push(args[0]!);
  values.code.op("v128.andnot");
  for (const arg of args) values.drop(arg);
  return true;
}

function compare(values: Values, op: Op, a: Node, b: Node): void {
  const { code } = values;
  const { type } = a;
  if (type === "f64") {
    const name = `f64x2.${op}` as OpcodeName;
    binary(values, a, b, 0, name);
    binary(values, a, b, 1, name);
    return narrow(code);
  }
  const end = type === "f32" || op === "eq" || op === "ne" ? "" : type === "u32" ? "_u" : "_s";
  binary(values, a, b, 0, `${shapeOf(type)}.${op}${end}` as OpcodeName);
}

/** The even words of two vectors: a mask of 64 bits a lane becomes one of 32. */
function narrow(code: Code): void {
  code.op("i8x16.shuffle", 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}

/** The low halves of two vectors. */
function lows(code: Code): void {
  code.op("i8x16.shuffle", 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** Puts the half of a vector that is `part` of an f64 into the low half. */
function half(values: Values, node: Node, part: number): void {
  values.push(node);
  if (part === 0) return;
  values.push(node);
  values.code.op("i8x16.shuffle", 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Numbers of 32 bits divide exactly enough in f64: the quotient, truncated, is that of the integers. */
function divide(values: Values, { type, args }: Node): void {
  const { code } = values;
  const [a, b] = args as [Node, Node];
  const end = type === "u32" ? "u" : "s";
  for (const part of [0, 1]) {
    half(values, a, part);
    code.op(`f64x2.convert_low_i32x4_${end}`);
    half(values, b, part);
    code.ops(`f64x2.convert_low_i32x4_${end}`, "f64x2.div", `i32x4.trunc_sat_f64x2_${end}_zero`);
  }
  lows(code);
  const isConstant = b.op === "const";
  if (type === "i32" && (!isConstant || b.value === -1)) {
    // The lowest number by -1 is itself.
    values.push(a);
    code.op("i32x4.neg");
    const [quotient, negative] = values.locals(2) as [number, number];
    code.set(negative);
    code.set(quotient);
    code.get(negative);
    code.get(quotient);
    values.push(b);
    code.splat(-1);
    code.op("i32x4.eq");
    values.choose({ type });
    code.release(negative);
    code.release(quotient);
  }
  if (isConstant && b.value !== 0) return;
  values.push(b);
  code.splat(0);
  code.ops("i32x4.eq", "v128.andnot");
}

function shift(values: Values, { op, type, args }: Node): void {
  const { code, plan } = values;
  const [a, b] = args as [Node, Node];
  const end = op === "shl" ? "" : type === "i32" ? "_s" : "_u";
  values.push(a);
  if (b.op === "const") {
    code.i32(b.value & 31);
    return code.op(`i32x4.${op}${end}` as OpcodeName);
  }
  if (plan.regions[b.id] === plan.call) {
    values.push(b);
    code.op("i32x4.extract_lane", 0);
    return code.op(`i32x4.${op}${end}` as OpcodeName);
  }
  for (let lane = 0; lane < 4; lane++) {
    values.push(a);
    code.op("i32x4.extract_lane", lane);
    values.push(b);
    code.op("i32x4.extract_lane", lane);
    code.op(`i32.${op}${end}` as OpcodeName);
    code.op("i32x4.replace_lane", lane);
  }
}

function select(values: Values, node: Node, condition: Node, yes: Node, no: Node, part: number): void {
  const { code } = values;
  if (isZero(no)) {
    values.push(yes, part);
    values.mask(condition, node, part);
    return code.op("v128.and");
  }
  if (isZero(yes)) {
    values.push(no, part);
    values.mask(condition, node, part);
    return code.op("v128.andnot");
  }
  values.push(yes, part);
  values.push(no, part);
  values.mask(condition, node, part);
  values.choose(node);
}

function extreme(values: Values, node: Node, part: number): void {
  const { op, type } = node;
  const fix = extremeFix(values, node);
  const shape = shapeOf(type);
  if (fix === undefined) return binary(values, node.args[0]!, node.args[1]!, part, `${shape}.${op}` as OpcodeName);
  binary(values, fix.other, fix.fixed, part, `${shape}.p${op}` as OpcodeName);
  fix.correct?.();
}

function convert(values: Values, a: Node, { type }: Node, part: number): void {
  const { code } = values;
  const from = a.type;
  const end = from === "u32" || type === "u32" ? "u" : "s";
  if (from === "bool") {
    values.push(a);
    if (type === "f64") {
      values.widen(part);
      code.words(0, ONE_F64, 0, ONE_F64);
    } else if (type === "f32") code.splat(ONE_F32);
    code.op(type === "f64" || type === "f32" ? "v128.and" : "i32x4.abs");
  } else if (type === "f64") {
    half(values, a, part);
    code.op(from === "f32" ? "f64x2.promote_low_f32x4" : `f64x2.convert_low_i32x4_${end}`);
  } else if (from === "f64") {
    for (const k of [0, 1]) {
      values.push(a, k);
      code.op(type === "f32" ? "f32x4.demote_f64x2_zero" : `i32x4.trunc_sat_f64x2_${end}_zero`);
    }
    lows(code);
  } else {
    values.push(a);
    if (type === "f32") code.op(`f32x4.convert_i32x4_${end}`);
    else if (from === "f32") code.op(`i32x4.trunc_sat_f32x4_${end}`);
  }
}

const ONE_F32 = 0x3f80_0000;
const ONE_F64 = 0x3ff0_0000;
