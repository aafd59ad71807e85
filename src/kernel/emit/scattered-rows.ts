import { type Binding, chunkRecord, range } from "../frame.ts";
import type { Node } from "../node.ts";
import { type Buckets, eachRow } from "./buckets.ts";
import type { Local } from "./code.ts";
import { elementBytes, laneLoad, laneStore, narrowRows, widenRows } from "./column.ts";
import { type Location, locationIn } from "./entity-table.ts";
import type { Lookups } from "./gather.ts";
import type { IndexArrays } from "./index-arrays.ts";
import { canonical } from "./nan.ts";
import { LIST, type Values } from "./values.ts";

/** Of four positions of a group. */
interface Four {
  /** Which of them have a row, as a vector and as bits. */
  readonly valid: Local;
  readonly bits: Local;
  /** What the index says of them. */
  readonly x: Local;
  readonly y: Local;
  readonly entity: Local;
  /** The address of each one's record, and its row. Where there is none: any record with a row. */
  readonly records: readonly Local[];
  readonly rows: readonly Local[];
  /** The numbers of the rows, and where their results go, if there are {@link Buckets}. */
  readonly numbers: Local;
  readonly places: readonly Local[];
}

/** The rows of the positions of a group: each has its own record and number. */
export class ScatteredRows {
  readonly bits: readonly Local[];
  readonly #fours: readonly Four[];
  readonly #values: Values;
  readonly #binding: Binding;
  readonly #gathers: Lookups;
  readonly #index: IndexArrays;
  readonly #buckets: Buckets;
  readonly #location: Location;

  constructor(
    values: Values,
    binding: Binding,
    gathers: Lookups,
    index: IndexArrays,
    buckets: Buckets,
    valid: readonly Local[],
  ) {
    const { code } = values;
    this.#values = values;
    this.#binding = binding;
    this.#gathers = gathers;
    this.#index = index;
    this.#buckets = buckets;
    const four = (): Local[] => Array.from({ length: 4 }, () => code.local("i32"));
    this.#fours = valid.map((one) => {
      const [x, y, entity, numbers] = values.locals(4) as [Local, Local, Local, Local];
      const [bits, places] = [code.local("i32"), four()];
      return { valid: one, bits, x, y, entity, records: four(), rows: four(), numbers, places };
    });
    this.bits = this.#fours.map(({ bits }) => bits);
    this.#location = locationIn(code);
  }

  /** Of the four that the code is about which is written now. */
  get four(): Four {
    return this.#fours[this.#values.half]!;
  }

  /** Finds the rows of the positions, of which the last may lie behind the end: what is there is not looked at. */
  find(): void {
    // What the index says is loaded side by side, so that it can be one vector.
    this.#values.eachHalf(() => this.#load());
    this.#values.eachHalf(() => this.#find());
  }

  /** Says where the results of the rows go that were found. */
  claim(): void {
    const { code } = this.#values;
    if (!this.#buckets.used) return;
    code.get(this.#buckets.first);
    code.open("if");
    this.#values.eachHalf(() => {
      const { numbers, bits, places } = this.four;
      this.#buckets.claim(numbers, bits, places);
    });
    code.end();
  }

  #load(): void {
    const { code } = this.#values;
    const index = this.#index;
    const { x, y, entity } = this.four;
    for (const [array, vector] of [
      [index.x, x],
      [index.y, y],
      [index.entity, entity],
    ] as const) {
      this.#element(array);
      code.set(vector);
    }
  }

  /** Puts four elements of an array of the index on the stack. */
  #element(array: Local): void {
    const { code, half } = this.#values;
    code.get(array);
    code.get(this.#index.position);
    code.i32(2);
    code.ops("i32.shl", "i32.add");
    code.memory("v128.load", half * 16);
  }

  #find(): void {
    const { code, half } = this.#values;
    const index = this.#index;
    const { valid, bits } = this.four;
    const slot = code.local("v128");
    this.#element(index.slot);
    code.set(slot);
    code.get(index.position);
    code.op("i32x4.splat");
    code.words(half * 4, half * 4 + 1, half * 4 + 2, half * 4 + 3);
    code.op("i32x4.add");
    code.get(index.end);
    code.ops("i32x4.splat", "i32x4.lt_u");
    code.set(valid);
    const [record, row, inside, left] = this.#values.locals(4) as [Local, Local, Local, Local];
    this.#guess(slot, record, row, inside);
    this.#take(record, row);
    code.get(index.still);
    code.open("if");
    code.get(valid);
    code.get(inside);
    code.op("v128.and");
    code.set(valid);
    code.op("else");
    this.#compare(left);
    code.get(left);
    code.op("v128.any_true");
    code.open("if");
    this.#search(left);
    code.end();
    code.end();
    code.get(valid);
    code.op("i32x4.bitmask");
    code.set(bits);
    for (const local of [slot, record, row, inside, left]) code.release(local);
  }

  /**
   * Where the rows were when the index was built: addresses of records, and rows in them. The first record and row 0 where that
   * is unknown: not `inside`.
   */
  #guess(slot: Local, record: Local, row: Local, inside: Local): void {
    const { code } = this.#values;
    const index = this.#index;
    const table = this.#gathers.table!;
    const [away, within] = this.#values.locals(2) as [Local, Local];
    const at = code.local("i32");
    for (const local of [record, row, inside]) {
      code.splat(0);
      code.set(local);
    }
    code.get(index.ranges);
    code.tee(at);
    code.get(index.rangesEnd);
    code.op("i32.lt_u");
    code.open("if");
    code.open("loop");
    code.get(slot);
    code.get(at);
    code.memory("v128.load32_splat", range.slot * 4);
    code.op("i32x4.sub");
    code.set(away);
    code.get(away);
    code.get(at);
    code.memory("v128.load32_splat", range.rows * 4);
    code.op("i32x4.lt_u");
    code.set(within);
    code.get(at);
    code.memory("v128.load32_splat", range.record * 4);
    code.get(record);
    code.get(within);
    this.#values.choose({ type: "i32" });
    code.set(record);
    code.get(away);
    code.get(row);
    code.get(within);
    this.#values.choose({ type: "i32" });
    code.set(row);
    code.get(inside);
    code.get(within);
    code.op("v128.or");
    code.set(inside);
    code.get(at);
    code.i32(range.words * 4);
    code.op("i32.add");
    code.tee(at);
    code.get(index.rangesEnd);
    code.op("i32.lt_u");
    code.op("br_if", 0);
    code.end();
    code.end();
    code.get(record);
    table.rowsOfChunks();
    code.get(row);
    code.op("i32x4.add");
    code.set(this.four.numbers);
    code.get(record);
    code.get(row);
    table.chunksOfRows();
    code.op("i32x4.add");
    code.splat((chunkRecord.pointers + this.#binding.pointers) * 4);
    code.op("i32x4.mul");
    code.get(LIST);
    code.ops("i32x4.splat", "i32x4.add");
    code.set(record);
    code.get(row);
    table.rowsInChunk();
    code.set(row);
    for (const local of [away, within]) code.release(local);
    code.release(at);
  }

  /** Takes the rows that were guessed. */
  #take(record: Local, row: Local): void {
    const { code } = this.#values;
    const { records, rows } = this.four;
    for (let k = 0; k < 4; k++) {
      code.get(record);
      code.op("i32x4.extract_lane", k);
      code.set(records[k]!);
      code.get(row);
      code.op("i32x4.extract_lane", k);
      code.set(rows[k]!);
    }
  }

  /** `left` says where an entity of the index is not in the row that was taken. */
  #compare(left: Local): void {
    const { code } = this.#values;
    const { records, rows, entity, valid } = this.four;
    for (let k = 3; k >= 0; k--) {
      code.get(records[k]!);
      code.memory("i32.load", chunkRecord.entities * 4);
      code.get(rows[k]!);
      code.i32(2);
      code.ops("i32.shl", "i32.add");
    }
    for (let k = 0; k < 4; k++) laneLoad(code, "i32", 0, k);
    code.get(entity);
    code.op("i32x4.ne");
    code.get(valid);
    code.op("v128.and");
    code.set(left);
  }

  /** Looks those up that are `left`; who has no row in the list is not valid. */
  #search(left: Local): void {
    const { code } = this.#values;
    const { chunks, rows: found } = this.#location;
    const { records, rows, entity, valid } = this.four;
    const record = code.local("i32");
    this.#gathers.table!.find(() => code.get(entity), left, this.#location);
    for (let k = 0; k < 4; k++) {
      code.get(left);
      code.op("i32x4.extract_lane", k);
      code.open("if");
      code.get(this.#index.records);
      code.get(chunks[k]!);
      code.op("i32.add");
      code.memory("i32.load", 0);
      code.tee(record);
      code.open("if");
      code.get(record);
      code.set(records[k]!);
      code.get(found[k]!);
      code.set(rows[k]!);
      code.get(left);
      code.i32(0);
      code.op("i32x4.replace_lane", k);
      code.set(left);
      code.end();
      code.end();
    }
    code.get(valid);
    code.get(left);
    code.op("v128.andnot");
    code.set(valid);
    code.release(record);
  }

  leaf(node: Node, part: number): void {
    const { code, plan } = this.#values;
    if (node.op === "entity") return code.get(this.four.entity);
    const buffer = node.value >>> 16;
    const { element } = plan.program.buffers[buffer]!;
    const rows = element === "f64" ? 2 : 4;
    // The first address is needed first, so it is the last on the stack.
    for (let row = rows - 1; row >= 0; row--) this.#address(buffer, part * rows + row);
    const offset = this.#offset(buffer, node.value & 0xffff);
    for (let row = 0; row < rows; row++) laneLoad(code, element, offset, row);
    widenRows(code, element);
    if (this.#values.pairs) this.#values.hide();
  }

  store(buffer: number, lane: number, value: Node, mayBeNaN: boolean): void {
    const values = this.#values;
    const { code, plan } = values;
    const { element } = plan.program.buffers[buffer]!;
    const rows = element === "f64" ? 2 : 4;
    const vector = code.local("v128");
    const offset = this.#offset(buffer, lane);
    const store = plan.program.stores.findIndex((one) => one.buffer === buffer && one.lane === lane);
    for (let part = 0; part < 4 / rows; part++) {
      values.push(value, part);
      if (mayBeNaN) {
        code.set(vector);
        canonical(values, value.type, vector);
      }
      narrowRows(code, element);
      code.set(vector);
      const { bits, places } = this.four;
      const taken = Array.from({ length: rows }, (_, row) => part * rows + row);
      code.get(this.#buckets.first);
      code.open("if");
      eachRow(code, bits, taken, (k) => this.#buckets.put(store, places[k]!, vector, k % rows));
      code.op("else");
      eachRow(code, bits, taken, (k) => {
        this.#address(buffer, k);
        code.get(vector);
        code.memory(laneStore(element), offset, k % rows);
      });
      code.end();
    }
    code.release(vector);
  }

  /** Where row `k` of the four is in a buffer, less what {@link #offset} says. */
  #address(buffer: number, k: number): void {
    const { code, plan } = this.#values;
    const { element, lanes, name } = plan.program.buffers[buffer]!;
    const { records, rows } = this.four;
    code.note(name);
    code.get(records[k]!);
    code.memory("i32.load", (chunkRecord.pointers + this.#binding.buffers[buffer]!.pointer) * 4);
    code.get(rows[k]!);
    code.i32(lanes * elementBytes(element));
    code.ops("i32.mul", "i32.add");
  }

  #offset(buffer: number, lane: number): number {
    const { element } = this.#values.plan.program.buffers[buffer]!;
    return this.#binding.buffers[buffer]!.offset + lane * elementBytes(element);
  }
}
