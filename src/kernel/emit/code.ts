import { type OpcodeName, opcodes } from "./opcode.ts";

export type LocalType = "i32" | "f64" | "v128";

/** An index of a local. */
export type Local = number;

const TYPE_CODES: Readonly<Record<LocalType, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };

/**
 * The body of one function while it is written: the bytes and, if wanted, the same as lines of text. Every instruction
 * goes through here, so that the text is what was emitted.
 */
export class Code {
  readonly bytes: number[] = [];
  readonly lines: string[] | undefined;
  readonly #parameters: readonly string[];
  readonly #types: LocalType[] = [];
  readonly #free: Record<LocalType, Local[]> = { i32: [], f64: [], v128: [] };
  #depth = 1;
  #note = "";

  constructor(parameters: readonly string[], text: boolean) {
    this.#parameters = parameters;
    this.lines = text ? [] : undefined;
  }

  /** A local of its own until it is given to {@link release}. It is zero only before its first use. */
  local(type: LocalType): Local {
    const free = this.#free[type].pop();
    if (free !== undefined) return free;
    this.#types.push(type);
    return this.#parameters.length + this.#types.length - 1;
  }

  release(local: Local): void {
    this.#free[this.#types[local - this.#parameters.length]!].push(local);
  }

  /** Zeroes the vectors that are free, so that an engine need not keep what they held. */
  clear(): void {
    for (const local of this.#free.v128) {
      this.splat(0);
      this.set(local);
    }
  }

  /** Goes to the end of the next line. */
  note(text: string): void {
    this.#note = text;
  }

  /** An instruction with at most small unsigned immediates. */
  op(name: OpcodeName, ...immediates: readonly number[]): void {
    this.#put(name, this.lines === undefined || immediates.length === 0 ? "" : ` ${immediates.join(" ")}`);
    for (const immediate of immediates) this.#unsigned(immediate);
  }

  ops(...names: readonly OpcodeName[]): void {
    for (const name of names) this.op(name);
  }

  get(local: Local): void {
    this.#local("local.get", local);
  }

  set(local: Local): void {
    this.#local("local.set", local);
  }

  tee(local: Local): void {
    this.#local("local.tee", local);
  }

  i32(value: number): void {
    this.#put("i32.const", this.lines === undefined ? "" : ` ${value | 0}`);
    for (let rest = value | 0; ; rest >>= 7) {
      const low = rest & 0x7f;
      const done = rest >> 7 === (low & 0x40 ? -1 : 0);
      this.bytes.push(done ? low : low | 0x80);
      if (done) return;
    }
  }

  f64(value: number): void {
    this.#put("f64.const", ` ${value !== value ? "nan" : String(value).replace("Infinity", "inf")}`);
    if (value !== value) scratch.setBigInt64(0, 0x7ff8_0000_0000_0000n, true);
    else scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.bytes.push(scratch.getUint8(i));
  }

  /** The same 32 bits in every lane. */
  splat(word: number): void {
    this.words(word, word, word, word);
  }

  /** A vector of four 32-bit lanes. */
  words(a: number, b: number, c: number, d: number): void {
    if (this.lines !== undefined) {
      const hex = [a, b, c, d].map((word) => `0x${(word >>> 0).toString(16).padStart(8, "0")}`);
      this.#put("v128.const", ` i32x4 ${hex.join(" ")}`);
    } else this.#put("v128.const", "");
    for (const word of [a, b, c, d]) this.bytes.push(word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24);
  }

  /** Loads from the address on the stack, or stores to it. Nothing is known of the alignment. */
  memory(name: OpcodeName, offset: number, lane?: number): void {
    const text =
      this.lines === undefined
        ? ""
        : `${offset === 0 ? "" : ` offset=${offset}`} align=1${lane === undefined ? "" : ` ${lane}`}`;
    this.#put(name, text);
    this.bytes.push(0);
    this.#unsigned(offset);
    if (lane !== undefined) this.bytes.push(lane);
  }

  /** `block`, `loop` or `if` without results; ends with {@link end}. */
  open(name: "block" | "loop" | "if"): void {
    this.#put(name, "");
    this.bytes.push(EMPTY);
    this.#depth++;
  }

  end(): void {
    this.#depth--;
    this.#put("end", "");
  }

  /** The body with its locals, as the code section has it. */
  body(): number[] {
    const runs: number[] = [];
    let count = 0;
    for (let i = 0; i < this.#types.length; ) {
      let next = i;
      while (next < this.#types.length && this.#types[next] === this.#types[i]) next++;
      runs.push(...unsigned(next - i), TYPE_CODES[this.#types[i]!]);
      count++;
      i = next;
    }
    const head = [...unsigned(count), ...runs];
    return unsigned(head.length + this.bytes.length + 1).concat(head, this.bytes, END);
  }

  /** The function in the text format, called `name`. */
  text(name: string): string {
    const parameters = this.#parameters.map((parameter) => `(param $${parameter} i32)`).join(" ");
    const locals = this.#types.map((type, i) => `(local $${i + this.#parameters.length} ${type})`);
    const head: string[] = [];
    for (let i = 0; i < locals.length; i += 6) head.push(`  ${locals.slice(i, i + 6).join(" ")}`);
    return [`(func $${name} (export "${name}") ${parameters}`, ...head, ...(this.lines ?? []), ")"].join("\n");
  }

  #local(name: OpcodeName, local: Local): void {
    this.#put(name, this.lines === undefined ? "" : ` $${this.#parameters[local] ?? local}`);
    this.#unsigned(local);
  }

  #put(name: OpcodeName, immediates: string): void {
    for (const byte of opcodes[name]) this.bytes.push(byte);
    if (this.lines === undefined) return;
    const note = this.#note === "" ? "" : `  ;; ${this.#note}`;
    this.#note = "";
    this.lines.push(`${"  ".repeat(this.#depth)}${name}${immediates}${note}`);
  }

  #unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.bytes.push(rest);
  }
}

/** An unsigned number, seven bits a byte, lowest first. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

const EMPTY = 0x40;
const END = 0x0b;
const scratch = new DataView(new ArrayBuffer(8));
