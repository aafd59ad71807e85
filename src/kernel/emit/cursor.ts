import { type Binding, chunkRecord, type Frame, STRETCH } from "../frame.ts";
import type { Buffer } from "../program.ts";
import type { Code, Local } from "./code.ts";
import { elementBytes, type Place } from "./column.ts";
import { FRAME, LIST, type Values } from "./values.ts";

/** Where the next group of rows of buffers is: an address for each pointer and each number of bytes that rows take in it. */
export class Cursors {
  readonly #code: Code;
  readonly #binding: Binding;
  readonly #buffers: readonly Buffer[];
  readonly #halves: number;
  readonly #locals = new Map<string, { local: Local; word: number; step: number }>();
  readonly #frame: Frame;
  /** Of what was looked up for the rows of a stretch. */
  readonly #found: Local | undefined;

  /** Of all `used` buffers; with `entities` also of the entities. */
  constructor(values: Values, binding: Binding, frame: Frame, used: ReadonlySet<number>, entities: boolean) {
    const { code, plan, halves } = values;
    const { buffers } = plan.program;
    this.#code = code;
    this.#frame = frame;
    this.#halves = halves;
    this.#binding = binding;
    this.#buffers = buffers;
    if (entities) this.#add(chunkRecord.entities, 16);
    for (const buffer of used) if (!this.#isFound(buffer)) this.#add(this.#word(buffer), this.#step(buffer));
    this.#found = [...used].some((buffer) => this.#isFound(buffer)) ? code.local("i32") : undefined;
  }

  /** To the first rows of the chunk whose record is next, or to row `from`, which is divisible by four. */
  begin(from?: Local): void {
    const code = this.#code;
    for (const { local, word, step } of this.#locals.values()) {
      code.get(LIST);
      code.memory("i32.load", word * 4);
      if (from !== undefined) {
        code.get(from);
        code.i32(2);
        code.op("i32.shr_u");
        code.i32(step);
        code.ops("i32.mul", "i32.add");
      }
      code.set(local);
    }
  }

  /** To what was found for the first row of a stretch. */
  beginFound(): void {
    if (this.#found === undefined) return;
    this.#code.get(FRAME);
    this.#code.set(this.#found);
  }

  advance(): void {
    const code = this.#code;
    for (const { local, step } of this.#locals.values()) {
      code.get(local);
      code.i32(step * this.#halves);
      code.op("i32.add");
      code.set(local);
    }
    if (this.#found === undefined) return;
    code.get(this.#found);
    code.i32(16 * this.#halves);
    code.op("i32.add");
    code.set(this.#found);
  }

  /** Of four rows of a buffer: the first of the group, or the second. */
  place(buffer: number, lane: number, half: number): Place {
    const { element, lanes, name } = this.#buffers[buffer]!;
    if (this.#isFound(buffer)) {
      const found = (): void => {
        this.#code.note(name);
        this.#code.get(this.#found!);
      };
      const slot = buffer - this.#binding.buffers.length;
      return { element, lanes, address: found, offset: this.#frame.found + slot * STRETCH * 4 + half * 16 };
    }
    const { local } = this.#locals.get(`${this.#word(buffer)} ${this.#step(buffer)}`)!;
    const address = (): void => {
      this.#code.note(lanes > 1 ? `${name}[${lane}]` : name);
      this.#code.get(local);
    };
    const bytes = elementBytes(element);
    const offset = this.#binding.buffers[buffer]!.offset + lane * bytes + half * 4 * lanes * bytes;
    return { element, lanes, address, offset };
  }

  entities(half: number): Place {
    const { local } = this.#locals.get(`${chunkRecord.entities} 16`)!;
    const address = (): void => {
      this.#code.note("entity");
      this.#code.get(local);
    };
    return { element: "i32", lanes: 1, address, offset: half * 16 };
  }

  #add(word: number, step: number): void {
    const key = `${word} ${step}`;
    if (!this.#locals.has(key)) this.#locals.set(key, { local: this.#code.local("i32"), word, step });
  }

  /** Whether a buffer is what was looked up for a stretch. */
  #isFound(buffer: number): boolean {
    return buffer >= this.#binding.buffers.length;
  }

  #word(buffer: number): number {
    return chunkRecord.pointers + this.#binding.buffers[buffer]!.pointer;
  }

  #step(buffer: number): number {
    const { element, lanes } = this.#buffers[buffer]!;
    return 4 * lanes * elementBytes(element);
  }
}
