import { Writer } from "../../../src/script/wasm/binary.ts";

/** A small module, written by hand. Functions are numbered after the imports. */
export interface Source {
  readonly imports?: readonly { module?: string; name: string; parameters: string; results?: string }[];
  readonly functions?: readonly {
    /** Under which name it is exported; with a dot in front only named, for traces. */
    name?: string;
    parameters?: string;
    results?: string;
    locals?: readonly (readonly [count: number, type: string])[];
    code: readonly (number | readonly number[])[];
  }[];
  /** Undefined for one page, exported as `memory`. */
  readonly memory?: { pages: number; maximum?: number; shared?: boolean; exported?: boolean } | null;
  readonly globals?: readonly { type: string; mutable: boolean; init: readonly number[] }[];
  /** Size of a table, its first elements the given functions. */
  readonly table?: { size: number; functions: readonly number[] };
  readonly start?: number;
  readonly data?: readonly { at: number; bytes: readonly number[] }[];
  readonly passive?: readonly (readonly number[])[];
  readonly manifest?: unknown;
}

const TYPES: Readonly<Record<string, number>> = { i: 0x7f, l: 0x7e, f: 0x7d, d: 0x7c, v: 0x7b };

/** `worldloom_alloc` for lists from 1,024 on, one page at least. */
export const alloc = { name: "worldloom_alloc", parameters: "i", results: "i", code: [[0x41, 0x80, 0x08]] } as const;

/** The bytes of a module. Types are letters: i and l integers, f and d floats, v vectors. */
export function assemble(source: Source): Uint8Array<ArrayBuffer> {
  const { imports = [], functions = [], memory = { pages: 2 }, globals = [], data = [], passive = [] } = source;
  const out = new Writer(4096).bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const section = (id: number, there: boolean, write: (w: Writer) => unknown): void => {
    if (!there) return;
    const content = new Writer();
    write(content);
    out.byte(id).block(content.written);
  };
  const signatures = [...imports, ...functions].map((f) => ({
    parameters: f.parameters ?? "",
    results: f.results ?? "",
  }));
  section(1, true, (w) => w.list(signatures, (f) => w.byte(0x60).block(types(f.parameters)).block(types(f.results))));
  section(2, imports.length > 0, (w) =>
    w.list(
      imports.map((item, i) => ({ ...item, i })),
      ({ module = "worldloom", name, i }) => w.name(module).name(name).byte(0).u32(i),
    ),
  );
  section(3, functions.length > 0, (w) =>
    w.list(
      functions.map((_, i) => i + imports.length),
      (i) => w.u32(i),
    ),
  );
  section(4, source.table !== undefined, (w) => w.byte(1).byte(0x70).byte(0).u32(source.table!.size));
  section(5, memory !== null, (w) => {
    const { pages, maximum, shared = false } = memory!;
    w.byte(1)
      .byte((maximum === undefined ? 0 : 1) | (shared ? 2 : 0))
      .u32(pages);
    if (maximum !== undefined) w.u32(maximum);
  });
  section(6, globals.length > 0, (w) =>
    w.list(globals, ({ type, mutable, init }) =>
      w
        .bytes(types(type))
        .byte(mutable ? 1 : 0)
        .bytes(init)
        .byte(0x0b),
    ),
  );
  const exported = functions.flatMap(({ name = "" }, i) => (/^\w/.test(name) ? [{ name, i: i + imports.length }] : []));
  const hasMemory = memory !== null && memory.exported !== false;
  section(7, true, (w) => {
    w.u32(exported.length + (hasMemory ? 1 : 0));
    for (const { name, i } of exported) w.name(name).byte(0).u32(i);
    if (hasMemory) w.name("memory").byte(2).u32(0);
  });
  section(8, source.start !== undefined, (w) => w.u32(source.start!));
  const elements = source.table?.functions ?? [];
  section(9, elements.length > 0, (w) => w.bytes([1, 0, 0x41, 0, 0x0b]).list(elements, (f) => w.u32(f)));
  section(12, passive.length > 0, (w) => w.u32(data.length + passive.length));
  section(10, functions.length > 0, (w) =>
    w.list(functions, ({ locals = [], code }) => {
      const inner = new Writer();
      inner.u32(locals.length);
      for (const [count, type] of locals) inner.u32(count).bytes(types(type));
      inner.bytes(code.flat()).byte(0x0b);
      w.block(inner.written);
    }),
  );
  section(11, data.length + passive.length > 0, (w) => {
    w.u32(data.length + passive.length);
    for (const { at, bytes } of data) w.byte(0).byte(0x41).bytes(s32(at)).byte(0x0b).block(bytes);
    for (const bytes of passive) w.byte(1).block(bytes);
  });
  section(0, functions.length > 0, (w) => {
    const names = functions.map(({ name = "" }, i) => ({ name: name.replace(/^\./, ""), i: i + imports.length }));
    const list = new Writer().list(names, ({ name, i }, to) => to.u32(i).name(name));
    w.name("name").byte(1).block(list.written);
  });
  section(0, source.manifest !== undefined, (w) => {
    const text = typeof source.manifest === "string" ? source.manifest : JSON.stringify(source.manifest);
    w.name("worldloom").bytes(Buffer.from(text));
  });
  return out.written.slice();
}

function types(letters: string): number[] {
  return Array.from(letters, (letter) => TYPES[letter]!);
}

export function u32(value: number): number[] {
  return Array.from(new Writer().u32(value).written);
}

export function s32(value: number): number[] {
  return Array.from(new Writer().s32(value).written);
}

export const get = (local: number): number[] => [0x20, ...u32(local)];
export const set = (local: number): number[] => [0x21, ...u32(local)];
export const tee = (local: number): number[] => [0x22, ...u32(local)];
export const i32 = (value: number): number[] => [0x41, ...s32(value)];
export const f32 = (value: number): number[] => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
export const f64 = (value: number): number[] => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)];
export const call = (f: number): number[] => [0x10, ...u32(f)];
export const load = (offset = 0): number[] => [0x28, 2, ...u32(offset)];
export const store = (offset = 0): number[] => [0x36, 2, ...u32(offset)];
export const loadF32 = (offset = 0): number[] => [0x2a, 2, ...u32(offset)];
export const storeF32 = (offset = 0): number[] => [0x38, 2, ...u32(offset)];
export const storeF64 = (offset = 0): number[] => [0x39, 3, ...u32(offset)];
export const store8 = (offset = 0): number[] => [0x3a, 0, ...u32(offset)];
export const add = 0x6a;
export const sub = 0x6b;
export const mul = 0x6c;
export const shl = 0x74;
export const drop = 0x1a;
export const unreachable = 0x00;
/** `loop … br 0 end`. */
export const forever = (...body: (number | readonly number[])[]): number[] => [
  0x03,
  0x40,
  ...body.flat(),
  0x0c,
  0,
  0x0b,
];
/** For local `i` from 0 to before local `end`. */
export const each = (i: number, end: number, ...body: (number | readonly number[])[]): number[] => [
  ...i32(0),
  ...set(i),
  ...[0x02, 0x40, 0x03, 0x40],
  ...get(i),
  ...get(end),
  ...[0x4f, 0x0d, 1],
  ...body.flat(),
  ...get(i),
  ...i32(1),
  add,
  ...set(i),
  ...[0x0c, 0, 0x0b, 0x0b],
];
