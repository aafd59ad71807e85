import type { Frame } from "../frame.ts";
import type { Append } from "../program.ts";
import type { Code, Local } from "./code.ts";
import { canonical } from "./nan.ts";
import { FRAME, type Values } from "./values.ts";

/** The appends of a program: the rows of a group that the mask holds for move together and go to the ends of the lists. */
export class Appends {
  readonly #values: Values;
  readonly #frame: Frame;
  /** For each append the address of the end of each list. */
  readonly #lists: readonly { append: Append; ends: readonly Local[]; word: number }[];

  constructor(values: Values, frame: Frame) {
    this.#values = values;
    this.#frame = frame;
    this.#lists = values.plan.program.appends.map((append, i) => ({
      append,
      ends: append.values.map(() => values.code.local("i32")),
      word: frame.appends[i]!,
    }));
  }

  /** Before all rows. */
  begin(): void {
    const { code } = this.#values;
    if (this.#lists.length > 0) this.#writeOrders();
    for (const { append, ends, word } of this.#lists) {
      ends.forEach((end, v) => {
        code.get(FRAME);
        code.memory("i32.load", word + 4 + v * 4);
        code.get(FRAME);
        code.memory("i32.load", word);
        code.i32(append.values[v]!.type === "f64" ? 3 : 2);
        code.ops("i32.shl", "i32.add");
        code.set(end);
      });
    }
  }

  /** Takes the group's rows where the vector `valid` holds. */
  take(valid: Local): void {
    const values = this.#values;
    const { code } = values;
    const bits = code.local("i32");
    const order = code.local("v128");
    const where = code.local("v128");
    for (const { append, ends } of this.#lists) {
      const { mask } = append;
      code.get(valid);
      if (mask.op !== "const" || mask.value === 0) {
        values.push(mask);
        code.op("v128.and");
      }
      code.set(where);
      const begin = (part: number | undefined): void => {
        code.get(where);
        if (part !== undefined) values.widen(part);
        code.op("i32x4.bitmask");
        code.set(bits);
        code.get(FRAME);
        code.get(bits);
        code.i32(4);
        code.ops("i32.shl", "i32.add");
        code.memory("v128.load", this.#frame.shuffles);
        code.set(order);
      };
      // Lists of eight bytes move pairs of words: half a group at a time.
      append.values.forEach((value, v) => {
        if (value.type === "f64") {
          for (const part of [0, 1]) {
            begin(part);
            this.#put(append, v, part, ends[v]!, order);
            advance(code, ends[v]!, bits);
          }
        }
      });
      if (append.values.some(({ type }) => type !== "f64")) {
        begin(undefined);
        append.values.forEach(({ type }, v) => {
          if (type !== "f64") this.#put(append, v, 0, ends[v]!, order);
        });
        append.values.forEach(({ type }, v) => {
          if (type !== "f64") advance(code, ends[v]!, bits);
        });
      }
      values.drop(mask);
      for (const value of append.values) values.drop(value);
    }
    code.release(bits);
    code.release(order);
    code.release(where);
  }

  /** After all rows: counts what was appended. */
  end(): void {
    const { code } = this.#values;
    for (const { append, ends, word } of this.#lists) {
      if (ends.length === 0) continue;
      code.get(FRAME);
      code.get(ends[0]!);
      code.get(FRAME);
      code.memory("i32.load", word + 4);
      code.op("i32.sub");
      code.i32(append.values[0]!.type === "f64" ? 3 : 2);
      code.op("i32.shr_u");
      code.memory("i32.store", word);
    }
  }

  /** For each mask of four rows, the order of bytes that moves its words together. */
  #writeOrders(): void {
    const { code } = this.#values;
    for (let mask = 0; mask < 16; mask++) {
      const lanes = [0, 1, 2, 3].filter((lane) => (mask & (1 << lane)) !== 0);
      const [a = 0, b = 0, c = 0, d = 0] = lanes.map((lane) => 0x0302_0100 + lane * 0x0404_0404);
      code.get(FRAME);
      code.words(a, b, c, d);
      code.memory("v128.store", this.#frame.shuffles + mask * 16);
    }
  }

  #put({ values: list }: Append, v: number, part: number, end: Local, order: Local): void {
    const values = this.#values;
    const { code } = values;
    const value = list[v]!;
    code.get(end);
    values.push(value, part);
    if (value.type === "bool") code.op("i32x4.abs");
    if (value.type === "f32" || value.type === "f64") {
      const vector = code.local("v128");
      code.set(vector);
      canonical(values, value.type, vector);
      code.release(vector);
    }
    code.get(order);
    code.op(values.options.relaxed ? "i8x16.relaxed_swizzle" : "i8x16.swizzle");
    code.memory("v128.store", 0);
  }
}

function advance(code: Code, end: Local, bits: Local): void {
  code.get(end);
  code.get(bits);
  code.op("i32.popcnt");
  code.i32(2);
  code.ops("i32.shl", "i32.add");
  code.set(end);
}
