import { shown } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { ownedUpTo } from "./column.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";

/**
 * An entity: `generation << indexBits | index`, a small positive integer. 0 is no entity. Generations start at 1 and
 * grow with each reuse of the index.
 */
export type Entity = number;

/** No entity. */
export const NONE: Entity = 0;

/** Table numbers with another meaning: the index is free, or taken but not placed yet. */
export const FREE = 0xffff;
const RESERVED = 0xfffe;
const INDEX_BITS_MIN = 16;
const INDEX_BITS_MAX = 24;
const ID_BITS = 31;

/** Largest limit of entities: 2^24. Up to 2^16 the id keeps 15 bits of generations, at 2^24 it keeps 7. */
export const ENTITIES_MAX = 1 << INDEX_BITS_MAX;

/** The index of entities: allocation takes the lowest free index; one that ran out of generations is retired. */
export class Entities {
  readonly store: Store;
  readonly limit: number;
  readonly indexBits: number;
  readonly indexMask: number;
  readonly generationMax: number;
  readonly slots: Table;
  readonly free: Table;
  /** No word of the free bits below this one is set. */
  hint = 0;

  /** Opens the index of a store, making its tables when they are missing. `limit` is 1 to {@link ENTITIES_MAX}. */
  constructor(store: Store, limit: number) {
    this.store = store;
    this.limit = limit;
    this.indexBits = Math.max(INDEX_BITS_MIN, 32 - Math.clz32(limit - 1));
    this.indexMask = (1 << this.indexBits) - 1;
    this.generationMax = (1 << (ID_BITS - this.indexBits)) - 1;
    this.slots = store.find("slots", []) ?? store.addTable("slots", []);
    this.free = store.find("free", []) ?? store.addTable("free", []);
  }

  /** Forgets what it derived, after the store continued from another root. */
  reload(): void {
    this.hint = 0;
  }

  isAlive(entity: Entity): boolean {
    return this.tableNumber(entity) >= 0;
  }

  /** The number of the entity's table; {@link RESERVED} gives -2; -1 when it does not exist. */
  tableNumber(entity: Entity): number {
    if (typeof entity !== "number" || (entity | 0) !== entity) return -1;
    const index = entity & this.indexMask;
    if (index >= this.slots.rows) return -1;
    const at = this.#generationAt(index);
    const { u16 } = this.store.arena.memory;
    if (u16[at] !== entity >>> this.indexBits) return -1;
    const table = u16[at + this.#capacity(index)]!;
    return table < RESERVED ? table : table === RESERVED ? -2 : -1;
  }

  /** How many entities of a list, from its start on, exist or are reserved. */
  countTaken(entities: ArrayLike<Entity>): number {
    const { slots, indexBits, indexMask, store } = this;
    const { shift } = store;
    const { u16 } = store.arena.memory;
    const { rows, bases, firstCapacity } = slots;
    const mask = (1 << shift) - 1;
    for (let i = 0; i < entities.length; i++) {
      const entity = entities[i]!;
      if (typeof entity !== "number") return i;
      const index = entity & indexMask;
      if ((entity | 0) !== entity || index >= rows) return i;
      const at = bases[index >> shift]! * 2 + (index & mask);
      // If there is more than one chunk, all are of one size.
      if (u16[at] !== entity >>> indexBits || u16[at + firstCapacity] === FREE) return i;
    }
    return entities.length;
  }

  /** The row of an entity that exists. */
  row(entity: Entity): number {
    return this.store.arena.memory.i32[this.#rowAt(entity & this.indexMask)]!;
  }

  /** Throws `entity-stale` unless the entity exists and has its row. Returns the number of its table. */
  check(entity: Entity): number {
    const table = this.tableNumber(entity);
    if (table >= 0) return table;
    throw this.stale(entity);
  }

  stale(entity: Entity): WorldloomError {
    const what =
      typeof entity === "number"
        ? `Entity ${entity} does not exist in this world: it was despawned, or belongs to another world. Ask isAlive first.`
        : `An entity is a number that spawn gave, not ${shown(entity)}. isAlive says which exist.`;
    return new WorldloomError("entity-stale", what, { entity });
  }

  /** Makes sure that `count` more entities can be allocated. Throws `entity-limit`, `arena-full`. */
  reserve(count: number): void {
    const { slots, free } = this;
    const high = slots.rows;
    if (high + count <= this.limit) {
      slots.reserve(high + count);
      free.reserve((high + count + 31) >>> 5);
    } else {
      if (this.#countFree(high + count - this.limit) < high + count - this.limit) {
        const room = this.limit - high + this.#countFree(this.limit);
        throw new WorldloomError(
          "entity-limit",
          `The world may have ${this.limit} entities and has room for ${room} more, not ${count}; raise limits.entities or despawn some.`,
          { limit: this.limit, room, count },
        );
      }
      slots.reserve(this.limit);
      free.reserve((this.limit + 31) >>> 5);
    }
    const { shift } = this.store;
    for (let k = slots.chunkCount - 1; k >= 0 && k >= high >> shift; k--) own(slots, k);
    for (let k = free.chunkCount - 1; k >= 0 && k >= high >> (5 + shift); k--) own(free, k);
    this.#ownFree(count);
  }

  /** The id of the lowest free index, reserved until it is placed. Call {@link reserve} first; owns what it writes. */
  allocate(): Entity {
    const { slots, free } = this;
    const high = slots.rows;
    let index = this.#lowestFree();
    const words = this.store.arena.memory.i32;
    if (index < 0) {
      index = high;
      slots.rows = high + 1;
      if (free.rows << 5 <= high) {
        const word = free.rows;
        own(free, word >> this.store.shift);
        free.rows = word + 1;
        words[this.#freeWord(word)] = 0;
      }
      own(slots, index >> this.store.shift);
      this.#write(index, 1, RESERVED, 0);
      return (1 << this.indexBits) | index;
    }
    own(slots, index >> this.store.shift);
    own(free, index >> (5 + this.store.shift));
    const { u16, i32 } = this.store.arena.memory;
    i32[this.#freeWord(index >> 5)]! &= ~(1 << (index & 31));
    const at = this.#generationAt(index);
    u16[at + this.#capacity(index)] = RESERVED;
    return (u16[at]! << this.indexBits) | index;
  }

  /**
   * Takes a given id that is free: its index must be free or unused, and its generation not used up yet. For undo and
   * for loading. Throws `entity-stale` where that is not so. Call {@link reserve} first.
   */
  revive(entity: Entity): void {
    const index = entity & this.indexMask;
    const generation = entity >>> this.indexBits;
    if (generation < 1 || generation > this.generationMax || index >= this.limit) throw this.stale(entity);
    while (this.slots.rows <= index) {
      this.reserve(1);
      const fresh = this.#appendFree();
      if (fresh === index) break;
    }
    own(this.slots, index >> this.store.shift);
    own(this.free, index >> (5 + this.store.shift));
    const { u16, i32 } = this.store.arena.memory;
    if (u16[this.#generationAt(index) + this.#capacity(index)] !== FREE) throw this.stale(entity);
    i32[this.#freeWord(index >> 5)]! &= ~(1 << (index & 31));
    this.#write(index, generation, RESERVED, 0);
  }

  /** Whether an id can be revived without giving new life to handles of entities that ended after it. */
  isVacant(entity: Entity): boolean {
    const index = entity & this.indexMask;
    const generation = entity >>> this.indexBits;
    if ((entity | 0) !== entity || generation < 1 || generation > this.generationMax || index >= this.limit)
      return false;
    if (index >= this.slots.rows) return true;
    const at = this.#generationAt(index);
    const { u16 } = this.store.arena.memory;
    return u16[at + this.#capacity(index)] === FREE && u16[at]! > 0 && u16[at]! <= generation;
  }

  /** Makes the slot of an entity writable, so that {@link place} and {@link release} cannot fail. */
  ownSlot(entity: Entity): void {
    own(this.slots, (entity & this.indexMask) >> this.store.shift);
  }

  /** Says where the entity's row is. The slot must be owned. */
  place(entity: Entity, table: number, row: number): void {
    const index = entity & this.indexMask;
    const { u16, i32 } = this.store.arena.memory;
    u16[this.#generationAt(index) + this.#capacity(index)] = table;
    i32[this.#rowAt(index)] = row;
  }

  /**
   * Undoes the latest allocation that was not undone yet, of an entity that was never placed. `rows` is the count of
   * slots before the first of them. What it writes is owned since the allocation.
   */
  takeBack(entity: Entity, rows: number): void {
    const index = entity & this.indexMask;
    if (index >= rows) {
      this.slots.rows = index;
      this.free.rows = (index + 31) >>> 5;
      return;
    }
    this.#write(index, entity >>> this.indexBits, FREE, 0);
    const word = index >> 5;
    this.store.arena.memory.i32[this.#freeWord(word)]! |= 1 << (index & 31);
    if (word < this.hint) this.hint = word;
  }

  /** Makes what {@link release} writes writable. Throws `arena-full`. */
  ownRelease(entity: Entity): void {
    const index = entity & this.indexMask;
    own(this.slots, index >> this.store.shift);
    own(this.free, index >> (5 + this.store.shift));
  }

  /** Frees the index with the next generation, or retires it. {@link ownRelease} comes first. */
  release(entity: Entity): void {
    const index = entity & this.indexMask;
    const generation = (entity >>> this.indexBits) + 1;
    if (generation > this.generationMax) {
      this.#write(index, 0, FREE, 0);
      return;
    }
    this.#write(index, generation, FREE, 0);
    const word = index >> 5;
    this.store.arena.memory.i32[this.#freeWord(word)]! |= 1 << (index & 31);
    if (word < this.hint) this.hint = word;
  }

  /** Owns the chunks of the lowest `count` free indices. */
  #ownFree(count: number): void {
    const { free, slots } = this;
    if (isOwned(free) && isOwned(slots)) return;
    const { shift } = this.store;
    const words = free.rows;
    let rest = count;
    for (let word = this.hint; word < words && rest > 0; ) {
      const s = word >> (shift - 5);
      const end = Math.min(words, (s + 1) << (shift - 5));
      const at = this.#freeWord(word) - word;
      const { i32 } = this.store.arena.memory;
      let found = false;
      for (; word < end && rest > 0; word++) {
        const bits = i32[at + word]!;
        if (bits === 0) continue;
        found = true;
        for (let left = bits; left !== 0; left &= left - 1) rest--;
      }
      if (!found) continue;
      own(free, s >> 5);
      own(slots, s);
    }
  }

  #appendFree(): number {
    const { slots, free } = this;
    const index = slots.rows;
    slots.rows = index + 1;
    const words = this.store.arena.memory.i32;
    if (free.rows << 5 <= index) {
      free.rows++;
      words[this.#freeWord(free.rows - 1)] = 0;
    }
    own(slots, index >> this.store.shift);
    own(free, index >> (5 + this.store.shift));
    this.#write(index, 1, FREE, 0);
    words[this.#freeWord(index >> 5)]! |= 1 << (index & 31);
    if (index >> 5 < this.hint) this.hint = index >> 5;
    return index;
  }

  #lowestFree(): number {
    const words = this.store.arena.memory.i32;
    for (let word = this.hint, n = this.free.rows; word < n; word++) {
      const bits = words[this.#freeWord(word)]!;
      if (bits !== 0) {
        this.hint = word;
        return (word << 5) + 31 - Math.clz32(bits & -bits);
      }
    }
    this.hint = this.free.rows;
    return -1;
  }

  /** How many indices are free; it may stop when it has found `enough`. */
  #countFree(enough: number): number {
    let count = 0;
    for (let word = this.hint, n = this.free.rows; word < n && count < enough; word++) {
      for (let bits = this.store.arena.memory.i32[this.#freeWord(word)]!; bits !== 0; bits &= bits - 1) count++;
    }
    return count;
  }

  #write(index: number, generation: number, table: number, row: number): void {
    const { u16, i32 } = this.store.arena.memory;
    const at = this.#generationAt(index);
    u16[at] = generation;
    u16[at + this.#capacity(index)] = table;
    i32[this.#rowAt(index)] = row;
  }

  /** Half-word of an index's generation; that of its table lies a capacity behind it. */
  #generationAt(index: number): number {
    const { shift } = this.store;
    return this.slots.bases[index >> shift]! * 2 + (index & ((1 << shift) - 1));
  }

  /** Word of an index's row: behind two columns of half-words. */
  #rowAt(index: number): number {
    const { shift } = this.store;
    return this.slots.bases[index >> shift]! + this.#capacity(index) + (index & ((1 << shift) - 1));
  }

  #capacity(index: number): number {
    return this.slots.capacityOf(index >> this.store.shift);
  }

  #freeWord(word: number): number {
    const { shift } = this.store;
    return this.free.bases[word >> shift]! + (word & ((1 << shift) - 1));
  }
}

/** Makes a chunk writable. Throws `arena-full`. */
export function own(table: Table, k: number): void {
  if (table.rowOwned[k] !== table.store.epoch) table.ownRow(k);
}

/** Whether every used chunk of a table is writable. */
export function isOwned({ rowOwned, store, usedChunks }: Table): boolean {
  return ownedUpTo(rowOwned, usedChunks, store.epoch);
}
