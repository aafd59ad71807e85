import { WorldloomError } from "../core/errors.ts";
import { checkList, checkText, wrong } from "./argument.ts";
import { bytesOf, type DType } from "./dtype.ts";
import { checkShape, isContiguous, type Shape, sameShape, showShape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { type Tree, treeLeaves, treeLike, treePaths } from "./tree.ts";
import type { Value } from "./value.ts";

/** Most bytes of the header, as other readers have it. */
const HEADER_BYTES_MAX = 100_000_000;
/** The data begins at a multiple of it. */
const ALIGNMENT = 8;
const names: Readonly<Record<string, DType>> = { F32: "f32", F64: "f64", I32: "i32", U8: "u8", BOOL: "bool" };
const tags: Readonly<Record<DType, string>> = { f32: "F32", f64: "F64", i32: "I32", u8: "U8", bool: "BOOL" };

/** What a file of tensors holds. */
export interface SafetensorsFile {
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: Shape;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a file in the format safetensors: F32, F64, I32, U8 and BOOL. Everything is checked before a tensor is made; what
 * is malformed, truncated, overlapping, or of another type throws `tensor-file`, what does not fit `tensor-memory`.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (!(bytes instanceof Uint8Array)) throw wrong("readSafetensors", "the file", bytes, "a Uint8Array");
  const { header, start } = headerOf(bytes);
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.push(entryOf(name, value));
    else for (const [key, text] of metadataOf(value)) metadata.set(key, text);
  }
  checkPlaces(entries, bytes.length - start);
  const tensors = new Map<string, Tensor>();
  try {
    for (const { name, dtype, dims, from, to } of entries) {
      const tensor = Tensor.empty(dtype, dims);
      tensors.set(name, tensor);
      tensor.arena.memory.u8.set(bytes.subarray(start + from, start + to), tensor.offset);
      if (dtype === "bool") checkBooleans(name, tensor);
    }
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
  return { tensors, metadata };
}

/** A file in the format safetensors with these tensors by name, in the order of their names within each element size. */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
  metadata: Iterable<readonly [key: string, text: string]> = [],
): Uint8Array {
  checkIterable("the tensors", tensors);
  checkIterable("the metadata", metadata);
  const named = [...tensors];
  for (const pair of named) {
    checkList("writeSafetensors", "each tensor", pair);
    checkText("writeSafetensors", "the name of a tensor", pair[0]);
    if (!(pair[1] instanceof Tensor)) throw wrong("writeSafetensors", pair[0], pair[1], "a tensor");
    pair[1].check();
  }
  // The widest elements first: so that all of them lie at multiples of their size.
  const list = named.sort(([a, x], [b, y]) => bytesOf(y.dtype) - bytesOf(x.dtype) || (a < b ? -1 : a > b ? 1 : 0));
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const entries = [...metadata];
  for (const pair of entries) {
    checkList("writeSafetensors", "each entry of the metadata", pair);
    for (const text of [pair[0], pair[1]]) checkText("writeSafetensors", "what the metadata hold", text);
  }
  const texts = Object.fromEntries(entries);
  if (Object.keys(texts).length > 0) header["__metadata__"] = texts;
  let end = 0;
  for (const [name, tensor] of list) {
    if (name === "__metadata__" || Object.hasOwn(header, name))
      throw fileError(`The name ${JSON.stringify(name)} is reserved or given twice; rename a tensor`, { name });
    const from = end;
    end += sizeOf(tensor.dims) * bytesOf(tensor.dtype);
    header[name] = { dtype: tags[tensor.dtype], shape: tensor.dims, data_offsets: [from, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8 + text.length, 8 + headerBytes);
  file.set(text, 8);
  let at = 8 + headerBytes;
  for (const [, tensor] of list) {
    const whole = isContiguous(tensor.dims, tensor.strides) ? tensor : (tensor.copy() as Tensor);
    const size = sizeOf(tensor.dims) * bytesOf(tensor.dtype);
    file.set(tensor.arena.memory.u8.subarray(whole.offset, whole.offset + size), at);
    if (whole !== tensor) whole.dispose();
    at += size;
  }
  return file;
}

/** Parameters as a file: leaves by their path, such as `layers.0.weight`. */
export function saveParameters(
  parameters: Tree,
  metadata: Iterable<readonly [key: string, text: string]> = [],
): Uint8Array {
  const leaves = treeLeaves(parameters).map(asTensor);
  return writeSafetensors(
    treePaths(parameters).map((path, i) => [path, leaves[i] as Tensor] as const),
    metadata,
  );
}

/**
 * A tree of the same form as `parameters` with the tensors of a file. Throws `tensor-file` where a name is missing or has
 * another type or shape. Tensors of the file that the tree does not name are left out.
 */
export function loadParameters<T extends Tree>(bytes: Uint8Array, parameters: T): T {
  const leaves = treeLeaves(parameters).map(asTensor);
  const paths = treePaths(parameters);
  const { tensors } = readSafetensors(bytes);
  try {
    const found = paths.map((path, i) => {
      const tensor = tensors.get(path);
      const leaf = leaves[i] as Tensor;
      if (tensor === undefined)
        throw fileError(
          `The file has no tensor ${JSON.stringify(path)}; it has ${[...tensors.keys()].slice(0, 20).join(", ")}`,
          { name: path },
        );
      if (tensor.dtype !== leaf.dtype || !sameShape(tensor.dims, leaf.dims)) {
        throw fileError(
          `${path} is ${tensor.dtype}${showShape(tensor.dims)} in the file, not ${leaf.dtype}${showShape(leaf.dims)}; build the same model`,
          { name: path },
        );
      }
      return tensor;
    });
    for (const [name, tensor] of tensors) if (!paths.includes(name)) tensor.dispose();
    return treeLike(parameters, found) as T;
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
}

function headerOf(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8)
    throw fileError(`The file has ${bytes.length} bytes; a safetensors file has at least 8`, { bytes: bytes.length });
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(HEADER_BYTES_MAX) || length > BigInt(bytes.length - 8))
    throw fileError(`The header claims ${length} bytes; the file is truncated or is not a safetensors file`, {
      header: Number(length),
    });
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start)));
  } catch (cause) {
    throw fileError("The header is not JSON in UTF-8", {}, cause);
  }
  if (!isObject(header)) throw fileError("The header is not an object", {});
  return { header, start };
}

function entryOf(name: string, value: unknown): Entry {
  if (!isObject(value)) throw fileError(`${JSON.stringify(name)} is not described by an object`, { name });
  const { dtype: tag, shape, data_offsets: offsets } = value;
  const dtype = typeof tag === "string" && Object.hasOwn(names, tag) ? names[tag] : undefined;
  if (dtype === undefined)
    throw fileError(
      `${JSON.stringify(name)} has elements of type ${JSON.stringify(tag)}; only ${Object.keys(names).join(", ")} can be read: convert the file`,
      { name, dtype: tag },
    );
  if (!isCounts(shape)) throw fileError(`${JSON.stringify(name)} has no shape of integers from 0 on`, { name });
  if (!isCounts(offsets) || offsets.length !== 2)
    throw fileError(`${JSON.stringify(name)} has no data_offsets of two integers`, { name });
  checkShape(`tensor ${JSON.stringify(name)}`, shape);
  const [from, to] = offsets as [number, number];
  if (to - from !== sizeOf(shape) * bytesOf(dtype))
    throw fileError(
      `${JSON.stringify(name)} takes ${to - from} bytes, its shape ${showShape(shape)} ${sizeOf(shape) * bytesOf(dtype)}`,
      { name },
    );
  return { name, dtype, dims: shape, from, to };
}

/** The tensors lie one after the other, without gaps and overlaps, up to the end of the file. */
function checkPlaces(entries: readonly Entry[], bytes: number): void {
  let end = 0;
  for (const { name, from, to } of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end)
      throw fileError(
        `${JSON.stringify(name)} begins at byte ${from} of the data, not at ${end}: tensors overlap or leave gaps`,
        { name },
      );
    end = to;
  }
  if (end !== bytes)
    throw fileError(
      `The tensors take ${end} bytes, the file has ${bytes}: it is truncated or has something after them`,
      { bytes },
    );
}

function checkBooleans(name: string, tensor: Tensor): void {
  for (const byte of tensor.elements())
    if (byte > 1) throw fileError(`${JSON.stringify(name)} has a byte ${byte} where a boolean is 0 or 1`, { name });
}

function metadataOf(value: unknown): [string, string][] {
  if (!isObject(value)) throw fileError("__metadata__ is not an object", {});
  return Object.entries(value).map(([key, text]) => {
    if (typeof text !== "string")
      throw fileError(`__metadata__ holds something else than text for ${JSON.stringify(key)}`, { key });
    return [key, text];
  });
}

function checkIterable(name: string, value: unknown): void {
  const isIterable = typeof value === "object" && value !== null && Symbol.iterator in value;
  if (!isIterable) throw wrong("writeSafetensors", name, value, "a list or a map of pairs");
}

function asTensor(leaf: Value | number): Tensor {
  if (leaf instanceof Tensor) return leaf;
  throw new WorldloomError(
    "tensor-traced",
    "Parameters are saved and loaded outside of traced functions, as tensors.",
    {},
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function fileError(text: string, operands: Readonly<Record<string, unknown>>, cause?: unknown): WorldloomError {
  return new WorldloomError("tensor-file", `${text}.`, operands, cause);
}
