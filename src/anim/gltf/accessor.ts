import type { Budget } from "./budget.ts";
import { gltfError, type Json } from "./json.ts";

/** Bytes of a component, by its type in the file, and its name. */
const componentBytes: Readonly<Record<number, number>> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };
const names: Readonly<Record<number, string>> = {
  5120: "i8",
  5121: "u8",
  5122: "i16",
  5123: "u16",
  5125: "u32",
  5126: "f32",
};
const FLOAT = 5126;
const UNSIGNED: readonly number[] = [5121, 5123, 5125];
/** Components of an element. MAT2 and MAT3, whose columns are padded, are nothing that is read here. */
const typeComponents: Readonly<Record<string, number>> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const STRIDE_MAX = 4096;

export interface Sparse {
  readonly count: number;
  readonly indices: { readonly view: number; readonly offset: number; readonly componentType: number };
  readonly values: { readonly view: number; readonly offset: number };
}

/** An accessor that has been checked: it lies inside its buffer. */
export interface Accessor {
  readonly path: string;
  /** -1: zeros. */
  readonly view: number;
  readonly offset: number;
  readonly componentType: number;
  readonly type: string;
  readonly components: number;
  readonly count: number;
  readonly normalized: boolean;
  readonly sparse: Sparse | undefined;
}

export interface BufferView {
  readonly buffer: number;
  readonly offset: number;
  readonly bytes: number;
  /** 0: packed. */
  readonly stride: number;
}

/** What an accessor is used for decides what it may be. */
export interface Use {
  readonly type: string;
  /** Which integers do as well as f32; `only`: unsigned ones do instead. */
  readonly integers: "none" | "normalized" | "any" | "only";
}

export const USES = {
  position: { type: "VEC3", integers: "any" },
  tangent: { type: "VEC4", integers: "any" },
  joints: { type: "VEC4", integers: "only" },
  weights: { type: "VEC4", integers: "normalized" },
  indices: { type: "SCALAR", integers: "only" },
  matrix: { type: "MAT4", integers: "none" },
  time: { type: "SCALAR", integers: "none" },
  vector: { type: "VEC3", integers: "none" },
  rotation: { type: "VEC4", integers: "normalized" },
  scalar: { type: "SCALAR", integers: "normalized" },
} as const satisfies Record<string, Use>;

/** The accessors of a file, checked when they are used: the others are not read at all. */
export class Accessors {
  readonly views: readonly BufferView[];
  /** Those that are used, by their numbers. */
  readonly used = new Map<number, Accessor>();
  readonly #list: readonly Json[];
  readonly #buffers: readonly Uint8Array[];
  readonly #budget: Budget;

  constructor(json: Json, buffers: readonly Uint8Array[], budget: Budget) {
    this.#buffers = buffers;
    this.#list = json.list("accessors");
    this.views = json.list("bufferViews").map((view) => bufferView(view, buffers));
    this.#budget = budget;
  }

  /** The accessor that the field `key` of `owner` names, -1 without one. */
  optional(owner: Json, key: string, use: Use): number {
    const number = owner.reference(key, "accessors", this.#list.length);
    return number < 0 ? -1 : this.#use(owner.get(key), number, use);
  }

  required(owner: Json, key: string, use: Use): number {
    const number = this.optional(owner, key, use);
    if (number < 0) throw owner.get(key).refuse("is missing");
    return number;
  }

  count(number: number): number {
    return this.used.get(number)!.count;
  }

  #use(place: Json, number: number, { type, integers }: Use): number {
    let accessor = this.used.get(number);
    if (accessor === undefined) {
      accessor = this.#check(this.#list[number]!);
      this.used.set(number, accessor);
    }
    const float = accessor.componentType === FLOAT;
    const unsigned = UNSIGNED.includes(accessor.componentType);
    const fits =
      accessor.type === type &&
      (float ? integers !== "only" : integers === "only" ? unsigned && !accessor.normalized : integers !== "none") &&
      (float || integers !== "normalized" || accessor.normalized);
    if (!fits) {
      const expected = `${type} of ${{ none: "f32", normalized: "f32 or normalised integers", any: "numbers", only: "unsigned integers" }[integers]}`;
      const kind = `${accessor.normalized ? "normalised " : ""}${names[accessor.componentType]}`;
      throw place.refuse(`names accessors[${number}], which holds ${accessor.type} of ${kind}, not ${expected}`);
    }
    return number;
  }

  #check(json: Json): Accessor {
    const componentType = json.integer("componentType");
    const bytes = componentBytes[componentType];
    if (bytes === undefined) throw json.get("componentType").refuse(`is ${componentType}, which is no component type`);
    const type = json.text("type");
    const components = Object.hasOwn(typeComponents, type) ? typeComponents[type]! : 0;
    if (components === 0) throw json.get("type").refuse(`is "${type}", which is not read here`);
    const count = json.integer("count", { min: 1, max: 2 ** 30 });
    const view = json.reference("bufferView", "bufferViews", this.views.length);
    const offset = json.integer("byteOffset", {}, 0);
    const elementBytes = bytes * components;
    this.#budget.take(count * elementBytes, json.path);
    if (view >= 0) this.#expectInside(json, view, offset, count, elementBytes);
    const sparse = json.has("sparse") ? this.#sparse(json.get("sparse"), count, elementBytes) : undefined;
    const normalized = json.flag("normalized") && componentType !== FLOAT;
    return { path: json.path, view, offset, componentType, type, components, count, normalized, sparse };
  }

  #expectInside(json: Json, view: number, offset: number, count: number, elementBytes: number): void {
    const { buffer, bytes, stride } = this.views[view]!;
    if (bytes === 0) throw gltfError(`buffers[${buffer}].uri`, `is missing, but ${json.path} is in that buffer`);
    if (stride !== 0 && stride < elementBytes)
      throw json.refuse(`has elements of ${elementBytes} bytes, but its buffer view a stride of ${stride}`);
    const end = offset + (count - 1) * (stride || elementBytes) + elementBytes;
    if (end > bytes)
      throw json.refuse(`ends ${end - bytes} bytes behind its buffer view`, { bytes: end, available: bytes });
  }

  #sparse(json: Json, countMax: number, elementBytes: number): Sparse {
    const count = json.integer("count", { min: 1, max: countMax });
    const [indices, values] = [json.get("indices"), json.get("values")];
    const place = (part: Json, bytes: number) => {
      const view = part.get("bufferView").index("bufferViews", this.views.length);
      const offset = part.integer("byteOffset", {}, 0);
      if (this.views[view]!.stride !== 0) throw part.refuse("is in a buffer view with a stride");
      this.#expectInside(part, view, offset, count, bytes);
      return { view, offset };
    };
    const componentType = indices.integer("componentType");
    if (!UNSIGNED.includes(componentType))
      throw indices.get("componentType").refuse(`is ${componentType}, which is no unsigned integer`);
    const bytes = componentBytes[componentType]!;
    const at = place(indices, bytes);
    const { buffer, offset } = this.views[at.view]!;
    const from = this.#buffers[buffer]!;
    const data = new DataView(from.buffer, from.byteOffset + offset + at.offset, count * bytes);
    for (let i = 0, last = -1; i < count; i++) {
      const index =
        bytes === 1 ? data.getUint8(i) : bytes === 2 ? data.getUint16(2 * i, true) : data.getUint32(4 * i, true);
      if (index <= last || index >= countMax)
        throw gltfError(`${json.path}.indices`, `has ${index} at ${i}; they rise, and stay below ${countMax}`);
      last = index;
    }
    return { count, indices: { ...at, componentType }, values: place(values, elementBytes) };
  }
}

function bufferView(json: Json, buffers: readonly Uint8Array[]): BufferView {
  const buffer = json.get("buffer").index("buffers", buffers.length);
  const offset = json.integer("byteOffset", {}, 0);
  const bytes = json.integer("byteLength", { min: 1 });
  const stride = json.integer("byteStride", { min: 1, max: STRIDE_MAX }, 0);
  const available = buffers[buffer]!.length;
  if (available === 0) return { buffer, offset: 0, bytes: 0, stride: 0 };
  if (offset + bytes > available)
    throw json.refuse(`ends ${offset + bytes - available} bytes behind its buffer`, {
      bytes: offset + bytes,
      available,
    });
  return { buffer, offset, bytes, stride };
}
