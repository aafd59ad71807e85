import { malformed, Reader, Writer } from "./binary.ts";
import { Instructions, valueType } from "./code.ts";
import { op } from "./opcode.ts";

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** In elements of a table or pages of a memory. */
export interface Limits {
  readonly initial: number;
  readonly maximum: number | undefined;
  readonly shared: boolean;
}

export type ExternKind = "function" | "table" | "memory" | "global";

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of functions the number of their type. */
  readonly type: number;
  readonly mutable: boolean;
  readonly limits: Limits | undefined;
}

export interface Table {
  readonly type: number;
  readonly limits: Limits;
}

export interface Global {
  readonly type: number;
  readonly mutable: boolean;
  /** The expression of its first value, with its `end`. */
  readonly init: Uint8Array;
}

export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
}

/** A function's code: what its locals are, and the bytes [at, end) of `bytes`, with the last `end`. */
export interface Body {
  /** Runs of locals of one type, parameters not included. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** A core module, taken apart as far as instrumentation needs it. Numbers count imports first, as in the format. */
export interface WasmModule {
  readonly types: FunctionType[];
  readonly imports: readonly Import[];
  /** Numbers of the types of its exceptions; modules that are read have none. */
  readonly tags?: readonly number[];
  /** Numbers of the types of the functions that are not imported. */
  readonly functions: number[];
  readonly tables: Table[];
  readonly memories: Limits[];
  readonly globals: Global[];
  readonly exports: Export[];
  start: number | undefined;
  /** Contents of the sections of elements and of data. */
  readonly elements: Uint8Array | undefined;
  readonly dataCount: number | undefined;
  readonly bodies: Body[];
  readonly data: Uint8Array | undefined;
  readonly customs: { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Throws `script-invalid`, with the byte, for what is malformed or belongs to a proposal that is refused. */
export function decodeModule(bytes: Uint8Array): WasmModule {
  const sections = sectionsOf(bytes);
  const read = <T>(id: number, item: (reader: Reader) => T): T[] => {
    const reader = sections.known.get(id);
    if (reader === undefined) return [];
    const items = reader.list(item);
    if (!reader.done) reader.fail("the section is longer than its contents");
    return items;
  };
  const single = (id: number): number | undefined => sections.known.get(id)?.u32();
  const raw = (id: number): Uint8Array | undefined => {
    const reader = sections.known.get(id);
    return reader?.bytes.subarray(reader.at, reader.end);
  };
  const module: WasmModule = {
    types: read(1, functionType),
    imports: read(2, importOf),
    functions: read(3, (r) => r.u32()),
    tables: read(4, tableOf),
    memories: read(5, limitsOf),
    globals: read(6, globalOf),
    exports: read(7, exportOf),
    start: single(8),
    elements: raw(9),
    bodies: read(10, bodyOf),
    dataCount: single(12),
    data: raw(11),
    customs: sections.customs,
  };
  if (module.functions.length !== module.bodies.length) {
    throw malformed("functions and their code differ in number", "module", 0);
  }
  return module;
}

export function encodeModule(module: WasmModule): Uint8Array<ArrayBuffer> {
  const out = new Writer(1 << 16).bytes(HEADER);
  const section = (id: number, there: boolean, write: (writer: Writer) => void): void => {
    if (!there) return;
    const content = new Writer(1 << 10);
    write(content);
    out.byte(id).block(content.written);
  };
  const items = <T>(id: number, list: readonly T[], write: (item: T, writer: Writer) => void): void =>
    section(id, list.length > 0, (writer) => writer.list(list, write));
  items(1, module.types, (item, w) => w.byte(0x60).block(item.parameters).block(item.results));
  items(2, module.imports, writeImport);
  items(3, module.functions, (item, w) => w.u32(item));
  items(4, module.tables, (item, w) => writeLimits(item.limits, w.byte(item.type)));
  items(5, module.memories, writeLimits);
  items(13, module.tags ?? [], (item, w) => w.byte(0).u32(item));
  items(6, module.globals, (item, w) =>
    w
      .byte(item.type)
      .byte(item.mutable ? 1 : 0)
      .bytes(item.init),
  );
  items(7, module.exports, (item, w) => w.name(item.name).byte(KINDS.indexOf(item.kind)).u32(item.index));
  section(8, module.start !== undefined, (w) => w.u32(module.start!));
  section(9, module.elements !== undefined, (w) => w.bytes(module.elements!));
  section(12, module.dataCount !== undefined, (w) => w.u32(module.dataCount!));
  items(10, module.bodies, writeBody);
  section(11, module.data !== undefined, (w) => w.bytes(module.data!));
  for (const custom of module.customs) section(0, true, (w) => w.name(custom.name).bytes(custom.bytes));
  return out.written;
}

/** Imports of one kind: numbers of that kind that are not the module's own. */
export function importCount(module: WasmModule, kind: ExternKind): number {
  let count = 0;
  for (const item of module.imports) if (item.kind === kind) count++;
  return count;
}

/** The instructions of a body; `where` names it in messages. */
export function instructionsOf(body: Body, where: string): Instructions {
  return new Instructions(new Reader(body.bytes, body.at, body.end, where));
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const KINDS: readonly ExternKind[] = ["function", "table", "memory", "global"];
const NAMES = [
  "custom section",
  "types",
  "imports",
  "functions",
  "tables",
  "memories",
  "globals",
  "exports",
  "start",
  "elements",
  "code",
  "data",
  "data count",
];
/** Sections in the order in which they must come. */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
const COMPONENT_LAYER = 0x0d;

interface Sections {
  readonly known: ReadonlyMap<number, Reader>;
  readonly customs: { name: string; bytes: Uint8Array }[];
}

function sectionsOf(bytes: Uint8Array): Sections {
  if (bytes[4] === COMPONENT_LAYER && bytes[6] === 1 && HEADER.slice(0, 4).every((byte, i) => bytes[i] === byte)) {
    throw malformed("this is a component, not a core module; transpile it first", "module", 4);
  }
  if (HEADER.some((byte, i) => bytes[i] !== byte)) throw malformed("not a WebAssembly module", "module", 0);
  const reader = new Reader(bytes, HEADER.length);
  const known = new Map<number, Reader>();
  const customs: { name: string; bytes: Uint8Array }[] = [];
  let last = -1;
  while (!reader.done) {
    const from = reader.at;
    const id = reader.byte();
    const size = reader.u32();
    const at = reader.at;
    reader.skip(size);
    if (id >= NAMES.length) reader.fail(`a section of kind ${id} is refused`, from);
    const part = new Reader(bytes, at, reader.at, NAMES[id]!);
    if (id === 0) {
      customs.push({ name: part.name(), bytes: bytes.subarray(part.at, part.end) });
      continue;
    }
    const place = ORDER.indexOf(id);
    if (place <= last) reader.fail(`the section of ${NAMES[id]} is out of place`, from);
    last = place;
    known.set(id, part);
  }
  return { known, customs };
}

function functionType(reader: Reader): FunctionType {
  const form = reader.byte();
  if (form !== 0x60) reader.fail(`a type of the form 0x${form.toString(16)} is refused`, reader.at - 1);
  return { parameters: reader.list(valueType), results: reader.list(valueType) };
}

function importOf(reader: Reader): Import {
  const module = reader.name();
  const name = reader.name();
  const kind = kindOf(reader);
  const type = kind === "function" ? reader.u32() : kind === "memory" ? 0 : valueType(reader);
  const limits = kind === "table" || kind === "memory" ? limitsOf(reader) : undefined;
  const mutable = kind === "global" && flag(reader);
  return { module, name, kind, type, mutable, limits };
}

function kindOf(reader: Reader): ExternKind {
  const at = reader.at;
  return KINDS[reader.byte()] ?? reader.fail("a kind of import or export is refused, such as tags", at);
}

function flag(reader: Reader): boolean {
  const value = reader.byte();
  if (value > 1) reader.fail("a flag is neither 0 nor 1", reader.at - 1);
  return value === 1;
}

function tableOf(reader: Reader): Table {
  return { type: valueType(reader), limits: limitsOf(reader) };
}

function limitsOf(reader: Reader): Limits {
  const flags = reader.byte();
  if (flags > 3) reader.fail("64-bit memories and pages of other sizes are refused", reader.at - 1);
  const initial = reader.u32();
  return { initial, maximum: flags & 1 ? reader.u32() : undefined, shared: (flags & 2) !== 0 };
}

function globalOf(reader: Reader): Global {
  const type = valueType(reader);
  const mutable = flag(reader);
  const from = reader.at;
  const instructions = new Instructions(reader);
  while (instructions.next()) {
    if (instructions.code === op.end) return { type, mutable, init: reader.bytes.subarray(from, reader.at) };
  }
  return reader.fail("an expression has no end", from);
}

function exportOf(reader: Reader): Export {
  return { name: reader.name(), kind: kindOf(reader), index: reader.u32() };
}

function bodyOf(reader: Reader): Body {
  const size = reader.u32();
  const at = reader.at;
  reader.skip(size);
  const body = new Reader(reader.bytes, at, reader.at, "code");
  const locals = body.list((r) => [r.u32(), valueType(r)] as const);
  return { locals, bytes: body.bytes, at: body.at, end: body.end };
}

function writeImport(item: Import, writer: Writer): void {
  writer.name(item.module).name(item.name).byte(KINDS.indexOf(item.kind));
  if (item.kind === "function") writer.u32(item.type);
  else if (item.kind !== "memory") writer.byte(item.type);
  if (item.limits !== undefined) writeLimits(item.limits, writer);
  if (item.kind === "global") writer.byte(item.mutable ? 1 : 0);
}

function writeLimits(limits: Limits, writer: Writer): void {
  writer.byte((limits.maximum === undefined ? 0 : 1) | (limits.shared ? 2 : 0)).u32(limits.initial);
  if (limits.maximum !== undefined) writer.u32(limits.maximum);
}

function writeBody(body: Body, writer: Writer): void {
  const head = new Writer(16).list(body.locals, ([count, type], w) => w.u32(count).byte(type));
  writer.u32(head.length + body.end - body.at).bytes(head.written);
  writer.part(body.bytes, body.at, body.end);
}
