import { type Frame, STRETCH, stretchPlaces } from "../frame.ts";
import type { Node } from "../node.ts";
import type { Local } from "./code.ts";
import type { Cursors } from "./cursor.ts";
import { FRAME, LIST, type Values } from "./values.ts";

/** Rows of a chunk in stretches. */
export interface Stretches {
  /** Rows of the chunk that are left after the stretch, if there are stretches. */
  readonly rest: Local | undefined;
  /** Before the first chunk of a call. */
  begin(): void;
  /** Takes note of a lookup, where it is made. */
  looks(node: Node): void;
  /** Starts a stretch, of which `left` rows and more are left. */
  open(rows: Local, left: Local): void;
  /** Goes on with the next stretch, if rows are left. */
  close(left: Local): void;
}

/** Sets `rest` to the rows that are left after a stretch. */
export function beginStretch({ code, options }: Values, left: Local, rest: Local): void {
  code.open("loop");
  code.get(left);
  code.i32(options.stretchRows ?? STRETCH);
  code.op("i32.sub");
  code.tee(rest);
  code.i32(0);
  code.get(rest);
  code.i32(0);
  code.ops("i32.gt_s", "select");
  code.set(rest);
}

/** As if a row of the stretch before the first one had looked somebody up in each group. */
export function beginCounts({ code }: Values, { stretch }: Frame): void {
  for (const place of [stretchPlaces.groups, stretchPlaces.looked]) {
    code.get(FRAME);
    code.i32(1);
    code.memory("i32.store", stretch + place * 4);
  }
}

/** Again while rows are left. */
export function endStretch({ code }: Values, left: Local): void {
  code.get(left);
  code.i32(0);
  code.op("i32.gt_s");
  code.op("br_if", 0);
  code.end();
}

/** Has another routine of the module look up what the rows of a stretch need, before they are computed. */
export class FoundFirst implements Stretches {
  readonly rest: Local;
  readonly #values: Values;
  readonly #frame: Frame;
  readonly #cursors: Cursors;
  readonly #routine: number;

  constructor(values: Values, frame: Frame, cursors: Cursors, routine: number) {
    this.#values = values;
    this.#frame = frame;
    this.#cursors = cursors;
    this.#routine = routine;
    this.rest = values.code.local("i32");
  }

  begin(): void {
    beginCounts(this.#values, this.#frame);
  }

  looks(): void {}

  open(rows: Local, left: Local): void {
    const { code } = this.#values;
    beginStretch(this.#values, left, this.rest);
    const put = (place: number, from: Local): void => {
      code.get(FRAME);
      code.get(from);
      code.get(place === stretchPlaces.from ? left : this.rest);
      code.op("i32.sub");
      code.memory("i32.store", this.#frame.stretch + place * 4);
    };
    put(stretchPlaces.from, rows);
    put(stretchPlaces.rows, left);
    code.get(LIST);
    code.i32(1);
    code.get(FRAME);
    code.op("call", this.#routine);
    this.#cursors.beginFound();
  }

  close(left: Local): void {
    endStretch(this.#values, left);
  }
}
