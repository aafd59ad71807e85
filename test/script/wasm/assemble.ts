import { wasm } from "../../../src/native/wasm.ts";
import { Writer } from "../../../src/script/wasm/binary.ts";
import { encodeModule, type Global, type Import, type Table } from "../../../src/script/wasm/module.ts";
import { op, type } from "../../../src/script/wasm/opcode.ts";

export const { i32, i64, f32, f64, v128 } = type;

export interface Routine {
  /** Exported under it. */
  readonly name?: string;
  readonly parameters?: readonly number[];
  readonly results?: readonly number[];
  readonly locals?: readonly number[];
  /** Without the last `end`. */
  readonly code: readonly number[];
}

export interface Parts {
  readonly routines: readonly Routine[];
  readonly imports?: readonly { readonly name: string; readonly parameters: number[]; readonly results: number[] }[];
  readonly otherImports?: readonly Import[];
  readonly memories?: readonly { readonly initial: number; readonly maximum?: number; readonly shared?: boolean }[];
  readonly memoryName?: string;
  readonly globals?: readonly { readonly type: number; readonly mutable: boolean; readonly init: readonly number[] }[];
  /** Numbers of functions. */
  readonly table?: readonly number[];
  readonly tableElements?: number;
  readonly start?: number;
  readonly data?: Uint8Array;
  readonly dataCount?: number;
}

/** A module with the functions imported first, then the routines, each with a type of its own. */
export function moduleOf(parts: Parts): Uint8Array<ArrayBuffer> {
  const { routines, imports = [], table } = parts;
  const tables: Table[] = [];
  const elements = parts.tableElements ?? table?.length;
  if (elements !== undefined) {
    tables.push({ type: type.funcref, limits: { initial: elements, maximum: undefined, shared: false } });
  }
  const exports = routines.flatMap(({ name }, i) =>
    name === undefined ? [] : [{ name, kind: "function" as const, index: imports.length + i }],
  );
  const memory = parts.memoryName ?? "memory";
  return encodeModule({
    types: [...imports, ...routines].map(({ parameters = [], results = [] }) => ({ parameters, results })),
    imports: [
      ...imports.map(({ name }, i): Import => {
        return { module: "host", name, kind: "function", type: i, mutable: false, limits: undefined };
      }),
      ...(parts.otherImports ?? []),
    ],
    functions: routines.map((_, i) => imports.length + i),
    tables,
    memories: (parts.memories ?? []).map(({ initial, maximum, shared = false }) => ({ initial, maximum, shared })),
    globals: (parts.globals ?? []).map(
      (global): Global => ({ ...global, init: new Uint8Array([...global.init, op.end]) }),
    ),
    exports: parts.memories === undefined ? exports : [...exports, { name: memory, kind: "memory", index: 0 }],
    start: parts.start,
    elements:
      table === undefined
        ? undefined
        : new Writer().bytes([1, 0, op.i32Const, 0, op.end]).list(table, (index, w) => w.u32(index)).written,
    dataCount: parts.dataCount,
    bodies: routines.map(({ locals = [], code }) => {
      const bytes = new Uint8Array([...code, op.end]);
      return { locals: locals.map((one) => [1, one] as const), bytes, at: 0, end: bytes.length };
    }),
    data: parts.data,
    customs: [],
  });
}

export const get = (local: number): readonly number[] => [op.localGet, local];
export const set = (local: number): readonly number[] => [op.localSet, local];
export const constant = (value: number): readonly number[] => [op.i32Const, ...new Writer(8).s32(value).written];
export const real = (value: number): readonly number[] => {
  return [op.f64Const, ...new Uint8Array(new Float64Array([value]).buffer)];
};

interface Gauges {
  readonly fuel: { value: number };
  readonly depth: { value: number };
  readonly why: { value: number };
}
export type Exports = Gauges & Readonly<Record<string, (...values: (number | bigint)[]) => unknown>>;

/** Compiles and links; without imports named, `host` functions that give nothing. */
export function load(bytes: Uint8Array<ArrayBuffer>, host: Record<string, unknown> = {}): Exports {
  return new wasm.Instance(new wasm.Module(bytes), { host }).exports as unknown as Exports;
}

/** Sets the gauges. */
export function arm({ fuel, depth, why }: Exports, units = 1e6, calls = 1000): void {
  fuel.value = units;
  depth.value = calls;
  why.value = 0;
}

/** What a call came to: a value, or why it trapped. */
export function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if ((error as Error).name !== "RuntimeError") throw error;
    return "trap";
  }
}
