import { ROW_EPOCH } from "./arena.ts";
import { type Entities, own } from "./entities.ts";
import type { Table } from "./table.ts";

/*
 * Entities by the list, chunk of slots by chunk. Numbers of tables that are none (0xfffe: taken, 0xffff: free) are
 * literals: imports are checked at every use.
 */

/**
 * The number of the table all whose rows from that of `ids[start]` on come next in the list, in order, or -1 if there is
 * none. Makes the slots writable of as many as it finds to be so, and with `ending` what else {@link releaseMany}
 * writes. Throws `arena-full`.
 */
export function matchRows(entities: Entities, ids: Int32Array, start: number, count: number, ending: boolean): number {
  const number = entities.tableNumber(ids[start]!);
  if (number < 0) return -1;
  const { slots, indexMask, store } = entities;
  const { shift } = store;
  const { bases, width, rows } = store.tables[number]!;
  const shifted = entities.row(ids[start]!) - start;
  const end = rows - shifted;
  if (end > count) return -1;
  const mask = (1 << shift) - 1;
  for (let i = start; i < end; ) {
    const row = (shifted + i) | 0;
    const at = (bases[(row >> shift) * width]! + (row & mask) - i) | 0;
    if (ids[i] !== store.arena.memory.i32[at + i]) return -1;
    const s = (ids[i]! & indexMask) >> shift;
    own(slots, s);
    if (ending) own(entities.free, s >> 5);
    const { i32 } = store.arena.memory;
    const stop = Math.min(end, i + mask + 1 - (row & mask));
    for (; i < stop; i++) {
      const entity = ids[i]!;
      if (entity !== i32[(at + i) | 0]) return -1;
      if ((entity & indexMask) >> shift !== s) break;
    }
  }
  return number;
}

/**
 * Looks up the rows of `ids` that exist, and makes their slots writable. Returns the number of their table if they are
 * all in one, else -1. Throws `entity-stale`, `arena-full`.
 */
export function locate(entities: Entities, ids: Int32Array, count: number, rows: Int32Array): number {
  const { slots, indexMask, indexBits } = entities;
  const { shift } = entities.store;
  const mask = (1 << shift) - 1;
  const high = slots.rows;
  // Lists in no order write to most chunks.
  const most = count > slots.usedChunks * 2;
  if (most) ownAll(slots);
  else {
    for (let i = 0; i < count; i++) {
      if ((ids[i]! & indexMask) >= high) throw entities.stale(ids[i]!);
      own(slots, (ids[i]! & indexMask) >> shift);
    }
  }
  const { u16, i32 } = entities.store.arena.memory;
  const { bases } = slots;
  // If there is more than one chunk, all are of one size.
  const capacity = slots.firstCapacity;
  let table = -1;
  let mixed = false;
  for (let i = 0; i < count; i++) {
    const entity = ids[i]!;
    const index = entity & indexMask;
    if (index >= high) throw entities.stale(entity);
    const base = bases[index >> shift]!;
    const half = base * 2 + (index & mask);
    const found = u16[half + capacity]!;
    if (u16[half] !== entity >>> indexBits || found >= 0xfffe) throw entities.stale(entity);
    if (found !== table) {
      mixed = mixed || table >= 0;
      table = found;
    }
    rows[i] = i32[base + capacity + (index & mask)]!;
  }
  return mixed ? -1 : table;
}

/** How many entities of a list, from its start on, exist and have their rows. */
export function countAlive({ slots, indexBits, indexMask, store }: Entities, ids: Int32Array): number {
  const { u16 } = store.arena.memory;
  const { bases, rows, firstCapacity } = slots;
  const { shift } = store;
  const mask = (1 << shift) - 1;
  for (let i = 0; i < ids.length; i++) {
    const entity = ids[i]!;
    const index = entity & indexMask;
    if (index >= rows) return i;
    const half = bases[index >> shift]! * 2 + (index & mask);
    if (u16[half] !== entity >>> indexBits || u16[half + firstCapacity]! >= 0xfffe) return i;
  }
  return ids.length;
}

/** Makes every used chunk writable. Throws `arena-full`. */
function ownAll(table: Table): void {
  const { usedChunks } = table;
  if (usedChunks > 1) table.detachAll();
  for (let k = 0; k < usedChunks; k++) own(table, k);
}

/** Says where entities are whose ids are at `ids[start]` to `ids[start + count - 1]`: in consecutive rows. */
export function placeMany(
  entities: Entities,
  ids: Int32Array<ArrayBufferLike>,
  start: number,
  count: number,
  table: number,
  row: number,
): void {
  const { slots, indexMask } = entities;
  const { shift } = entities.store;
  const { u16, i32 } = entities.store.arena.memory;
  const mask = (1 << shift) - 1;
  const end = start + count;
  const shifted = (row - start) | 0;
  for (let i = start; i < end; ) {
    const s = (ids[i]! & indexMask) >> shift;
    const capacity = slots.capacityOf(s);
    const tables = (slots.bases[s]! * 2 + capacity) | 0;
    const places = (slots.bases[s]! + capacity) | 0;
    for (; i < end; i++) {
      const index = ids[i]! & indexMask;
      if (index >> shift !== s) break;
      u16[(tables + (index & mask)) | 0] = table;
      i32[(places + (index & mask)) | 0] = (shifted + i) | 0;
    }
  }
}

/** Makes what {@link releaseMany} writes writable, beyond the slots. Throws `arena-full`. */
export function ownFreed(entities: Entities, ids: Int32Array, count: number): void {
  let last = -1;
  for (let i = 0; i < count; i++) {
    const k = (ids[i]! & entities.indexMask) >> (5 + entities.store.shift);
    if (k !== last) own(entities.free, k);
    last = k;
  }
}

/** Frees the indices of entities whose ids are at `ids[start]` to `ids[start + count - 1]`, as `release` does for one. */
export function releaseMany(entities: Entities, ids: Int32Array<ArrayBufferLike>, start: number, count: number): void {
  const { slots, indexMask, indexBits, generationMax } = entities;
  const { shift } = entities.store;
  const { u16, i32 } = entities.store.arena.memory;
  const mask = (1 << shift) - 1;
  const end = start + count;
  let { hint } = entities;
  for (let i = start; i < end; ) {
    const s = (ids[i]! & indexMask) >> shift;
    const generations = slots.bases[s]! * 2;
    const tables = (generations + slots.capacityOf(s)) | 0;
    const words = freeWord(entities, s << (shift - 5));
    let word = -1;
    let bits = 0;
    for (; i < end; i++) {
      const entity = ids[i]!;
      const index = entity & indexMask;
      if (index >> shift !== s) break;
      const at = index & mask;
      const generation = ((entity >>> indexBits) + 1) | 0;
      u16[(tables + at) | 0] = 0xffff;
      u16[(generations + at) | 0] = generation > generationMax ? 0 : generation;
      if (generation > generationMax) continue;
      if (at >> 5 !== word) {
        if (bits !== 0) i32[words + word]! |= bits;
        word = at >> 5;
        bits = 0;
        if (index >> 5 < hint) hint = index >> 5;
      }
      bits |= 1 << (at & 31);
    }
    if (bits !== 0) i32[words + word]! |= bits;
  }
  entities.hint = hint;
}

/**
 * Fills `ids` with the ids of the lowest free indices, and places them in consecutive rows of a table from `row` on.
 * Call `reserve` for as many first, and nothing can fail.
 */
export function allocateMany(entities: Entities, ids: Int32Array, table: number, row: number): void {
  const { slots, free, indexBits, hint } = entities;
  const { shift } = entities.store;
  const { u16, i32 } = entities.store.arena.memory;
  const full = 1 << shift;
  const mask = full - 1;
  const count = ids.length;
  let made = 0;
  let word = hint;
  let owned = -1;
  for (const words = free.rows; word < words && made < count; word++) {
    const at = free.bases[word >> shift]! + (word & mask);
    let bits = i32[at]!;
    if (bits === 0) continue;
    const s = word >> (shift - 5);
    if (s !== owned) {
      own(free, word >> shift);
      own(slots, s);
      owned = s;
    }
    const base = slots.bases[s]!;
    const capacity = s === 0 ? slots.firstCapacity : full;
    if (bits === -1 && count - made >= 32) {
      const first = (word << 5) & mask;
      for (let b = 0; b < 32; b++, made++) {
        const half = base * 2 + first + b;
        ids[made] = (u16[half]! << indexBits) | ((word << 5) + b);
        u16[half + capacity] = table;
        i32[base + capacity + first + b] = row + made;
      }
      bits = 0;
    }
    for (; bits !== 0 && made < count; bits &= bits - 1, made++) {
      const index = (word << 5) + 31 - Math.clz32(bits & -bits);
      const half = base * 2 + (index & mask);
      ids[made] = (u16[half]! << indexBits) | index;
      u16[half + capacity] = table;
      i32[base + capacity + (index & mask)] = row + made;
    }
    i32[at] = bits;
    if (bits !== 0) break;
  }
  entities.hint = word;
  const high = slots.rows;
  if (made === count) return;
  const end = high + count - made;
  while (free.rows << 5 < end) {
    own(free, free.rows >> shift);
    free.rows++;
    i32[freeWord(entities, free.rows - 1)] = 0;
  }
  for (let index = high; index < end; index++, made++) {
    const s = index >> shift;
    own(slots, s);
    const base = slots.bases[s]!;
    const capacity = s === 0 ? slots.firstCapacity : full;
    const half = base * 2 + (index & mask);
    ids[made] = (1 << indexBits) | index;
    u16[half] = 1;
    u16[half + capacity] = table;
    i32[base + capacity + (index & mask)] = row + made;
  }
  slots.rows = end;
}

/** Takes ownership of all slots back: who writes next owns again, and {@link areDisowned} tells of it. Shows nowhere else. */
export function disown({ slots }: Entities): void {
  const { bases, chunkCount, columns, memory, rowOwned, width } = slots;
  rowOwned.fill(0);
  for (const { owned } of columns) owned.fill(0);
  for (let k = 0; k < chunkCount; k++) memory.i32[bases[k * width]! + ROW_EPOCH] = 0;
}

/** Whether no slot was written since {@link disown}. */
export function areDisowned({ slots: { chunkCount, columns } }: Entities): boolean {
  const { owned } = columns[0]!;
  for (let k = 0, n = Math.min(owned.length, chunkCount); k < n; k++) if (owned[k] !== 0) return false;
  return true;
}

function freeWord({ free, store: { shift } }: Entities, word: number): number {
  return free.bases[word >> shift]! + (word & ((1 << shift) - 1));
}
