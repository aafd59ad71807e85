import { type Binding, chunkRecord, type Frame, stretchPlaces } from "../frame.ts";
import type { Node } from "../node.ts";
import { Ahead } from "./ahead.ts";
import { Appends } from "./append.ts";
import type { Local } from "./code.ts";
import { loadRows, type Place, storeRows } from "./column.ts";
import { Cursors } from "./cursor.ts";
import { prepareExtremes } from "./extreme.ts";
import { Folds } from "./fold.ts";
import type { Lookups } from "./gather.ts";
import { lookupsOf } from "./lookups.ts";
import { canonical, NanWatch, nanNodes } from "./nan.ts";
import type { Plan } from "./plan.ts";
import { FoundFirst, type Stretches } from "./stretch.ts";
import { COUNT, FRAME, LIST, type Values, type Walk } from "./values.ts";

/**
 * Writes a function that goes through the chunks of the list, a group of rows at a time; or, if it is about one stretch,
 * through that of the first chunk.
 */
export function emitRows(values: Values, binding: Binding, frame: Frame): void {
  const { code, plan, options } = values;
  const { program, group, call } = plan;
  const { folds, gathers } = program;
  const entities = program.nodes.some(({ op }) => op === "entity");
  const cursors = new Cursors(values, binding, frame, buffersOf(plan), entities);
  // Locators may be asked about rows that are none: nobody goes on with the answer.
  const partial = folds.length > 0 || (gathers.length > 0 && options.located !== true);
  const valid = new ValidRows(values, partial);
  const fold = new Folds(values, frame);
  const append = new Appends(values, frame);
  const gather = lookupsOf(values, frame, valid.masks[0]!);
  const repair = new Repair(values, cursors);
  const rows = code.local("i32");
  const left = code.local("i32");
  const { finder } = options;
  const stretches =
    finder === undefined
      ? new Ahead(values, frame, cursors, gather.locate)
      : new FoundFirst(values, frame, cursors, finder);
  values.walk = walkOf(values, cursors, gather, repair, stretches);

  gather.begin();
  stretches.begin();
  values.region(call);
  prepareExtremes(values);
  append.begin();
  code.get(COUNT);
  code.open("if");
  code.open("loop");
  if (options.isStretch) beginOne(values, frame, cursors, rows, left);
  else {
    code.get(LIST);
    code.memory("i32.load", chunkRecord.rows * 4);
    code.tee(rows);
    code.set(left);
    cursors.begin();
  }
  fold.begin();
  repair.watch.beginChunk();
  valid.begin(rows);
  code.get(rows);
  code.open("if");
  stretches.open(rows, left);
  code.open("loop");
  valid.beginGroup();
  repair.watch.beginGroup();
  values.region(group);
  repair.watch.endGroup();
  values.eachHalf((half) => {
    fold.take(valid.masks[half]!);
    append.take(undefined);
  });
  cursors.advance();
  // A pair of vectors of which one is kept to the next turn, be it in vain, would be taken apart.
  if (values.pairs) code.clear();
  next(values, left, stretches.rest);
  code.end();
  stretches.close(left);
  repair.emit(rows, left);
  if (values.pairs) repair.watch.endChunk();
  append.endChunk(rows);
  code.end();
  fold.end();
  code.get(LIST);
  code.i32((chunkRecord.pointers + binding.pointers) * 4);
  code.op("i32.add");
  code.set(LIST);
  code.get(COUNT);
  code.i32(1);
  code.op("i32.sub");
  code.tee(COUNT);
  code.op("br_if", 0);
  code.end();
  code.end();
  append.end();
}

/** To the stretch that the frame says, and on to where eight rows end, as so many at a time will be computed. */
function beginOne({ code }: Values, frame: Frame, cursors: Cursors, rows: Local, left: Local): void {
  const load = (place: number): void => {
    code.get(FRAME);
    code.memory("i32.load", frame.stretch + place * 4);
  };
  load(stretchPlaces.from);
  code.set(left);
  cursors.begin(left);
  cursors.beginFound();
  load(stretchPlaces.rows);
  code.tee(rows);
  code.i32(7);
  code.op("i32.add");
  code.i32(-8);
  code.op("i32.and");
  code.set(left);
}

/** Again while a group less leaves some rows, or more than `rest`. */
function next({ code, halves }: Values, left: Local, rest?: Local): void {
  code.get(left);
  code.i32(4 * halves);
  code.op("i32.sub");
  code.tee(left);
  if (rest === undefined) code.i32(0);
  else code.get(rest);
  code.op("i32.gt_s");
  code.op("br_if", 0);
}

function buffersOf({ program }: Plan): Set<number> {
  const used = new Set(program.stores.map(({ buffer }) => buffer));
  for (const { op, value } of program.nodes) if (op === "load") used.add(value >>> 16);
  return used;
}

function walkOf(values: Values, cursors: Cursors, gather: Lookups, repair: Repair, stretches: Stretches): Walk {
  const { code } = values;
  return {
    leaf(node: Node, part: number) {
      if (node.op === "entity") loadRows(code, cursors.entities(values.half), part);
      else loadRows(code, cursors.place(node.value >>> 16, node.value & 0xffff, values.half), part);
    },
    look(node, into) {
      stretches.looks(node);
      gather.look(node, into);
    },
    store(buffer, lane, value) {
      const place = cursors.place(buffer, lane, values.half);
      // V8 makes one store of two if the one with the higher address comes first. A value that is computed here starts at its first part.
      const parts = value.type === "f64" ? (values.isHeld(value) ? [1, 0] : [0, 1]) : [0];
      for (const part of parts) repair.store(place, value, part);
    },
    loop() {},
  };
}

/** Masks of the rows of a group that exist, one for each half of it. */
class ValidRows {
  readonly masks: readonly Local[];
  readonly #values: Values;
  readonly #needed: boolean;
  readonly #numbers: readonly Local[];
  readonly #rows: Local;

  constructor(values: Values, needed: boolean) {
    this.#values = values;
    this.#needed = needed;
    const { halves } = values;
    this.masks = needed ? values.locals(halves) : [0];
    this.#numbers = needed ? values.locals(halves) : [0];
    this.#rows = needed ? values.locals(1)[0]! : 0;
  }

  begin(rows: Local): void {
    if (!this.#needed) return;
    const { code } = this.#values;
    this.#numbers.forEach((numbers, half) => {
      code.words(half * 4, half * 4 + 1, half * 4 + 2, half * 4 + 3);
      code.set(numbers);
    });
    code.get(rows);
    code.op("i32x4.splat");
    code.set(this.#rows);
  }

  beginGroup(): void {
    if (!this.#needed) return;
    const { code, halves } = this.#values;
    this.#numbers.forEach((numbers, half) => {
      code.get(numbers);
      code.get(this.#rows);
      code.op("i32x4.lt_s");
      code.set(this.masks[half]!);
      code.get(numbers);
      code.splat(4 * halves);
      code.op("i32x4.add");
      code.set(numbers);
    });
  }
}

/** Stores values, and goes through a chunk again where some may be NaN. What a stretch puts aside is that of columns, and needs none of it. */
class Repair {
  readonly watch: NanWatch;
  readonly #values: Values;
  readonly #cursors: Cursors;
  readonly #may: Uint8Array;

  constructor(values: Values, cursors: Cursors) {
    const { program } = values.plan;
    this.#values = values;
    this.#cursors = cursors;
    this.#may = nanNodes(program);
    const types = program.stores.filter(({ value }) => this.#mayBeNan(value)).map(({ value }) => value.type);
    this.watch = new NanWatch(values, new Set(types));
  }

  store(place: Place, value: Node, part: number): void {
    const values = this.#values;
    const { code } = values;
    if (!this.#mayBeNan(value)) return storeRows(code, place, part, () => values.push(value, part));
    if (values.isHeld(value)) {
      storeRows(code, place, part, () => values.push(value, part));
      this.watch.add(value.type, part, () => values.push(value, part));
      return;
    }
    const stored = code.local("v128");
    storeRows(code, place, part, () => {
      values.push(value, part);
      code.tee(stored);
    });
    this.watch.add(value.type, part, () => code.get(stored));
    code.release(stored);
  }

  emit(rows: Local, left: Local): void {
    const values = this.#values;
    const { code } = values;
    const stores = values.plan.program.stores.filter(({ value }) => this.#mayBeNan(value));
    if (stores.length === 0) return;
    this.watch.alarm();
    code.open("if");
    code.note("NaNs become the one NaN");
    code.get(rows);
    code.set(left);
    this.#cursors.begin();
    code.open("loop");
    const vector = code.local("v128");
    for (const { buffer, lane, value } of stores) {
      for (let half = 0; half < values.halves; half++) {
        const place = this.#cursors.place(buffer, lane, half);
        for (let part = 0; part < (value.type === "f64" ? 2 : 1); part++) {
          loadRows(code, place, part);
          code.set(vector);
          storeRows(code, place, part, () => canonical(values, value.type, vector));
        }
      }
    }
    code.release(vector);
    this.#cursors.advance();
    next(values, left);
    code.end();
    code.end();
  }

  #mayBeNan({ id }: Node): boolean {
    return this.#values.options.isStretch !== true && this.#may[id] === 1;
  }
}
