import { WorldloomError } from "../core/errors.ts";
import { loadJobs } from "../native/index.ts";
import type { Jobs } from "../native/jobs.ts";
import { Memory, PAGE_BYTES } from "../native/memory.ts";

/** Every block starts at a multiple of it: a cache line, and the widest vector. */
export const BLOCK_ALIGNMENT = 64;
/** Bytes at the start of the memory for programs of single operations. */
const SCRATCH_BYTES = 1 << 20;
/** Blocks up to so many bytes have sizes in steps of 64, larger ones in eighths of a power of two. */
const SMALL_BYTES = 1024;

export interface ArenaOptions {
  /** Most bytes that the arena may have; 1 GiB unless given. Address space is reserved, memory is not. */
  readonly bytesMax?: number;
  /** What executes operations: the addon, or the reference where it is not built. */
  readonly jobs?: Jobs;
}

/** Memory that tensors and their views share. It goes back to its arena with the last of them. */
export interface Block {
  readonly offset: number;
  /** Bytes that belong to the block: its size class. */
  readonly bytes: number;
  references: number;
}

/** The memory that tensors live in: 64-byte aligned blocks of one shared memory. */
export class TensorArena {
  readonly memory: Memory;
  readonly jobs: Jobs;
  /** Blocks in use: the leak counter. */
  live = 0;
  /** Bytes in use. */
  liveBytes = 0;
  /** Blocks that were ever handed out: a steady plan run leaves it as it is. */
  allocations = 0;
  readonly #bytesMax: number;
  /** Blocks to be handed out again, by their bytes; small ones, which come and go most, by their multiple of 64. */
  readonly #free = new Map<number, Block[]>();
  readonly #small: Block[][] = Array.from({ length: SMALL_BYTES / BLOCK_ALIGNMENT + 1 }, () => []);
  #top = SCRATCH_BYTES;

  constructor(options: ArenaOptions = {}) {
    this.#bytesMax = Math.max(2 * SCRATCH_BYTES, options.bytesMax ?? 2 ** 30);
    this.memory = new Memory({ bytesMax: this.#bytesMax });
    this.memory.grow(SCRATCH_BYTES / PAGE_BYTES);
    this.jobs = options.jobs ?? loadJobs();
  }

  /** Where programs of single operations are written, and how many u32 words fit. */
  readonly scratch = { offset: 0, words: SCRATCH_BYTES / 4 } as const;

  /** A block of at least `bytes` bytes with one reference; its content is not defined. Throws `tensor-memory` when full. */
  allocate(bytes: number): Block {
    const size = sizeClass(bytes);
    const free = size <= SMALL_BYTES ? this.#small[size / BLOCK_ALIGNMENT] : this.#free.get(size);
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
    if (--block.references > 0) return;
    this.live--;
    this.liveBytes -= block.bytes;
    const { bytes } = block;
    const free = bytes <= SMALL_BYTES ? this.#small[bytes / BLOCK_ALIGNMENT] : this.#free.get(bytes);
    if (free === undefined) this.#free.set(bytes, [block]);
    else free.push(block);
  }

  #extend(size: number): number {
    const offset = this.#top;
    const end = offset + size;
    if (!(end <= this.#bytesMax)) {
      throw new WorldloomError(
        "tensor-memory",
        `${size} bytes more do not fit beside the ${this.liveBytes} that tensors use (limit ${this.#bytesMax}); dispose tensors, use scope(), or raise bytesMax.`,
        { bytes: size, used: this.liveBytes, limit: this.#bytesMax },
      );
    }
    if (end > this.memory.byteLength)
      this.memory.grow(Math.ceil(Math.max(end, Math.min(this.#bytesMax, this.memory.byteLength * 1.5)) / PAGE_BYTES));
    this.#top = end;
    return offset;
  }
}

function sizeClass(bytes: number): number {
  if (bytes <= SMALL_BYTES) return bytes <= BLOCK_ALIGNMENT ? BLOCK_ALIGNMENT : (bytes + 63) & ~63;
  // Below 2^53 and above 2^10: the step is an eighth of the power of two below.
  let step = BLOCK_ALIGNMENT * 2;
  while (bytes > step * 16) step *= 2;
  return Math.ceil(bytes / step) * step;
}

let current: TensorArena | undefined;

/** The arena that new tensors are made in: that of {@link useArena}, else one of 1 GiB at most, made when first needed. */
export function currentArena(): TensorArena {
  current ??= new TensorArena();
  return current;
}

/** Runs `body` with new tensors made in `arena`. */
export function useArena<R>(arena: TensorArena, body: () => R): R {
  const before = current;
  current = arena;
  try {
    return body();
  } finally {
    current = before;
  }
}
