import { type Arena, CONTENT_HIGH, CONTENT_LOW, CONTENT_ROWS, HASH_HIGH, HASH_LOW, HASH_ROWS } from "./arena.ts";
import type { Core } from "./core.ts";
import { readElement } from "./element.ts";
import { readRow } from "./operations.ts";
import { compareSignatures } from "./query.ts";
import { hashText } from "./schema.ts";
import { type Column, ENTRY_ADDED, ENTRY_CHANGED, ENTRY_WORDS, type Table, tableKinds } from "./table.ts";

/** Two 32-bit accumulators side by side: a 64-bit digest in the making. */
interface Digest {
  low: number;
  high: number;
}

/**
 * The state hash: 16 hexadecimal digits. Equal hashes mean equal futures: it covers rows in order, generations and free
 * indices, strings, resources, events, links, regions, change ticks, tick and seed. Only blocks that were written
 * since the last hash are read.
 */
export function hashWorld(core: Core): string {
  const { store, entities } = core;
  core.regions.flush();
  const tables = store.tables.filter((table) => table.rows > 0).sort(canonically);
  digestBlocks(core, tables);
  const digest: Digest = { low: 0x243f6a88, high: 0x85a308d3 };
  fold(digest, store.tick);
  fold(digest, store.seed);
  fold(digest, entities.limit);
  for (const table of tables) foldTable(digest, table);
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
  for (const table of [...core.store.tables].sort(canonically)) {
    if (table.kind === "links") sumLinks(core, table, sum);
    else if (table.kind === "resource") foldText(sum, `${nameOf(core, table)}=${JSON.stringify(readRow(core, table, 0, 0), exactly)}`);
  }
  const regions = core.store.tables.filter((table) => table.kind === "region" && table.rows > 0);
  digestBlocks(core, regions);
  for (const table of regions) foldText(sum, regionText(core, table));
  core.store.epoch++;
  return hex(sum);
}

function canonically(a: Table, b: Table): number {
  return tableKinds.indexOf(a.kind) - tableKinds.indexOf(b.kind) || compareSignatures(a.components, b.components);
}

function fold(digest: Digest, word: number): void {
  const low = Math.imul(digest.low ^ word, 0x9e3779b1);
  const high = Math.imul(digest.high + word, 0x85ebca77);
  digest.low = ((low << 13) | (low >>> 19)) ^ (high >>> 16);
  digest.high = (((high << 17) | (high >>> 15)) + low) | 0;
}

function hex({ low, high }: Digest): string {
  const a = finish(high ^ (low >>> 15));
  const b = finish(low + Math.imul(a, 0x9e3779b1));
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

function foldTable(digest: Digest, table: Table): void {
  const words = table.arena.memory.i32;
  fold(digest, tableKinds.indexOf(table.kind));
  fold(digest, table.components.length);
  for (const id of table.components) fold(digest, id);
  fold(digest, table.rows);
  const ticks = table.kind === "archetype" || table.kind === "resource";
  for (const column of table.columns) {
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

/** Columns of a component that count: of slots only the generations do. */
function hashedColumns(table: Table, column: Column): number {
  return table.kind === "slots" ? 1 : column.component.columns.length;
}

/** Computes the digests of blocks that have none, in one call, and keeps them in the blocks' headers. */
function digestBlocks(core: Core, tables: readonly Table[]): void {
  const { arena } = core;
  let spans = 0;
  eachStale(arena, tables, HASH_ROWS, (table, column) => {
    spans += hashedColumns(table, column);
  });
  if (spans === 0) return;
  const list = arena.scratch(spans * 20);
  const out = list + spans * 12;
  const words = arena.memory.i32;
  let at = list >>> 2;
  eachStale(arena, tables, HASH_ROWS, (table, column, k, block) => {
    const { offsets } = table.layout(column, k);
    const rows = table.rowsOf(k);
    for (let c = 0, n = hashedColumns(table, column); c < n; c++) {
      const spec = column.component.columns[c]!;
      words[at] = block * 64 + offsets[c]!;
      words[at + 1] = rows * spec.lanes;
      words[at + 2] = spec.code;
      at += 3;
    }
  });
  core.jobs.hash(arena.memory, list, spans, out);
  let digestAt = out >>> 2;
  const digest: Digest = { low: 0, high: 0 };
  eachStale(arena, tables, HASH_ROWS, (table, column, k, block) => {
    digest.low = 1;
    digest.high = 2;
    for (let c = 0, n = hashedColumns(table, column); c < n; c++) {
      fold(digest, words[digestAt]!);
      fold(digest, words[digestAt + 1]!);
      digestAt += 2;
    }
    const header = block << 4;
    words[header + HASH_ROWS] = table.rowsOf(k) + 1;
    words[header + HASH_LOW] = digest.low;
    words[header + HASH_HIGH] = digest.high;
  });
}

type Visit = (table: Table, column: Column, k: number, block: number) => void;

/** Computes the digests of every block of archetypes and resources that has none. */
export function fillDigests(core: Core): void {
  digestBlocks(core, core.store.tables.filter((table) => (table.kind === "archetype" || table.kind === "resource") && table.rows > 0));
  core.store.epoch++;
}

/** Whether the digest that a block keeps is that of its contents. */
export function digestOf(core: Core, table: Table, column: Column, k: number): boolean {
  const { arena } = core;
  const { columns } = column.component;
  const list = arena.scratch(columns.length * 20);
  const out = (list >>> 2) + columns.length * 3;
  const words = arena.memory.i32;
  const { offsets } = table.layout(column, k);
  const block = table.blockOf(column, k);
  columns.forEach((spec, c) => {
    words.set([block * 64 + offsets[c]!, table.rowsOf(k) * spec.lanes, spec.code], (list >>> 2) + c * 3);
  });
  core.jobs.hash(arena.memory, list, columns.length, out * 4);
  const digest: Digest = { low: 1, high: 2 };
  for (let c = 0; c < columns.length * 2; c++) fold(digest, words[out + c]!);
  return words[(block << 4) + HASH_LOW] === digest.low && words[(block << 4) + HASH_HIGH] === digest.high;
}

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
      const key = column === table.columns[0] ? keys.get(table)! : hashText(`${column.component.name}.${spec.path}`) | 0;
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

function sumTexts(core: Core, table: Table, column: Column, k: number, spec: (typeof column.component.columns)[number]): Digest {
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
