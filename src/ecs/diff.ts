import { expectInstance } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { loadJobs } from "../native/index.ts";
import type { Jobs } from "../native/jobs.ts";
import { REGION_PAGE_BYTES } from "./builtin.ts";
import { diffBlocks, diffRows, type Place } from "./diff-rows.ts";
import { type CellValue, Side, type SideTable } from "./diff-side.ts";
import type { Entity } from "./entities.ts";
import { pagesOf } from "./region.ts";
import { Snapshot } from "./snapshot.ts";
import { State } from "./state.ts";

type Values = Readonly<Record<string, unknown>>;

/** A field before and after. Lists stand for fixed arrays, texts for strings. */
export interface Change {
  /** `"x"`, or `"origin.x"` for the axis of a vector. */
  readonly field: string;
  readonly before: CellValue;
  readonly after: CellValue;
}

/** What changed from one state to another. Every list is in ascending order of entity, then component, then field. */
export interface WorldDiff {
  readonly tick: { readonly before: number; readonly after: number };
  readonly entitiesAdded: readonly { readonly entity: Entity; readonly components: Readonly<Record<string, Values>> }[];
  readonly entitiesRemoved: readonly {
    readonly entity: Entity;
    readonly components: Readonly<Record<string, Values>>;
  }[];
  /** Of entities that both states have, as are the two that follow. */
  readonly componentsAdded: readonly { readonly entity: Entity; readonly component: string; readonly values: Values }[];
  readonly componentsRemoved: readonly {
    readonly entity: Entity;
    readonly component: string;
    readonly values: Values;
  }[];
  readonly cells: readonly (Change & { readonly entity: Entity; readonly component: string })[];
  /** Pairs of relations with many targets; those of exclusive relations are components. */
  readonly pairsAdded: readonly (Pair & { readonly values: Values })[];
  readonly pairsRemoved: readonly (Pair & { readonly values: Values })[];
  readonly pairCells: readonly (Pair & Change)[];
  readonly resources: readonly (Change & { readonly resource: string })[];
  /** Regions with pages that differ; a length of 0 says that it was not attached. */
  readonly regions: readonly {
    readonly region: string;
    readonly lengthBefore: number;
    readonly lengthAfter: number;
    readonly pages: readonly number[];
  }[];
  /** Whether nothing differs but the tick, perhaps. */
  readonly empty: boolean;
  /**
   * Blocks of memory that were looked into: those that differ, those of rows that one state lacks or has elsewhere, and
   * those that say which entities the rows are.
   */
  readonly blocksRead: number;
}

export interface Pair {
  readonly relation: string;
  readonly source: Entity;
  readonly target: Entity;
}

/**
 * What changed between two worlds or snapshots of one arena and schema, such as a world and its fork. Values that hashes
 * take for equal are equal: NaNs are, 0 and -0 are not. Events and free indices are not compared.
 * Throws `schema-mismatch`, `world-disposed`, `structure-locked`, `arena-full`.
 */
export function diffOf(before: State | Snapshot, after: State | Snapshot): WorldDiff {
  const [a, b] = [rootOf(before), rootOf(after)];
  if (a.arena !== b.arena || a.schema.fingerprint !== b.schema.fingerprint) {
    throw new WorldloomError(
      "schema-mismatch",
      "Only worlds and snapshots of one arena and schema can be compared; load one of them into the arena of the other.",
    );
  }
  const read = new Set<number>();
  const jobs = loadJobs();
  const sides: Sides = [new Side(a.arena, a.schema, a.root, read), new Side(b.arena, b.schema, b.root, read)];
  const rest = {
    ...diffEntities(jobs, sides),
    ...diffPairs(jobs, sides),
    resources: diffResources(sides),
    regions: diffRegions(jobs, sides),
  };
  return {
    tick: { before: sides[0].tick, after: sides[1].tick },
    ...rest,
    empty: Object.values(rest).every((list) => list.length === 0),
    blocksRead: read.size,
  };
}

type Sides = readonly [before: Side, after: Side];

function rootOf(state: State | Snapshot): { arena: Side["arena"]; schema: Side["schema"]; root: number } {
  if (state instanceof Snapshot) return state;
  expectInstance(state, State, "what is compared", "a world or a snapshot");
  state.core.checkOpen("diff");
  state.core.regions.flush();
  return { arena: state.core.arena, schema: state.core.schema, root: state.core.store.root };
}

function diffEntities(
  jobs: Jobs,
  sides: Sides,
): Pick<WorldDiff, "entitiesAdded" | "entitiesRemoved" | "componentsAdded" | "componentsRemoved" | "cells"> {
  const [before, after] = sides;
  const { schema } = after;
  const rows = diffRows(jobs, "archetype", before, after);
  const entityAt = (side: Side, { table, row }: Place): Entity => side.value(table, 0, 0, row) as Entity;
  const gone = new Map(rows.before.map((place) => [entityAt(before, place), place]));
  const cells: (Keyed & Change & { entity: Entity; component: string })[] = [];
  const addCell = (
    entity: Entity,
    id: number,
    spec: number,
    a: readonly [Place, number],
    b: readonly [Place, number],
  ): void => {
    const change = cellChange(sides, a, b, spec);
    if (change !== undefined)
      cells.push({ key: [entity, id, spec], entity, component: schema.component(id).name, ...change });
  };
  for (const { before: a, after: b, column, spec } of rows.candidates) {
    addCell(entityAt(after, b), b.table.columns[column]!.id, spec, [a, column], [b, column]);
  }
  const entitiesAdded: (Keyed & WorldDiff["entitiesAdded"][number])[] = [];
  const componentsAdded: (Keyed & WorldDiff["componentsAdded"][number])[] = [];
  const componentsRemoved: (Keyed & WorldDiff["componentsRemoved"][number])[] = [];
  for (const place of rows.after) {
    const entity = entityAt(after, place);
    const old = gone.get(entity);
    gone.delete(entity);
    if (old === undefined) {
      entitiesAdded.push({ key: [entity], entity, components: componentsAt(after, place) });
      continue;
    }
    for (const id of place.table.components) {
      const c = place.table.columns.findIndex((column) => column.id === id);
      if (!old.table.components.includes(id)) {
        componentsAdded.push({
          key: [entity, id],
          entity,
          component: schema.component(id).name,
          values: valuesAt(after, place, id),
        });
      } else if (c >= 0) {
        const d = old.table.columns.findIndex((column) => column.id === id);
        schema.component(id).columns.forEach((_, spec) => void addCell(entity, id, spec, [old, d], [place, c]));
      }
    }
    for (const id of old.table.components) {
      if (place.table.components.includes(id)) continue;
      componentsRemoved.push({
        key: [entity, id],
        entity,
        component: schema.component(id).name,
        values: valuesAt(before, old, id),
      });
    }
  }
  const entitiesRemoved = Array.from(gone, ([entity, place]) => ({
    key: [entity],
    entity,
    components: componentsAt(before, place),
  }));
  return {
    entitiesAdded: inOrder(entitiesAdded),
    entitiesRemoved: inOrder(entitiesRemoved),
    componentsAdded: inOrder(componentsAdded),
    componentsRemoved: inOrder(componentsRemoved),
    cells: inOrder(cells),
  };
}

function diffPairs(jobs: Jobs, sides: Sides): Pick<WorldDiff, "pairsAdded" | "pairsRemoved" | "pairCells"> {
  const [before, after] = sides;
  const rows = diffRows(jobs, "links", before, after);
  const pairAt = (side: Side, { table, row }: Place): Keyed & Pair => {
    const id = table.components[0]!;
    const [source, target] = [side.value(table, 0, 0, row) as Entity, side.value(table, 0, 1, row) as Entity];
    return { key: [id, source, target], relation: after.schema.component(id).name, source, target };
  };
  const gone = new Map(rows.before.map((place) => [pairAt(before, place).key.join(), place]));
  const pairsAdded: (Keyed & WorldDiff["pairsAdded"][number])[] = [];
  const pairCells: (Keyed & WorldDiff["pairCells"][number])[] = [];
  const addCell = (a: Place, b: Place, spec: number): void => {
    const change = cellChange(sides, [a, 1], [b, 1], spec);
    const pair = pairAt(after, b);
    if (change !== undefined) pairCells.push({ ...pair, key: [...pair.key, spec], ...change });
  };
  for (const { before: a, after: b, spec } of rows.candidates) addCell(a, b, spec);
  for (const place of rows.after) {
    const pair = pairAt(after, place);
    const old = gone.get(pair.key.join());
    gone.delete(pair.key.join());
    if (old === undefined) pairsAdded.push({ ...pair, values: valuesAt(after, place, pair.key[0]!) });
    else (place.table.columns[1]?.component.columns ?? []).forEach((_, spec) => void addCell(old, place, spec));
  }
  const pairsRemoved = Array.from(gone.values(), (place) => {
    const pair = pairAt(before, place);
    return { ...pair, values: valuesAt(before, place, pair.key[0]!) };
  });
  return { pairsAdded: inOrder(pairsAdded), pairsRemoved: inOrder(pairsRemoved), pairCells: inOrder(pairCells) };
}

function diffResources(sides: Sides): WorldDiff["resources"] {
  const [before, after] = sides;
  const found: (Keyed & WorldDiff["resources"][number])[] = [];
  for (const table of after.tables) {
    if (table.kind !== "resource" || table.columns.length === 0) continue;
    const other = before.tables.find(
      ({ kind, components }) => kind === "resource" && components[0] === table.components[0],
    );
    if (other === undefined || before.block(other, 0, 0) === after.block(table, 0, 0)) continue;
    const { id, component } = table.columns[0]!;
    component.columns.forEach((_, spec) => {
      const change = cellChange(sides, [{ table: other, row: 0 }, 0], [{ table, row: 0 }, 0], spec);
      if (change !== undefined) found.push({ key: [id, spec], resource: component.name, ...change });
    });
  }
  return inOrder(found);
}

function diffRegions(jobs: Jobs, [before, after]: Sides): WorldDiff["regions"] {
  const byName = (side: Side): Map<string, SideTable> =>
    new Map(
      side.tables
        .filter(({ kind, rows }) => kind === "region" && rows > 0)
        .map((table) => [side.text(table.components[0]!), table]),
    );
  const [a, b] = [byName(before), byName(after)];
  const found: WorldDiff["regions"][number][] = [];
  for (const region of [...new Set([...a.keys(), ...b.keys()])].sort()) {
    const [old, now] = [a.get(region), b.get(region)];
    const [lengthBefore, lengthAfter] = [old?.components[1] ?? 0, now?.components[1] ?? 0];
    let pages = Array.from({ length: pagesOf(Math.max(lengthBefore, lengthAfter)) }, (_, page) => page);
    if (old !== undefined && now !== undefined && lengthBefore === lengthAfter) {
      pages = pages.filter((page) => before.block(old, 0, page) !== after.block(now, 0, page));
      const blocks = pages.map((page) => [before.block(old, 0, page), after.block(now, 0, page)] as const);
      pages = diffBlocks(jobs, before, blocks, REGION_PAGE_BYTES).map((i) => pages[i]!);
    }
    if (pages.length > 0) found.push({ region, lengthBefore, lengthAfter, pages });
  }
  return found;
}

/** Undefined where the values are the same. */
function cellChange(
  sides: Sides,
  a: readonly [Place, number],
  b: readonly [Place, number],
  spec: number,
): Change | undefined {
  const [before, after] = [
    sides[0].value(a[0].table, a[1], spec, a[0].row),
    sides[1].value(b[0].table, b[1], spec, b[0].row),
  ];
  const same = Array.isArray(before)
    ? before.every((element, i) => Object.is(element, (after as CellValue[])[i]))
    : Object.is(before, after);
  return same ? undefined : { field: b[0].table.columns[b[1]]!.component.columns[spec]!.path, before, after };
}

function componentsAt(side: Side, place: Place): Record<string, Values> {
  return Object.fromEntries(
    place.table.components.map((id) => [side.schema.component(id).name, valuesAt(side, place, id)]),
  );
}

function valuesAt(side: Side, { table, row }: Place, id: number): Values {
  const c = table.columns.findIndex((column) => column.id === id);
  return c < 0 ? {} : side.values(table, c, row);
}

/** What a list is sorted by, number by number. */
interface Keyed {
  readonly key: readonly number[];
}

function inOrder<T extends Keyed>(list: readonly T[]): Omit<T, "key">[] {
  const compare = (a: T, b: T): number => {
    const i = a.key.findIndex((part, n) => part !== b.key[n]);
    return i < 0 ? 0 : a.key[i]! - b.key[i]!;
  };
  return [...list].sort(compare).map(({ key, ...rest }) => rest);
}
