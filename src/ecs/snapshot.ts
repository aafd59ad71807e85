import { WorldloomError } from "../core/errors.ts";
import type { Arena } from "./arena.ts";
import type { Core } from "./core.ts";
import type { SchemaSet } from "./schema.ts";
import { ROOT, releaseRoot } from "./store.ts";

/**
 * A world at one moment. It shares every block with the world that it was taken from until one of them is written.
 * Dispose it when it is no longer needed; garbage collection does not.
 */
export class Snapshot {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  /** Limit of entities, which ids depend on, and rows a chunk as a power of two. */
  readonly #limit: number;
  readonly #shift: number;
  #root: number;

  /** Takes over `root`, a copy of the root of `core`. */
  constructor(core: Core, root: number) {
    this.arena = core.arena;
    this.schema = core.schema;
    this.#limit = core.limits.entities;
    this.#shift = core.store.shift;
    this.#root = root;
  }

  /** The tick of the world at that moment. */
  get tick(): number {
    return this.arena.memory.i32[(this.root << 4) + ROOT.tick]!;
  }

  /** The root block. Throws `world-disposed`. */
  get root(): number {
    if (this.#root !== 0) return this.#root;
    throw new WorldloomError("world-disposed", "This snapshot has been disposed; take another.");
  }

  /** Throws `schema-mismatch` unless a world can continue from the snapshot. */
  checkFits({ arena, schema, limits, store }: Core): void {
    if (this.arena !== arena || this.schema.fingerprint !== schema.fingerprint) {
      throw new WorldloomError(
        "schema-mismatch",
        "This snapshot is of another arena or schema; use a save file to move between them.",
      );
    }
    if (this.#limit === limits.entities && this.#shift === store.shift) return;
    throw new WorldloomError(
      "schema-mismatch",
      `This snapshot is of a world of at most ${this.#limit} entities in chunks of ${1 << this.#shift}, not ${limits.entities} in chunks of ${1 << store.shift}; make both alike.`,
    );
  }

  /** Gives back what only this snapshot holds. */
  dispose(): void {
    if (this.#root === 0) return;
    releaseRoot(this.arena, this.#root);
    this.#root = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
