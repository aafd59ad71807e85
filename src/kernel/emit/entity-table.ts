import { entityTable, type Frame } from "../frame.ts";
import type { Code, Local } from "./code.ts";
import { FRAME, type Values } from "./values.ts";

/** Where four entities are: four times the number of the chunk, counted over all tables, and the row in it; 0 and 0 where there is none. */
export interface Location {
  readonly chunks: readonly Local[];
  readonly rows: readonly Local[];
}

export function locationIn(code: Code): Location {
  const four = (): Local[] => Array.from({ length: 4 }, () => code.local("i32"));
  return { chunks: four(), rows: four() };
}

/** The entity table of a frame. */
export class EntityTable {
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #words: Readonly<Record<keyof typeof entityTable, Local>>;
  /** Bits of an index, and of a row of a chunk. */
  readonly #indexMask: Local;
  readonly #rowMask: Local;

  constructor(values: Values, frame: Frame) {
    this.#values = values;
    this.#frame = frame;
    const local = (): Local => values.code.local("i32");
    this.#words = Object.fromEntries(Object.keys(entityTable).map((name) => [name, local()])) as Record<
      keyof typeof entityTable,
      Local
    >;
    [this.#indexMask, this.#rowMask] = [local(), local()];
  }

  begin(): void {
    const { code } = this.#values;
    const { chunks, indexBits, shift } = this.#words;
    code.get(FRAME);
    code.memory("i32.load", this.#frame.entities);
    code.set(chunks);
    for (const [name, word] of Object.entries(entityTable)) {
      if (name === "chunks") continue;
      code.get(chunks);
      code.memory("i32.load", word * 4);
      code.set(this.#words[name as keyof typeof entityTable]);
    }
    code.get(chunks);
    code.i32(entityTable.chunks * 4);
    code.op("i32.add");
    code.set(chunks);
    for (const [mask, bits] of [
      [this.#indexMask, indexBits],
      [this.#rowMask, shift],
    ] as const) {
      code.i32(1);
      code.get(bits);
      code.op("i32.shl");
      code.i32(1);
      code.op("i32.sub");
      code.set(mask);
    }
  }

  /** Finds where four entities are of which the vector `chosen` holds. */
  find(entity: () => void, chosen: Local, location: Location): void {
    const { code } = this.#values;
    const words = this.#words;
    // All at once what needs no memory: the generation, where the words of the index's chunk are, its place in the chunk.
    // Who is not looked for, or cannot exist, has index 0 and a generation that nobody has.
    const [index, generation, valid] = this.#values.locals(3) as [Local, Local, Local];
    const [place, generations, table, row] = [0, 0, 0, 0].map(() => code.local("i32")) as [Local, Local, Local, Local];
    entity();
    code.get(this.#indexMask);
    code.ops("i32x4.splat", "v128.and");
    code.set(index);
    code.get(index);
    code.get(words.indices);
    code.ops("i32x4.splat", "i32x4.lt_u");
    code.get(chosen);
    code.op("v128.and");
    code.set(valid);
    entity();
    code.get(words.indexBits);
    code.op("i32x4.shr_u");
    code.get(valid);
    code.ops("v128.not", "v128.or");
    code.set(generation);
    code.get(index);
    code.get(valid);
    code.op("v128.and");
    code.set(index);
    code.get(index);
    code.get(words.shift);
    code.op("i32x4.shr_u");
    code.i32(2);
    code.op("i32x4.shl");
    code.get(words.chunks);
    code.ops("i32x4.splat", "i32x4.add");
    code.set(valid);
    code.get(index);
    code.get(this.#rowMask);
    code.ops("i32x4.splat", "v128.and");
    code.set(index);
    for (let k = 0; k < 4; k++) {
      code.i32(0);
      code.set(location.chunks[k]!);
      code.i32(0);
      code.set(location.rows[k]!);
      code.open("block");
      code.get(index);
      code.op("i32x4.extract_lane", k);
      code.i32(1);
      code.op("i32.shl");
      code.tee(place);
      code.get(valid);
      code.op("i32x4.extract_lane", k);
      code.memory("i32.load", 0);
      code.op("i32.add");
      code.tee(generations);
      code.memory("i32.load16_u", 0);
      code.get(generation);
      code.op("i32x4.extract_lane", k);
      code.op("i32.ne");
      code.op("br_if", 0);
      code.get(generations);
      code.get(words.table);
      code.op("i32.add");
      code.memory("i32.load16_u", 0);
      code.tee(table);
      code.get(words.tables);
      code.op("i32.ge_u");
      code.op("br_if", 0);
      // Rows are twice as wide as generations.
      code.get(generations);
      code.get(place);
      code.op("i32.add");
      code.get(words.row);
      code.op("i32.add");
      code.memory("i32.load", 0);
      code.tee(row);
      code.get(this.#rowMask);
      code.op("i32.and");
      code.set(location.rows[k]!);
      code.get(words.starts);
      code.get(table);
      times(code, 4);
      code.op("i32.add");
      code.memory("i32.load", 0);
      code.get(row);
      code.get(words.shift);
      code.op("i32.shr_u");
      times(code, 4);
      code.op("i32.add");
      code.set(location.chunks[k]!);
      code.end();
    }
    for (const local of [index, generation, valid, place, generations, table, row]) code.release(local);
  }

  /** Makes rows of a table, which are on the stack, those of a chunk. */
  rowsInChunk(): void {
    const { code } = this.#values;
    code.get(this.#rowMask);
    code.ops("i32x4.splat", "v128.and");
  }

  /** Of one row: the row of a chunk. */
  rowInChunk(): void {
    const { code } = this.#values;
    code.get(this.#rowMask);
    code.op("i32.and");
  }

  /** Of one row: the number of the chunk. */
  chunkOfRow(): void {
    const { code } = this.#values;
    code.get(this.#words.shift);
    code.op("i32.shr_u");
  }

  /** Makes numbers of chunks, which are on the stack, those of their first rows. */
  rowsOfChunks(): void {
    const { code } = this.#values;
    code.get(this.#words.shift);
    code.op("i32x4.shl");
  }

  /** Makes rows of a table, which are on the stack, numbers of chunks, the first of which is 0. */
  chunksOfRows(): void {
    const { code } = this.#values;
    code.get(this.#words.shift);
    code.op("i32x4.shr_u");
  }
}

/** Multiplies the word on the stack. */
export function times(code: Code, factor: number): void {
  if (factor === 1) return;
  const shift = 31 - Math.clz32(factor);
  code.i32(1 << shift === factor ? shift : factor);
  code.op(1 << shift === factor ? "i32.shl" : "i32.mul");
}
