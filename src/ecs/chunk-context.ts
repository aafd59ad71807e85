import { badArgument } from "../core/argument.ts";
import { randomBelow, randomFloat } from "../core/prng.ts";
import { Commands } from "./commands.ts";
import type { Access } from "./context.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import { Reader } from "./reader.ts";

/** Spacing of the streams of further draws: 2^32 divided by the golden ratio, odd. */
export const DRAW_STRIDE = 0x9e3779b1;

/** What the body of a system gets with each chunk; the same on every thread. */
export interface ChunkContext {
  readonly tick: number;
  readonly seed: number;
  /** Position of the chunk among those that the query finds. */
  readonly chunk: number;
  /** What the system declared to read besides its query. */
  readonly world: Reader;
  /** Applied at the next sync point, chunk after chunk. Tickets are valid within the chunk. */
  readonly commands: Commands;
  /** A number in [0, 1) that depends on (seed, tick, system, entity, draw) alone. */
  readonly random: (entity: Entity, draw?: number) => number;
  /** An integer in [0, n) likewise; n is an integer from 1 to 2^32. Throws `bad-argument`. */
  readonly randomBelow: (n: number, entity: Entity, draw?: number) => number;
}

/** The context of one system on one thread, reused from chunk to chunk. */
export class ChunkScope implements ChunkContext {
  readonly world: Reader;
  readonly #core: Core;
  readonly #stream: number;
  /** Buffers of the chunks that recorded commands, the first {@link filled} of them; the rest is kept for later. */
  readonly buffers: Commands[] = [];
  filled = 0;
  /** What all threads recorded, where several ran it. */
  gathered: readonly Commands[] | undefined;
  chunk = 0;
  commands: Commands;

  constructor(core: Core, access: Access, stream: number) {
    this.#core = core;
    this.#stream = stream;
    this.world = new Reader(core, access);
    this.commands = new Commands(core, 0);
    this.buffers.push(this.commands);
  }

  get tick(): number {
    return this.#core.store.tick;
  }
  get seed(): number {
    return this.#core.store.seed;
  }

  /** Forgets what was recorded. */
  clear(): void {
    if (this.filled === 0 && this.gathered === undefined && this.commands.count === 0) return;
    this.filled = 0;
    this.gathered = undefined;
    this.#next();
  }

  /** Takes the buffers that all threads recorded, in the order of the chunks. */
  gather(buffers: readonly Commands[]): void {
    this.gathered = buffers;
  }

  beginChunk(chunk: number): void {
    this.chunk = chunk;
    this.commands.clear();
  }

  /** Keeps what the chunk recorded. */
  endChunk(): void {
    if (this.commands.count === 0) return;
    this.filled++;
    this.#next();
  }

  #next(): void {
    this.buffers[this.filled] ??= new Commands(this.#core, 0);
    this.commands = this.buffers[this.filled]!;
    this.commands.clear();
  }

  // Bound, so that bodies can take the context apart.
  readonly random = (entity: Entity, draw = 0): number =>
    randomFloat(this.seed, (this.#stream + Math.imul(draw, DRAW_STRIDE)) | 0, this.tick, entity);

  readonly randomBelow = (n: number, entity: Entity, draw = 0): number => {
    checkBelow(n);
    return randomBelow(n, this.seed, (this.#stream + Math.imul(draw, DRAW_STRIDE)) | 0, this.tick, entity);
  };
}

/** Throws `bad-argument` unless there are random integers in [0, n). */
export function checkBelow(n: number): void {
  if (!Number.isInteger(n) || n < 1 || n > 4_294_967_296) throw badArgument("n", n, "an integer from 1 to 2^32");
}
