import type { Jobs } from "../native/jobs.ts";
import type { Side, SideTable } from "./diff-side.ts";

/** Where a row is. */
export interface Place {
  readonly table: SideTable;
  readonly row: number;
}

/** A row that both sides have, at one place or at two, and one of its typed columns that may differ. */
export interface Candidate {
  readonly before: Place;
  readonly after: Place;
  readonly column: number;
  readonly spec: number;
}

/** What differs between tables of one kind. */
export interface RowDiff {
  /** Rows that are not where the other side has the same row: the other side has them elsewhere or not at all. */
  readonly before: Place[];
  readonly after: Place[];
  /** Rows in the same place whose bits differ. */
  readonly candidates: Candidate[];
}

/** Two runs of rows in blocks that differ. */
interface Span {
  readonly before: SideTable;
  readonly after: SideTable;
  readonly column: number;
  readonly spec: number;
  readonly chunk: number;
  readonly rows: number;
}

/** Compares the tables of one kind, row by row in those blocks that are not the same. */
export function diffRows(jobs: Jobs, kind: SideTable["kind"], before: Side, after: Side): RowDiff {
  const result: RowDiff = { before: [], after: [], candidates: [] };
  const others = new Map(
    before.tables.filter((table) => table.kind === kind).map((table) => [table.components.join(), table]),
  );
  const pairs: [SideTable, SideTable][] = [];
  for (const table of after.tables) {
    if (table.kind !== kind) continue;
    const other = others.get(table.components.join());
    others.delete(table.components.join());
    if (other === undefined) addTail(result.after, table, 0);
    else pairs.push([other, table]);
  }
  for (const table of others.values()) addTail(result.before, table, 0);
  const spans: Span[] = [];
  for (const [a, b] of pairs) {
    const common = Math.min(a.rows, b.rows);
    addTail(result.before, a, common);
    addTail(result.after, b, common);
    addSpans(spans, before, after, a, b, common);
  }
  const moved = new Map<SideTable, Set<number>>();
  const sharedStrings = spans.length === 0 ? 0 : before.sharedStrings(after);
  const diverged = before.strings > sharedStrings && after.strings > sharedStrings;
  eachDifference(jobs, before, after, spans, diverged, (span, row) => {
    const [a, b] = [
      { table: span.before, row },
      { table: span.after, row },
    ];
    if (span.column > 0) {
      if (moved.get(span.after)?.has(row) !== true)
        result.candidates.push({ before: a, after: b, column: span.column, spec: span.spec });
      return;
    }
    const rows = moved.get(span.after) ?? new Set();
    moved.set(span.after, rows);
    if (rows.has(row)) return;
    rows.add(row);
    result.before.push(a);
    result.after.push(b);
  });
  return result;
}

/** Which pairs of blocks differ in their first bytes. */
export function diffBlocks(
  jobs: Jobs,
  side: Side,
  pairs: readonly (readonly [number, number])[],
  bytes: number,
): number[] {
  for (const [a, b] of pairs) side.read.add(a).add(b);
  const found = run(
    jobs,
    side,
    pairs.flatMap(([a, b]) => [a * 64, b * 64, 1, bytes]),
  );
  return Array.from({ length: found.length / 2 }, (_, i) => found[i * 2]!);
}

function addTail(places: Place[], table: SideTable, from: number): void {
  for (let row = from; row < table.rows; row++) places.push({ table, row });
}

/** Spans of the first `common` rows, where the blocks differ; those that say which rows these are come first. */
function addSpans(spans: Span[], before: Side, after: Side, a: SideTable, b: SideTable, common: number): void {
  const size = 1 << a.shift;
  a.columns.forEach(({ component }, column) => {
    for (let chunk = 0; chunk * size < common; chunk++) {
      if (before.block(a, column, chunk) === after.block(b, column, chunk)) continue;
      const rows = Math.min(size, common - chunk * size);
      component.columns.forEach((_, spec) => void spans.push({ before: a, after: b, column, spec, chunk, rows }));
    }
  });
}

/** Calls `visit` for each row of each span that differs, in the order of the spans. */
function eachDifference(
  jobs: Jobs,
  before: Side,
  after: Side,
  spans: readonly Span[],
  diverged: boolean,
  visit: (span: Span, row: number) => void,
): void {
  const list: number[] = [];
  for (const { before: a, after: b, column, spec, chunk, rows } of spans) {
    const [p, q] = [before.block(a, column, chunk), after.block(b, column, chunk)];
    before.read.add(p).add(q);
    const { bytes, lanes, kind } = a.columns[column]!.component.columns[spec]!;
    const offset = p * 64 + before.layout(a, column, chunk).offsets[spec]!;
    const other = q * 64 + after.layout(b, column, chunk).offsets[spec]!;
    // One id may mean two texts: then every row of the column is looked at.
    list.push(offset, other, kind === "str" && diverged ? 0 : rows, bytes * lanes);
  }
  const found = run(jobs, before, list);
  let at = 0;
  spans.forEach((span, s) => {
    const first = span.chunk << span.before.shift;
    if (list[s * 4 + 2] === 0) for (let row = 0; row < span.rows; row++) visit(span, first + row);
    for (; found[at] === s; at += 2) visit(span, first + found[at + 1]!);
  });
}

/** Runs the job over records of 4; returns its pairs. */
function run(jobs: Jobs, { arena }: Side, records: readonly number[]): Uint32Array {
  if (records.length === 0) return new Uint32Array(0);
  for (let capacity = 1024; ; ) {
    const list = arena.scratch(records.length * 4 + capacity * 8);
    const { u32 } = arena.memory;
    u32.set(records, list / 4);
    const out = list + records.length * 4;
    const found = jobs.diff(arena.memory, list, records.length / 4, out, capacity);
    if (found <= capacity) return u32.slice(out / 4, out / 4 + found * 2);
    capacity = found;
  }
}
