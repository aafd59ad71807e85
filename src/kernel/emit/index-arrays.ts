import { spatialHeader } from "../../native/spatial.ts";
import { type Frame, nearPlaces, range } from "../frame.ts";
import type { Local } from "./code.ts";
import { FRAME, type Values } from "./values.ts";

/** The header of a spatial index, read once. */
export class IndexArrays {
  readonly header: Local;
  /** Behind the last position that the call is about. */
  readonly end: Local;
  readonly x: Local;
  readonly y: Local;
  readonly entity: Local;
  readonly cellStart: Local;
  readonly slot: Local;
  /** The directory of records, the ranges of slots, where those end, and whether what they say is still so. */
  readonly records: Local;
  readonly ranges: Local;
  readonly rangesEnd: Local;
  readonly still: Local;
  /** In every lane of a vector: the corner, cells a unit of length, the last column and row. */
  readonly minX: Local;
  readonly minY: Local;
  readonly scale: Local;
  readonly lastX: Local;
  readonly lastY: Local;
  /** The first of four positions. */
  readonly position: Local;
  readonly #values: Values;
  readonly #frame: Frame;

  constructor(values: Values, frame: Frame) {
    const local = (): Local => values.code.local("i32");
    this.#values = values;
    this.#frame = frame;
    [this.header, this.end, this.x, this.y, this.slot] = [local(), local(), local(), local(), local()];
    [this.entity, this.cellStart, this.records, this.position] = [local(), local(), local(), local()];
    [this.ranges, this.rangesEnd, this.still] = [local(), local(), local()];
    const vectors = values.locals(5) as [Local, Local, Local, Local, Local];
    [this.minX, this.minY, this.scale, this.lastX, this.lastY] = vectors;
  }

  begin(): void {
    const { code } = this.#values;
    const { header, records, ranges, rangeCount, first, end, still } = nearPlaces;
    for (const [local, word] of [
      [this.header, header],
      [this.records, records],
      [this.ranges, ranges],
      [this.rangesEnd, rangeCount],
      [this.position, first],
      [this.end, end],
      [this.still, still],
    ] as const) {
      code.get(FRAME);
      code.memory("i32.load", this.#frame.index + word * 4);
      code.set(local);
    }
    code.get(this.ranges);
    code.get(this.rangesEnd);
    code.i32(range.words * 4);
    code.ops("i32.mul", "i32.add");
    code.set(this.rangesEnd);
    const words = [
      [this.x, spatialHeader.x],
      [this.y, spatialHeader.y],
      [this.entity, spatialHeader.entity],
      [this.slot, spatialHeader.slot],
      [this.cellStart, spatialHeader.cellStart],
    ] as const;
    for (const [local, word] of words) {
      code.get(this.header);
      code.memory("i32.load", word * 4);
      code.set(local);
    }
    const load = (word: number): void => {
      code.get(this.header);
      code.memory("v128.load32_splat", word * 4);
    };
    load(spatialHeader.minX);
    code.set(this.minX);
    load(spatialHeader.minY);
    code.set(this.minY);
    code.splat(0x3f80_0000);
    load(spatialHeader.cell);
    code.op("f32x4.div");
    code.set(this.scale);
    for (const [local, word] of [
      [this.lastX, spatialHeader.width],
      [this.lastY, spatialHeader.height],
    ] as const) {
      load(word);
      code.splat(-1);
      code.ops("i32x4.add", "f32x4.convert_i32x4_s");
      code.set(local);
    }
  }
}
