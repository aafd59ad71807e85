import { type Complaint, replacement } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { isPure } from "../source.ts";
import { bare, type FieldNode } from "../syntax.ts";

export const duplicateKey: Rule = {
  id: "duplicate-key",
  severity: "warning",
  doc: "a key that a table has twice, of which the last one counts",
  fixes: "removes the earlier one",
  check: (source) =>
    source.all("table").flatMap(({ fields }): Complaint[] => {
      const last = new Map<string, FieldNode>();
      const found: Complaint[] = [];
      for (const [i, field, key] of keyed(fields).reverse()) {
        const later = last.get(key);
        if (later === undefined) {
          last.set(key, field);
          continue;
        }
        const next = fields[i + 1]!;
        const place = field.key ?? field;
        const name = source.slice(later.key ?? later);
        const message = `${name} is set again in line ${source.lineNumberOf(later.start)}; remove one of them`;
        const edits = [replacement({ start: field.start, end: next.start }, "")];
        // Without its place in the list, the elements behind it would move.
        const fix = { title: "remove this one", edits, isSafe: isPure(field.value) };
        found.push({ start: place.start, end: place.end, message, fix: field.key === undefined ? undefined : fix });
      }
      return found.reverse();
    }),
};

/** Fields whose key can be seen, with it; elements of the list have their numbers. */
function keyed(fields: readonly FieldNode[]): [at: number, field: FieldNode, key: string][] {
  let elements = 0;
  return fields.flatMap((field, i): [number, FieldNode, string][] => {
    if (field.key === undefined) return [[i, field, `number ${++elements}`]];
    const key = bare(field.key);
    if (key.type === "string" || key.type === "number" || key.type === "boolean")
      return [[i, field, `${key.type} ${String(key.value)}`]];
    return [];
  });
}
