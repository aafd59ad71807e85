import { type Edit, insertion, replacement } from "./finding.ts";
import type { Manifest, NameList } from "./manifest.ts";
import type { Source } from "./source.ts";
import type { FieldNode, TableNode } from "./syntax.ts";

/** Adds a name to a list of the manifest, such as `reads`; undefined where that cannot be done by text alone. */
export function addedName(source: Source, key: "reads" | "writes" | "hears", name: string): Edit | undefined {
  const item = JSON.stringify(name);
  const [manifest] = source.manifests;
  if (manifest === undefined) return insertion(0, `script { ${key} = { ${item} } }\n`);
  const list = manifest[key];
  if (list === undefined) return addedField(source, manifest.table, `${key} = { ${item} }`);
  return addedField(source, list.table, item);
}

/** Adds a field to `state`. */
export function addedState(source: Source, text: string): Edit | undefined {
  const [manifest] = source.manifests;
  if (manifest === undefined) return insertion(0, `script { state = { ${text} } }\n`);
  if (manifest.fields.has("state")) return addedField(source, manifest.stateTable, text);
  return addedField(source, manifest.table, `state = { ${text} }`);
}

/** Adds a field at the end of a table. */
function addedField(source: Source, table: TableNode | undefined, text: string): Edit | undefined {
  if (table === undefined) return undefined;
  const last = table.fields.at(-1);
  if (last === undefined) return replacement(table, `{ ${text} }`);
  const isLong = source.lineNumberOf(table.start) !== source.lineNumberOf(last.start);
  return insertion(last.end, isLong ? `,\n${source.indentAt(last.start)}${text}` : `, ${text}`);
}

/** Removes an element of a list with the comma that belongs to it. */
export function removedItem(source: Source, list: NameList, field: FieldNode): Edit {
  const { fields } = list.table!;
  const at = fields.indexOf(field);
  const next = fields[at + 1];
  const before = fields[at - 1];
  if (next !== undefined) return replacement({ start: field.start, end: next.start }, "");
  if (before !== undefined) return replacement({ start: before.end, end: field.end }, "");
  const comma = /^\s*[,;]?/.exec(source.text.slice(field.end))![0].length;
  return replacement({ start: field.start, end: field.end + comma }, "");
}

export function namesIn(manifest: Manifest | undefined, key: "reads" | "writes" | "hears"): ReadonlySet<string> {
  return new Set(manifest?.[key]?.items.map(({ name }) => name));
}
