import { expectNumberOptions, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { type ArenaOptions, BLOCK_ALIGNMENT, BlockArena } from "../native/block-arena.ts";

const KNOWN: Known<ArenaOptions> = { bytesMax: true, jobs: true };

/**
 * The memory of animation: skeletons, clips, skins, poses and the records of jobs, in 64-byte aligned blocks of one
 * shared memory. Assets do not change after they are made; all of it is outside the world, so it is never hashed.
 */
export class AnimArena extends BlockArena {
  /** Throws `bad-argument`. */
  constructor(options: ArenaOptions = {}) {
    expectOptions(options, "options", KNOWN);
    expectNumberOptions(options, ["bytesMax"]);
    if (options.jobs !== undefined) expectOptions(options.jobs, "options.jobs");
    // Offset 0 is no block: a record that was never filled in names nothing.
    super({ ...options, reserved: BLOCK_ALIGNMENT, full: animMemory });
  }
}

function animMemory(bytes: number, used: number, limit: number): WorldloomError {
  return new WorldloomError(
    "anim-memory",
    `${bytes} bytes more do not fit beside the ${used} that animation uses (limit ${limit}); dispose models and batches, or raise bytesMax.`,
    { bytes, used, limit },
  );
}
