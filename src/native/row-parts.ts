import { add, and, type Code, constant, differs, either, get, load, or, shl } from "./assembly.ts";

/** Where things are that the functions on rows read, in words. Headers are counted from the first word of the payload. */
export interface RowPlaces {
  readonly rows: number;
  readonly chunks: number;
  readonly firstCapacity: number;
  readonly columns: number;
  readonly tick: number;
  readonly added: number;
  readonly entryWords: number;
  readonly rowStore: number;
  readonly rowEpoch: number;
  /** Bits of an index, rows of a chunk as a power of two, and the records of the slots and of the free bits, of one store. */
  readonly indexBits: number;
  readonly shift: number;
  readonly slots: number;
  readonly free: number;
}

/** The same in bytes: of records in the root, and of what is in a record or an entry. */
export function offsets({ slots, free, rows, chunks, firstCapacity, columns, tick, added }: RowPlaces) {
  return {
    SLOTS: slots * 4,
    FREE: free * 4,
    ROWS: rows * 4,
    CHUNKS: chunks * 4,
    FIRST: firstCapacity * 4,
    IDS: columns * 4,
    TICK: tick * 4,
    ADDED: added * 4,
  };
}

/** Expressions that the functions have in common; `epoch` and `id` are the locals that hold those of the store. */
export function parts(places: RowPlaces, { epoch, id }: { epoch: number; id: number }) {
  const { indexBits, shift, rowEpoch, rowStore, entryWords } = places;
  const { FIRST } = offsets(places);
  const words = (value: Code): Code => shl(value, constant(2));
  return {
    words,
    /** The address of the block whose number is at `address`. */
    block: (address: Code, offset = 0): Code => shl(load(address, offset), constant(6)),
    /** Bytes before the entry of a chunk. */
    entryOf: (chunk: Code): Code => shl(chunk, constant(31 - Math.clz32(entryWords * 4))),
    indexOf: (entity: number): Code => and(get(entity), constant((1 << indexBits) - 1)),
    inChunk: (row: Code): Code => and(row, constant((1 << shift) - 1)),
    /** Rows that a chunk of the table whose record is `offset` behind `record` can hold. */
    capacityOf: (chunk: Code, record: number, offset = 0): Code =>
      either(chunk, constant(1 << shift), load(get(record), offset + FIRST)),
    /** Bytes of a column of words of a chunk. */
    strideOf: (chunk: Code, record: number): Code =>
      words(either(chunk, constant(1 << shift), load(get(record), FIRST))),
    /** Whether the store may not write the chunk whose first block is `payload`. */
    unowned: (payload: number): Code =>
      or(
        differs(load(add(get(payload), constant(rowEpoch * 4))), get(epoch)),
        differs(load(add(get(payload), constant(rowStore * 4))), get(id)),
      ),
  };
}
