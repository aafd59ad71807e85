import type { Loop, Node } from "../node.ts";
import type { Cells } from "./cells.ts";
import type { Local } from "./code.ts";
import type { IndexArrays } from "./index-arrays.ts";
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
  readonly #cells: Cells;
  /** Byte offset of the candidate within the arrays of the index. */
  readonly #at: Local;
  /** For each half of a group. */
  readonly #turns: readonly Turn[];
  /** Byte offset of the next free place for results in the frame. */
  #results: number;

  constructor(values: Values, index: IndexArrays, rows: ScatteredRows, cells: Cells, results: number) {
    this.#values = values;
    this.#index = index;
    this.#rows = rows;
    this.#cells = cells;
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
    const window = this.#cells.around(
      loop.radius,
      this.#turns.map(({ active }) => active),
    );
    this.#cells.walk(window, this.#at, () => this.#candidate(loop, body));
    this.#turns.forEach(({ pending }, half) => {
      code.get(pending);
      if (half > 0) code.op("v128.or");
    });
    code.op("v128.any_true");
    code.op("br_if", 0);
    code.end();
    if (values.pairs) this.#pair(loop);
    values.eachHalf(() => {
      for (const root of [loop.radius, loop.mask, ...loop.starts]) values.drop(root);
    });
  }

  /** Rows with a place where `mask` holds have turns. */
  #beginTurns(mask: Node): void {
    const values = this.#values;
    const { code } = values;
    values.eachHalf((half) => {
      const { line, pending } = this.#turns[half]!;
      const { x, y, valid } = this.#rows.four;
      this.#cells.line();
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
    this.#cells.fold(first, "i32x4.min_s");
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
}
