import { WorldloomError } from "../core/errors.ts";
import { type ArenaOptions, BlockArena } from "../native/block-arena.ts";
import { checkFunction, checkInteger, optionsOf, wrong } from "./argument.ts";
import { type PairLoops, pairLoops } from "./pairs.ts";

export { type ArenaOptions, BLOCK_ALIGNMENT, type Block } from "../native/block-arena.ts";

/** Bytes at the start of the memory for programs of single operations. */
const SCRATCH_BYTES = 1 << 20;

/** The memory that tensors live in: 64-byte aligned blocks of one shared memory. */
export class TensorArena extends BlockArena {
  /** Arithmetic on small tensors. */
  readonly loops: PairLoops;

  constructor(options?: ArenaOptions) {
    const { bytesMax } = optionsOf("TensorArena", options, ["bytesMax", "jobs"]);
    if (bytesMax !== undefined) checkInteger("TensorArena", "bytesMax", bytesMax, 0);
    super({ ...options, reserved: SCRATCH_BYTES, full: tensorMemory });
    this.loops = pairLoops(this.memory);
  }

  /** Where programs of single operations are written, and how many u32 words fit. */
  readonly scratch = { offset: 0, words: SCRATCH_BYTES / 4 } as const;
}

let current: TensorArena | undefined;

/** The arena that new tensors are made in: that of {@link useArena}, else one of 1 GiB at most, made when first needed. */
export function currentArena(): TensorArena {
  current ??= new TensorArena();
  return current;
}

/** Runs `body` with new tensors made in `arena`. */
export function useArena<R>(arena: TensorArena, body: () => R): R {
  if (!(arena instanceof TensorArena)) throw wrong("useArena", "the arena", arena, "a TensorArena");
  checkFunction("useArena", "the body", body);
  const before = current;
  current = arena;
  try {
    return body();
  } finally {
    current = before;
  }
}

function tensorMemory(bytes: number, used: number, limit: number): WorldloomError {
  return new WorldloomError(
    "tensor-memory",
    `${bytes} bytes more do not fit beside the ${used} that tensors use (limit ${limit}); dispose tensors, use scope(), or raise bytesMax.`,
    { bytes, used, limit },
  );
}
