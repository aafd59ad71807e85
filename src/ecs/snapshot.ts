import { WorldloomError } from "../core/errors.ts";
import type { Arena } from "./arena.ts";
import type { SchemaSet } from "./schema.ts";
import { releaseRoot, ROOT } from "./store.ts";

/**
 * A world at one moment. It shares every block with the world that it was taken from until one of them is written.
 * Dispose it when it is no longer needed; garbage collection does not.
 */
export class Snapshot {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  #root: number;

  constructor(arena: Arena, schema: SchemaSet, root: number) {
    this.arena = arena;
    this.schema = schema;
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

  /** Throws `schema-mismatch` unless the snapshot can be compared with, and restored to, a world of this arena and schema. */
  checkFits({ arena, schema }: { readonly arena: Arena; readonly schema: SchemaSet }): void {
    if (this.arena === arena && this.schema.fingerprint === schema.fingerprint) return;
    throw new WorldloomError("schema-mismatch", "This snapshot is of another arena or schema; use a save file to move between them.");
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
