import { type Access, accessesOf, ownNames } from "../access.ts";
import type { Complaint, Fix } from "../finding.ts";
import type { NameList } from "../manifest.ts";
import { addedName, namesIn, removedItem } from "../manifest-edit.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import type { Span } from "../syntax.ts";

export const component: Rule = {
  id: "component",
  severity: "error",
  doc: "a component of `self` that `reads` or `writes` does not declare, a write to one that is only read, a component that is declared and not used",
  fixes: "declares it, moves it to `writes`, or removes it from the list",
  check(source) {
    const accesses = accessesOf(source);
    const own = ownNames(accesses);
    const used = accesses.all.filter(({ part }) => part !== "id" && part !== "State" && !own.has(part));
    const found = isReadable(source) ? used.flatMap((access) => complaintsOf(source, access)) : [];
    if (accesses.isOpen || source.hooks.size === 0) return found;
    return [...found, ...idle(source, used)];
  },
};

/** Whether the lists of the manifest are there to be read. */
function isReadable({ manifests: [manifest] }: Source): boolean {
  if (manifest === undefined) return true;
  return manifest.table !== undefined && manifest.reads?.isWhole !== false && manifest.writes?.isWhole !== false;
}

function complaintsOf(source: Source, { part, node, field, isWrite }: Access): Complaint[] {
  const [manifest] = source.manifests;
  const span = { start: node.start, end: (isWrite ? (field ?? node) : node).end };
  if (namesIn(manifest, "writes").has(part)) return [];
  const list = isWrite ? "writes" : "reads";
  const isRead = namesIn(manifest, "reads").has(part);
  if (isRead && !isWrite) return [];
  const added = addedName(source, list, part);
  const old = isRead ? manifest?.reads?.items.find(({ name }) => name === part) : undefined;
  const removed = old === undefined ? [] : [removedItem(source, manifest!.reads!, old.field)];
  const edits = added === undefined ? [] : [...removed, added].sort((a, b) => a.start - b.start);
  const title = isRead ? `move ${part} to writes` : `add ${part} to ${list}`;
  const fix: Fix | undefined = edits.length === 0 ? undefined : { title, edits, isSafe: true };
  const message = isRead
    ? `${part} is only read by this script; add it to writes`
    : `${part} is not declared; add it to ${list}`;
  return [{ ...span, message, fix }];
}

/** Declared components that nothing uses: they keep others from running beside this script. */
function idle(source: Source, used: readonly Access[]): Complaint[] {
  const [manifest] = source.manifests;
  const of = (list: NameList | undefined, isUsed: (part: string) => boolean, message: (name: string) => string) =>
    (list?.items ?? []).flatMap(({ name, field }): Complaint[] => {
      if (isUsed(name)) return [];
      const fix = { title: "remove it", edits: [removedItem(source, list!, field)], isSafe: false };
      return [{ ...field, message: message(name), fix }];
    });
  // The host's functions use components, too, by their names or, as physics and a game's own do, without.
  if (["Physics", ...source.settings.sandbox.own].some((name) => source.names.globals.has(name))) return [];
  const named = new Set(source.all("string").flatMap((node) => (isDeclaration(source, node) ? [] : node.value)));
  const any = (name: string): boolean =>
    named.has(name) || source.names.globals.has(name) || used.some(({ part }) => part === name);
  const message = (name: string): string => `${name} is declared, but never used; remove it`;
  return [...of(manifest?.reads, any, message), ...of(manifest?.writes, any, message)];
}

function isDeclaration({ manifests: [manifest] }: Source, { start, end }: Span): boolean {
  return manifest !== undefined && start >= manifest.call.start && end <= manifest.call.end;
}
