import { type ErrorOperands, WorldloomError } from "../core/errors.ts";
import { REGION_PAGE_BYTES } from "./builtin.ts";
import type { Core } from "./core.ts";
import { readElement } from "./element.ts";
import { FREE } from "./entities.ts";
import { targetIn } from "./relation.ts";
import type { Table } from "./table.ts";

/** A file that cannot be what a world wrote. */
export function badFile(reason: string, cause?: unknown, operands: ErrorOperands = {}): WorldloomError {
  return new WorldloomError(
    "bad-file",
    `This is not a whole save file: ${reason}. Take another copy of it.`,
    { reason, ...operands },
    cause,
  );
}

/**
 * Says where each entity is, and which indices are free, from the generations and the archetypes that were loaded.
 * Throws `bad-file` for an entity that is there twice or is of another generation.
 */
export function placeEntities(core: Core): void {
  const { entities, store } = core;
  const { slots, free } = entities;
  eachCell(slots, 0, (memory, at, row, k) => {
    const generation = memory.u16[at / 2 + row]!;
    if (generation > entities.generationMax)
      throw badFile(`index ${(k << slots.shift) + row} has a generation that cannot be`);
    const { offsets } = slots.layout(slots.columns[0]!, k);
    memory.u16[(at + offsets[1]!) / 2 + row] = FREE;
    memory.i32[(at + offsets[2]!) / 4 + row] = 0;
  });
  for (const table of store.tables) {
    if (table.kind !== "archetype") continue;
    eachCell(table, 0, (memory, at, row, k) => {
      const entity = memory.i32[at / 4 + row]!;
      const index = entity & entities.indexMask;
      const generation = entity >>> entities.indexBits;
      if (
        entity <= 0 ||
        generation === 0 ||
        index >= slots.rows ||
        generationOf(slots, index) !== generation ||
        entities.isAlive(entity)
      ) {
        throw badFile(`entity ${entity} cannot be in table ${table.id}`);
      }
      entities.place(entity, table.id, (k << table.shift) + row);
    });
  }
  eachCell(free, 0, (memory, at, row, k) => {
    let bits = 0;
    const first = ((k << free.shift) + row) * 32;
    for (let index = first; index < Math.min(first + 32, slots.rows); index++) {
      const generation = generationOf(slots, index);
      if (generation > 0 && !entities.isAlive((generation << entities.indexBits) | index)) bits |= 1 << (index - first);
    }
    memory.i32[at / 4 + row] = bits;
  });
}

/** Throws `bad-file` unless strings, pairs, hierarchies and regions are such as a world can have. */
export function checkLoaded(core: Core): void {
  checkStrings(core);
  const names = new Set<number>();
  for (const table of core.store.tables) {
    checkTexts(core, table);
    if (table.kind === "links") checkLinks(core, table);
    if (table.kind !== "region" || table.rows === 0) continue;
    if (names.has(table.components[0]!)) throw badFile("two regions have one name");
    names.add(table.components[0]!);
    checkLastPage(table);
  }
  for (const { id, relation } of core.relations.all) if (relation.relation.acyclic) checkHierarchy(core, id);
}

/** Calls `visit` for each row of a column with the byte offset of its chunk's block. */
function eachCell(
  table: Table,
  c: number,
  visit: (memory: Table["arena"]["memory"], at: number, row: number, k: number) => void,
): void {
  const { memory } = table.arena;
  for (let k = 0; k < table.usedChunks; k++) {
    const at = table.blockOf(table.columns[c]!, k) * 64;
    for (let row = 0, n = table.rowsOf(k); row < n; row++) visit(memory, at, row, k);
  }
}

function generationOf(slots: Table, index: number): number {
  const block = slots.blockOf(slots.columns[0]!, index >> slots.shift);
  return slots.arena.memory.u16[(block << 5) + (index & ((1 << slots.shift) - 1))]!;
}

/** Strings lie one after the other, none twice, those of defaults first. */
function checkStrings({ strings, schema }: Core): void {
  let end = 0;
  eachCell(strings.spans, 0, (memory, at, row) => {
    const start = memory.i32[at / 4 + row * 2]!;
    const length = memory.i32[at / 4 + row * 2 + 1]!;
    if (start !== end || length < 1) throw badFile("its strings overlap");
    end += length;
    if (end > strings.characters.rows) throw badFile("its strings are longer than their characters");
  });
  if (end !== strings.characters.rows) throw badFile("it has characters of no string");
  const known = new Set<string>();
  for (let id = 1; id <= strings.spans.rows; id++) known.add(strings.text(id));
  if (known.size !== strings.spans.rows) throw badFile("a string is there twice");
  if (schema.strings.some((text, i) => i >= strings.spans.rows || strings.text(i + 1) !== text))
    throw badFile("strings of defaults are missing");
}

/** Ids of strings are those of strings that there are. */
function checkTexts(core: Core, table: Table): void {
  table.columns.forEach((column, c) => {
    column.component.columns.forEach((spec, n) => {
      if (spec.kind !== "str") return;
      eachCell(table, c, (memory, at, row, k) => {
        const offset = at + table.layout(column, k).offsets[n]!;
        for (let lane = 0; lane < spec.lanes; lane++) {
          const id = readElement(memory, spec.code, offset, row * spec.lanes + lane);
          if (id < 0 || id > core.strings.count)
            throw badFile(`${column.component.name}.${spec.path} has a string that is missing`);
        }
      });
    });
  });
}

/** Both ends of a pair exist, and no pair is there twice. */
function checkLinks(core: Core, table: Table): void {
  const seen = new Set<number>();
  eachCell(table, 0, (memory, at, row, k) => {
    const source = memory.i32[at / 4 + row]!;
    const target = memory.i32[at / 4 + table.capacityOf(k) + row]!;
    if (!core.entities.isAlive(source) || !core.entities.isAlive(target))
      throw badFile("a pair has an end that does not exist");
    // Both exist, so their indices say which they are.
    seen.add((source & core.entities.indexMask) * 2 ** 24 + (target & core.entities.indexMask));
  });
  if (seen.size !== table.rows) throw badFile("a pair is there twice");
}

function checkLastPage(table: Table): void {
  const used = table.components[1]! - (table.rows - 1) * REGION_PAGE_BYTES;
  const at = table.blockOf(table.columns[0]!, table.rows - 1) * 64;
  const { u8 } = table.arena.memory;
  for (let i = used; i < REGION_PAGE_BYTES; i++)
    if (u8[at + i] !== 0) throw badFile("a region has bytes behind its end");
}

/** Nothing is its own ancestor. */
function checkHierarchy({ entities, store }: Core, id: number): void {
  const walkOf = new Int32Array(entities.slots.rows);
  let walk = 0;
  for (const table of store.tables) {
    if (table.kind !== "archetype" || table.columnOf[id] === undefined) continue;
    eachCell(table, 0, (memory, offset, row) => {
      walk++;
      for (
        let at = memory.i32[offset / 4 + row]!;
        at !== 0 && entities.isAlive(at);
        at = targetIn(entities, store.tables, id, at)
      ) {
        const index = at & entities.indexMask;
        if (walkOf[index] === walk) throw badFile("an entity is its own ancestor");
        if (walkOf[index] !== 0) break;
        walkOf[index] = walk;
      }
    });
  }
}
