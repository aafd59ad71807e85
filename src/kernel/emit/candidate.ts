import { spatialHeader } from "../../native/spatial.ts";
import type { Loop, Node } from "../node.ts";
import type { Local } from "./code.ts";
import type { IndexArrays } from "./index-arrays.ts";
import type { OpcodeName } from "./opcode.ts";
import type { Region } from "./region.ts";
import type { ScatteredRows } from "./scattered-rows.ts";
import { FRAME, LAST_FIRST, type Values } from "./values.ts";

/** Of four rows: their line of cells, which of them are still to be visited, which are now, and where those are. */
interface Turn {
  readonly line: Local;
  readonly pending: Local;
  readonly active: Local;
  /** NaN where a row is not visited now: then nobody is near. */
  readonly x: Local;
}

/**
 * Neighbour loops: the cells that cover what is near one of the rows of a group, from the first on, candidate by candidate for
 * all of them at once. So each row sees its neighbours in the same order whatever the other rows are. Where a line of cells ends
 * within a group, the next line has a turn of its own: what is near both ends are all cells of the lines.
 */
export class Candidates {
  readonly #values: Values;
  readonly #index: IndexArrays;
  readonly #rows: ScatteredRows;
  /** Byte offset of the candidate within the arrays of the index. */
  readonly #at: Local;
  /** For each half of a group. */
  readonly #turns: readonly Turn[];
  /** Byte offset of the next free place for results in the frame. */
  #results: number;

  constructor(values: Values, index: IndexArrays, rows: ScatteredRows, results: number) {
    this.#values = values;
    this.#index = index;
    this.#rows = rows;
    this.#at = values.code.local("i32");
    this.#results = results;
    this.#turns = rows.bits.map(() => {
      const [line, pending, active, x] = values.locals(4) as [Local, Local, Local, Local];
      return { line, pending, active, x };
    });
  }

  leaf({ op }: Node): void {
    const { code } = this.#values;
    if (op === "selfX") return code.get(this.#turns[this.#values.half]!.x);
    if (op === "selfY") return code.get(this.#rows.four.y);
    const { x, y, entity } = this.#index;
    code.note(op);
    code.get(op === "otherX" ? x : op === "otherY" ? y : entity);
    code.get(this.#at);
    code.op("i32.add");
    code.memory("v128.load32_splat", 0);
  }

  visit(loop: Loop, body: Region): void {
    const values = this.#values;
    const { code, plan } = values;
    const [end, cells] = [code.local("i32"), code.local("i32")];
    loop.phis.forEach((phi, i) => {
      const start = loop.starts[i]!;
      values.eachHalf(() => {
        const locals = values.locals(phi.type === "f64" ? 2 : 1);
        locals.forEach((local, part) => {
          values.push(start, part);
          code.set(local);
        });
        values.hold(phi, locals);
        for (const node of plan.program.nodes) if (node.of === loop && node.value === i) values.hold(node, locals);
      });
    });
    this.#beginTurns(loop.mask);
    code.open("loop");
    this.#beginTurn();
    const [left, right, top, bottom] = this.#window(loop.radius) as [Local, Local, Local, Local];
    code.get(top);
    code.get(bottom);
    code.op("i32.le_s");
    code.open("if");
    code.open("loop");
    code.get(this.#index.cellStart);
    code.get(top);
    code.get(this.#index.header);
    code.memory("i32.load", spatialHeader.width * 4);
    code.op("i32.mul");
    code.i32(2);
    code.ops("i32.shl", "i32.add");
    code.set(cells);
    for (const [column, offset, to] of [
      [left, 0, this.#at],
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
    code.get(this.#at);
    code.get(end);
    code.op("i32.lt_u");
    code.open("if");
    code.open("loop");
    this.#candidate(loop, body);
    // A pair of vectors of which one is kept to the next turn, be it in vain, would be taken apart.
    if (values.pairs) code.clear();
    code.get(this.#at);
    code.i32(4);
    code.op("i32.add");
    code.tee(this.#at);
    code.get(end);
    code.op("i32.lt_u");
    code.op("br_if", 0);
    code.end();
    code.end();
    code.get(top);
    code.i32(1);
    code.op("i32.add");
    code.tee(top);
    code.get(bottom);
    code.op("i32.le_s");
    code.op("br_if", 0);
    code.end();
    code.end();
    this.#turns.forEach(({ pending }, half) => {
      code.get(pending);
      if (half > 0) code.op("v128.or");
    });
    code.op("v128.any_true");
    code.op("br_if", 0);
    code.end();
    if (values.pairs) this.#pair(loop);
    for (const local of [left, right, top, bottom, end, cells]) code.release(local);
    values.eachHalf(() => {
      for (const root of [loop.radius, loop.mask, ...loop.starts]) values.drop(root);
    });
  }

  /** Rows with a place where `mask` holds have turns. */
  #beginTurns(mask: Node): void {
    const values = this.#values;
    const { code } = values;
    const { minY, lastY, scale } = this.#index;
    values.eachHalf((half) => {
      const { line, pending } = this.#turns[half]!;
      const { x, y, valid } = this.#rows.four;
      code.get(lastY);
      code.splat(0);
      code.get(y);
      code.get(minY);
      code.op("f32x4.sub");
      code.get(scale);
      code.ops("f32x4.mul", "f32x4.pmax", "f32x4.pmin", "i32x4.trunc_sat_f32x4_s");
      code.set(line);
      code.get(valid);
      for (const coordinate of [x, y]) {
        code.get(coordinate);
        code.get(coordinate);
        code.ops("f32x4.eq", "v128.and");
      }
      if (mask.op !== "const" || mask.value === 0) {
        values.push(mask);
        code.op("v128.and");
      }
      code.set(pending);
    });
  }

  /** Takes those of the first line of cells. */
  #beginTurn(): void {
    const values = this.#values;
    const { code } = values;
    const first = code.local("v128");
    values.eachHalf((half) => {
      const { line, pending } = this.#turns[half]!;
      if (half > 0) code.get(first);
      code.get(line);
      code.splat(0x7fff_ffff);
      code.get(pending);
      values.choose({ type: "i32" });
      if (half > 0) code.op("i32x4.min_s");
      code.set(first);
    });
    this.#fold(first, "i32x4.min_s");
    values.eachHalf((half) => {
      const { line, pending, active, x } = this.#turns[half]!;
      code.get(line);
      code.get(first);
      code.op("i32x4.eq");
      code.get(pending);
      code.op("v128.and");
      code.set(active);
      code.get(pending);
      code.get(active);
      code.op("v128.andnot");
      code.set(pending);
      code.get(this.#rows.four.x);
      code.get(active);
      code.ops("v128.not", "v128.or");
      code.set(x);
    });
    // After both halves: V8 looks no further for pairs.
    if (values.pairs) values.eachHalf((half) => values.hideIn(this.#turns[half]!.x));
    code.release(first);
  }

  /** Puts the extreme of the four lanes into all of them. */
  #fold(vector: Local, extreme: OpcodeName): void {
    const { code } = this.#values;
    for (const half of [8, 4]) {
      for (let i = 0; i < 3; i++) code.get(vector);
      code.op("i8x16.shuffle", ...Array.from({ length: 16 }, (_, byte) => (byte + half) & 15));
      code.op(extreme);
      code.set(vector);
    }
  }

  /** Stores the results side by side, where nobody reads them: V8 looks for pairs behind pairs of stores only. */
  #pair({ phis }: Loop): void {
    const values = this.#values;
    const { code } = values;
    for (const phi of phis) {
      values.eachHalf((half) => {
        code.get(FRAME);
        code.get(values.held(phi)[0]!);
        code.memory("v128.store", this.#results + half * 16);
      }, LAST_FIRST);
      this.#results += 32;
    }
  }

  #candidate({ phis, nexts }: Loop, body: Region): void {
    const values = this.#values;
    const { code } = values;
    values.region(body);
    // All values after the candidate are there before one of those before it is lost.
    const targets: Local[] = [];
    phis.forEach((phi, i) => {
      values.eachHalf(() => {
        values.held(phi).forEach((local, part) => {
          values.push(nexts[i]!, part);
          targets.push(local);
        });
      });
    });
    for (const local of targets.reverse()) code.set(local);
    values.eachHalf(() => {
      for (const next of nexts) values.drop(next);
    });
  }

  /** The cells within reach of the rows: columns from and to, rows from and to; none where no row has a place. */
  #window(radius: Node): Local[] {
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
      const reach = code.local("v128");
      const { active } = this.#turns[half]!;
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
      code.set(reach);
      ends.forEach((end, i) => {
        const place = places[i]!;
        if (half > 0) code.get(place);
        this.#place(this.#rows.four[end.axis], reach, active, end);
        if (half > 0) code.op(extremeOf(end.upper));
        code.set(place);
      });
      code.release(reach);
    });
    return ends.map(({ upper }, i) => this.#edge(places[i]!, upper));
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
    code.ops(upper ? "f32x4.pmax" : "f32x4.pmin", "i32x4.trunc_sat_f32x4_s");
    code.splat(upper ? -1 : 0x7fff_ffff);
    code.get(chosen);
    this.#values.choose({ type: "i32" });
    code.release(place);
  }

  /** The outermost of four cells. */
  #edge(place: Local, upper: boolean): Local {
    const { code } = this.#values;
    const edge = code.local("i32");
    this.#fold(place, extremeOf(upper));
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

const cell = new DataView(new ArrayBuffer(4));

function bitsOf(number: number): number {
  cell.setFloat32(0, number);
  return cell.getInt32(0);
}
