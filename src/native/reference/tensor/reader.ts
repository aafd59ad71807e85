import { jobFault } from "../../fault.ts";
import { FLAG_ROWS, RANK_MAX, SPACE_LOCAL, SPACE_MEMORY, tensorTypeBytes } from "../../tensor/format.ts";
import { type Bytes, type Cut, F32, F64, View } from "./view.ts";

/** What instructions are executed with. */
export interface Run {
  /** Where the segments of `load` and `store` lie. */
  readonly columns: Columns;
  readonly memory: Bytes;
}

/** The views of a memory that columns of any element type are read through. */
export type Columns = Bytes & {
  readonly i8: Int8Array<ArrayBufferLike>;
  readonly u16: Uint16Array<ArrayBufferLike>;
  readonly i16: Int16Array<ArrayBufferLike>;
  readonly u32: Uint32Array<ArrayBufferLike>;
};

/** An instruction that has been read: its operands, in the order in which they are checked, and what it does. */
export interface Instruction {
  readonly operands: readonly View[];
  /** Whether its extents fit for a leading number; the operands have been resolved. */
  fits?(leading: number): boolean;
  /** Executes it. The operands have been bound. */
  run(run: Run): void;
}

/** Reads the words of a program. Whatever is not as `format.ts` says is a fault of the instruction at hand. */
export class Reader {
  /** All instructions by their numbers. */
  readonly instructions: Instruction[] = [];
  /** The number of the instruction that is being read. */
  index = -1;
  at: number;
  /** The `rows` around what is being read. */
  cut: Cut | undefined;
  nesting = 0;
  readonly slots: number;
  readonly #words: Uint32Array<ArrayBufferLike>;
  readonly #base: number;
  #end: number;
  #count = 0;

  /** Of `end` words from `base` on, beginning behind the header. */
  constructor(words: Uint32Array<ArrayBufferLike>, base: number, start: number, end: number, slots: number) {
    this.#words = words;
    this.#base = base;
    this.at = start;
    this.#end = end;
    this.slots = slots;
  }

  /** Begins the next instruction, and returns its number. */
  next(): number {
    this.index = this.#count++;
    return this.index;
  }

  get end(): number {
    return this.#end;
  }

  /** Reads on as far as `words` further ones only, which there are; returns what to pass to {@link leave}. */
  enter(words: number): number {
    const outer = this.#end;
    this.check(words <= outer - this.at);
    this.#end = this.at + words;
    return outer;
  }

  leave(outer: number): void {
    this.check(this.at === this.#end);
    this.#end = outer;
  }

  word(): number {
    this.check(this.at < this.#end);
    return this.#words[this.#base + this.at++]!;
  }

  /** A word below `limit`. */
  below(limit: number): number {
    const word = this.word();
    this.check(word < limit);
    return word;
  }

  check(condition: boolean): void {
    if (!condition) throw jobFault("value", "program", this.index);
  }

  /** An operand; of type `dtype`, unless that is left out. */
  operand(dtype?: number, written = false): View {
    const word = this.word();
    const flags = this.word();
    const rank = (word >>> 8) & 0xff;
    const space = (word >>> 16) & 0xff;
    const slot = word >>> 24;
    this.check((word & 0xff) < tensorTypeBytes.length && rank <= RANK_MAX && space <= SPACE_LOCAL);
    this.check(slot <= this.slots && (space === SPACE_MEMORY || (slot === 0 && this.cut !== undefined)));
    const axes = (1 << rank) - 1;
    this.check((flags & ~(FLAG_ROWS | axes | (axes << RANK_MAX))) === 0);
    this.check((flags & FLAG_ROWS) === 0 || (rank > 0 && this.cut !== undefined));
    const words = [this.word()];
    for (let i = 0; i < rank; i++) words.push(this.below(0x80000000), this.word());
    this.check(dtype === undefined || (word & 0xff) === dtype);
    return new View(word, flags, words, this.cut, written);
  }

  /** An f32 or f64 operand. */
  float(): View {
    const view = this.operand();
    this.check(view.dtype === F32 || view.dtype === F64);
    return view;
  }

  /** An operand that is written. */
  output(dtype?: number): View {
    const view = this.operand(dtype, true);
    this.check(this.cut === undefined || view.local || view.cut !== undefined);
    return view;
  }

  /** Refuses extents that are not equal. */
  same(a: readonly number[], b: readonly number[]): void {
    this.check(a.length === b.length && a.every((token, axis) => token === b[axis]));
  }

  /** Refuses an axis that there is not, or that `rows` cuts: nothing can be done along it. */
  along(view: View, axis: number): void {
    this.check(axis >= 0 && axis < view.rank && view.tokens[axis] !== -1);
  }
}
