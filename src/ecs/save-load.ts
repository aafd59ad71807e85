import { expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { loadJobs } from "../native/index.ts";
import { checksum } from "./checksum.ts";
import { ENTRY_ADDED, ENTRY_CHANGED, ENTRY_WORDS } from "./column.ts";
import { Core, type CoreOptions } from "./core.ts";
import { coreOptions, type WorldOptions } from "./options.ts";
import { type TableKind, tableKinds } from "./record.ts";
import { pagesOf, REGION_BYTES_MAX } from "./region.ts";
import { isRelation } from "./relation.ts";
import { badFile, checkLoaded, placeEntities } from "./save-check.ts";
import {
  columnBytes,
  declaration,
  ENVELOPE,
  ENVELOPE_BYTES,
  type Head,
  MAGIC,
  padded,
  savedColumns,
  VERSION,
} from "./save-format.ts";
import type { SchemaSet } from "./schema.ts";
import type { Table } from "./table.ts";
import { World } from "./world.ts";

/** What a file does not say: what is declared, which must be what the saved world declared, and where the world shall live. */
export type LoadOptions = Omit<WorldOptions, "seed" | "chunkRows" | "limits">;

const KNOWN: Known<LoadOptions> = {
  components: true,
  resources: true,
  events: true,
  inputs: true,
  arena: true,
  checked: true,
};

/**
 * A world that continues as the saved one would have: equal hash, equal future.
 * Throws `bad-file`, `file-version`, `schema-mismatch`, `arena-full`, `bad-argument`.
 */
export function loadWorld(bytes: Uint8Array<ArrayBufferLike>, options: LoadOptions = {}): World {
  expectOptions(options, "options", KNOWN);
  const { schema } = coreOptions(options);
  return new World(
    loadCore(bytes, schema, ({ seed, chunkRows, limits }) => coreOptions({ ...options, seed, chunkRows, limits })),
  );
}

/**
 * Lets a world continue from a save file of a world with the same schema, limit of entities and rows a chunk, as `restore`
 * does from a snapshot: systems and observers stay; it must not have more strings or events than may be here. Throws
 * `bad-file`, `file-version`, `schema-mismatch`, `arena-full`.
 */
export function restoreSave(world: World, bytes: Uint8Array<ArrayBufferLike>): void {
  const loaded = loadBeside(world, bytes);
  const snapshot = loaded.snapshot();
  try {
    world.restore(snapshot);
  } finally {
    snapshot.dispose();
    loaded.dispose();
  }
}

/** The world of a save file in the arena of another world, which it can be compared with. Throws as {@link restoreSave}. */
export function loadBeside(world: World, bytes: Uint8Array<ArrayBufferLike>): World {
  const { arena, schema, jobs, checked, limits, store } = world.core;
  const { shift } = store;
  return new World(
    loadCore(bytes, schema, ({ seed, chunkRows, limits: saved }) => {
      if (chunkRows !== 1 << shift || saved.entities !== limits.entities) {
        throw new WorldloomError(
          "schema-mismatch",
          `The saved world has at most ${saved.entities} entities in chunks of ${chunkRows}, this one ${limits.entities} in chunks of ${1 << shift}; make both alike.`,
        );
      }
      // Limits of the file: what is too much here is refused where this world continues from it.
      return { arena, schema, jobs, checked, limits: { ...limits, ...saved }, shift, seed };
    }),
  );
}

/** What a save file declares, in the order of ids, one text each. Throws `bad-file`, `file-version`. */
export function savedDeclarations(bytes: Uint8Array<ArrayBufferLike>): readonly string[] {
  checkEnvelope(bytes);
  return readHead(new Reader(bytes, ENVELOPE_BYTES)).schema;
}

function loadCore(bytes: Uint8Array<ArrayBufferLike>, schema: SchemaSet, options: (head: Head) => CoreOptions): Core {
  if (!(bytes instanceof Uint8Array)) {
    throw new WorldloomError("bad-argument", "A world is loaded from the bytes of a save file, a Uint8Array.");
  }
  checkEnvelope(bytes);
  const reader = new Reader(bytes, ENVELOPE_BYTES);
  const head = readHead(reader);
  checkSchema(head, schema);
  const filled = new Core(options(head));
  try {
    for (let t = 0; t < head.tables; t++) readTable(filled, reader, t);
    if (reader.left > 0) throw badFile(`${reader.left} bytes follow the last table`);
    if (filled.store.tables.length !== head.tables) throw badFile("tables are missing");
    placeEntities(filled);
    filled.store.tick = head.tick;
    // A fork makes everything that is derived from tables anew.
    const core = filled.fork();
    try {
      checkLoaded(core);
    } catch (error) {
      core.dispose();
      throw error;
    }
    return core;
  } finally {
    filled.dispose();
  }
}

/** Takes a file apart. Whatever it is asked for, it first checks that the file has it. */
class Reader {
  readonly bytes: Uint8Array<ArrayBufferLike>;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array<ArrayBufferLike>, at: number) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  word(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  /** Where the next bytes are. */
  take(count: number): number {
    const start = this.#at;
    if (count > this.left) throw badFile(`${count} bytes are missing at byte ${start}`);
    this.#at += count;
    return start;
  }
}

function checkEnvelope(bytes: Uint8Array<ArrayBufferLike>): void {
  if (bytes.length < ENVELOPE_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw badFile("it does not start as a save file does");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (name: keyof typeof ENVELOPE): number => view.getUint32(ENVELOPE[name], true);
  const length = word("lengthLow") + word("lengthHigh") * 2 ** 32;
  if (length !== bytes.length) throw badFile(`it should have ${length} bytes and has ${bytes.length}`);
  const [low, high] = checksum(loadJobs(), bytes, ENVELOPE_BYTES, [
    word("version"),
    word("lengthLow"),
    word("lengthHigh"),
  ]);
  if (low !== word("checksumLow") || high !== word("checksumHigh") || word("zero") !== 0) {
    throw badFile("its checksum is wrong", undefined, { checksum: [low, high] });
  }
  const version = word("version");
  if (version === 0) throw badFile("its version is 0");
  if (version <= VERSION) return;
  throw new WorldloomError(
    "file-version",
    `The save file has version ${version} and this Worldloom reads up to ${VERSION}; update Worldloom.`,
    {
      version,
      supported: VERSION,
    },
  );
}

function readHead(reader: Reader): Head {
  const length = reader.word();
  const start = reader.take(padded(length));
  let head: Head;
  try {
    // A copy: text cannot be decoded from shared memory.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(reader.bytes.slice(start, start + length));
    head = JSON.parse(text) as Head;
  } catch (cause) {
    throw badFile("its head is not JSON", cause);
  }
  const whole = (value: unknown, most: number): boolean =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
  const sound =
    typeof head === "object" &&
    head !== null &&
    whole(head.fingerprint, Number.MAX_SAFE_INTEGER) &&
    Array.isArray(head.schema) &&
    head.schema.every((text) => typeof text === "string") &&
    whole(head.chunkRows, 65_536) &&
    whole(head.seed, 0xffff_ffff) &&
    whole(head.tick, 0x7fff_ffff) &&
    whole(head.tables, 0xffff) &&
    typeof head.limits === "object" &&
    head.limits !== null;
  if (!sound) throw badFile("its head lacks something");
  try {
    const { seed, chunkRows, limits } = head;
    coreOptions({ seed, chunkRows, limits });
  } catch (cause) {
    throw badFile("its head has options that no world has", cause);
  }
  return head;
}

/** Throws `schema-mismatch`, naming the first difference. */
function checkSchema(head: Head, schema: SchemaSet): void {
  const declared = schema.declared.map(declaration);
  const count = Math.max(declared.length, head.schema.length);
  for (let i = 0; i < count; i++) {
    const [saved, ours] = [head.schema[i], declared[i]];
    if (saved === ours) continue;
    const difference =
      saved === undefined
        ? `the file has nothing like ${shown(ours!)}`
        : ours === undefined
          ? `nothing here is declared like ${shown(saved)} of the file`
          : differenceOf(saved, ours, i);
    throw new WorldloomError(
      "schema-mismatch",
      `The save file is of another schema: ${difference}. Declare the same types in the same order.`,
      {
        saved,
        declared: ours,
        index: i,
      },
    );
  }
  if (head.fingerprint !== schema.fingerprint) throw badFile("its fingerprint is not that of its schema");
}

/** What is different in two declarations at the same place: a field, where the type has the same name. */
function differenceOf(saved: string, ours: string, i: number): string {
  const [before, after] = [saved, ours].map((text) => text.trim().split(/[{,}]/)) as [string[], string[]];
  const at = before.findIndex((part, k) => part !== after[k]);
  if (at <= 0 || before.length < 3 || after.length < 3)
    return `number ${i + 1} is ${shown(saved)} in the file and ${shown(ours)} here`;
  const part = (parts: readonly string[]): string => (at < parts.length - 1 && shown(parts[at]!)) || "no more fields";
  return `number ${i + 1}, ${before[0]}, has ${part(before)} in the file and ${part(after)} here`;
}

function shown(text: string): string {
  return text.trim().slice(0, 120);
}

/** Reads table `t` of the file into the world's table of that number. */
function readTable(core: Core, reader: Reader, t: number): void {
  const { store } = core;
  const kind = tableKinds[reader.word()];
  const rows = reader.word();
  const count = reader.word();
  if (kind === undefined || count > 0xffff) throw badFile(`table ${t} is of no known kind`);
  const words = reader.take(count * 4);
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset + words, count * 4);
  const components = Array.from({ length: count }, (_, i) => view.getUint32(i * 4, true));
  let table = store.tables[t];
  if (table === undefined) {
    checkComponents(core, kind, components, t);
    if (store.find(kind, components) !== undefined) throw badFile(`table ${t} is there twice`);
    table = store.addTable(kind, components, kind === "region" ? 0 : store.shift);
  } else if (table.kind !== kind || table.components.join() !== components.join()) {
    throw badFile(`table ${t} is not the one that every world of this schema starts with`);
  }
  checkRows(core, table, rows);
  if (columnBytes(table, rows) > reader.left)
    throw badFile(`table ${t} says that it has ${rows} rows, more than the file holds`);
  readRows(table, rows, reader);
}

function checkComponents(core: Core, kind: TableKind, ids: readonly number[], t: number): void {
  const { declared } = core.schema;
  const role = (id: number): string => {
    const type = declared[id];
    if (type?.role !== "relation") return type?.role ?? "nothing";
    return isRelation(type.component) && type.component.relation.exclusive ? "component" : "link";
  };
  const single = (...roles: readonly string[]): boolean => ids.length === 1 && roles.includes(role(ids[0]!));
  let sound = false;
  if (kind === "archetype") sound = ids.every((id, i) => role(id) === "component" && (i === 0 || ids[i - 1]! < id));
  else if (kind === "event") sound = single("event", "input");
  else if (kind === "links") sound = single("link");
  else if (kind === "region") {
    const [name, bytes] = ids;
    sound =
      ids.length === 2 && name! >= 1 && name! <= core.strings.spans.rows && bytes! >= 1 && bytes! <= REGION_BYTES_MAX;
  }
  if (!sound) throw badFile(`table ${t} (${kind}) is of components that it cannot have`);
}

/** What each kind of table may have as its number of rows. */
function checkRows(core: Core, table: Table, rows: number): void {
  const { limits, entities } = core;
  const most: Readonly<Record<TableKind, number>> = {
    archetype: limits.entities,
    slots: limits.entities,
    free: Math.ceil(entities.slots.rows / 32),
    strings: limits.strings,
    characters: 0x7fff_ffff,
    resource: 1,
    event: limits.events,
    links: 0x7fff_ffff,
    region: table.kind === "region" ? pagesOf(table.components[1]!) : 0,
  };
  const exact = table.kind === "free" || table.kind === "resource" || (table.kind === "region" && rows > 0);
  if (rows <= most[table.kind] && (!exact || rows === most[table.kind])) return;
  throw badFile(`table ${table.id} (${table.kind}) has ${rows} rows, which cannot be`);
}

function readRows(table: Table, rows: number, reader: Reader): void {
  table.reserve(rows);
  table.rows = rows;
  const chunks = table.usedChunks;
  for (const column of table.columns) {
    for (let k = 0; k < chunks; k++) {
      table.own(column, k);
      const { i32 } = table.arena.memory;
      i32[column.base + k * ENTRY_WORDS + ENTRY_CHANGED] = reader.word();
      i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED] = reader.word();
    }
    const { u8 } = table.arena.memory;
    savedColumns(table.kind, column.component).forEach((spec, c) => {
      const stride = spec.bytes * spec.lanes;
      let from = reader.take(padded(rows * stride));
      for (let k = 0; k < chunks; k++) {
        const count = table.rowsOf(k) * stride;
        u8.set(
          reader.bytes.subarray(from, from + count),
          table.blockOf(column, k) * 64 + table.layout(column, k).offsets[c]!,
        );
        from += count;
      }
    });
  }
}
