import { type Arena, CONTENT_HIGH, CONTENT_LOW, CONTENT_ROWS, HASH_HIGH, HASH_LOW } from "./arena.ts";
import { type Column, ENTRY_ADDED, ENTRY_CHANGED, ENTRY_WORDS } from "./column.ts";
import type { Core } from "./core.ts";
import { type Digest, digestBlocks, fold, hex } from "./digest.ts";
import { readElement } from "./element.ts";
import { readRow } from "./operations.ts";
import { tableKinds } from "./record.ts";
import { hashText } from "./schema.ts";
import type { Table } from "./table.ts";

/**
 * The state hash: 16 hexadecimal digits. Equal hashes mean equal futures: it covers rows in order, generations and free
 * indices, strings, resources, events, links, regions, change ticks, tick and seed. Only blocks that were written
 * since the last hash are read.
 */
export function hashWorld(core: Core): string {
  const { store, entities } = core;
  core.regions.flush();
  const tables = store.canonical;
  digestBlocks(core, tables);
  const digest: Digest = { low: 0x243f6a88, high: 0x85a308d3 };
  fold(digest, store.tick);
  fold(digest, store.seed);
  fold(digest, entities.limit);
  for (let t = 0; t < tables.length; t++) if (tables[t]!.rows > 0) foldTable(digest, tables[t]!);
  store.epoch++;
  return hex(digest);
}

/**
 * The content hash: 16 hexadecimal digits. Equal for worlds that hold the same entities, by id, with the same components
 * and values, pairs, resources and regions, however they came to be. Row order, free indices, ticks, strings that
 * nobody uses and events do not count.
 */
export function contentHashWorld(core: Core): string {
  const sum: Digest = { low: 0, high: 0 };
  core.regions.flush();
  sumBlocks(core, sum);
  for (const table of core.store.canonical) {
    if (table.kind === "links") sumLinks(core, table, sum);
    else if (table.kind === "resource")
      foldText(sum, `${nameOf(core, table)}=${JSON.stringify(readRow(core, table, 0, 0), exactly)}`);
  }
  const regions = core.store.tables.filter((table) => table.kind === "region" && table.rows > 0);
  digestBlocks(core, regions);
  for (const table of regions) foldText(sum, regionText(core, table));
  core.store.epoch++;
  return hex(sum);
}

function foldTable(digest: Digest, table: Table): void {
  const words = table.arena.memory.i32;
  fold(digest, tableKinds.indexOf(table.kind));
  fold(digest, table.components.length);
  for (let i = 0; i < table.components.length; i++) fold(digest, table.components[i]!);
  fold(digest, table.rows);
  const ticks = table.kind === "archetype" || table.kind === "resource";
  for (let c = 0; c < table.columns.length; c++) {
    const column = table.columns[c]!;
    for (let k = 0, n = table.usedChunks; k < n; k++) {
      const entry = column.base + k * ENTRY_WORDS;
      const block = words[entry]! << 4;
      fold(digest, words[block + HASH_LOW]!);
      fold(digest, words[block + HASH_HIGH]!);
      if (!ticks) continue;
      fold(digest, words[entry + ENTRY_CHANGED]!);
      fold(digest, words[entry + ENTRY_ADDED]!);
    }
  }
}

/** Sums the rows of archetypes, keyed by entity; each block keeps its own sum. */
function sumBlocks(core: Core, sum: Digest): void {
  const { arena } = core;
  const tables = core.store.tables.filter((table) => table.kind === "archetype" && table.rows > 0);
  let spans = 0;
  eachStale(arena, tables, CONTENT_ROWS, (_, column) => {
    spans += column.component.columns.length;
  });
  const list = arena.scratch(spans * 32);
  const out = list + spans * 24;
  const words = arena.memory.i32;
  const keys = new Map<Table, number>();
  for (const table of tables) keys.set(table, signatureKey(core, table));
  let at = list >>> 2;
  eachStale(arena, tables, CONTENT_ROWS, (table, column, k, block) => {
    const { offsets } = table.layout(column, k);
    const entities = table.blockOf(table.columns[0]!, k) * 64;
    column.component.columns.forEach((spec, c) => {
      const key =
        column === table.columns[0] ? keys.get(table)! : hashText(`${column.component.name}.${spec.path}`) | 0;
      const rows = spec.kind === "str" ? 0 : table.rowsOf(k);
      words.set([entities, block * 64 + offsets[c]!, rows, spec.code, spec.lanes, key], at);
      at += 6;
    });
  });
  core.jobs.contentHash(arena.memory, list, spans, out);
  let outAt = out >>> 2;
  eachStale(arena, tables, CONTENT_ROWS, (table, column, k, block) => {
    const header = block << 4;
    let [low, high] = [0, 0];
    for (const spec of column.component.columns) {
      low += words[outAt]!;
      high += words[outAt + 1]!;
      outAt += 2;
      if (spec.kind !== "str") continue;
      const texts = sumTexts(core, table, column, k, spec);
      low += texts.low;
      high += texts.high;
    }
    words[header + CONTENT_ROWS] = table.rowsOf(k) + 1;
    words[header + CONTENT_LOW] = low;
    words[header + CONTENT_HIGH] = high;
  });
  for (const table of tables) {
    for (const column of table.columns) {
      for (let k = 0; k < table.usedChunks; k++) {
        const header = table.blockOf(column, k) << 4;
        sum.low = (sum.low + words[header + CONTENT_LOW]!) | 0;
        sum.high = (sum.high + words[header + CONTENT_HIGH]!) | 0;
      }
    }
  }
}

/** The key of a set of components: the same in every world that declares them, in whatever order. */
function signatureKey(core: Core, table: Table): number {
  const names = table.components.map((id) => core.schema.component(id).name).sort();
  return hashText(names.join(",")) | 0;
}

function sumTexts(
  core: Core,
  table: Table,
  column: Column,
  k: number,
  spec: (typeof column.component.columns)[number],
): Digest {
  const sum: Digest = { low: 0, high: 0 };
  const block = table.blockOf(column, k);
  const offset = block * 64 + table.layout(column, k).offsets[column.component.columns.indexOf(spec)]!;
  const entities = table.blockOf(table.columns[0]!, k) << 4;
  for (let row = 0; row < table.rowsOf(k); row++) {
    let text = `${column.component.name}.${spec.path}:${core.arena.memory.i32[entities + row]}`;
    for (let lane = 0; lane < spec.lanes; lane++) {
      text += `,${core.strings.text(readElement(core.arena.memory, spec.code, offset, row * spec.lanes + lane))}`;
    }
    foldText(sum, text);
  }
  return sum;
}

function sumLinks(core: Core, table: Table, sum: Digest): void {
  for (let row = 0; row < table.rows; row++) {
    const values = table.columns.map((_, c) => readRow(core, table, c, row));
    foldText(sum, `${nameOf(core, table)}:${JSON.stringify(values, exactly)}`);
  }
}

/** What a region is to the content hash: its name, its bytes and the digest of its pages. */
function regionText(core: Core, table: Table): string {
  const digest: Digest = { low: 0, high: 0 };
  const words = table.arena.memory.i32;
  for (let k = 0, n = table.usedChunks; k < n; k++) {
    const block = table.blockOf(table.columns[0]!, k) << 4;
    fold(digest, words[block + HASH_LOW]!);
    fold(digest, words[block + HASH_HIGH]!);
  }
  return `${core.strings.text(table.components[0]!)}[${table.components[1]}]:${hex(digest)}`;
}

function nameOf(core: Core, table: Table): string {
  return core.schema.component(table.components[0]!).name;
}

/** For `JSON.stringify`, which has no infinities, no NaN and no -0. */
function exactly(_key: string, value: unknown): unknown {
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Adds a digest of a text: the order in which texts are added does not matter. */
function foldText(sum: Digest, text: string): void {
  const hash = hashText(text);
  sum.low = (sum.low + (hash | 0)) | 0;
  sum.high = (sum.high + Math.imul(hash | 0, 0x2545f491) + Math.floor(hash / 4_294_967_296)) | 0;
}

type Visit = (table: Table, column: Column, k: number, block: number) => void;

/** Visits the used blocks whose header does not say that a digest over just these rows is kept. */
function eachStale(arena: Arena, tables: readonly Table[], header: number, visit: Visit): void {
  const words = arena.memory.i32;
  for (const table of tables) {
    const chunks = table.usedChunks;
    const full = (1 << table.shift) + 1;
    const last = table.rowsOf(chunks - 1) + 1;
    for (const column of table.columns) {
      for (let k = 0; k < chunks; k++) {
        const block = words[column.base + k * ENTRY_WORDS]!;
        if (words[(block << 4) + header] !== (k === chunks - 1 ? last : full)) visit(table, column, k, block);
      }
    }
  }
}
