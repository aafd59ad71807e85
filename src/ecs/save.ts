import { checksum } from "./checksum.ts";
import { ENTRY_ADDED, ENTRY_CHANGED, ENTRY_WORDS } from "./column.ts";
import type { Core } from "./core.ts";
import { tableKinds } from "./record.ts";
import {
  columnBytes,
  ENVELOPE,
  ENVELOPE_BYTES,
  MAGIC,
  padded,
  savedColumns,
  schemaText,
  TABLE_WORDS,
  VERSION,
} from "./save-format.ts";
import type { Table } from "./table.ts";

/**
 * The world as a file that `loadWorld` continues from, in any process and with either job set: the state hash of the loaded
 * world is that of this one. Holds rows, not capacity. Throws `view-expired`, `arena-full` for regions.
 */
export function saveWorld(core: Core): Uint8Array<ArrayBuffer> {
  core.regions.flush();
  const { tables } = core.store;
  const head = new TextEncoder().encode(headText(core));
  let length = ENVELOPE_BYTES + 4 + padded(head.length);
  for (const table of tables) length += (TABLE_WORDS + table.components.length) * 4 + columnBytes(table, table.rows);
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer);
  bytes.set(MAGIC);
  words[ENVELOPE.version / 4] = VERSION;
  words[ENVELOPE.lengthLow / 4] = length % 2 ** 32;
  words[ENVELOPE.lengthHigh / 4] = length / 2 ** 32;
  words[ENVELOPE_BYTES / 4] = head.length;
  bytes.set(head, ENVELOPE_BYTES + 4);
  let at = ENVELOPE_BYTES + 4 + padded(head.length);
  for (const table of tables) at = putTable(table, bytes, words, at);
  seal(core, bytes);
  return bytes;
}

/** Writes the checksum into the envelope. */
function seal(core: Core, bytes: Uint8Array<ArrayBuffer>): void {
  const words = new Uint32Array(bytes.buffer, 0, ENVELOPE_BYTES / 4);
  const covered = [words[ENVELOPE.version / 4]!, words[ENVELOPE.lengthLow / 4]!, words[ENVELOPE.lengthHigh / 4]!];
  const [low, high] = checksum(core.jobs, bytes, ENVELOPE_BYTES, covered);
  words[ENVELOPE.checksumLow / 4] = low;
  words[ENVELOPE.checksumHigh / 4] = high;
}

function headText({ schema, store, limits }: Core): string {
  const rest = { chunkRows: 1 << store.shift, seed: store.seed, tick: store.tick, limits, tables: store.tables.length };
  return `{"fingerprint":${schema.fingerprint},"schema":${schemaText(schema)},${JSON.stringify(rest).slice(1)}`;
}

/** Writes a table at byte `at`; returns where it ends. */
function putTable(table: Table, bytes: Uint8Array, words: Uint32Array, at: number): number {
  const { i32, u8 } = table.arena.memory;
  const chunks = table.usedChunks;
  let word = at / 4;
  words[word++] = tableKinds.indexOf(table.kind);
  words[word++] = table.rows;
  words[word++] = table.components.length;
  for (const id of table.components) words[word++] = id;
  for (const column of table.columns) {
    for (let k = 0; k < chunks; k++) {
      words[word++] = i32[column.base + k * ENTRY_WORDS + ENTRY_CHANGED]!;
      words[word++] = i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED]!;
    }
    const saved = savedColumns(table.kind, column.component);
    for (let c = 0; c < saved.length; c++) {
      const stride = saved[c]!.bytes * saved[c]!.lanes;
      let to = word * 4;
      for (let k = 0; k < chunks; k++) {
        const from = table.blockOf(column, k) * 64 + table.layout(column, k).offsets[c]!;
        const count = table.rowsOf(k) * stride;
        bytes.set(u8.subarray(from, from + count), to);
        to += count;
      }
      word = padded(to) / 4;
    }
  }
  return word * 4;
}
