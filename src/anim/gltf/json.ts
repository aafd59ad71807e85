import { WorldloomError } from "../../core/errors.ts";

/** Entries of a list in a file. */
const LIST_MAX = 65_536;

/** The error for an element of a file, named as in JavaScript: `animations[0].channels[2].sampler`. */
export function gltfError(element: string, why: string, operands: object = {}, cause?: unknown): WorldloomError {
  return new WorldloomError("gltf-input", `${element} ${why}.`, { element, ...operands }, cause);
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** A value of parsed JSON that knows where it is. Everything that is read from it has been checked. */
export class Json {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  refuse(why: string, operands: object = {}): WorldloomError {
    return gltfError(this.path === "" ? "The file" : this.path, why, operands);
  }

  has(key: string): boolean {
    return this.#fields()[key] !== undefined;
  }

  keys(): string[] {
    return Object.keys(this.#fields());
  }

  get(key: string): Json {
    const fields = this.#fields();
    const path = this.path === "" ? key : `${this.path}.${key}`;
    return new Json(Object.hasOwn(fields, key) ? fields[key] : undefined, path);
  }

  /** The entries of a list; none where it is missing. */
  list(key: string): Json[] {
    const field = this.get(key);
    if (field.value === undefined) return [];
    if (!Array.isArray(field.value)) throw field.refuse("is not a list");
    if (field.value.length > LIST_MAX)
      throw field.refuse(`has ${field.value.length} entries; at most ${LIST_MAX} are read`);
    return field.value.map((value, i) => new Json(value, `${field.path}[${i}]`));
  }

  text(key: string, otherwise = ""): string {
    const { value, path } = this.get(key);
    if (value === undefined) return otherwise;
    if (typeof value !== "string") throw gltfError(path, "is not a text");
    return value;
  }

  flag(key: string): boolean {
    const { value, path } = this.get(key);
    if (value === undefined) return false;
    if (typeof value !== "boolean") throw gltfError(path, "is neither true nor false");
    return value;
  }

  /** A whole number in a field; it must be there unless `otherwise` is given. */
  integer(key: string, range: Range = {}, otherwise?: number): number {
    const field = this.get(key);
    if (field.value === undefined && otherwise !== undefined) return otherwise;
    return field.whole(range);
  }

  /** The value itself, a whole number. */
  whole({ min = 0, max = 2 ** 32 }: Range = {}): number {
    const { value } = this;
    if (value === undefined) throw this.refuse("is missing");
    if (typeof value !== "number" || !Number.isInteger(value))
      throw this.refuse(`is ${shown(value)}, not a whole number`);
    if (value < min || value > max) throw this.refuse(`is ${value}, outside ${min} to ${max}`, { value, min, max });
    return value;
  }

  /** The number of an entry of a list of `count` entries, -1 where the field is missing. */
  reference(key: string, list: string, count: number): number {
    const field = this.get(key);
    return field.value === undefined ? -1 : field.index(list, count);
  }

  /** The value itself, the number of an entry of a list. */
  index(list: string, count: number): number {
    const number = this.whole({ min: 0, max: 2 ** 53 });
    if (number >= count)
      throw this.refuse(`names ${list}[${number}], but the file has ${count}`, { value: number, count });
    return number;
  }

  /** Finite numbers in a list, `length` of them unless that is left out; undefined where the field is missing. */
  numbers(key: string, length?: number): number[] | undefined {
    const field = this.get(key);
    if (field.value === undefined) return undefined;
    const list = this.list(key).map((entry) => {
      if (typeof entry.value !== "number" || !Number.isFinite(Math.fround(entry.value)))
        throw entry.refuse(`is ${shown(entry.value)}, not a finite number`);
      return entry.value;
    });
    if (length !== undefined && list.length !== length)
      throw field.refuse(`has ${list.length} numbers; it takes ${length}`);
    return list;
  }

  #fields(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.refuse(value === undefined ? "is missing" : "is not an object");
    return value as Record<string, unknown>;
  }
}

function shown(value: unknown): string {
  return String(JSON.stringify(value) ?? value).slice(0, 40);
}
