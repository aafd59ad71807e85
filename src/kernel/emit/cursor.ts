import { type Binding, chunkRecord } from "../frame.ts";
import type { Buffer } from "../program.ts";
import type { Code, Local } from "./code.ts";
import { elementBytes, type Place } from "./column.ts";
import { LIST, type Values } from "./values.ts";

/** Where the next group of rows of buffers is: an address for each pointer and each number of bytes that rows take in it. */
export class Cursors {
  readonly #code: Code;
  readonly #binding: Binding;
  readonly #buffers: readonly Buffer[];
  readonly #halves: number;
  readonly #locals = new Map<string, { local: Local; word: number; step: number }>();

  /** Of all `used` buffers; with `entities` also of the entities. */
  constructor(values: Values, binding: Binding, used: ReadonlySet<number>, entities: boolean) {
    const { code, plan, halves } = values;
    const { buffers } = plan.program;
    this.#code = code;
    this.#halves = halves;
    this.#binding = binding;
    this.#buffers = buffers;
    if (entities) this.#add(chunkRecord.entities, 16);
    for (const buffer of used) this.#add(this.#word(buffer), this.#step(buffer));
  }

  /** To the first rows of the chunk whose record is next. */
  begin(): void {
    const code = this.#code;
    for (const { local, word } of this.#locals.values()) {
      code.get(LIST);
      code.memory("i32.load", word * 4);
      code.set(local);
    }
  }

  advance(): void {
    const code = this.#code;
    for (const { local, step } of this.#locals.values()) {
      code.get(local);
      code.i32(step * this.#halves);
      code.op("i32.add");
      code.set(local);
    }
  }

  /** Of four rows of a buffer: the first of the group, or the second. */
  place(buffer: number, lane: number, half: number): Place {
    const { element, lanes, name } = this.#buffers[buffer]!;
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

  #word(buffer: number): number {
    return chunkRecord.pointers + this.#binding.buffers[buffer]!.pointer;
  }

  #step(buffer: number): number {
    const { element, lanes } = this.#buffers[buffer]!;
    return 4 * lanes * elementBytes(element);
  }
}
