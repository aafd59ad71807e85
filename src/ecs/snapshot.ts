import { WorldloomError } from "../core/errors.ts";
import type { Arena } from "./arena.ts";
import type { Core, Limits } from "./core.ts";
import { RECORD, tableKinds } from "./record.ts";
import type { SchemaSet } from "./schema.ts";
import { ROOT, releaseRoot } from "./store.ts";

/**
 * A world at one moment. It shares every block with the world that it was taken from until one of them is written.
 * Dispose it when it is no longer needed; garbage collection does not.
 */
export class Snapshot {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  /** Those of the world. Ids depend on that of entities. */
  readonly #limits: Limits;
  /** Rows a chunk, as a power of two. */
  readonly #shift: number;
  #root: number;

  /** Takes over `root`, a copy of the root of `core`. */
  constructor(core: Core, root: number) {
    this.arena = core.arena;
    this.schema = core.schema;
    this.#limits = core.limits;
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
    if (this.#limits.entities === limits.entities && this.#shift === store.shift) return this.#checkRoom(limits);
    throw new WorldloomError(
      "schema-mismatch",
      `This snapshot is of a world of at most ${this.#limits.entities} entities in chunks of ${1 << this.#shift}, not ${limits.entities} in chunks of ${1 << store.shift}; make both alike.`,
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

  /** A world beyond its own limits could be saved, and not be loaded again. */
  #checkRoom({ strings, events }: Limits): void {
    if (this.#limits.strings <= strings && this.#limits.events <= events) return;
    const { i32 } = this.arena.memory;
    const root = this.root << 4;
    let record = root + ROOT.words;
    for (let t = i32[root + ROOT.tables]!; t > 0; t--) {
      const kind = tableKinds[i32[record + RECORD.kind]!];
      const rows = i32[record + RECORD.rows]!;
      if (kind === "strings" && rows > strings) throw crowded(rows, "strings", strings, "strings");
      if (kind === "event" && rows > events) throw crowded(rows, "events or inputs of one type", events, "events");
      record += RECORD.words + i32[record + RECORD.columns]! + i32[record + RECORD.components]!;
    }
  }
}

function crowded(rows: number, what: string, most: number, limit: keyof Limits): WorldloomError {
  return new WorldloomError(
    "schema-mismatch",
    `This snapshot is of a world that has ${rows} ${what}, and here may be ${most}; raise limits.${limit}.`,
    { rows, most },
  );
}
