import { type Arena, HASH_HIGH, HASH_LOW, HASH_ROWS } from "./arena.ts";
import { type Column, ENTRY_WORDS } from "./column.ts";
import type { Core } from "./core.ts";
import type { Table } from "./table.ts";

/** Two 32-bit accumulators side by side: a 64-bit digest in the making. */
export interface Digest {
  low: number;
  high: number;
}

/** Mixes one word in; what came before matters. */
export function fold(digest: Digest, word: number): void {
  const low = Math.imul(digest.low ^ word, 0x9e3779b1);
  const high = Math.imul(digest.high + word, 0x85ebca77);
  digest.low = ((low << 13) | (low >>> 19)) ^ (high >>> 16);
  digest.high = (((high << 17) | (high >>> 15)) + low) | 0;
}

/** The digest as 16 hexadecimal digits. */
export function hex({ low, high }: Digest): string {
  const a = finish(high ^ (low >>> 15));
  const b = finish(low + Math.imul(a, 0x9e3779b1));
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

/** Columns of a component that count: of slots only the generations do. */
function hashedColumns(table: Table, column: Column): number {
  return table.kind === "slots" ? 1 : column.component.columns.length;
}

/** Words of one span of the job `hash`, and of one digest that it writes. */
const SPAN_WORDS = 3;
const OUT_WORDS = 2;

/**
 * Computes the digests of used blocks that have none, in one call, and keeps them in the blocks' headers. Makes no
 * objects: it runs every tick.
 */
export function digestBlocks(core: Core, tables: readonly Table[]): void {
  const { arena } = core;
  let spans = 0;
  for (let t = 0; t < tables.length; t++) {
    const table = tables[t]!;
    for (let c = 0; c < table.columns.length; c++)
      spans += staleBlocks(table, table.columns[c]!) * hashedColumns(table, table.columns[c]!);
  }
  if (spans === 0) return;
  const list = arena.scratch(spans * (SPAN_WORDS + OUT_WORDS) * 4);
  let word = list >>> 2;
  for (let t = 0; t < tables.length; t++) {
    const table = tables[t]!;
    for (let c = 0; c < table.columns.length; c++) {
      const column = table.columns[c]!;
      for (let k = 0, n = table.usedChunks; k < n; k++)
        if (isStale(arena, table, column, k)) word = writeSpans(arena, table, column, k, word);
    }
  }
  core.jobs.hash(arena.memory, list, spans, word * 4);
  for (let t = 0; t < tables.length; t++) {
    const table = tables[t]!;
    for (let c = 0; c < table.columns.length; c++) {
      const column = table.columns[c]!;
      for (let k = 0, n = table.usedChunks; k < n; k++)
        if (isStale(arena, table, column, k)) word = keepDigest(arena, table, column, k, word);
    }
  }
}

/** Computes the digests of every block of archetypes and resources that has none. */
export function fillDigests(core: Core): void {
  digestBlocks(
    core,
    core.store.canonical.filter(({ kind }) => kind === "archetype" || kind === "resource"),
  );
  core.store.epoch++;
}

/** Whether the digest that a block keeps is that of its contents. */
export function digestHolds(core: Core, table: Table, column: Column, k: number): boolean {
  const { arena } = core;
  const columns = column.component.columns.length;
  const list = arena.scratch(columns * (SPAN_WORDS + OUT_WORDS) * 4);
  const out = writeSpans(arena, table, column, k, list >>> 2);
  core.jobs.hash(arena.memory, list, columns, out * 4);
  combine(arena, out, columns);
  const header = table.blockOf(column, k) << 4;
  return arena.memory.i32[header + HASH_LOW] === combined.low && arena.memory.i32[header + HASH_HIGH] === combined.high;
}

/** Whether a used block keeps no digest over just the rows that it holds. */
function isStale(arena: Arena, table: Table, column: Column, k: number): boolean {
  const words = arena.memory.i32;
  return words[(words[column.base + k * ENTRY_WORDS]! << 4) + HASH_ROWS] !== table.rowsOf(k) + 1;
}

function staleBlocks(table: Table, column: Column): number {
  let count = 0;
  for (let k = 0, n = table.usedChunks; k < n; k++) if (isStale(table.arena, table, column, k)) count++;
  return count;
}

/** Writes a span for each column of a block, from `word` on; returns the word behind them. */
function writeSpans(arena: Arena, table: Table, column: Column, k: number, word: number): number {
  const words = arena.memory.i32;
  const { offsets } = table.layout(column, k);
  const { columns } = column.component;
  const block = table.blockOf(column, k) * 64;
  const rows = table.rowsOf(k);
  let at = word;
  for (let c = 0, n = hashedColumns(table, column); c < n; c++) {
    const { lanes, code } = columns[c]!;
    words[at] = block + offsets[c]!;
    words[at + 1] = rows * lanes;
    words[at + 2] = code;
    at += SPAN_WORDS;
  }
  return at;
}

/** Combines the digests of a block's columns, from `word` on, into its header; returns the word behind them. */
function keepDigest(arena: Arena, table: Table, column: Column, k: number, word: number): number {
  const columns = hashedColumns(table, column);
  combine(arena, word, columns);
  const words = arena.memory.i32;
  const header = table.blockOf(column, k) << 4;
  words[header + HASH_ROWS] = table.rowsOf(k) + 1;
  words[header + HASH_LOW] = combined.low;
  words[header + HASH_HIGH] = combined.high;
  return word + columns * OUT_WORDS;
}

const combined: Digest = { low: 0, high: 0 };

function combine(arena: Arena, word: number, columns: number): void {
  combined.low = 1;
  combined.high = 2;
  for (let i = 0; i < columns * OUT_WORDS; i++) fold(combined, arena.memory.i32[word + i]!);
}
