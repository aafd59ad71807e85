import type { Core } from "./core.ts";

/** A world and its arena in figures. Those of the arena are of all worlds, snapshots and forks in it. */
export interface WorldMetrics {
  readonly tick: number;
  readonly entities: number;
  /** Components and relations that are registered. */
  readonly components: number;
  /** Sets of components that some entity has or had. */
  readonly archetypes: number;
  /** Chunks of archetypes that hold rows. */
  readonly chunks: number;
  /** Queries that are kept. */
  readonly queries: number;
  readonly strings: number;
  /** Events that can be read. */
  readonly events: number;
  /** Inputs that wait for the next tick. */
  readonly inputs: number;
  /** Bytes of blocks that somebody holds, headers included. */
  readonly arenaUsedBytes: number;
  /** Bytes taken from the memory, in use or ready for use. */
  readonly arenaCommittedBytes: number;
  /** Bytes that the arena may grow to. */
  readonly arenaBytesMax: number;
  /** Blocks that somebody holds. */
  readonly blocks: number;
  /** Blocks allocated since the arena was made. */
  readonly allocations: number;
  /** Blocks copied since then, most of them because a snapshot or the guard of a tick held them, and their bytes. */
  readonly copies: number;
  readonly copiedBytes: number;
  /** Typed-array views made since then; a steady tick makes none. */
  readonly viewsMade: number;
}

export function worldMetrics({ arena, store, schema, strings }: Core, queries: number): WorldMetrics {
  let [entities, archetypes, chunks, events, inputs] = [0, 0, 0, 0, 0];
  for (const table of store.tables) {
    if (table.kind === "archetype") {
      archetypes++;
      entities += table.rows;
      chunks += table.usedChunks;
    } else if (table.kind === "event") {
      if (schema.declared[table.components[0]!]!.role === "input") inputs += table.rows;
      else events += table.rows;
    }
  }
  return {
    tick: store.tick,
    entities,
    components: schema.declared.filter(({ role }) => role === "component" || role === "relation").length,
    archetypes,
    chunks,
    queries,
    strings: strings.count,
    events,
    inputs,
    arenaUsedBytes: arena.usedBytes,
    arenaCommittedBytes: arena.committedBytes,
    arenaBytesMax: arena.bytesMax,
    blocks: arena.usedBlocks,
    allocations: arena.allocations,
    copies: arena.copies,
    copiedBytes: arena.copiedBytes,
    viewsMade: arena.viewsMade,
  };
}
