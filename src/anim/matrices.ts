import { badArgument, expectInstance, expectNumber, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { MATRIX_FLOATS } from "../native/anim/format.ts";
import { BLOCK_ALIGNMENT, type Block } from "../native/block-arena.ts";
import { AnimArena } from "./arena.ts";
import { Skeleton } from "./skeleton.ts";
import { Skin } from "./skin.ts";

/**
 * Affine matrices (3 rows of 4 f32) for many characters, each with the same number of them: what a batch writes. They
 * are derived: outside the world, made anew each tick.
 */
export class Matrices {
  readonly arena: AnimArena;
  /** Matrices of a character. */
  readonly count: number;
  /** Bytes from one character to the next, a multiple of 64. */
  readonly pitch: number;
  /** How often there was not enough room: a steady tick leaves it as it is. */
  growths = 0;
  #capacity = 0;
  #block: Block | undefined;

  constructor(arena: AnimArena, count: number, capacity = 1) {
    expectInstance(arena, AnimArena, "arena", "an AnimArena");
    if (!Number.isSafeInteger(count) || count < 0) throw badArgument("count", count, "a whole number of at least 0");
    this.arena = arena;
    this.count = count;
    this.pitch = Math.ceil((count * MATRIX_FLOATS * 4) / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT;
    this.reserve(capacity);
    this.growths = 0;
  }

  /** Characters that fit. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Makes room for `capacity` characters, at least doubling it. Those that were there keep their matrices; offsets change. */
  reserve(capacity: number): void {
    expectNumber(capacity, "capacity");
    if (capacity <= this.#capacity) return;
    if (!Number.isSafeInteger(capacity))
      throw new WorldloomError("bad-argument", `There cannot be room for ${capacity} characters.`, { capacity });
    const next = Math.max(capacity, 2 * this.#capacity);
    const before = this.#block;
    const block = this.arena.allocate(next * this.pitch);
    if (before !== undefined) {
      this.arena.memory.copy(block.offset, before.offset, this.#capacity * this.pitch);
      this.arena.release(before);
    }
    this.growths++;
    this.#block = block;
    this.#capacity = next;
  }

  /** Byte offset of the first matrix of a character. Throws `bad-argument` for one that has no room. */
  offset(character: number): number {
    if (this.#block !== undefined && Number.isInteger(character) && character >= 0 && character < this.#capacity)
      return this.#block.offset + character * this.pitch;
    throw new WorldloomError(
      "bad-argument",
      `There is room for the characters 0 to ${this.#capacity - 1}, not for ${said(character)}; call reserve().`,
      { character, capacity: this.#capacity },
    );
  }

  /** The matrices of a character, `count x 12`: a view that ends when the arena grows. */
  view(character: number): Float32Array {
    const at = this.offset(character) >>> 2;
    return this.arena.memory.f32.subarray(at, at + this.count * MATRIX_FLOATS);
  }

  dispose(): void {
    if (this.#block !== undefined) this.arena.release(this.#block);
    this.#block = undefined;
    this.#capacity = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The model matrices of the joints of many characters. */
export class ModelPoses extends Matrices {
  readonly skeleton: Skeleton;

  constructor(skeleton: Skeleton, capacity = 1) {
    expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
    super(skeleton.arena, skeleton.count, capacity);
    this.skeleton = skeleton;
  }
}

/** The matrices by which a mesh with a skin moves, for many characters: what skinners take. */
export class Palettes extends Matrices {
  readonly skin: Skin;

  constructor(skin: Skin, capacity = 1) {
    expectInstance(skin, Skin, "skin", "a Skin");
    super(skin.arena, skin.count, capacity);
    this.skin = skin;
  }
}
