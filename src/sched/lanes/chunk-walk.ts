import type { ChunkScope } from "../../ecs/chunk-context.ts";
import type { Core } from "../../ecs/core.ts";
import type { ChunkView } from "../../ecs/iterator.ts";
import type { ChunkBody } from "../../ecs/module.ts";
import type { Match, Query } from "../../ecs/query.ts";

/** Chunks that hold rows, over all tables that match. */
export function countChunks(query: Query): number {
  let count = 0;
  for (const { table } of query.matches) count += table.usedChunks;
  return count;
}

/**
 * Runs a body over the chunks `from` to `to - 1` of a query, counted over its tables, without owning anything: who makes the
 * world has done that. `keep` gets the number of each chunk that has recorded commands, right after it.
 */
export function walkChunks(
  core: Core,
  query: Query,
  body: ChunkBody,
  scope: ChunkScope,
  from: number,
  to: number,
  keep: (chunk: number) => void,
): void {
  let first = 0;
  for (const match of query.matches) {
    const used = match.table.usedChunks;
    for (let k = Math.max(0, from - first); k < used && first + k < to; k++) {
      scope.beginChunk(first + k);
      body(viewOf(core, query, match, k) as never, scope);
      if (scope.commands.count > 0) keep(first + k);
    }
    first += used;
    if (first >= to) return;
  }
}

/** The chunk as a body sees it: a new object each time, over views that are kept. */
function viewOf(core: Core, { fields }: Query, { table, columns }: Match, k: number): ChunkView {
  const { arena } = core;
  const ids = table.columns[0]!;
  const view: ChunkView = {
    count: table.rowsOf(k),
    entities: arena.views(table.blockOf(ids, k), table.layout(ids, k)).arrays[0] as Int32Array,
  };
  for (let f = 0; f < fields.length; f++) {
    const c = columns[f]!;
    view[fields[f]!.key] =
      c < 0 ? undefined : arena.views(table.blockOf(table.columns[c]!, k), table.layout(table.columns[c]!, k)).columns;
  }
  return view;
}
