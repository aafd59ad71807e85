import {
  add,
  and,
  below,
  constant,
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
  trailing,
  when,
} from "./assembly.ts";
import { offsets, parts, type RowPlaces } from "./row-parts.ts";

/**
 * A new entity with the lowest free index, in the last row of a table of plain words; or -1 if something that it would
 * write is not owned or has no room: then nothing happened. `start` and `root` (that of the store `id`) are byte addresses;
 * at `start` is what {@link START} says. No word of the free bits below `hint` is set.
 */
export type RowSpawn = (start: number, hint: number, root: number, epoch: number, id: number) => number;

/** Byte offsets in the description of new rows. */
export const START = {
  /** The table's record, as a byte offset in the root. */
  record: 0,
  /** The table's number. */
  table: 4,
  /** Most entities of the store. */
  limit: 8,
  /** Columns, not counting that of the entities. */
  columns: 12,
  /** Where the words of a row are, column after column. */
  words: 16,
  /** For each column: the byte offset of its number in the record, and its words a row. */
  list: 20,
} as const;

/** The function for stores that have their things in these places. */
export function rowSpawn(places: RowPlaces): Routine {
  const { indexBits, shift } = places;
  const { SLOTS, FREE, ROWS, CHUNKS, IDS, TICK, ADDED } = offsets(places);
  let next = 0;
  const local = (): number => next++;
  const [start, hint, root, epoch, id] = [local(), local(), local(), local(), local()];
  const table = local(),
    row = local(),
    chunk = local(),
    j = local(),
    stride = local(),
    idEntry = local(),
    ids = local();
  const words = local(),
    word = local(),
    bits = local(),
    freeBlock = local(),
    index = local(),
    slot = local(),
    capacity = local(),
    generationAt = local(),
    entity = local();
  const p = local(),
    q = local(),
    n = local(),
    column = local(),
    b = local(),
    lanes = local();
  const refuse = result(constant(-1));
  const { words: bytes, block, entryOf, inChunk, capacityOf, strideOf, unowned } = parts(places, { epoch, id });

  const body = [
    // Where the row goes.
    set(table, add(get(root), load(get(start), START.record))),
    set(row, load(get(table), ROWS)),
    set(j, bytes(inChunk(get(row)))),
    when(isZero(get(j)), refuse),
    set(chunk, shr(get(row), constant(shift))),
    when(reaches(get(chunk), load(get(table), CHUNKS)), refuse),
    set(stride, strideOf(get(chunk), table)),
    when(reaches(get(j), get(stride)), refuse),
    set(chunk, entryOf(get(chunk))),
    set(idEntry, add(block(get(table), IDS), get(chunk))),
    set(ids, block(get(idEntry))),
    when(unowned(ids), refuse),
    // The lowest free index, or the next one that was never used.
    set(words, load(get(root), FREE + ROWS)),
    set(word, get(hint)),
    set(bits, constant(0)),
    when(
      below(get(word), get(words)),
      repeat(
        and(isZero(get(bits)), below(get(word), get(words))),
        set(freeBlock, block(add(block(get(root), FREE + IDS), entryOf(shr(get(word), constant(shift)))))),
        set(b, add(get(freeBlock), bytes(inChunk(get(word))))),
        set(bits, load(get(b))),
        set(word, add(get(word), constant(1))),
      ),
    ),
    when(
      get(bits),
      when(unowned(freeBlock), refuse),
      set(index, add(shl(sub(get(word), constant(1)), constant(5)), trailing(get(bits)))),
    ),
    when(
      isZero(get(bits)),
      set(index, load(get(root), SLOTS + ROWS)),
      when(
        or(
          reaches(get(index), load(get(start), START.limit)),
          or(reaches(shr(get(index), constant(5)), get(words)), isZero(inChunk(get(index)))),
        ),
        refuse,
      ),
    ),
    set(chunk, shr(get(index), constant(shift))),
    set(capacity, capacityOf(get(chunk), root, SLOTS)),
    set(slot, block(add(block(get(root), SLOTS + IDS), entryOf(get(chunk))))),
    set(n, inChunk(get(index))),
    when(reaches(get(n), get(capacity)), refuse),
    when(unowned(slot), refuse),
    set(generationAt, add(get(slot), shl(get(n), constant(1)))),
    // From here on it writes.
    when(
      isZero(get(bits)),
      store(get(root), add(get(index), constant(1)), SLOTS + ROWS),
      store16(get(generationAt), constant(1)),
    ),
    when(get(bits), store(get(b), and(get(bits), sub(get(bits), constant(1))))),
    set(entity, or(shl(load16(get(generationAt)), constant(indexBits)), get(index))),
    store16(add(get(generationAt), shl(get(capacity), constant(1))), load(get(start), START.table)),
    store(add(get(slot), bytes(add(get(capacity), get(n)))), get(row)),
    store(add(get(ids), get(j)), get(entity)),
    set(words, load(get(root), TICK)),
    store(get(idEntry), get(words), ADDED),
    set(chunk, entryOf(shr(get(row), constant(shift)))),
    set(q, load(get(start), START.words)),
    set(p, add(get(start), constant(START.list))),
    set(n, load(get(start), START.columns)),
    when(
      get(n),
      repeat(
        get(n),
        set(column, add(block(add(get(table), load(get(p)))), get(chunk))),
        set(b, add(block(get(column)), get(j))),
        set(lanes, load(get(p), 4)),
        repeat(
          get(lanes),
          store(get(b), load(get(q))),
          set(q, add(get(q), constant(4))),
          set(b, add(get(b), get(stride))),
          set(lanes, sub(get(lanes), constant(1))),
        ),
        store(get(column), get(words), ADDED),
        set(p, add(get(p), constant(8))),
        set(n, sub(get(n), constant(1))),
      ),
    ),
    store(get(table), add(get(row), constant(1)), ROWS),
    get(entity),
  ];
  return { name: "spawn", parameters: 5, locals: next - 5, body: body.flat() };
}
