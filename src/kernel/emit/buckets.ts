import { type Binding, bucket, chunkRecord, type Frame, nearPlaces } from "../frame.ts";
import type { Program } from "../program.ts";
import type { Code, Local } from "./code.ts";
import { elementBytes, laneLoad, laneStore } from "./column.ts";
import { times } from "./entity-table.ts";
import type { Lookups } from "./gather.ts";
import { FRAME, LIST, type Values } from "./values.ts";

/**
 * Results of rows that are visited all over the memory, put aside in the order in which they are computed, by buckets of
 * rows that lie together, and stored bucket by bucket at the end. Only if the frame has buckets.
 */
export class Buckets {
  /** Where they are, or 0. */
  readonly first: Local;
  readonly #values: Values;
  readonly #binding: Binding;
  readonly #frame: Frame;
  readonly #lookups: Lookups;
  readonly #rowBits: Local;
  readonly #end: Local;
  /** Whether the program stores anything: else the frame says nothing of buckets. */
  readonly used: boolean;

  constructor(values: Values, binding: Binding, frame: Frame, lookups: Lookups) {
    const { code } = values;
    this.#values = values;
    this.#binding = binding;
    this.#frame = frame;
    this.#lookups = lookups;
    this.used = values.plan.program.stores.length > 0;
    [this.first, this.#rowBits, this.#end] = [code.local("i32"), code.local("i32"), code.local("i32")];
  }

  begin(): void {
    if (!this.used) return;
    const { code } = this.#values;
    for (const [local, word] of [
      [this.first, nearPlaces.buckets],
      [this.#rowBits, nearPlaces.bucketBits],
      [this.#end, nearPlaces.bucketCount],
    ] as const) {
      code.get(FRAME);
      code.memory("i32.load", this.#frame.index + word * 4);
      code.set(local);
    }
    code.get(this.first);
    code.get(this.#end);
    times(code, bucket.words * 4);
    code.op("i32.add");
    code.set(this.#end);
  }

  /** Gives each of four rows that `bits` say a place in its bucket: sets `places`. `numbers` has the numbers of the rows. */
  claim(numbers: Local, bits: Local, places: readonly Local[]): void {
    const { code, plan } = this.#values;
    const [number, at] = [code.local("i32"), code.local("i32")];
    eachRow(code, bits, [0, 1, 2, 3], (k) => {
      code.get(numbers);
      code.op("i32x4.extract_lane", k);
      code.tee(number);
      code.get(this.#rowBits);
      code.op("i32.shr_u");
      times(code, bucket.words * 4);
      code.get(this.first);
      code.op("i32.add");
      code.tee(at);
      code.memory("i32.load", bucket.end * 4);
      code.tee(places[k]!);
      code.get(number);
      code.memory("i32.store", 0);
      code.get(at);
      code.get(places[k]!);
      code.i32(resultPlaces(plan.program).bytes);
      code.op("i32.add");
      code.memory("i32.store", bucket.end * 4);
    });
    code.release(number);
    code.release(at);
  }

  /** Puts what store `store` stores of a row aside: lane `lane` of `vector`, at the place of the row. */
  put(store: number, place: Local, vector: Local, lane: number): void {
    const { code, plan } = this.#values;
    const { buffers, stores } = plan.program;
    const { element } = buffers[stores[store]!.buffer]!;
    code.get(place);
    code.get(vector);
    code.memory(laneStore(element), resultPlaces(plan.program).offsets[store]!, lane);
  }

  /** Stores what was put aside. */
  end(): void {
    if (!this.used) return;
    const { code } = this.#values;
    const { first } = this;
    const [at, end] = [code.local("i32"), code.local("i32")];
    code.get(first);
    code.open("if");
    code.open("loop");
    code.get(first);
    code.memory("i32.load", bucket.start * 4);
    code.tee(at);
    code.get(first);
    code.memory("i32.load", bucket.end * 4);
    code.tee(end);
    code.op("i32.lt_u");
    code.open("if");
    code.open("loop");
    this.#storeOne(at);
    code.get(at);
    code.i32(resultPlaces(this.#values.plan.program).bytes);
    code.op("i32.add");
    code.tee(at);
    code.get(end);
    code.ops("i32.lt_u");
    code.op("br_if", 0);
    code.end();
    code.end();
    code.get(first);
    code.i32(bucket.words * 4);
    code.op("i32.add");
    code.tee(first);
    code.get(this.#end);
    code.op("i32.lt_u");
    code.op("br_if", 0);
    code.end();
    code.end();
    code.release(at);
    code.release(end);
  }

  #storeOne(at: Local): void {
    const { code, plan } = this.#values;
    const { buffers, stores } = plan.program;
    const { offsets } = resultPlaces(plan.program);
    const [record, row] = [code.local("i32"), code.local("i32")];
    code.get(at);
    code.memory("i32.load", 0);
    code.tee(row);
    this.#lookups.table!.chunkOfRow();
    times(code, (chunkRecord.pointers + this.#binding.pointers) * 4);
    code.get(LIST);
    code.op("i32.add");
    code.set(record);
    code.get(row);
    this.#lookups.table!.rowInChunk();
    code.set(row);
    stores.forEach(({ buffer, lane }, s) => {
      const { element, lanes } = buffers[buffer]!;
      const { pointer, offset } = this.#binding.buffers[buffer]!;
      code.get(record);
      code.memory("i32.load", (chunkRecord.pointers + pointer) * 4);
      code.get(row);
      times(code, lanes * elementBytes(element));
      code.op("i32.add");
      code.get(at);
      laneLoad(code, element, offsets[s]!, 0);
      code.memory(laneStore(element), offset + lane * elementBytes(element), 0);
    });
    code.release(record);
    code.release(row);
  }
}

/** Writes code for each of some rows of four, that is run where its bit of `bits` is set. Mostly all four are. */
export function eachRow(code: Code, bits: Local, rows: readonly number[], write: (row: number) => void): void {
  code.get(bits);
  code.i32(15);
  code.op("i32.eq");
  code.open("if");
  for (const row of rows) write(row);
  code.op("else");
  for (const row of rows) {
    code.get(bits);
    code.i32(1 << row);
    code.op("i32.and");
    code.open("if");
    write(row);
    code.end();
  }
  code.end();
}

/** What is put aside of a row: its number as a word, and at these byte offsets what each store of the program stores. */
export function resultPlaces({ buffers, stores }: Program): {
  readonly offsets: readonly number[];
  readonly bytes: number;
} {
  let bytes = 4;
  const offsets = stores.map(({ buffer }) => {
    const at = bytes;
    bytes += elementBytes(buffers[buffer]!.element);
    return at;
  });
  return { offsets, bytes };
}
