import type { Frame } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Append } from "../program.ts";
import type { Code, Local } from "./code.ts";
import { canonical } from "./nan.ts";
import { FRAME, type Values } from "./values.ts";

interface List {
  readonly append: Append;
  /** The address of the end of the list of each value. */
  readonly ends: readonly Local[];
  /** Which rows of the last group were taken, a bit a row, for each half of it. */
  readonly bits: readonly Local[];
  /** Where the frame counts them. */
  readonly word: number;
}

/** The appends of a program: the rows of a group that the mask holds for move together and go to the ends of the lists. */
export class Appends {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #lists: readonly List[];

  constructor(values: Values, frame: Frame) {
    this.#values = values;
    this.#frame = frame;
    this.#lists = values.plan.program.appends.map((append, i) => ({
      append,
      ends: append.values.map(() => values.code.local("i32")),
      bits: Array.from({ length: values.halves }, () => values.code.local("i32")),
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

  /**
   * Takes the group's rows where the mask holds, and the vector `valid` if there is one. Otherwise {@link endChunk} takes back
   * what lies behind the rows of a chunk.
   */
  take(valid: Local | undefined): void {
    const values = this.#values;
    const { code } = values;
    const order = code.local("v128");
    const where = code.local("v128");
    for (const list of this.#lists) {
      const { mask } = list.append;
      values.push(mask);
      if (valid !== undefined) {
        code.get(valid);
        code.op("v128.and");
      }
      code.tee(where);
      code.op("i32x4.bitmask");
      code.set(list.bits[values.half]!);
      this.#putPairs(list, where, order);
      this.#putWords(list, order);
      values.drop(mask);
      for (const value of list.append.values) values.drop(value);
    }
    code.release(order);
    code.release(where);
  }

  /** After the rows of a chunk that has some: takes back what was appended for rows behind them, which are in the last group. */
  endChunk(rows: Local): void {
    const { code, halves } = this.#values;
    const extra = code.local("i32");
    for (const { append, ends, bits } of this.#lists) {
      code.get(bits[0]!);
      if (halves === 2) {
        code.get(bits[1]!);
        code.i32(4);
        code.ops("i32.shl", "i32.or");
      }
      code.get(rows);
      code.i32(1);
      code.op("i32.sub");
      code.i32(4 * halves - 1);
      code.op("i32.and");
      code.i32(1);
      code.ops("i32.add", "i32.shr_u", "i32.popcnt");
      code.set(extra);
      append.values.forEach(({ type }, v) => {
        code.get(ends[v]!);
        code.get(extra);
        code.i32(type === "f64" ? 3 : 2);
        code.ops("i32.shl", "i32.sub");
        code.set(ends[v]!);
      });
    }
    code.release(extra);
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

  /** Lists of eight bytes: they move pairs of words, half of the four rows at a time. */
  #putPairs({ append, ends }: List, where: Local, order: Local): void {
    const values = this.#values;
    const { code } = values;
    const pair = code.local("i32");
    append.values.forEach((value, v) => {
      if (value.type !== "f64") return;
      for (const part of [0, 1]) {
        code.get(where);
        values.widen(part);
        code.op("i32x4.bitmask");
        code.set(pair);
        this.#order(pair, order);
        this.#put(value, part, ends[v]!, order);
        advance(code, ends[v]!, pair);
      }
    });
    code.release(pair);
  }

  /** The other lists. */
  #putWords({ append, ends, bits }: List, order: Local): void {
    const { code, half } = this.#values;
    const { values: list } = append;
    if (list.every(({ type }) => type === "f64")) return;
    this.#order(bits[half]!, order);
    list.forEach((value, v) => {
      if (value.type !== "f64") this.#put(value, 0, ends[v]!, order);
    });
    list.forEach(({ type }, v) => {
      if (type !== "f64") advance(code, ends[v]!, bits[half]!);
    });
  }

  /** Sets `order` to the order for four rows of which `bits` are taken. */
  #order(bits: Local, order: Local): void {
    const { code } = this.#values;
    code.get(FRAME);
    code.get(bits);
    code.i32(4);
    code.ops("i32.shl", "i32.add");
    code.memory("v128.load", this.#frame.shuffles);
    code.set(order);
  }

  #put(value: Node, part: number, end: Local, order: Local): void {
    const values = this.#values;
    const { code } = values;
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
