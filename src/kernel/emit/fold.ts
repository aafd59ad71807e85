import type { Frame } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Fold } from "../program.ts";
import type { Code, Local } from "./code.ts";
import { FRAME, type Values } from "./values.ts";

/**
 * The folds of a program: four accumulators each, in one vector where the numbers can be compared or counted as they are,
 * else two of f64.
 */
export class Folds {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #accumulators: readonly { fold: Fold; type: "f32" | "f64" | "i32"; locals: readonly Local[] }[];

  constructor(values: Values, frame: Frame) {
    this.#values = values;
    this.#frame = frame;
    this.#accumulators = values.plan.program.folds.map((fold) => {
      const { kind, value } = fold;
      const type = kind === "count" ? "i32" : kind !== "sum" && value.type === "f32" ? "f32" : "f64";
      return { fold, type, locals: values.locals(type === "f64" ? 2 : 1) };
    });
  }

  begin(): void {
    const { code } = this.#values;
    for (const { fold, type, locals } of this.#accumulators) {
      for (const local of locals) {
        neutral(code, fold.kind, type);
        code.set(local);
      }
    }
  }

  /** Takes the group's rows where the vector `valid` holds. */
  take(valid: Local): void {
    const values = this.#values;
    const { code } = values;
    for (const { fold, type, locals } of this.#accumulators) {
      const { kind, mask, value } = fold;
      const where = code.local("v128");
      code.get(valid);
      if (mask.op !== "const" || mask.value === 0) {
        values.push(mask);
        code.op("v128.and");
      }
      code.set(where);
      locals.forEach((local, part) => {
        code.get(local);
        if (kind === "count") {
          code.get(where);
          code.op("i32x4.sub");
        } else {
          this.#operand(value, type, part);
          if (kind !== "sum") neutral(code, kind, type);
          code.get(where);
          if (type === "f64") values.widen(part);
          if (kind === "sum") code.ops("v128.and", "f64x2.add");
          else {
            values.choose({ type });
            code.op(`${type === "f64" ? "f64x2" : "f32x4"}.${kind}`);
          }
        }
        code.set(local);
      });
      code.release(where);
      values.drop(mask);
      values.drop(value);
    }
  }

  /** Writes the partial results to where the frame says, and moves it on. */
  end(): void {
    const values = this.#values;
    const { code } = values;
    if (this.#accumulators.length === 0) return;
    const vector = code.local("v128");
    const to = code.local("i32");
    const number = code.local("f64");
    code.get(FRAME);
    code.memory("i32.load", this.#frame.folds);
    code.set(to);
    this.#accumulators.forEach(({ fold, type, locals }, i) => {
      const merge = fold.kind === "min" ? "f64.min" : fold.kind === "max" ? "f64.max" : "f64.add";
      const accumulator = (part: number): void => {
        if (type === "f64") return code.get(locals[part]!);
        code.get(locals[0]!);
        if (part === 1) {
          code.get(locals[0]!);
          code.op("i8x16.shuffle", 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
        }
        code.op(type === "f32" ? "f64x2.promote_low_f32x4" : "f64x2.convert_low_i32x4_s");
      };
      const result = (): void => {
        for (const part of [0, 1]) {
          accumulator(part);
          code.tee(vector);
          code.op("f64x2.extract_lane", 0);
          code.get(vector);
          code.op("f64x2.extract_lane", 1);
          code.op(merge);
        }
        code.op(merge);
      };
      result();
      code.set(number);
      // The one NaN.
      code.get(to);
      code.f64(Number.NaN);
      code.get(number);
      code.get(number);
      code.get(number);
      code.ops("f64.ne", "select");
      code.memory("f64.store", i * 8);
    });
    code.get(FRAME);
    code.get(to);
    code.i32(this.#accumulators.length * 8);
    code.op("i32.add");
    code.memory("i32.store", this.#frame.folds);
    for (const local of [vector, to, number]) code.release(local);
  }

  /** A value as what it is accumulated as. */
  #operand(value: Node, type: "f32" | "f64" | "i32", part: number): void {
    const values = this.#values;
    const { code } = values;
    if (value.type === type) return values.push(value, part);
    values.push(value);
    if (part === 1) {
      values.push(value);
      code.op("i8x16.shuffle", 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    if (value.type === "f32") code.op("f64x2.promote_low_f32x4");
    else code.op(value.type === "u32" ? "f64x2.convert_low_i32x4_u" : "f64x2.convert_low_i32x4_s");
  }
}

function neutral(code: Code, kind: Fold["kind"], type: "f32" | "f64" | "i32"): void {
  const sign = kind === "max" ? -0x8000_0000 : 0;
  if (kind === "sum" || kind === "count") code.splat(0);
  else if (type === "f32") code.splat(0x7f80_0000 | sign);
  else code.words(0, 0x7ff0_0000 | sign, 0, 0x7ff0_0000 | sign);
}
