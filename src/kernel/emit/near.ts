import { type Binding, chunkRecord, type Frame, range } from "../frame.ts";
import type { Node } from "../node.ts";
import { Appends } from "./append.ts";
import { Candidates } from "./candidate.ts";
import type { Local } from "./code.ts";
import { elementBytes, laneLoad, laneStore, narrowRows, widenRows } from "./column.ts";
import { prepareExtremes } from "./extreme.ts";
import { Folds } from "./fold.ts";
import { Gathers, type Location, locationIn } from "./gather.ts";
import { IndexArrays } from "./index-arrays.ts";
import { canonical, nanNodes } from "./nan.ts";
import { LIST, type Values } from "./values.ts";

/**
 * Writes a function that goes through positions of a spatial index, four at a time, wherever their rows are; those
 * without a row in the list are passed over.
 */
export function emitNear(values: Values, binding: Binding, frame: Frame): void {
  const { code, plan } = values;
  const valid = code.local("v128");
  const folds = new Folds(values, frame);
  const appends = new Appends(values, frame);
  const gathers = new Gathers(values, frame, valid);
  const index = new IndexArrays(values, frame);
  const rows = new ScatteredRows(values, binding, gathers, index, valid);
  const candidates = new Candidates(values, index, rows);
  const may = nanNodes(plan.program);
  values.walk = {
    leaf: (node, part) => (node.loop === undefined ? rows.leaf(node, part) : candidates.leaf(node)),
    look: (node, into) => gathers.look(node, into),
    store: (buffer, lane, value) => rows.store(buffer, lane, value, may[value.id] === 1),
    loop: (loop, body) => candidates.visit(loop, body),
  };

  gathers.begin();
  index.begin();
  values.region(plan.call);
  prepareExtremes(values);
  appends.begin();
  folds.begin();
  code.get(index.position);
  code.get(index.end);
  code.op("i32.lt_u");
  code.open("if");
  code.open("loop");
  rows.find();
  code.get(rows.bits);
  code.open("if");
  values.region(plan.group);
  folds.take(valid);
  appends.take(valid);
  code.end();
  code.get(index.position);
  code.i32(4);
  code.op("i32.add");
  code.tee(index.position);
  code.get(index.end);
  code.op("i32.lt_u");
  code.op("br_if", 0);
  code.end();
  code.end();
  folds.end();
  appends.end();
}

/** The rows of four positions: each has its own record and number. */
export class ScatteredRows {
  /** Which of the four have a row, as a vector and as bits. */
  readonly valid: Local;
  readonly bits: Local;
  /** What the index says of the four. */
  readonly x: Local;
  readonly y: Local;
  readonly #entity: Local;
  readonly #values: Values;
  readonly #binding: Binding;
  readonly #gathers: Gathers;
  readonly #index: IndexArrays;
  /** The address of each one's record, and its row. Where there is none: any record with a row. */
  readonly #records: readonly Local[];
  readonly #rows: readonly Local[];
  readonly #location: Location;

  constructor(values: Values, binding: Binding, gathers: Gathers, index: IndexArrays, valid: Local) {
    const { code } = values;
    this.#values = values;
    this.#binding = binding;
    this.#gathers = gathers;
    this.#index = index;
    this.valid = valid;
    this.bits = code.local("i32");
    [this.x, this.y, this.#entity] = values.locals(3) as [Local, Local, Local];
    this.#records = Array.from({ length: 4 }, () => code.local("i32"));
    this.#location = locationIn(code);
    this.#rows = Array.from({ length: 4 }, () => code.local("i32"));
  }

  /** Finds the rows of the four positions, of which the last may lie behind the end: what is there is not looked at. */
  find(): void {
    const { code } = this.#values;
    const index = this.#index;
    const slot = code.local("v128");
    const at = code.local("i32");
    code.get(index.position);
    code.i32(2);
    code.op("i32.shl");
    code.set(at);
    for (const [array, vector] of [
      [index.x, this.x],
      [index.y, this.y],
      [index.entity, this.#entity],
      [index.slot, slot],
    ] as const) {
      code.get(array);
      code.get(at);
      code.op("i32.add");
      code.memory("v128.load", 0);
      code.set(vector);
    }
    code.get(index.position);
    code.op("i32x4.splat");
    code.words(0, 1, 2, 3);
    code.op("i32x4.add");
    code.get(index.end);
    code.ops("i32x4.splat", "i32x4.lt_u");
    code.set(this.valid);
    code.release(at);
    const [record, row, left] = this.#values.locals(3) as [Local, Local, Local];
    this.#guess(slot, record, row);
    this.#compare(record, row, left);
    code.get(left);
    code.op("v128.any_true");
    code.open("if");
    this.#search(left);
    code.end();
    code.get(this.valid);
    code.op("i32x4.bitmask");
    code.set(this.bits);
    for (const local of [slot, record, row, left]) code.release(local);
  }

  /** Where the rows were when the index was built: addresses of records, and rows in them. The first record and row 0 where that is unknown. */
  #guess(slot: Local, record: Local, row: Local): void {
    const { code } = this.#values;
    const index = this.#index;
    const table = this.#gathers.table!;
    const [away, within] = this.#values.locals(2) as [Local, Local];
    const at = code.local("i32");
    for (const local of [record, row]) {
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

  /** Takes the rows that were guessed; `left` says where an entity of the index is not there. */
  #compare(record: Local, row: Local, left: Local): void {
    const { code } = this.#values;
    for (let k = 0; k < 4; k++) {
      code.get(record);
      code.op("i32x4.extract_lane", k);
      code.set(this.#records[k]!);
      code.get(row);
      code.op("i32x4.extract_lane", k);
      code.set(this.#rows[k]!);
    }
    for (let k = 3; k >= 0; k--) {
      code.get(this.#records[k]!);
      code.memory("i32.load", chunkRecord.entities * 4);
      code.get(this.#rows[k]!);
      code.i32(2);
      code.ops("i32.shl", "i32.add");
    }
    for (let k = 0; k < 4; k++) laneLoad(code, "i32", 0, k);
    code.get(this.#entity);
    code.op("i32x4.ne");
    code.get(this.valid);
    code.op("v128.and");
    code.set(left);
  }

  /** Looks those up that are `left`; who has no row in the list is not valid. */
  #search(left: Local): void {
    const { code } = this.#values;
    const { chunks, rows } = this.#location;
    const record = code.local("i32");
    this.#gathers.table!.find(() => code.get(this.#entity), left, this.#location);
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
      code.set(this.#records[k]!);
      code.get(rows[k]!);
      code.set(this.#rows[k]!);
      code.get(left);
      code.i32(0);
      code.op("i32x4.replace_lane", k);
      code.set(left);
      code.end();
      code.end();
    }
    code.get(this.valid);
    code.get(left);
    code.op("v128.andnot");
    code.set(this.valid);
    code.release(record);
  }

  leaf(node: Node, part: number): void {
    const { code, plan } = this.#values;
    if (node.op === "entity") return code.get(this.#entity);
    const buffer = node.value >>> 16;
    const { element } = plan.program.buffers[buffer]!;
    const rows = element === "f64" ? 2 : 4;
    // The first address is needed first, so it is the last on the stack.
    for (let row = rows - 1; row >= 0; row--) this.#address(buffer, part * rows + row);
    const offset = this.#offset(buffer, node.value & 0xffff);
    for (let row = 0; row < rows; row++) laneLoad(code, element, offset, row);
    widenRows(code, element);
  }

  store(buffer: number, lane: number, value: Node, mayBeNaN: boolean): void {
    const values = this.#values;
    const { code, plan } = values;
    const { element } = plan.program.buffers[buffer]!;
    const rows = element === "f64" ? 2 : 4;
    const vector = code.local("v128");
    const offset = this.#offset(buffer, lane);
    for (let part = 0; part < 4 / rows; part++) {
      values.push(value, part);
      if (mayBeNaN) {
        code.set(vector);
        canonical(values, value.type, vector);
      }
      narrowRows(code, element);
      code.set(vector);
      for (let row = 0; row < rows; row++) {
        const k = part * rows + row;
        code.get(this.bits);
        code.i32(1 << k);
        code.op("i32.and");
        code.open("if");
        this.#address(buffer, k);
        code.get(vector);
        code.memory(laneStore(element), offset, row);
        code.end();
      }
    }
    code.release(vector);
  }

  /** Where row `k` of the four is in a buffer, less what {@link #offset} says. */
  #address(buffer: number, k: number): void {
    const { code, plan } = this.#values;
    const { element, lanes, name } = plan.program.buffers[buffer]!;
    code.note(name);
    code.get(this.#records[k]!);
    code.memory("i32.load", (chunkRecord.pointers + this.#binding.buffers[buffer]!.pointer) * 4);
    code.get(this.#rows[k]!);
    code.i32(lanes * elementBytes(element));
    code.ops("i32.mul", "i32.add");
  }

  #offset(buffer: number, lane: number): number {
    const { element } = this.#values.plan.program.buffers[buffer]!;
    return this.#binding.buffers[buffer]!.offset + lane * elementBytes(element);
  }
}
