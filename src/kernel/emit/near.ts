import type { Binding, Frame } from "../frame.ts";
import { Appends } from "./append.ts";
import { Buckets } from "./buckets.ts";
import { Candidates } from "./candidate.ts";
import { Cells } from "./cells.ts";
import { prepareExtremes } from "./extreme.ts";
import { Folds } from "./fold.ts";
import { IndexArrays } from "./index-arrays.ts";
import { lookupsOf } from "./lookups.ts";
import { nanNodes } from "./nan.ts";
import { ScatteredRows } from "./scattered-rows.ts";
import type { Values } from "./values.ts";

/**
 * Writes a function that goes through positions of a spatial index, a group at a time, wherever their rows are; those
 * without a row in the list are passed over.
 */
export function emitNear(values: Values, binding: Binding, frame: Frame): void {
  const { code, plan, halves } = values;
  const valid = values.locals(halves);
  const folds = new Folds(values, frame);
  const appends = new Appends(values, frame);
  const gathers = lookupsOf(values, frame, valid[0]!);
  const index = new IndexArrays(values, frame);
  const buckets = new Buckets(values, binding, frame, gathers);
  const rows = new ScatteredRows(values, binding, gathers, index, buckets, valid);
  const cells = new Cells(values, index, rows);
  const candidates = new Candidates(values, index, rows, cells, frame.results);
  const may = nanNodes(plan.program);
  values.walk = {
    leaf: (node, part) => (node.loop === undefined ? rows.leaf(node, part) : candidates.leaf(node)),
    look: (node, into) => gathers.look(node, into),
    store: (buffer, lane, value) => rows.store(buffer, lane, value, may[value.id] === 1),
    loop: (loop, body) => candidates.visit(loop, body),
  };

  gathers.begin();
  index.begin();
  buckets.begin();
  values.region(plan.call);
  prepareExtremes(values);
  cells.prepare();
  appends.begin();
  folds.begin();
  code.get(index.position);
  code.get(index.end);
  code.op("i32.lt_u");
  code.open("if");
  code.open("loop");
  rows.find();
  rows.bits.forEach((bits, half) => {
    code.get(bits);
    if (half > 0) code.op("i32.or");
  });
  code.open("if");
  rows.claim();
  values.region(plan.group);
  values.eachHalf((half) => {
    folds.take(valid[half]!);
    appends.take(valid[half]!);
  });
  code.end();
  if (values.pairs) code.clear();
  code.get(index.position);
  code.i32(4 * halves);
  code.op("i32.add");
  code.tee(index.position);
  code.get(index.end);
  code.op("i32.lt_u");
  code.op("br_if", 0);
  code.end();
  code.end();
  buckets.end();
  folds.end();
  appends.end();
}
