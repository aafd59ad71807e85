import type { WasmMemory } from "../../native/wasm.ts";
import type { ApiFunction, ApiType } from "../api.ts";
import { ScriptError } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { parseValue, printValue } from "./json.ts";

/** A guest's memory as the host reads and writes it: places outside of it are the guest's error. */
export class GuestMemory {
  readonly memory: WasmMemory;
  #u8: Uint8Array<ArrayBufferLike>;
  #view: DataView<ArrayBufferLike>;

  constructor(memory: WasmMemory) {
    this.memory = memory;
    this.#u8 = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** All of it, as it is now: memory that grows moves. */
  get u8(): Uint8Array<ArrayBufferLike> {
    if (this.#u8.buffer !== this.memory.buffer) this.#follow();
    return this.#u8;
  }

  view(): DataView<ArrayBufferLike> {
    if (this.#u8.buffer !== this.memory.buffer) this.#follow();
    return this.#view;
  }

  #follow(): void {
    this.#u8 = new Uint8Array(this.memory.buffer);
    this.#view = new DataView(this.memory.buffer);
  }

  /** Checks that `count` elements of `bytes` bytes are inside. Returns the place. */
  place(at: number, count: number, bytes: number): number {
    const from = at >>> 0;
    if (from + (count >>> 0) * bytes > this.u8.length) {
      throw new ScriptError(`a pointer, ${from}, with ${count >>> 0} elements leads out of the memory`);
    }
    return from;
  }

  part(at: number, bytes: number): Uint8Array<ArrayBufferLike> {
    const from = this.place(at, bytes, 1);
    return this.u8.subarray(from, from + (bytes >>> 0));
  }

  text(at: number, bytes: number): string {
    try {
      return utf8.decode(this.part(at, bytes));
    } catch (error) {
      if (error instanceof ScriptError) throw error;
      throw new ScriptError("a text is not UTF-8");
    }
  }
}

/** What a call of the host costs besides its fixed price, and where a result that is longer than a number can lie. */
export interface Exchange {
  readonly memory: GuestMemory;
  /** Takes fuel for bytes that the host moves. Throws where none is left. */
  charge(bytes: number): void;
  /** Memory of the guest that is the guest's from now on. */
  allocate(bytes: number, align: number): number;
}

/** The arguments of a function of the API, from the numbers that a guest passed. */
export function liftArguments(
  { parameters }: ApiFunction,
  numbers: readonly (number | bigint)[],
  exchange: Exchange,
): ScriptValue[] {
  let at = 0;
  return parameters.map(({ type, optional }) => {
    const there = optional !== true || numbers[at++] !== 0;
    const from = at;
    at += FLAT_COUNTS[type];
    return there ? lift[type](numbers, from, exchange) : undefined;
  });
}

/** The result of a function that returns one number at most. */
export function flatResult(type: ApiType, value: ScriptValue): number | bigint | undefined {
  switch (type) {
    case "nothing":
      return undefined;
    case "integer":
      return BigInt.asIntN(64, BigInt(Math.trunc(Number(value ?? 0))));
    case "boolean":
      return value === true ? 1 : 0;
    default:
      return Number(value ?? 0);
  }
}

/** Writes any other result to `ret`, in the layout of the canonical ABI. */
export function storeResult(fn: ApiFunction, value: ScriptValue, ret: number, exchange: Exchange): void {
  const { size, align } = LAYOUTS[fn.returns];
  const nullable = fn.nullable === true;
  const at = exchange.memory.place(ret, 1, nullable ? align + size : size);
  if (nullable) exchange.memory.u8[at] = value === undefined ? 0 : 1;
  if (nullable && value === undefined) return;
  store(fn.returns, value, nullable ? at + align : at, exchange);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const FLAT_COUNTS: Readonly<Record<ApiType, number>> = {
  number: 1,
  integer: 1,
  boolean: 1,
  entity: 1,
  string: 2,
  bytes: 2,
  entities: 2,
  strings: 2,
  list: 2,
  table: 2,
  value: 2,
  vec3: 3,
  quat: 4,
  hit: 8,
  nothing: 0,
};

const TEXT = { size: 8, align: 4 };
const LAYOUTS: Readonly<Record<ApiType, { readonly size: number; readonly align: number }>> = {
  number: { size: 8, align: 8 },
  integer: { size: 8, align: 8 },
  boolean: { size: 1, align: 1 },
  entity: { size: 4, align: 4 },
  string: TEXT,
  bytes: TEXT,
  entities: TEXT,
  strings: TEXT,
  list: TEXT,
  table: TEXT,
  value: TEXT,
  vec3: { size: 24, align: 8 },
  quat: { size: 32, align: 8 },
  hit: { size: 64, align: 8 },
  nothing: { size: 0, align: 1 },
};

type Lift = (numbers: readonly (number | bigint)[], at: number, exchange: Exchange) => ScriptValue;

const first: Lift = (numbers, at) => Number(numbers[at]);
const text: Lift = (numbers, at, exchange) => {
  exchange.charge(Number(numbers[at + 1]) >>> 0);
  return exchange.memory.text(Number(numbers[at]), Number(numbers[at + 1]));
};
const tree: Lift = (numbers, at, exchange) => parseValue(text(numbers, at, exchange) as string);

const lift: Readonly<Record<ApiType, Lift>> = {
  number: first,
  integer: (numbers, at) => {
    const value = numbers[at] as bigint;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  },
  boolean: (numbers, at) => numbers[at] !== 0,
  entity: first,
  string: text,
  bytes: (numbers, at, exchange) => {
    exchange.charge(Number(numbers[at + 1]) >>> 0);
    return Uint8Array.from(exchange.memory.part(Number(numbers[at]), Number(numbers[at + 1])));
  },
  entities: (numbers, at, exchange) => {
    const count = Number(numbers[at + 1]) >>> 0;
    exchange.charge(count * 4);
    const from = exchange.memory.place(Number(numbers[at]), count, 4);
    const view = exchange.memory.view();
    return Array.from({ length: count }, (_, i) => view.getInt32(from + i * 4, true));
  },
  strings: (numbers, at, exchange) => {
    const count = Number(numbers[at + 1]) >>> 0;
    exchange.charge(count * 8);
    const from = exchange.memory.place(Number(numbers[at]), count, 8);
    const view = exchange.memory.view();
    return Array.from({ length: count }, (_, i) => {
      return text([view.getUint32(from + i * 8, true), view.getUint32(from + i * 8 + 4, true)], 0, exchange);
    });
  },
  list: tree,
  table: tree,
  value: tree,
  vec3: (numbers, at) => ({ x: Number(numbers[at]), y: Number(numbers[at + 1]), z: Number(numbers[at + 2]) }),
  quat: (numbers, at) => ({
    x: Number(numbers[at]),
    y: Number(numbers[at + 1]),
    z: Number(numbers[at + 2]),
    w: Number(numbers[at + 3]),
  }),
  hit: (numbers, at) => ({
    entity: Number(numbers[at]),
    distance: Number(numbers[at + 1]),
    point: { x: Number(numbers[at + 2]), y: Number(numbers[at + 3]), z: Number(numbers[at + 4]) },
    normal: { x: Number(numbers[at + 5]), y: Number(numbers[at + 6]), z: Number(numbers[at + 7]) },
  }),
  nothing: () => undefined,
};

type Tree = { readonly [key: string]: ScriptValue };

function store(type: ApiType, value: ScriptValue, at: number, exchange: Exchange): void {
  const { memory } = exchange;
  switch (type) {
    case "number":
      return memory.view().setFloat64(at, Number(value ?? 0), true);
    case "integer":
      return memory.view().setBigInt64(at, flatResult(type, value) as bigint, true);
    case "boolean":
      return memory.view().setUint8(at, value === true ? 1 : 0);
    case "entity":
      return memory.view().setInt32(at, Number(value ?? 0), true);
    case "vec3":
      return numbers(memory, at, value as Tree, ["x", "y", "z"]);
    case "quat":
      return numbers(memory, at, value as Tree, ["x", "y", "z", "w"]);
    case "hit": {
      const hit = value as Tree;
      memory.view().setInt32(at, Number(hit["entity"]), true);
      memory.view().setFloat64(at + 8, Number(hit["distance"]), true);
      numbers(memory, at + 16, hit["point"] as Tree, ["x", "y", "z"]);
      return numbers(memory, at + 40, hit["normal"] as Tree, ["x", "y", "z"]);
    }
    case "entities": {
      const list = (value ?? []) as readonly number[];
      const from = reserve(at, list.length, 4, 4, exchange);
      list.forEach((entity, i) => {
        memory.view().setInt32(from + i * 4, entity, true);
      });
      return;
    }
    case "strings": {
      const list = (value ?? []) as readonly string[];
      const from = reserve(at, list.length, 8, 4, exchange);
      list.forEach((one, i) => {
        bytes(encoder.encode(one), from + i * 8, exchange);
      });
      return;
    }
    case "string":
    case "bytes":
      return bytes(value instanceof Uint8Array ? value : encoder.encode(String(value ?? "")), at, exchange);
    case "nothing":
      return;
    default:
      return bytes(encoder.encode(printValue(value)), at, exchange);
  }
}

/** Places elements with the guest's allocator and writes where they are, and how many, to `at`. Nothing is at no place but 0. */
function reserve(at: number, count: number, size: number, align: number, exchange: Exchange): number {
  exchange.charge(count * size);
  const from = count === 0 ? align : exchange.memory.place(exchange.allocate(count * size, align), count, size);
  const view = exchange.memory.view();
  view.setUint32(at, from, true);
  view.setUint32(at + 4, count, true);
  return from;
}

function bytes(content: Uint8Array, at: number, exchange: Exchange): void {
  const from = reserve(at, content.length, 1, 1, exchange);
  exchange.memory.u8.set(content, from);
}

function numbers(memory: GuestMemory, at: number, value: Tree, axes: readonly string[]): void {
  axes.forEach((axis, i) => {
    memory.view().setFloat64(at + i * 8, Number(value[axis] ?? 0), true);
  });
}
