import { ScriptError } from "../host.ts";
import { type ScriptValue, VALUE_COUNT_MAX, VALUE_DEPTH_MAX } from "../value.ts";

/**
 * The JSON text of a value, as guests get trees. Numbers that JSON lacks and a missing value are `null`, integers past 2^53
 * are their digits, bytes are lists of numbers. Throws {@link ScriptError} for trees that are too deep or too large.
 */
export function printValue(value: ScriptValue): string {
  const parts: string[] = [];
  print(value, 0, { left: VALUE_COUNT_MAX }, parts);
  return parts.join("");
}

/** The value of a JSON text: `null` is undefined, and left out of objects. Throws {@link ScriptError}. */
export function parseValue(text: string): ScriptValue {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch {
    throw new ScriptError(`expected JSON, got ${JSON.stringify(text.slice(0, SHOWN))}`);
  }
  return read(tree, 0, { left: VALUE_COUNT_MAX });
}

const SHOWN = 40;

function print(value: ScriptValue, depth: number, count: { left: number }, parts: string[]): void {
  limit(depth, count);
  if (value === undefined) parts.push("null");
  else if (typeof value === "number") parts.push(value - value === 0 ? JSON.stringify(value) : "null");
  else if (typeof value === "bigint") parts.push(String(value));
  else if (typeof value !== "object") parts.push(JSON.stringify(value));
  else if (value instanceof Uint8Array || Array.isArray(value)) {
    parts.push("[");
    for (let i = 0; i < value.length; i++) {
      if (i > 0) parts.push(",");
      print(value[i] as ScriptValue, depth + 1, count, parts);
    }
    parts.push("]");
  } else {
    const entries = Object.entries(value as { readonly [key: string]: ScriptValue });
    parts.push("{");
    entries.forEach(([key, item], i) => {
      parts.push(i > 0 ? "," : "", JSON.stringify(key), ":");
      print(item, depth + 1, count, parts);
    });
    parts.push("}");
  }
}

function read(tree: unknown, depth: number, count: { left: number }): ScriptValue {
  limit(depth, count);
  if (tree === null) return undefined;
  if (typeof tree !== "object") return tree as ScriptValue;
  if (Array.isArray(tree)) {
    return tree.map((item) => {
      if (item === null) throw new ScriptError("a list in JSON has a null");
      return read(item, depth + 1, count);
    });
  }
  const fields = Object.entries(tree).filter(([, item]) => item !== null);
  return Object.fromEntries(fields.map(([key, item]) => [key, read(item, depth + 1, count)]));
}

function limit(depth: number, count: { left: number }): void {
  if (depth > VALUE_DEPTH_MAX) throw new ScriptError(`a value is nested more than ${VALUE_DEPTH_MAX} deep`);
  if (--count.left < 0) throw new ScriptError(`a value has more than ${VALUE_COUNT_MAX} parts`);
}
