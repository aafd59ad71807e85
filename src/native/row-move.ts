import {
  add,
  and,
  below,
  type Code,
  constant,
  differs,
  either,
  get,
  isZero,
  load,
  load16,
  type Routine,
  reaches,
  repeat,
  result,
  set,
  shl,
  shr,
  store,
  store16,
  sub,
  when,
} from "./assembly.ts";
import { offsets, parts, type RowPlaces } from "./row-parts.ts";

/**
 * Moves the row of an entity from one table of plain words to another, whose last row it becomes; the last row of the first
 * table fills its place. 1 if done; -1 if something that it would write is not owned or has no room, if the entity does not
 * exist, or its table has no way: then nothing happened. `ways`, `root` (that of the store `id`) are byte addresses;
 * at `ways` is a count of tables, and for each of them the address of its way, or 0. {@link WAY} says what a way is.
 */
export type RowMove = (ways: number, entity: number, root: number, epoch: number, id: number) => number;

/** Byte offsets in a way. A record is given by its byte offset in the root, a column by that of its number in the record. */
export const WAY = {
  from: 0,
  to: 4,
  /** The number of the target. */
  table: 8,
  /** Columns that both tables have, not counting that of the entities. */
  shared: 12,
  /** The column that only the target has, or 0, and its words a row. */
  fresh: 16,
  lanes: 20,
  /** Columns of the source. */
  columns: 24,
  /** For each column of the source, the shared ones first: it, the target's, words a row. Then the words of a fresh one. */
  list: 28,
} as const;

/** The function for stores that have their things in these places. */
export function rowMove(places: RowPlaces): Routine {
  const { indexBits, shift } = places;
  const { SLOTS, ROWS, CHUNKS, FIRST, IDS, ADDED } = offsets(places);
  let next = 0;
  const local = (): number => next++;
  const [ways, entity, root, epoch, id] = [local(), local(), local(), local(), local()];
  const index = local();
  const entries = local(),
    slot = local(),
    capacity = local(),
    tableAt = local(),
    rowAt = local();
  const way = local(),
    from = local(),
    to = local(),
    row = local(),
    last = local(),
    at = local();
  const fromChunk = local(),
    toChunk = local(),
    i = local(),
    j = local(),
    fromStride = local(),
    toStride = local();
  const toIds = local(),
    fromIds = local(),
    moved = local(),
    movedAt = local(),
    lastChunk = local(),
    lastStride = local();
  const p = local(),
    n = local(),
    source = local(),
    column = local(),
    a = local(),
    b = local(),
    lanes = local();
  const refuse = result(constant(-1));
  const { words, block, entryOf, indexOf, strideOf, unowned } = parts(places, { epoch, id });
  const copyLanes = (fromStep: number, toStep: number): Code =>
    repeat(
      get(lanes),
      store(get(b), load(get(a))),
      set(a, add(get(a), get(fromStep))),
      set(b, add(get(b), get(toStep))),
      set(lanes, sub(get(lanes), constant(1))),
    );
  const carryAdded = when(
    below(load(get(column), ADDED), load(get(source), ADDED)),
    store(get(column), load(get(source), ADDED), ADDED),
  );

  const body: Code[] = [
    // The slot of the entity.
    set(index, indexOf(entity)),
    when(reaches(get(index), load(get(root), SLOTS + ROWS)), refuse),
    set(entries, block(get(root), SLOTS + IDS)),
    set(a, shr(get(index), constant(shift))),
    set(slot, block(add(get(entries), entryOf(get(a))))),
    set(capacity, either(get(a), constant(1 << shift), load(get(root), SLOTS + FIRST))),
    set(index, and(get(index), constant((1 << shift) - 1))),
    set(b, add(get(slot), shl(get(index), constant(1)))),
    set(tableAt, add(get(b), shl(get(capacity), constant(1)))),
    set(rowAt, add(get(slot), words(add(get(capacity), get(index))))),
    when(differs(load16(get(b)), shr(get(entity), constant(indexBits))), refuse),
    set(a, load16(get(tableAt))),
    when(reaches(get(a), load(get(ways))), refuse),
    set(way, load(add(get(ways), words(get(a))), 4)),
    when(isZero(get(way)), refuse),
    when(unowned(slot), refuse),
    // Where the row goes.
    set(from, add(get(root), load(get(way), WAY.from))),
    set(to, add(get(root), load(get(way), WAY.to))),
    set(row, load(get(rowAt))),
    set(last, sub(load(get(from), ROWS), constant(1))),
    set(at, load(get(to), ROWS)),
    set(j, and(get(at), constant((1 << shift) - 1))),
    when(isZero(get(j)), refuse),
    set(a, shr(get(at), constant(shift))),
    when(reaches(get(a), load(get(to), CHUNKS)), refuse),
    set(toStride, strideOf(get(a), to)),
    set(j, words(get(j))),
    when(reaches(get(j), get(toStride)), refuse),
    set(toChunk, entryOf(get(a))),
    set(toIds, block(add(block(get(to), IDS), get(toChunk)))),
    when(unowned(toIds), refuse),
    // Chunks that become empty are given back elsewhere.
    when(isZero(below(shl(sub(load(get(from), CHUNKS), constant(2)), constant(shift)), get(last))), refuse),
    set(a, shr(get(row), constant(shift))),
    set(fromStride, strideOf(get(a), from)),
    set(fromChunk, entryOf(get(a))),
    set(i, words(and(get(row), constant((1 << shift) - 1)))),
    // What fills the hole.
    when(
      differs(get(row), get(last)),
      set(p, block(get(from), IDS)),
      set(fromIds, block(add(get(p), get(fromChunk)))),
      when(unowned(fromIds), refuse),
      set(a, shr(get(last), constant(shift))),
      set(lastStride, strideOf(get(a), from)),
      set(lastChunk, entryOf(get(a))),
      set(moved, load(add(block(add(get(p), get(lastChunk))), words(and(get(last), constant((1 << shift) - 1)))))),
      set(index, indexOf(moved)),
      set(a, shr(get(index), constant(shift))),
      set(slot, block(add(get(entries), entryOf(get(a))))),
      when(unowned(slot), refuse),
      set(
        movedAt,
        add(
          get(slot),
          words(
            add(
              either(get(a), constant(1 << shift), load(get(root), SLOTS + FIRST)),
              and(get(index), constant((1 << shift) - 1)),
            ),
          ),
        ),
      ),
    ),
    // From here on it writes.
    store(add(get(toIds), get(j)), get(entity)),
    set(p, add(get(way), constant(WAY.list))),
    set(n, load(get(way), WAY.shared)),
    when(
      get(n),
      repeat(
        get(n),
        set(source, add(block(add(get(from), load(get(p)))), get(fromChunk))),
        set(column, add(block(add(get(to), load(get(p), 4))), get(toChunk))),
        set(a, add(block(get(source)), get(i))),
        set(b, add(block(get(column)), get(j))),
        set(lanes, load(get(p), 8)),
        copyLanes(fromStride, toStride),
        carryAdded,
        set(p, add(get(p), constant(12))),
        set(n, sub(get(n), constant(1))),
      ),
    ),
    set(n, load(get(way), WAY.fresh)),
    when(
      get(n),
      set(column, add(block(add(get(to), get(n))), get(toChunk))),
      set(b, add(block(get(column)), get(j))),
      set(lanes, load(get(way), WAY.lanes)),
      repeat(
        get(lanes),
        store(get(b), load(get(p))),
        set(p, add(get(p), constant(4))),
        set(b, add(get(b), get(toStride))),
        set(lanes, sub(get(lanes), constant(1))),
      ),
      store(get(column), load(get(root), places.tick * 4), ADDED),
    ),
    store(get(to), add(get(at), constant(1)), ROWS),
    store16(get(tableAt), load(get(way), WAY.table)),
    store(get(rowAt), get(at)),
    when(
      differs(get(row), get(last)),
      store(add(get(fromIds), get(i)), get(moved)),
      set(last, words(and(get(last), constant((1 << shift) - 1)))),
      set(p, add(get(way), constant(WAY.list))),
      set(n, load(get(way), WAY.columns)),
      when(
        get(n),
        repeat(
          get(n),
          set(b, block(add(get(from), load(get(p))))),
          set(source, add(get(b), get(lastChunk))),
          set(column, add(get(b), get(fromChunk))),
          set(a, add(block(get(source)), get(last))),
          set(b, add(block(get(column)), get(i))),
          set(lanes, load(get(p), 8)),
          copyLanes(lastStride, fromStride),
          carryAdded,
          set(p, add(get(p), constant(12))),
          set(n, sub(get(n), constant(1))),
        ),
      ),
      store(get(movedAt), get(row)),
    ),
    store(get(from), sub(load(get(from), ROWS), constant(1)), ROWS),
    constant(1),
  ];
  return { name: "move", parameters: 5, locals: next - 5, body: body.flat() };
}
