import type { Component } from "../ecs/component.ts";
import type { System } from "../ecs/system.ts";
import type { Term } from "../ecs/term.ts";

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
  return {
    reads: names([...reads, ...terms.flatMap(readBy)]),
    writes: names([...writes, ...terms.flatMap(writtenBy)]),
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
  if (a.exclusive || b.exclusive) found.push("one of them is exclusive");
  if (!apart(a, b)) {
    for (const name of a.writes) if (b.writes.has(name)) found.push(`both write ${name}`);
    for (const name of a.writes)
      if (b.reads.has(name) && !b.writes.has(name)) found.push(`${name} is written and read`);
    for (const name of b.writes)
      if (a.reads.has(name) && !a.writes.has(name)) found.push(`${name} is written and read`);
  }
  for (const name of a.sets) if (b.sets.has(name)) found.push(`both set ${name}`);
  for (const name of a.sets) if (b.gets.has(name) && !b.sets.has(name)) found.push(`${name} is set and read`);
  for (const name of b.sets) if (a.gets.has(name) && !a.sets.has(name)) found.push(`${name} is set and read`);
  for (const name of a.emits) if (b.hears.has(name)) found.push(`${name} is emitted and read`);
  for (const name of b.emits) if (a.hears.has(name)) found.push(`${name} is emitted and read`);
  return [...new Set(found)];
}

/** Whether no entity can be in the queries of both. */
function apart(a: Footprint, b: Footprint): boolean {
  for (const name of a.never) if (b.always.has(name)) return true;
  for (const name of b.never) if (a.always.has(name)) return true;
  return false;
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
