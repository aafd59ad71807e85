import { badArgument, expectFlags, expectOptions, type Known } from "../core/argument.ts";
import { assert, WorldloomError } from "../core/errors.ts";
import { MEMORY_PAGES_MAX, Memory, type MemoryOptions, PAGE_BYTES } from "../native/memory.ts";
import type { Layout } from "./component.ts";
import { type BlockViews, viewsOver } from "./views.ts";

/** Words of the header, counted from the first word of the payload. */
export const REFERENCES = -16;
const GRANULES = -15;
const SERIAL = -13;
/** Rows that the cached hash covers, plus one; 0 means none. */
export const HASH_ROWS = -12;
export const HASH_LOW = -11;
export const HASH_HIGH = -10;
export const CONTENT_ROWS = -9;
export const CONTENT_LOW = -8;
export const CONTENT_HIGH = -7;
/** Of a block of entries: the one store that looked at it since it was allocated, or 0. For `Table` alone. */
export const OWNER = -6;
/**
 * Of a block of a table's first column: the store and its epoch in which every block of the chunk was made writable. What
 * {@link Table.rowOwned} says, for those who see only the memory.
 */
export const ROW_STORE = -5;
export const ROW_EPOCH = -4;

const SLAB_PAGE_BYTES = 16_384;
const GROWTH_BYTES = 1 << 20;
const SLAB_PAGES_MAX = 64;
/** What takes one thread about 15 microseconds. */
const COPIER_BYTES_MIN = 1 << 18;
/** What a slab for scratch memory may be larger than that memory. */
const SCRATCH_SPARE_BYTES = 1 << 20;

/** A run of pages cut into blocks of one size. */
interface Slab {
  readonly start: number;
  readonly pages: number;
  readonly granules: number;
  readonly serial: number;
}

/** Free blocks of one size, the next one last. Arrays that shrink and grow would be allocated again and again. */
interface FreeList {
  readonly blocks: number[];
  count: number;
}

export interface ArenaOptions extends MemoryOptions {}

const KNOWN: Known<ArenaOptions> = { bytesMax: true, shared: true, over: true };
const BYTES_MAX = MEMORY_PAGES_MAX * PAGE_BYTES;

/**
 * A pool of reference-counted blocks in one linear memory. Blocks never move and are 64-byte aligned.
 * A block is known by its number: the byte offset of its payload divided by 64, never 0.
 * Worlds, their snapshots and forks share an arena, and share blocks.
 */
export class Arena {
  readonly memory: Memory;
  readonly bytesMax: number;
  /** Whether another thread owns the blocks: then this one only reads. */
  readonly replica: boolean;
  /** Bytes of the blocks that somebody holds, headers included. */
  usedBytes = 0;
  /** Blocks that somebody holds. */
  usedBlocks = 0;
  /** Blocks allocated since the arena was made; tests use it to count copies. */
  allocations = 0;
  /** Blocks copied since the arena was made because somebody else held them or they had to be larger, and their bytes. */
  copies = 0;
  copiedBytes = 0;
  /** Stores made over the arena. */
  stores = 0;
  /** Typed-array views made since the arena was made; a steady tick makes none. */
  viewsMade = 0;
  /** Copies as `Memory.copyMany` does, on several threads: for much at once. Set by an executor that has some. */
  copier: ((list: number, count: number) => void) | undefined;
  #top = SLAB_PAGE_BYTES;
  #slabs: Slab[] = [];
  #runs: { start: number; pages: number }[] = [];
  /** By granules. A list through the blocks themselves would wait for memory at each step. */
  readonly #free: FreeList[] = [];
  #serials = 0;
  #views: (BlockViews | undefined)[] = [];
  #viewsVersion = 0;
  #reclaims = 0;
  #scratch = 0;

  /** Throws `bad-argument`, `arena-unsupported`. */
  constructor(options: ArenaOptions = {}) {
    expectOptions(options, "options", KNOWN);
    expectFlags(options, ["shared"]);
    const { bytesMax } = options;
    if (bytesMax !== undefined && !(typeof bytesMax === "number" && bytesMax > 0 && bytesMax <= BYTES_MAX))
      throw badArgument("bytesMax", bytesMax, `a number above 0, up to ${BYTES_MAX} (4 GiB)`);
    this.memory = new Memory(options);
    this.bytesMax = this.memory.pagesMax * PAGE_BYTES;
    this.replica = options.over !== undefined;
    this.#viewsVersion = this.memory.version;
  }

  /** Bytes taken from the memory, in use or ready for use. */
  get committedBytes(): number {
    return this.#top;
  }

  /** A block of at least `bytes`, with one reference and unspecified contents. Throws `arena-full`. */
  allocate(bytes: number): number {
    if (bytes > this.bytesMax) throw this.#full(bytes);
    const granules = ((bytes + 63) >>> 6) + 1;
    let free = this.#free[granules];
    if (free === undefined || free.count === 0) free = this.#carve(granules);
    const block = free.blocks[--free.count]!;
    const words = this.memory.i32;
    const at = block << 4;
    words[at + REFERENCES] = 1;
    words[at + HASH_ROWS] = 0;
    words[at + CONTENT_ROWS] = 0;
    words[at + ROW_STORE] = 0;
    words[at + OWNER] = 0;
    this.usedBytes += granules * 64;
    this.usedBlocks++;
    this.allocations++;
    return block;
  }

  /**
   * `count` blocks at once, all or none: writes the byte offset of each one's payload to every `stride`-th word from
   * `word` on. Throws `arena-full`.
   */
  allocateMany(count: number, bytes: number, word: number, stride: number): void {
    const granules = ((bytes + 63) >>> 6) + 1;
    let free = this.#free[granules] ?? NO_BLOCKS;
    let words = this.memory.i32;
    for (let i = 0; i < count; i++) {
      if (free.count === 0) {
        try {
          free = this.#carve(granules);
        } catch (error) {
          this.#putBack(i, granules, word, stride);
          throw error;
        }
        words = this.memory.i32;
      }
      const block = free.blocks[--free.count]!;
      const at = block << 4;
      words[word + i * stride] = block << 6;
      // At once: a slab that nobody uses may be taken apart when the next one is cut.
      words[at + REFERENCES] = 1;
      words[at + HASH_ROWS] = 0;
      words[at + CONTENT_ROWS] = 0;
      words[at + ROW_STORE] = 0;
    }
    this.usedBytes += count * granules * 64;
    this.usedBlocks += count;
    this.allocations += count;
  }

  #putBack(count: number, granules: number, word: number, stride: number): void {
    const words = this.memory.i32;
    const free = this.#free[granules]!;
    for (let i = 0; i < count; i++) {
      const block = words[word + i * stride]! >>> 6;
      words[(block << 4) + REFERENCES] = 0;
      free.blocks[free.count++] = block;
    }
  }

  /** The same, filled with zeros. */
  allocateZeroed(bytes: number): number {
    const block = this.allocate(bytes);
    this.memory.fill(block * 64, 0, (bytes + 63) & ~63);
    return block;
  }

  retain(block: number): void {
    this.memory.i32[(block << 4) + REFERENCES]!++;
  }

  /** Gives up one reference; the last one frees the block. Returns whether it did. */
  release(block: number): boolean {
    const words = this.memory.i32;
    const at = block << 4;
    const left = words[at + REFERENCES]! - 1;
    assert(left >= 0, "a block was released more often than retained");
    words[at + REFERENCES] = left;
    if (left > 0) return false;
    const granules = words[at + GRANULES]!;
    const free = this.#free[granules]!;
    free.blocks[free.count++] = block;
    this.usedBytes -= granules * 64;
    this.usedBlocks--;
    return true;
  }

  /** Copies the first bytes of a block to another one, and counts that. */
  copy(to: number, from: number, bytes: number): void {
    this.memory.copy(to * 64, from * 64, bytes);
    this.copies++;
    this.copiedBytes += bytes;
  }

  /** Bytes of the block's payload: at least what was asked for. */
  payloadBytes(block: number): number {
    return (this.memory.i32[(block << 4) + GRANULES]! - 1) * 64;
  }

  /** Whether exactly one holder is left, so that it may write in place. */
  exclusive(block: number): boolean {
    return this.memory.i32[(block << 4) + REFERENCES] === 1;
  }

  /** Copies `count` blocks of `bytes` each: triples of u32 (destination, source, bytes) at byte offset `list`. */
  copyMany(list: number, count: number, bytes: number): void {
    if (this.copier === undefined || count * bytes < COPIER_BYTES_MIN) this.memory.copyMany(list, count);
    else this.copier(list, count);
    this.copies += count;
    this.copiedBytes += count * bytes;
  }

  /** Cached typed arrays over a block. They stay valid while the block is held. */
  views(block: number, layout: Layout): BlockViews {
    if (this.#viewsVersion !== this.memory.version) this.#forgetMovedViews();
    const serial = this.memory.i32[(block << 4) + SERIAL]!;
    const first = this.#views[serial];
    for (let views = first; views !== undefined; views = views.next) {
      if (views.layout === layout) return views;
    }
    const made = viewsOver(this.memory, block, layout, first);
    this.viewsMade += layout.offsets.length;
    this.#views[serial] = made;
    return made;
  }

  /** Changes when views that somebody keeps may have become invalid: memory that is not shared moved, or slabs were cut anew. */
  get viewsEpoch(): number {
    return this.memory.shared ? this.#reclaims : this.memory.version + this.#reclaims;
  }

  /**
   * Byte offset of at least `bytes` of scratch memory, 64-byte aligned, that is valid until the next call.
   * Throws `arena-full`.
   */
  scratch(bytes: number): number {
    if (this.#scratch === 0 || this.payloadBytes(this.#scratch) < bytes) {
      const { usedBytes, usedBlocks, allocations } = this;
      const larger = this.allocate(bytes * 2 > this.bytesMax ? bytes : Math.max(4096, bytes * 2));
      if (this.#scratch !== 0) this.release(this.#scratch);
      this.#scratch = larger;
      // Nobody holds it: it is not counted.
      this.usedBytes = usedBytes;
      this.usedBlocks = usedBlocks;
      this.allocations = allocations;
    }
    return this.#scratch * 64;
  }

  /** Whether {@link scratch} can give so many bytes for certain. */
  canScratch(bytes: number): boolean {
    if (this.#scratch !== 0 && this.payloadBytes(this.#scratch) >= bytes) return true;
    return this.#top + bytes * 2 + SCRATCH_SPARE_BYTES <= this.bytesMax;
  }

  #forgetMovedViews(): void {
    if (!this.memory.shared) this.#views = [];
    this.#viewsVersion = this.memory.version;
  }

  /** Adds a slab of free blocks; returns the list of all that are free. Throws `arena-full`. */
  #carve(granules: number): FreeList {
    // It has no free blocks, so that every way to one leads here.
    if (this.replica) {
      throw new WorldloomError(
        "structure-locked",
        "This thread only reads the world; record the change in context.commands, which are applied at the next sync point.",
      );
    }
    const pages = slabPages(granules);
    const slab: Slab = { start: this.#takePages(pages, granules), pages, granules, serial: this.#serials };
    const words = this.memory.i32;
    const blocks = blocksOf(slab);
    blocks.forEach((block, i) => {
      const at = block << 4;
      words[at + REFERENCES] = 0;
      words[at + GRANULES] = granules;
      words[at + SERIAL] = slab.serial + i;
    });
    this.#slabs.push(slab);
    this.#serials += blocks.length;
    const free = (this.#free[granules] ??= { blocks: [], count: 0 });
    for (let i = blocks.length - 1; i >= 0; i--) free.blocks[free.count++] = blocks[i]!;
    return free;
  }

  #takePages(pages: number, granules: number): number {
    const found = this.#takeRun(pages);
    if (found !== 0) return found;
    const bytes = pages * SLAB_PAGE_BYTES;
    if (this.#top + bytes > this.bytesMax) {
      this.#reclaim();
      const reclaimed = this.#takeRun(pages);
      if (reclaimed !== 0) return reclaimed;
      throw this.#full(granules * 64);
    }
    if (this.#top + bytes > this.memory.byteLength) {
      const wanted = Math.max(this.#top + bytes, this.memory.byteLength + GROWTH_BYTES, this.memory.byteLength * 1.25);
      this.memory.grow(Math.min(this.memory.pagesMax, Math.ceil(wanted / PAGE_BYTES)));
    }
    const start = this.#top;
    this.#top += bytes;
    return start;
  }

  #full(bytes: number): WorldloomError {
    return new WorldloomError(
      "arena-full",
      `The arena holds ${this.#top} of ${this.bytesMax} bytes and a block of ${bytes} does not fit; raise bytesMax, or dispose worlds and snapshots.`,
      { bytes, committed: this.#top, limit: this.bytesMax },
    );
  }

  #takeRun(pages: number): number {
    const i = this.#runs.findIndex((run) => run.pages >= pages);
    if (i < 0) return 0;
    const run = this.#runs[i]!;
    const start = run.start;
    run.start += pages * SLAB_PAGE_BYTES;
    run.pages -= pages;
    if (run.pages === 0) this.#runs.splice(i, 1);
    return start;
  }

  /** Takes slabs apart that hold no used block, and rebuilds the free lists from the others. */
  #reclaim(): void {
    this.#reclaims++;
    const words = this.memory.i32;
    this.#free.forEach((free) => {
      free.count = 0;
    });
    const kept: Slab[] = [];
    for (const slab of this.#slabs) {
      const blocks = blocksOf(slab);
      if (blocks.every((block) => words[(block << 4) + REFERENCES] === 0)) {
        for (let i = 0; i < blocks.length; i++) this.#views[slab.serial + i] = undefined;
        this.#runs.push({ start: slab.start, pages: slab.pages });
        continue;
      }
      kept.push(slab);
      for (const block of blocks) {
        if (words[(block << 4) + REFERENCES] !== 0) continue;
        const free = this.#free[slab.granules]!;
        free.blocks[free.count++] = block;
      }
    }
    this.#slabs = kept;
    this.#runs.sort((a, b) => a.start - b.start);
    const merged: { start: number; pages: number }[] = [];
    for (const run of this.#runs) {
      const last = merged.at(-1);
      if (last !== undefined && last.start + last.pages * SLAB_PAGE_BYTES === run.start) last.pages += run.pages;
      else merged.push(run);
    }
    this.#runs = merged;
  }
}

const NO_BLOCKS: FreeList = { blocks: [], count: 0 };

let shared: Arena | undefined;

/** The arena of worlds that were not given one of their own. Made on first use. */
export function defaultArena(): Arena {
  shared ??= new Arena();
  return shared;
}

/** The fewest pages of which blocks of this size waste at most an eighth. */
function slabPages(granules: number): number {
  const bytes = granules * 64;
  const least = Math.ceil(bytes / SLAB_PAGE_BYTES);
  for (let pages = least; pages <= Math.max(least, SLAB_PAGES_MAX); pages++) {
    const total = pages * SLAB_PAGE_BYTES;
    if ((total % bytes) * 8 <= total) return pages;
  }
  return least;
}

function blocksOf(slab: Slab): number[] {
  const count = Math.floor((slab.pages * SLAB_PAGE_BYTES) / (slab.granules * 64));
  return Array.from({ length: count }, (_, i) => slab.start / 64 + i * slab.granules + 1);
}
