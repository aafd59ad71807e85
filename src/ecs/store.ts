import { WorldloomError } from "../core/errors.ts";
import type { Arena } from "./arena.ts";
import { Column } from "./column.ts";
import { RECORD, type TableKind, tableKinds } from "./record.ts";
import type { SchemaSet } from "./schema.ts";
import { compareSignatures } from "./schema.ts";
import { Table } from "./table.ts";
import { keyOf, TableSchema } from "./table-schema.ts";

/** Words at the start of the root block. */
export const ROOT = { magic: 0, tick: 1, seed: 2, tables: 3, end: 4, words: 8 } as const;
const MAGIC = 0x574c4d31;

/** Most tables of one world: they are numbered in 16 bits, of which the two highest numbers mean something else. */
const TABLES_MAX = 65_534;

/**
 * The block table of one world: a root block with a record for each table, which names its column blocks, which
 * name the blocks of rows. Root blocks are never shared; column blocks and blocks of rows are, until they are written.
 */
export class Store {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  /** Tells the stores of an arena apart: from 1 on. */
  readonly id: number;
  /** Rows a chunk, as a power of two. */
  readonly shift: number;
  root = 0;
  /** Grows whenever blocks may have got another holder, the tick moved on, or hashes were cached. Never state. */
  epoch = 1;
  /** Grows whenever the rows of some chunk got another block. Never state. */
  moves = 1;
  /** Grows whenever tables or chunks come or go. Never state. */
  structure = 1;
  /** Grows whenever the list of tables changes but by growth. Never state. */
  removals = 1;
  /** Counts the roots that this store continued from. */
  adoptions = 0;
  tables: Table[] = [];
  #byKey = new Map<string | number, Table>();
  #tick = 0;
  #canonical: readonly Table[] = [];
  #canonicalStructure = 0;

  constructor(arena: Arena, schema: SchemaSet, shift: number) {
    this.arena = arena;
    this.id = ++arena.stores;
    this.schema = schema;
    this.shift = shift;
  }

  /** Starts an empty root. */
  start(seed: number): void {
    this.root = this.arena.allocateZeroed(512);
    const words = this.arena.memory.i32;
    const at = this.root << 4;
    words[at + ROOT.magic] = MAGIC;
    words[at + ROOT.seed] = seed;
    words[at + ROOT.end] = ROOT.words;
  }

  get tick(): number {
    return this.#tick;
  }

  set tick(tick: number) {
    this.#tick = tick;
    this.arena.memory.i32[(this.root << 4) + ROOT.tick] = tick;
    this.epoch++;
  }

  get seed(): number {
    return this.arena.memory.i32[(this.root << 4) + ROOT.seed]! >>> 0;
  }

  /** Rows of a table's first chunk. */
  firstRows(kind: TableKind): number {
    return kind === "resource" || kind === "region" ? 1 : 32;
  }

  /** The tables in an order that does not depend on when they were made: by kind, then by signature. */
  get canonical(): readonly Table[] {
    if (this.#canonicalStructure !== this.structure) {
      this.#canonicalStructure = this.structure;
      this.#canonical = [...this.tables].sort(
        (a, b) =>
          tableKinds.indexOf(a.kind) - tableKinds.indexOf(b.kind) || compareSignatures(a.components, b.components),
      );
    }
    return this.#canonical;
  }

  find(kind: TableKind, components: readonly number[]): Table | undefined {
    return this.#byKey.get(keyOf(kind, components));
  }

  /** Adds a table for the component ids `components`. Throws `arena-full`, `component-limit`. */
  addTable(kind: TableKind, components: readonly number[], shift = this.shift): Table {
    const { arena } = this;
    const schema = new TableSchema(this.schema, kind, components);
    const { columns } = schema;
    if (this.tables.length >= TABLES_MAX) {
      throw new WorldloomError(
        "component-limit",
        `A world has at most ${TABLES_MAX} sets of components; this needs one more.`,
        {
          limit: TABLES_MAX,
        },
      );
    }
    const words = RECORD.words + columns.length + components.length;
    const record = arena.memory.i32[(this.root << 4) + ROOT.end]!;
    this.#reserveRoot(record + words);
    const blocks: number[] = [];
    try {
      for (let c = 0; c < columns.length; c++) blocks.push(arena.allocateZeroed(64));
    } catch (error) {
      for (const block of blocks) arena.release(block);
      throw error;
    }
    const root = this.root << 4;
    const { i32 } = arena.memory;
    i32[root + record + RECORD.kind] = tableKinds.indexOf(kind);
    i32[root + record + RECORD.rows] = 0;
    i32[root + record + RECORD.chunks] = 0;
    i32[root + record + RECORD.firstCapacity] = 0;
    i32[root + record + RECORD.shift] = shift;
    i32[root + record + RECORD.columns] = columns.length;
    i32[root + record + RECORD.components] = components.length;
    blocks.forEach((block, c) => {
      i32[root + record + RECORD.words + c] = block;
    });
    components.forEach((id, c) => {
      i32[root + record + RECORD.words + columns.length + c] = id;
    });
    i32[root + ROOT.end] = record + words;
    i32[root + ROOT.tables] = this.tables.length + 1;
    return this.#openTable(schema, record);
  }

  /** A copy of the root that holds every column block once more: what a snapshot is. Throws `arena-full`. */
  copyRoot(): number {
    this.epoch++;
    return shareRoot(this.arena, this.root);
  }

  /**
   * Holds every column block once more, as {@link copyRoot} does, but takes no room of the arena. Returns what lets go of
   * them.
   */
  hold(): () => void {
    const { arena } = this;
    this.epoch++;
    const held = this.tables.flatMap(({ columns, chunkCount }) => columns.map(({ block }) => ({ block, chunkCount })));
    for (const { block } of held) arena.retain(block);
    return () => {
      for (const { block, chunkCount } of held) releaseColumn(arena, block, chunkCount);
    };
  }

  /**
   * Continues from `root`, which this store takes over, and releases the present one. What tables look like is taken from
   * `like` where it has the same ones.
   */
  adoptRoot(root: number, like?: Store): void {
    const old = this.root;
    this.root = root;
    this.epoch++;
    this.adoptions++;
    const { i32 } = this.arena.memory;
    const at = root << 4;
    this.#tick = i32[at + ROOT.tick]!;
    const count = i32[at + ROOT.tables]!;
    let record: number = ROOT.words;
    let same = count === this.tables.length;
    for (let t = 0; t < count; t++) {
      const table = this.tables[t];
      const kind = tableKinds[i32[at + record + RECORD.kind]!]!;
      const columns = i32[at + record + RECORD.columns]!;
      const components = i32[at + record + RECORD.components]!;
      const first = at + record + RECORD.words + columns;
      const isKnown = table?.schema.is(kind, i32, first, components) ?? false;
      if (!isKnown) {
        same = false;
        for (const dropped of this.tables.splice(t)) this.#byKey.delete(dropped.schema.key);
        let schema = like?.tables[t]?.schema;
        if (!schema?.is(kind, i32, first, components))
          schema = new TableSchema(this.schema, kind, Array.from(i32.subarray(first, first + components)));
        this.#openTable(schema, record);
      }
      this.tables[t]!.reload(record, isKnown ? old : 0);
      record += RECORD.words + columns + components;
    }
    if (!same) {
      for (const dropped of this.tables.splice(count)) this.#byKey.delete(dropped.schema.key);
      this.removals++;
    }
    this.structure++;
    if (old !== 0 && !this.arena.replica) releaseRoot(this.arena, old);
  }

  #openTable(schema: TableSchema, record: number): Table {
    const { i32 } = this.arena.memory;
    const first = record + RECORD.words;
    const columns = schema.columns.map(
      (component, c) => new Column(component, c, first + c, i32[(this.root << 4) + first + c]!),
    );
    const table = new Table(this, this.tables.length, schema, record, columns);
    this.tables.push(table);
    this.#byKey.set(schema.key, table);
    this.structure++;
    return table;
  }

  #reserveRoot(words: number): void {
    const { arena } = this;
    if (arena.payloadBytes(this.root) >= words * 4) return;
    const larger = arena.allocate(Math.max(words * 4, arena.payloadBytes(this.root) * 2));
    arena.copy(larger, this.root, arena.payloadBytes(this.root));
    arena.release(this.root);
    this.root = larger;
    for (const table of this.tables) table.relocate();
  }
}

/** Another root over the same blocks as `root`. Throws `arena-full`. */
export function shareRoot(arena: Arena, root: number): number {
  const copy = arena.allocate(arena.payloadBytes(root));
  const words = arena.memory.i32;
  const at = root << 4;
  arena.copy(copy, root, words[at + ROOT.end]! * 4);
  let record = at + ROOT.words;
  for (let t = 0, n = words[at + ROOT.tables]!; t < n; t++) {
    const columns = words[record + RECORD.columns]!;
    for (let c = 0; c < columns; c++) arena.retain(words[record + RECORD.words + c]!);
    record += RECORD.words + columns + words[record + RECORD.components]!;
  }
  return copy;
}

/** Gives up a root block and what only it still held. */
export function releaseRoot(arena: Arena, root: number): void {
  const { i32 } = arena.memory;
  const at = root << 4;
  const count = i32[at + ROOT.tables]!;
  let record: number = ROOT.words;
  for (let t = 0; t < count; t++) {
    const columns = i32[at + record + RECORD.columns]!;
    const chunks = i32[at + record + RECORD.chunks]!;
    for (let c = 0; c < columns; c++) {
      releaseColumn(arena, i32[at + record + RECORD.words + c]!, chunks);
    }
    record += RECORD.words + columns + i32[at + record + RECORD.components]!;
  }
  arena.release(root);
}

function releaseColumn(arena: Arena, block: number, chunks: number): void {
  if (!arena.release(block)) return;
  const { i32 } = arena.memory;
  // The last first, so that who allocates as many next gets them in this order.
  for (let k = chunks - 1; k >= 0; k--) arena.release(i32[(block << 4) + k * 4]!);
}
