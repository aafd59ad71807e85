import {
  add,
  below,
  constant,
  differs,
  get,
  isZero,
  load,
  load16,
  or,
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
 * Removes the row of an entity from a table of plain words, whose last row fills its place, and frees its index. 1 if done;
 * -1 if something that it would write is not owned, if the entity does not exist or has the last generation of its index, or
 * its table is not listed: then nothing happened. `ends` and `root` (that of the store `id`) are byte addresses; at `ends`
 * is a count of tables, and for each of them the address of what {@link END} says, or 0.
 */
export type RowDespawn = (ends: number, entity: number, root: number, epoch: number, id: number) => number;

/** Byte offsets in the description of rows that go. */
export const END = {
  /** The table's record, as a byte offset in the root. */
  record: 0,
  /** Columns, not counting that of the entities. */
  columns: 4,
  /** For each column: the byte offset of its number in the record, and its words a row. */
  list: 8,
} as const;

/** The function for stores that have their things in these places. */
export function rowDespawn(places: RowPlaces): Routine {
  const { indexBits, shift } = places;
  const { SLOTS, FREE, ROWS, CHUNKS, IDS, ADDED } = offsets(places);
  const generationMax = (1 << (31 - indexBits)) - 1;
  let next = 0;
  const local = (): number => next++;
  const [ends, entity, root, epoch, id] = [local(), local(), local(), local(), local()];
  const index = local(),
    entries = local(),
    slot = local(),
    capacity = local(),
    generation = local(),
    generationAt = local(),
    tableAt = local(),
    rowAt = local(),
    freeBlock = local(),
    freeAt = local();
  const end = local(),
    table = local(),
    row = local(),
    last = local(),
    chunk = local(),
    lastChunk = local(),
    i = local(),
    stride = local(),
    lastStride = local();
  const moved = local(),
    movedSlot = local(),
    movedIndex = local(),
    p = local(),
    n = local(),
    source = local(),
    column = local(),
    a = local(),
    b = local(),
    lanes = local();
  const refuse = result(constant(-1));
  const { words, block, entryOf, indexOf, inChunk, capacityOf, strideOf, unowned } = parts(places, { epoch, id });

  const body = [
    // The slot of the entity.
    set(index, indexOf(entity)),
    when(reaches(get(index), load(get(root), SLOTS + ROWS)), refuse),
    set(entries, block(get(root), SLOTS + IDS)),
    set(a, shr(get(index), constant(shift))),
    set(slot, block(add(get(entries), entryOf(get(a))))),
    set(capacity, capacityOf(get(a), root, SLOTS)),
    set(b, inChunk(get(index))),
    set(generationAt, add(get(slot), shl(get(b), constant(1)))),
    set(tableAt, add(get(generationAt), shl(get(capacity), constant(1)))),
    set(generation, shr(get(entity), constant(indexBits))),
    when(differs(load16(get(generationAt)), get(generation)), refuse),
    when(reaches(get(generation), constant(generationMax)), refuse),
    set(a, load16(get(tableAt))),
    when(reaches(get(a), load(get(ends))), refuse),
    set(end, load(add(get(ends), words(get(a))), 4)),
    when(isZero(get(end)), refuse),
    when(unowned(slot), refuse),
    set(a, shr(get(index), constant(5))),
    set(freeBlock, block(add(block(get(root), FREE + IDS), entryOf(shr(get(a), constant(shift)))))),
    when(unowned(freeBlock), refuse),
    set(freeAt, add(get(freeBlock), words(inChunk(get(a))))),
    // The row. Chunks that become empty are given back elsewhere.
    set(table, add(get(root), load(get(end), END.record))),
    set(rowAt, add(get(slot), words(add(get(capacity), get(b))))),
    set(row, load(get(rowAt))),
    set(last, sub(load(get(table), ROWS), constant(1))),
    when(isZero(below(shl(sub(load(get(table), CHUNKS), constant(2)), constant(shift)), get(last))), refuse),
    when(
      differs(get(row), get(last)),
      set(chunk, shr(get(row), constant(shift))),
      set(stride, strideOf(get(chunk), table)),
      set(chunk, entryOf(get(chunk))),
      set(i, words(inChunk(get(row)))),
      set(p, block(get(table), IDS)),
      set(column, block(add(get(p), get(chunk)))),
      when(unowned(column), refuse),
      set(lastChunk, shr(get(last), constant(shift))),
      set(lastStride, strideOf(get(lastChunk), table)),
      set(lastChunk, entryOf(get(lastChunk))),
      set(n, words(inChunk(get(last)))),
      set(moved, load(add(block(add(get(p), get(lastChunk))), get(n)))),
      set(movedIndex, indexOf(moved)),
      set(a, shr(get(movedIndex), constant(shift))),
      set(movedSlot, block(add(get(entries), entryOf(get(a))))),
      when(unowned(movedSlot), refuse),
      // From here on it writes.
      store(add(get(movedSlot), words(add(capacityOf(get(a), root, SLOTS), inChunk(get(movedIndex))))), get(row)),
      store(add(get(column), get(i)), get(moved)),
      set(movedIndex, get(n)),
      set(p, add(get(end), constant(END.list))),
      set(n, load(get(end), END.columns)),
      when(
        get(n),
        repeat(
          get(n),
          set(b, block(add(get(table), load(get(p))))),
          set(source, add(get(b), get(lastChunk))),
          set(column, add(get(b), get(chunk))),
          set(a, add(block(get(source)), get(movedIndex))),
          set(b, add(block(get(column)), get(i))),
          set(lanes, load(get(p), 4)),
          repeat(
            get(lanes),
            store(get(b), load(get(a))),
            set(a, add(get(a), get(lastStride))),
            set(b, add(get(b), get(stride))),
            set(lanes, sub(get(lanes), constant(1))),
          ),
          when(
            below(load(get(column), ADDED), load(get(source), ADDED)),
            store(get(column), load(get(source), ADDED), ADDED),
          ),
          set(p, add(get(p), constant(8))),
          set(n, sub(get(n), constant(1))),
        ),
      ),
    ),
    store16(get(generationAt), add(get(generation), constant(1))),
    store16(get(tableAt), constant(0xffff)),
    store(get(rowAt), constant(0)),
    store(get(freeAt), or(load(get(freeAt)), shl(constant(1), get(index)))),
    store(get(table), get(last), ROWS),
    constant(1),
  ];
  return { name: "despawn", parameters: 5, locals: next - 5, body: body.flat() };
}
