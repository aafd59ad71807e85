/**
 * Tensors for suites in other languages: JSON lines on stdin, an answer for each on stdout.
 *
 * `{"id", "op", "args", "kwargs", "grad"}` calls the public function `op` (`matmul`, `random.normal`) with `args`, then
 * `kwargs` as its options where there are any, and answers `{"id", "value"}`; with `"grad": true` it answers
 * `{"id", "grads"}`: for each argument the gradient of the sum of all float results, null where it has none. What fails
 * answers `{"id", "error": {"code", "message"}}`. Arrays are `{"dtype", "shape", "data"}`, with data flat in row-major
 * order; numbers that JSON lacks are "nan", "inf", "-inf" and "-0". Results may be arrays in lists and objects.
 */
import { createInterface } from "node:readline";
import * as tensors from "../../src/tensor.ts";
import {
  add,
  backward,
  type DType,
  scope,
  sum,
  Tensor,
  type Tree,
  tensor,
  toElements,
  treeLeaves,
  Value,
  watch,
  zerosLike,
} from "../../src/tensor.ts";

interface Request {
  readonly id?: unknown;
  readonly op?: unknown;
  readonly args?: unknown;
  readonly kwargs?: unknown;
  readonly grad?: unknown;
}

type Operation = (...args: unknown[]) => unknown;

const specials: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity, "-0": -0 };

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") process.stdout.write(`${JSON.stringify(answer(line))}\n`);
}

function answer(line: string): object {
  let request: Request = {};
  try {
    request = JSON.parse(line) as Request;
    const { op, args = [], kwargs = {}, grad = false } = request;
    if (typeof op !== "string" || !Array.isArray(args) || !isPlain(kwargs))
      throw new TypeError("op is a text, args a list, kwargs an object");
    let result: object = {};
    scope(() => {
      const operation = operationOf(op);
      const options = Object.keys(kwargs).length === 0 ? [] : [decoded(kwargs)];
      const given = args.map(decoded);
      result =
        grad === true
          ? { grads: gradients(operation, given, options) }
          : { value: encoded(operation(...given, ...options)) };
      return undefined;
    });
    return { id: request.id ?? null, ...result };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    return {
      id: request?.id ?? null,
      error: { code: typeof code === "string" ? code : (error as Error).name, message: String(message) },
    };
  }
}

function operationOf(name: string): Operation {
  let found: unknown = tensors;
  for (const part of name.split(".")) found = isPlain(found) && Object.hasOwn(found, part) ? found[part] : undefined;
  if (typeof found !== "function" || /^class /.test(String(found))) throw new TypeError(`there is no function ${name}`);
  return found as Operation;
}

function gradients(operation: Operation, given: readonly unknown[], options: readonly unknown[]): unknown[] {
  const watched = given.map((one) => (isFloat(one) ? watch(one) : one));
  const results = treeLeaves(operation(...watched, ...options) as Tree).filter(isFloat);
  const [first, ...rest] = results.map((leaf) => sum(leaf as Value));
  if (first === undefined) throw new TypeError("no result has a float type");
  const total = rest.reduce((sum, one) => add(sum, one), first);
  if (total instanceof Tensor) return given.map((one) => (isFloat(one) ? encoded(zerosLike(one)) : null));
  using found = backward(total);
  return watched.map((one, i) => (isFloat(given[i]) ? encoded(found.of(one as Value)) : null));
}

function isFloat(value: unknown): value is Value {
  return value instanceof Value && (value.dtype === "f32" || value.dtype === "f64");
}

/** Arrays become tensors, names of special numbers numbers; all else stays. */
function decoded(json: unknown): unknown {
  if (typeof json === "string" && Object.hasOwn(specials, json)) return specials[json];
  if (Array.isArray(json)) return json.map(decoded);
  if (!isPlain(json)) return json;
  if ("dtype" in json && "shape" in json && "data" in json) {
    const data = (json["data"] as unknown[]).map((one) => Number(decoded(one)));
    return tensor(data, { dtype: json["dtype"] as DType, shape: json["shape"] as number[] });
  }
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, decoded(value)]));
}

function encoded(value: unknown): unknown {
  if (typeof value === "number") return number(value);
  if (value instanceof Value) {
    return { dtype: value.dtype, shape: (value as Tensor).shape, data: Array.from(toElements(value), number) };
  }
  if (Array.isArray(value)) return value.map(encoded);
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, encoded(one)]));
  return value ?? null;
}

function number(value: number): number | string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
