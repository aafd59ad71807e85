import { spatialHeader } from "../../native/spatial.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import type { IndexArrays } from "./index-arrays.ts";
import type { OpcodeName } from "./opcode.ts";
import type { ScatteredRows } from "./scattered-rows.ts";
import type { Values } from "./values.ts";

/** The cells that are visited: columns from and to, lines from and to. */
type Window = readonly [left: Local, right: Local, top: Local, bottom: Local];

/** The cells of a spatial index that cover what is near the rows of a group, and what is in them. */
export class Cells {
  readonly #values: Values;
  readonly #index: IndexArrays;
  readonly #rows: ScatteredRows;

  constructor(values: Values, index: IndexArrays, rows: ScatteredRows) {
    this.#values = values;
    this.#index = index;
    this.#rows = rows;
  }

  /** Computes the reaches that are the same for all rows, once for the whole call. */
  prepare(): void {
    const values = this.#values;
    const { plan } = values;
    for (const { radius } of plan.loops.keys()) {
      if (plan.regions[radius.id] !== plan.call || values.extra(keyOf(radius)) !== undefined) continue;
      this.#reach(radius);
      values.addExtra(keyOf(radius));
    }
  }

  /** Puts the lines of cells in which four rows are on the stack. */
  line(): void {
    const { code } = this.#values;
    const { minY, lastY, scale } = this.#index;
    code.get(lastY);
    code.splat(0);
    code.get(this.#rows.four.y);
    code.get(minY);
    code.op("f32x4.sub");
    code.get(scale);
    code.ops("f32x4.mul", "f32x4.pmax", "f32x4.pmin", this.#trunc);
  }

  /** The cells within reach of the `chosen` rows, which each half has a mask of; none where no row has a place. */
  around(radius: Node, chosen: readonly Local[]): Window {
    const values = this.#values;
    const { code } = values;
    const { minX, minY, lastX, lastY } = this.#index;
    const ends = [
      { axis: "x", min: minX, last: lastX, upper: false },
      { axis: "x", min: minX, last: lastX, upper: true },
      { axis: "y", min: minY, last: lastY, upper: false },
      { axis: "y", min: minY, last: lastY, upper: true },
    ] as const;
    const places = values.locals(ends.length);
    values.eachHalf((half) => {
      const same = values.extra(keyOf(radius));
      const reach = same ?? code.local("v128");
      if (same === undefined) {
        this.#reach(radius);
        code.set(reach);
      }
      ends.forEach((end, i) => {
        const place = places[i]!;
        if (half > 0) code.get(place);
        this.#place(this.#rows.four[end.axis], reach, chosen[half]!, end);
        if (half > 0) code.op(extremeOf(end.upper));
        code.set(place);
      });
      if (same === undefined) code.release(reach);
    });
    const [left, right, top, bottom] = ends.map(({ upper }, i) => this.#edge(places[i]!, upper));
    return [left!, right!, top!, bottom!];
  }

  /** Calls `visit` for each candidate of a window, line by line. Where the next line begins and ends is known before this one is over. */
  walk([left, right, top, bottom]: Window, at: Local, visit: () => void): void {
    const { pairs, code } = this.#values;
    const [end, nextAt, nextEnd, line] = [0, 0, 0, 0].map(() => code.local("i32")) as [Local, Local, Local, Local];
    code.get(top);
    code.get(bottom);
    code.op("i32.le_s");
    code.open("if");
    this.#load(top, [left, nextAt], [right, nextEnd]);
    code.open("loop");
    code.get(nextAt);
    code.set(at);
    code.get(nextEnd);
    code.set(end);
    code.get(top);
    code.i32(1);
    code.op("i32.add");
    code.tee(top);
    code.get(bottom);
    code.get(top);
    code.get(bottom);
    code.ops("i32.le_s", "select");
    code.set(line);
    this.#load(line, [left, nextAt], [right, nextEnd]);
    code.get(at);
    code.get(end);
    code.op("i32.lt_u");
    code.open("if");
    code.open("loop");
    visit();
    // A pair of vectors of which one is kept to the next turn, be it in vain, would be taken apart.
    if (pairs) code.clear();
    code.get(at);
    code.i32(4);
    code.op("i32.add");
    code.tee(at);
    code.get(end);
    code.op("i32.lt_u");
    code.op("br_if", 0);
    code.end();
    code.end();
    code.get(top);
    code.get(bottom);
    code.op("i32.le_s");
    code.op("br_if", 0);
    code.end();
    code.end();
    for (const local of [left, right, top, bottom, end, nextAt, nextEnd, line]) code.release(local);
  }

  /** Puts the extreme of the four lanes into all of them. */
  fold(vector: Local, extreme: OpcodeName): void {
    const { code } = this.#values;
    for (const half of [8, 4]) {
      for (let i = 0; i < 3; i++) code.get(vector);
      code.op("i8x16.shuffle", ...Array.from({ length: 16 }, (_, byte) => (byte + half) & 15));
      code.op(extreme);
      code.set(vector);
    }
  }

  /** Exact for what lies between 0 and the number of the last cell. */
  get #trunc(): OpcodeName {
    return this.#values.options.relaxed ? "i32x4.relaxed_trunc_f32x4_s" : "i32x4.trunc_sat_f32x4_s";
  }

  /** Sets where the cells of a line from column `left` to column `right` begin and end, as byte offsets. */
  #load(line: Local, [left, at]: readonly [Local, Local], [right, end]: readonly [Local, Local]): void {
    const { code } = this.#values;
    const cells = code.local("i32");
    code.get(this.#index.cellStart);
    code.get(line);
    code.get(this.#index.header);
    code.memory("i32.load", spatialHeader.width * 4);
    code.op("i32.mul");
    code.i32(2);
    code.ops("i32.shl", "i32.add");
    code.set(cells);
    for (const [column, offset, to] of [
      [left, 0, at],
      [right, 4, end],
    ] as const) {
      code.get(cells);
      code.get(column);
      code.i32(2);
      code.ops("i32.shl", "i32.add");
      code.memory("i32.load", offset);
      code.i32(2);
      code.op("i32.shl");
      code.set(to);
    }
    code.release(cells);
  }

  /** Puts on the stack what no distance within the radius exceeds. */
  #reach(radius: Node): void {
    const values = this.#values;
    const { code } = values;
    // Where squares of distances overflow, everything is within reach.
    values.push(radius);
    code.op("f32x4.abs");
    code.splat(bitsOf(Math.fround(1.000_001)));
    code.op("f32x4.mul");
    code.splat(bitsOf(2 ** -60));
    code.op("f32x4.add");
    code.splat(bitsOf(Number.POSITIVE_INFINITY));
    values.push(radius);
    code.op("f32x4.abs");
    code.splat(bitsOf(2 ** 63));
    code.op("f32x4.lt");
    values.choose({ type: "f32" });
  }

  /** Puts the first or last cell of a direction on the stack that `reach` leads to from each of four rows. */
  #place(
    from: Local,
    reach: Local,
    chosen: Local,
    { min, last, upper }: { min: Local; last: Local; upper: boolean },
  ): void {
    const { code } = this.#values;
    const place = code.local("v128");
    // Operands are ordered so that NaN gives the outermost cell.
    if (upper) code.get(last);
    else code.splat(0);
    code.get(from);
    code.get(reach);
    code.op(upper ? "f32x4.add" : "f32x4.sub");
    code.get(min);
    code.op("f32x4.sub");
    code.get(this.#index.scale);
    code.ops("f32x4.mul", upper ? "f32x4.pmin" : "f32x4.pmax");
    code.set(place);
    if (upper) code.splat(0);
    else code.get(last);
    code.get(place);
    code.ops(upper ? "f32x4.pmax" : "f32x4.pmin", this.#trunc);
    code.splat(upper ? -1 : 0x7fff_ffff);
    code.get(chosen);
    this.#values.choose({ type: "i32" });
    code.release(place);
  }

  /** The outermost of four cells. */
  #edge(place: Local, upper: boolean): Local {
    const { code } = this.#values;
    const edge = code.local("i32");
    this.fold(place, extremeOf(upper));
    code.get(place);
    code.op("i32x4.extract_lane", 0);
    code.set(edge);
    code.release(place);
    return edge;
  }
}

function extremeOf(upper: boolean): OpcodeName {
  return upper ? "i32x4.max_s" : "i32x4.min_s";
}

function keyOf(radius: Node): string {
  return `reach ${radius.id}`;
}

const cell = new DataView(new ArrayBuffer(4));

function bitsOf(number: number): number {
  cell.setFloat32(0, number);
  return cell.getInt32(0);
}
