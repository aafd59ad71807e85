import { badArgument } from "../core/argument.ts";
import { assert, type WorldloomError } from "../core/errors.ts";
import { loadJobs } from "./index.ts";
import type { Jobs } from "./jobs.ts";
import { Memory, PAGE_BYTES } from "./memory.ts";

/** Every block starts at a multiple of it: a cache line, and the widest vector. */
export const BLOCK_ALIGNMENT = 64;
/** Its logarithm: a division takes longer than all else that a small block needs. */
const BLOCK_BITS = 6;
const STEP = 1 << BLOCK_BITS;
/** Blocks up to so many bytes have sizes in steps of 64, larger ones in eighths of a power of two. */
const SMALL_BYTES = 1024;

export interface ArenaOptions {
  /** Most bytes that the arena may have; 1 GiB unless given. Address space is reserved, memory is not. */
  readonly bytesMax?: number;
  /** What executes operations: the addon, or the reference where it is not built. */
  readonly jobs?: Jobs;
}

export interface BlockArenaOptions extends ArenaOptions {
  /** Bytes at the start of the memory that are no blocks, a multiple of 64. */
  readonly reserved: number;
  /** The error for `bytes` more than the `limit` allows beside those in use. */
  full(bytes: number, used: number, limit: number): WorldloomError;
}

/** Memory that several owners may share. It goes back to its arena with the last of them. */
export interface Block {
  readonly offset: number;
  /** Bytes that belong to the block: its size class. */
  readonly bytes: number;
  references: number;
}

/** 64-byte aligned blocks of one shared memory, handed out and taken back one by one; they never move. */
export class BlockArena {
  readonly memory: Memory;
  readonly jobs: Jobs;
  /** Blocks in use: the leak counter. */
  live = 0;
  /** Bytes in use. */
  liveBytes = 0;
  /** Blocks that were ever handed out: what runs steadily leaves it as it is. */
  allocations = 0;
  readonly #bytesMax: number;
  readonly #full: BlockArenaOptions["full"];
  /** Blocks to be handed out again, by their bytes; small ones, which come and go most, by their multiple of 64. */
  readonly #free = new Map<number, Block[]>();
  readonly #small: Block[][] = Array.from({ length: SMALL_BYTES / STEP + 1 }, () => []);
  #top: number;

  constructor(options: BlockArenaOptions) {
    this.#bytesMax = Math.max(2 * options.reserved, options.bytesMax ?? 2 ** 30);
    this.#full = options.full;
    this.#top = options.reserved;
    this.memory = new Memory({ bytesMax: this.#bytesMax });
    this.memory.grow(Math.ceil(options.reserved / PAGE_BYTES));
    this.jobs = options.jobs ?? loadJobs();
  }

  /** A block of at least `bytes` bytes with one reference; its content is not defined. Throws when the arena is full. */
  allocate(bytes: number): Block {
    if (typeof bytes !== "number") throw badArgument("bytes", bytes, "a number");
    const size = sizeClass(bytes);
    const free = size <= SMALL_BYTES ? this.#small[size >> BLOCK_BITS] : this.#free.get(size);
    let block = free?.pop();
    if (block === undefined) block = { offset: this.#extend(size), bytes: size, references: 1 };
    else block.references = 1;
    this.live++;
    this.liveBytes += size;
    this.allocations++;
    return block;
  }

  /** Takes one reference away. */
  release(block: Block): void {
    if (!(block?.references > 0)) assert(false, "a block is released as often as it is held, and no more");
    if (--block.references > 0) return;
    this.live--;
    this.liveBytes -= block.bytes;
    const { bytes } = block;
    const free = bytes <= SMALL_BYTES ? this.#small[bytes >> BLOCK_BITS] : this.#free.get(bytes);
    if (free === undefined) this.#free.set(bytes, [block]);
    else free.push(block);
  }

  #extend(size: number): number {
    const offset = this.#top;
    const end = offset + size;
    if (!(end <= this.#bytesMax)) throw this.#full(size, this.liveBytes, this.#bytesMax);
    if (end > this.memory.byteLength)
      this.memory.grow(Math.ceil(Math.max(end, Math.min(this.#bytesMax, this.memory.byteLength * 1.5)) / PAGE_BYTES));
    this.#top = end;
    return offset;
  }
}

function sizeClass(bytes: number): number {
  if (bytes <= STEP) return STEP;
  if (bytes <= SMALL_BYTES) return (bytes + STEP - 1) & -STEP;
  // Below 2^53 and above 2^10: the step is an eighth of the power of two below.
  let step = STEP * 2;
  while (bytes > step * 16) step *= 2;
  return Math.ceil(bytes / step) * step;
}
