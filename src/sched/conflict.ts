import type { Component } from "../ecs/component.ts";
import type { System } from "../ecs/system.ts";
import type { Term } from "../ecs/term.ts";
import { Bits } from "./bits.ts";

/** What a system declared, as the names of what it touches. */
export interface Footprint {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
  readonly sets: ReadonlySet<string>;
  readonly gets: ReadonlySet<string>;
  readonly emits: ReadonlySet<string>;
  readonly hears: ReadonlySet<string>;
  readonly exclusive: boolean;
  /** Components that every entity has whose columns it touches, and such that none of them has. */
  readonly always: ReadonlySet<string>;
  readonly never: ReadonlySet<string>;
}

export function footprintOf(system: System): Footprint {
  const { query = [], queries = {}, reads = [], writes = [], sets = [], gets = [], emits = [], hears = [] } = system;
  const terms = [...query, ...Object.values(queries).flat()];
  const names = (list: readonly { readonly name: string }[]): Set<string> => new Set(list.map(({ name }) => name));
  // What else it reads or writes may be of any entity.
  const bounded = reads.length + writes.length + Object.keys(queries).length === 0;
  const written = names([...writes, ...terms.flatMap(writtenBy)]);
  const read = names([...reads, ...terms.flatMap(readBy)]);
  for (const name of written) read.delete(name);
  return {
    reads: read,
    writes: written,
    sets: names(sets),
    gets: names(gets),
    emits: names(emits),
    hears: names(hears),
    exclusive: system.exclusive ?? false,
    always: names(bounded ? query.flatMap(requiredBy) : []),
    never: names(bounded ? query.flatMap((term) => (term.is === "without" ? [term.component] : [])) : []),
  };
}

/** Why two systems cannot run side by side, in words; empty where they can. */
export function conflictsOf(a: Footprint, b: Footprint): string[] {
  const found: string[] = [];
  if (a.exclusive) found.push("the first is exclusive");
  if (b.exclusive) found.push("the second is exclusive");
  if (!apart(a, b)) {
    for (const name of common(a.writes, b.writes)) found.push(`both write ${name}`);
    for (const name of [...common(a.writes, b.reads), ...common(a.reads, b.writes)])
      found.push(`${name} is written and read`);
  }
  for (const name of common(a.sets, b.sets)) found.push(`both set ${name}`);
  for (const name of new Set([...common(a.sets, b.gets), ...common(a.gets, b.sets)]))
    if (!a.sets.has(name) || !b.sets.has(name)) found.push(`${name} is set and read`);
  for (const name of new Set([...common(a.emits, b.hears), ...common(a.hears, b.emits)]))
    found.push(`${name} is emitted and read`);
  return found;
}

/** For each system the others that it may conflict with: all for which {@link conflictsOf} finds something, and few more. */
export function suspectsOf(feet: readonly Footprint[]): Bits {
  const count = feet.length;
  const kinds = [
    [feet.map(({ writes }) => writes), feet.map(({ reads }) => reads)],
    [feet.map(({ sets }) => sets), feet.map(({ gets }) => gets)],
    [feet.map(({ emits }) => emits), feet.map(({ hears }) => hears)],
  ] as const;
  const suspects = new Bits(count, count);
  for (const [changing, looking] of kinds) {
    const names = new Map<string, number>();
    for (const set of [...changing, ...looking])
      for (const name of set) if (!names.has(name)) names.set(name, names.size);
    const [changers, users] = [new Bits(names.size, count), new Bits(names.size, count)];
    const each = (sets: readonly ReadonlySet<string>[], visit: (system: number, name: number) => void): void =>
      sets.forEach((set, s) => {
        for (const name of set) visit(s, names.get(name)!);
      });
    each(changing, (s, name) => {
      changers.set(name, s);
      users.set(name, s);
    });
    each(looking, (s, name) => users.set(name, s));
    each(changing, (s, name) => suspects.unite(s, name, users));
    each(looking, (s, name) => suspects.unite(s, name, changers));
  }
  feet.forEach(({ exclusive }, s) => {
    if (!exclusive) return;
    suspects.setRow(s);
    for (let other = 0; other < count; other++) suspects.set(other, s);
  });
  return suspects;
}

/** Whether no entity can be in the queries of both. */
function apart(a: Footprint, b: Footprint): boolean {
  return common(a.never, b.always).length + common(a.always, b.never).length > 0;
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const name of a) if (b.has(name)) found.push(name);
  return found;
}

function writtenBy(term: Term): Component[] {
  if (term.is === "write") return [term.component];
  return term.is === "optional" && term.term.is === "write" ? [term.term.component] : [];
}

function readBy(term: Term): readonly Component[] {
  if (term.is === "component") return [term];
  if (term.is === "optional") return term.term.is === "write" ? [] : [term.term];
  if (term.is === "related") return [term.relation as unknown as Component];
  return term.is === "changed" || term.is === "added" ? [term.component] : [];
}

function requiredBy(term: Term): readonly Component[] {
  if (term.is === "component") return [term];
  return term.is === "write" || term.is === "changed" || term.is === "added" ? [term.component] : [];
}
