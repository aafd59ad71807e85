import type { ProbedCall } from "../lua/probed-call.ts";
import { type Heap, luaKind, type Slot } from "./heap.ts";

/** A value as people see it. */
export interface Shown {
  readonly text: string;
  readonly type: string;
  /** How many elements it has under numbers and names, where it can be opened. */
  readonly indexed?: number;
  readonly named?: number;
  /** What it is made of; with `lists` only what is under numbers, or only the rest. */
  children?(): Iterable<Child>;
  /** The value itself, as long as nothing ran since. */
  readonly slot?: Slot;
}

export interface Child {
  readonly name: string;
  readonly shown: Shown;
  readonly isIndexed: boolean;
}

/** Characters of a text, and elements of a table, in one line. */
const TEXT_MAX = 200;
const PREVIEW_MAX = 4;
const names = ["nil", "boolean", "userdata", "number", "string", "table", "function", "userdata", "thread"];

/** How a value looks; `depth`: of how many levels of tables the line says something. */
export function show(heap: Heap, call: ProbedCall, slot: Slot, depth = 1): Shown {
  const kind = heap.kind(slot);
  const type = names[kind] ?? "value";
  switch (kind) {
    case luaKind.nil:
      return { text: "nil", type, slot };
    case luaKind.boolean:
      return { text: String(heap.isTrue(slot)), type, slot };
    case luaKind.number: {
      const number = heap.number(slot);
      return { text: numberText(number), type: typeof number === "bigint" ? "integer" : "float", slot };
    }
    case luaKind.string:
      return { text: quoted(heap.text(slot, TEXT_MAX + 1)), type, slot };
    case luaKind.table:
      return showTable(heap, call, slot, depth);
    case luaKind.function: {
      const place = heap.placeOf(slot);
      return { text: place === "" ? "function" : `function ${place}`, type, slot };
    }
    default: {
      const body = heap.proxyOf(slot);
      return body === 0 ? { text: type, type, slot } : { ...showProxy(heap, call, body), slot };
    }
  }
}

/** A value of the host. */
function showPlain(value: number | boolean | string): Shown {
  if (typeof value === "string") return { text: quoted(value), type: "string" };
  if (typeof value === "boolean") return { text: String(value), type: "boolean" };
  return { text: String(value), type: Number.isInteger(value) ? "integer" : "float" };
}

/** What a proxy shows of its entity. */
function showProxy(heap: Heap, call: ProbedCall, body: number): Shown {
  const fields = [...heap.fields(body, call)];
  const words = fields.slice(0, PREVIEW_MAX).map(({ name, value }) => {
    return `${name} = ${value === undefined ? "{…}" : showPlain(value).text}`;
  });
  return {
    text: `${heap.proxyName(body)} {${words.join(", ")}${fields.length > PREVIEW_MAX ? ", …" : ""}}`,
    type: "component",
    named: fields.length,
    *children() {
      for (const { name, value, part } of fields)
        yield { name, isIndexed: false, shown: value === undefined ? showProxy(heap, call, part) : showPlain(value) };
    },
  };
}

/**
 * The same without anything to read later: for values that are gone when somebody opens them. At most `left` elements
 * in all.
 */
export function frozen(shown: Shown, left = { elements: 500 }, depth = 5): Shown {
  const { text, type, children } = shown;
  if (children === undefined || depth === 0) return { text, type };
  const kept: Child[] = [];
  for (const child of children()) {
    if (left.elements-- <= 0) break;
    kept.push({ ...child, shown: frozen(child.shown, left, depth - 1) });
  }
  const indexed = kept.filter(({ isIndexed }) => isIndexed).length;
  return { text, type, indexed, named: kept.length - indexed, children: () => kept };
}

function showTable(heap: Heap, call: ProbedCall, slot: Slot, depth: number): Shown {
  const object = heap.object(slot);
  let indexed = 0;
  let named = 0;
  const words: string[] = [];
  for (const [key, value] of heap.entries(object)) {
    const isIndexed = isIndex(key);
    if (isIndexed) indexed++;
    else named++;
    if (words.length >= PREVIEW_MAX || depth === 0) continue;
    const text = show(heap, call, value, depth - 1).text;
    words.push(isIndexed ? text : `${keyText(heap, key)} = ${text}`);
  }
  const count = indexed + named;
  const more = count > words.length ? (depth === 0 ? "…" : ", …") : "";
  return {
    text: `{${words.join(", ")}${more}}`,
    type: "table",
    indexed,
    named,
    slot,
    *children() {
      const texts: [string, Slot][] = [];
      const integers: [bigint, Slot][] = [];
      for (const [key, value] of heap.entries(object)) {
        if (typeof key === "number") integers.push([BigInt(key), value]);
        else if (isIndex(key)) integers.push([heap.number(key) as bigint, value]);
        else texts.push([keyText(heap, key), value]);
      }
      integers.sort(([a], [b]) => (a < b ? -1 : 1));
      texts.sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [key, value] of integers) yield { name: `[${key}]`, isIndexed: true, shown: show(heap, call, value) };
      for (const [name, value] of texts) yield { name, isIndexed: false, shown: show(heap, call, value) };
    },
  };
}

const INTEGER = 3;

function isIndex(key: Slot | number): boolean {
  return typeof key === "number" || key.tag === INTEGER;
}

function keyText(heap: Heap, key: Slot | number): string {
  if (typeof key === "number") return `[${key}]`;
  switch (heap.kind(key)) {
    case luaKind.string: {
      const text = heap.text(key, TEXT_MAX);
      return /^[A-Za-z_]\w*$/.test(text) ? text : `[${quoted(text)}]`;
    }
    case luaKind.number:
      return `[${numberText(heap.number(key))}]`;
    case luaKind.boolean:
      return `[${heap.isTrue(key)}]`;
    default:
      return `[${names[heap.kind(key)] ?? "value"} ${heap.object(key).toString(16)}]`;
  }
}

/** As Lua prints numbers: floats have a dot. */
function numberText(number: number | bigint): string {
  if (typeof number === "bigint") return String(number);
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  const text = Object.is(number, -0) ? "-0" : String(number);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
}
