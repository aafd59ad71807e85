import type { Entity } from "./entities.ts";
import type { Structure } from "./structure.ts";
import type { Table } from "./table.ts";

/*
 * Spawns and despawns of rows of plain words, where everything that they write is owned already. Anything else is done
 * elsewhere, before anything was written. Each is one long function without calls: split up, or with calls for the
 * rare cases in between, it takes up to twice the time, as the engine then loads anew where memory and tables are.
 * All return -1 for a change that is not for them, and nothing happened.
 * Numbers of tables from RESERVED up and the place of ENTRY_ADDED are literals: imports are checked at every use.
 */

/** A new entity in a table of plain words, with defaults; or -1. */
export function spawnWords(structure: Structure, table: Table): Entity {
  const { store, entities, memory } = structure;
  const { slots, free } = entities;
  const { shift, epoch, tick } = store;
  const { u16, i32 } = memory;
  const { lanes, initial } = table;
  const full = 1 << shift;
  const mask = (full - 1) | 0;
  const row = i32[table.rowsAt]!;
  const k = row >> shift;
  const j = row & mask;
  const owned = table.rowOwned;
  if (lanes === undefined || j === 0 || k >= owned.length || owned[k] !== epoch) return -1;
  if (k === 0 && row >= table.firstCapacity) return -1;

  const slotOwned = slots.rowOwned;
  const words = i32[free.rowsAt]!;
  let word = entities.hint;
  let bits = 0;
  while (word < words) {
    bits = i32[(free.bases[word >> shift]! + (word & mask)) | 0]!;
    if (bits !== 0) break;
    word++;
  }
  entities.hint = word;
  const high = i32[slots.rowsAt]!;
  const index = bits === 0 ? high : (word << 5) + 31 - Math.clz32(bits & -bits);
  const s = index >> shift;
  if (s >= slotOwned.length || slotOwned[s] !== epoch) return -1;
  const base = slots.bases[s]!;
  const capacity = s === 0 ? slots.firstCapacity : full;
  const half = (base + base + (index & mask)) | 0;
  let generation = 1;
  if (bits === 0) {
    if (index >= entities.limit || index >> 5 >= words || (s === 0 && index >= capacity) || (index & mask) === 0)
      return -1;
    i32[slots.rowsAt] = (high + 1) | 0;
    u16[half] = 1;
  } else {
    const freeOwned = free.rowOwned;
    const f = word >> shift;
    if (f >= freeOwned.length || freeOwned[f] !== epoch) return -1;
    i32[(free.bases[f]! + (word & mask)) | 0] = bits & (bits - 1);
    generation = u16[half]!;
  }
  const entity = (generation << entities.indexBits) | index;
  u16[(half + capacity) | 0] = table.id;
  i32[(base + capacity + (index & mask)) | 0] = row;

  const at = table.columnsAt;
  const chunk = k << 2;
  const stride = k === 0 ? table.firstCapacity : full;
  const ids = ((i32[at]! << 4) + chunk) | 0;
  i32[((i32[ids]! << 4) + j) | 0] = entity;
  i32[(ids + 2) | 0] = tick;
  let given = 0;
  for (let c = 1; c < lanes.length; c++) {
    const column = ((i32[(at + c) | 0]! << 4) + chunk) | 0;
    let b = ((i32[column]! << 4) + j) | 0;
    for (let lane = lanes[c]!; lane > 0; lane--) {
      i32[b] = initial[given++]!;
      b = (b + stride) | 0;
    }
    i32[(column + 2) | 0] = tick;
  }
  i32[table.rowsAt] = (row + 1) | 0;
  return entity;
}

/**
 * Removes an entity whose table was found to be quiet in the given version of the observers: 1 if done, else
 * -1. Throws `entity-stale`.
 */
export function despawnWords(structure: Structure, entity: Entity, quiet: number): number {
  const { store, entities, memory } = structure;
  const { slots, free, indexMask, indexBits } = entities;
  const { shift, epoch } = store;
  const { u16, i32 } = memory;
  const full = 1 << shift;
  const mask = (full - 1) | 0;
  if (typeof entity !== "number") throw entities.stale(entity);
  const index = entity & indexMask;
  if (index >= i32[slots.rowsAt]! || (entity | 0) !== entity) throw entities.stale(entity);
  const s = index >> shift;
  const slotOwned = slots.rowOwned;
  const base = slots.bases[s]!;
  const capacity = s === 0 ? slots.firstCapacity : full;
  const half = (base + base + (index & mask)) | 0;
  const number = u16[(half + capacity) | 0]!;
  const generation = u16[half]!;
  if (generation !== entity >>> indexBits || number >= 0xfffe) throw entities.stale(entity);
  const from = store.tables[number]!;
  const { lanes } = from;
  if (from.quiet !== quiet || lanes === undefined || generation >= entities.generationMax) return -1;
  const word = index >> 5;
  const f = word >> shift;
  const freeOwned = free.rowOwned;
  if (f >= freeOwned.length || freeOwned[f] !== epoch || s >= slotOwned.length || slotOwned[s] !== epoch) return -1;
  const row = i32[(base + capacity + (index & mask)) | 0]!;
  const last = (i32[from.rowsAt]! - 1) | 0;
  if (row !== last) {
    const k = row >> shift;
    const m = last >> shift;
    const i = row & mask;
    const fromAt = from.columnsAt;
    const ids = i32[fromAt]! << 4;
    const fromOwned = from.rowOwned;
    const moved = i32[((i32[(ids + (m << 2)) | 0]! << 4) + (last & mask)) | 0]!;
    const t = (moved & indexMask) >> shift;
    if (k >= fromOwned.length || fromOwned[k] !== epoch || t >= slotOwned.length || slotOwned[t] !== epoch) return -1;
    const stride = k === 0 ? from.firstCapacity : full;
    const lastStride = m === 0 ? from.firstCapacity : full;
    i32[((i32[(ids + (k << 2)) | 0]! << 4) + i) | 0] = moved;
    for (let c = 1; c < lanes.length; c++) {
      const column = i32[(fromAt + c) | 0]! << 4;
      const source = (column + (m << 2)) | 0;
      const hole = (column + (k << 2)) | 0;
      let a = ((i32[source]! << 4) + (last & mask)) | 0;
      let b = ((i32[hole]! << 4) + i) | 0;
      for (let lane = lanes[c]!; lane > 0; lane--) {
        i32[b] = i32[a]!;
        a = (a + lastStride) | 0;
        b = (b + stride) | 0;
      }
      const added = i32[(source + 2) | 0]!;
      if (i32[(hole + 2) | 0]! < added) i32[(hole + 2) | 0] = added;
    }
    i32[(slots.bases[t]! + (t === 0 ? slots.firstCapacity : full) + (moved & indexMask & mask)) | 0] = row;
  }
  u16[half] = (generation + 1) | 0;
  u16[(half + capacity) | 0] = 0xffff;
  i32[(free.bases[f]! + (word & mask)) | 0]! |= 1 << (index & 31);
  if (word < entities.hint) entities.hint = word;
  i32[from.rowsAt] = last;
  if (last <= (from.chunkCount - 2) << shift) from.trim();
  return 1;
}
