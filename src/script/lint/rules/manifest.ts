import { type Complaint, nearest, replacement } from "../finding.ts";
import { MANIFEST_KEYS, type Manifest, type NameList } from "../manifest.ts";
import { addedName, namesIn, removedItem } from "../manifest-edit.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import type { TableNode } from "../syntax.ts";

export const manifest: Rule = {
  id: "manifest",
  severity: "error",
  doc: "a call of `script { ... }` that cannot be read: unknown keys, not at the top level, twice, lists of other things than names; `onEvent` without `hears`",
  fixes: "writes the nearest key; removes what is there twice; adds `hears`",
  check(source) {
    const [first, ...more] = source.manifests;
    const found = more.map(({ call }): Complaint => {
      const edits = [replacement(source.lineOf(source.statementOf(call)), "")];
      const fix = { title: "remove this one", edits, isSafe: false };
      return { ...call, message: "a script declares itself once; remove this call", fix };
    });
    return first === undefined ? found : [...ofCall(source, first), ...found];
  },
};

function ofCall(source: Source, declared: Manifest): Complaint[] {
  const { call, table } = declared;
  const isTop = source.parentOf(source.statementOf(call)) === source.chunk;
  const found: Complaint[] = [];
  if (!isTop || [...source.around(call)].some(({ type }) => type === "function"))
    found.push({ ...call, message: "script { ... } stands at the top level of a script; move it there" });
  if (table === undefined)
    return [...found, { ...call, message: "script takes one table: script { state = { ... } }" }];
  found.push(...unknownKeys(source, table));
  for (const key of ["reads", "writes", "hears"] as const) {
    const list = declared[key];
    if (list !== undefined) found.push(...ofList(source, key, list));
  }
  const writes = namesIn(declared, "writes");
  for (const { name, field } of declared.reads?.items ?? []) {
    if (!writes.has(name)) continue;
    const fix = { title: "remove it from reads", edits: [removedItem(source, declared.reads!, field)], isSafe: true };
    found.push({ ...field, message: `${name} is in writes, which can be read, too; remove it from reads`, fix });
  }
  return [...found, ...hearing(source, declared)];
}

function unknownKeys(source: Source, { fields }: TableNode): Complaint[] {
  return fields.flatMap(({ key, value }): Complaint[] => {
    if (key === undefined)
      return [{ ...value, message: `a script declares ${MANIFEST_KEYS.join(", ")}; say which this is` }];
    if (key.type !== "string" || MANIFEST_KEYS.includes(key.value)) return [];
    const near = nearest(key.value, MANIFEST_KEYS);
    if (near === undefined)
      return [{ ...key, message: `a script declares ${MANIFEST_KEYS.join(", ")}; remove ${key.value}` }];
    const text = /^["'[]/.test(source.slice(key)) ? JSON.stringify(near) : near;
    const fix = { title: `write ${near}`, edits: [replacement(key, text)], isSafe: true };
    return [{ ...key, message: `scripts do not declare ${key.value}; did you mean ${near}`, fix }];
  });
}

function ofList(source: Source, key: string, list: NameList): Complaint[] {
  const { table } = list;
  if (table === undefined) {
    const { value } = list.field;
    const message = `${key} is a list of names: ${key} = { "Position" }`;
    if (value.type !== "string") return [{ ...value, message }];
    const edits = [replacement(value, `{ ${source.slice(value)} }`)];
    return [{ ...value, message, fix: { title: "make a list of it", edits, isSafe: true } }];
  }
  const seen = new Set<string>();
  return table.fields.flatMap((field): Complaint[] => {
    const item = list.items.find((one) => one.field === field);
    if (item === undefined) return [{ ...field, message: `${key} is a list of names in quotes` }];
    if (!seen.has(item.name)) {
      seen.add(item.name);
      return [];
    }
    const fix = { title: "remove it", edits: [removedItem(source, list, field)], isSafe: true };
    return [{ ...field, message: `${item.name} is in the list already; remove it`, fix }];
  });
}

function hearing(source: Source, { hears, call }: Manifest): Complaint[] {
  const onEvent = source.hooks.get("onEvent");
  if (onEvent === undefined && hears !== undefined && hears.items.length > 0 && source.hooks.size > 0)
    return [{ ...hears.field, message: "events are heard by onEvent(self, name, event); add this function" }];
  if (onEvent === undefined || hears !== undefined) return [];
  const name = comparedName(source) ?? "Event";
  const edit = addedName(source, "hears", name);
  const span = { start: call.start, end: call.callee.end };
  const message = "onEvent is never called: name the events that it hears in hears";
  if (edit === undefined) return [{ ...span, message }];
  return [{ ...span, message, fix: { title: `hear ${name}`, edits: [edit], isSafe: false } }];
}

/** The event that `onEvent` asks for, if it compares the name with one. */
function comparedName(source: Source): string | undefined {
  const body = source.hooks.get("onEvent")!;
  return /==\s*"(\w+)"/.exec(source.slice(body))?.[1];
}
