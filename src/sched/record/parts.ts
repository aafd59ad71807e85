import { HASH_HIGH, HASH_LOW } from "../../ecs/arena.ts";
import { ENTRY_ADDED, ENTRY_CHANGED, ENTRY_WORDS } from "../../ecs/column.ts";
import { type Digest, fold } from "../../ecs/digest.ts";
import type { SchemaSet } from "../../ecs/schema.ts";
import type { Table } from "../../ecs/table.ts";
import type { World } from "../../ecs/world.ts";

/** What is not a column of something declared: which rows there are, generations, strings, pages of regions. */
const STRUCTURE = 0xffff_ffff;

/** Digests by component id, or {@link STRUCTURE}: three words each. */
export type Parts = Uint32Array<ArrayBuffer>;

/**
 * What a state hash is made of, by component. To be called right after `world.hash()`, which leaves the digests of all
 * blocks behind.
 */
export function partsOf(world: World): Parts {
  const { store, schema } = world.core;
  const digests = new Map<number, Digest>();
  const words = world.arena.memory.i32;
  for (const table of store.canonical) {
    if (table.rows === 0) continue;
    const ticks = table.kind === "archetype" || table.kind === "resource";
    const structure = digestOf(digests, STRUCTURE);
    fold(structure, table.rows);
    table.columns.forEach((column) => {
      const digest = digestOf(digests, idOf(schema, table, column.component));
      for (let k = 0, n = table.usedChunks; k < n; k++) {
        const entry = column.base + k * ENTRY_WORDS;
        const block = words[entry]! << 4;
        fold(digest, words[block + HASH_LOW]!);
        fold(digest, words[block + HASH_HIGH]!);
        if (!ticks) continue;
        fold(digest, words[entry + ENTRY_CHANGED]!);
        fold(digest, words[entry + ENTRY_ADDED]!);
      }
    });
  }
  return Uint32Array.from([...digests].flatMap(([id, { low, high }]) => [id, low, high]));
}

/** The names of the components in which two states differ, in the order of their declaration, then `structure`. */
export function differingParts(schema: SchemaSet, a: Parts, b: Parts): string[] {
  const [before, after] = [byId(a), byId(b)];
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort((x, y) => x - y);
  return ids
    .filter((id) => before.get(id) !== after.get(id))
    .map((id) => (id === STRUCTURE ? "structure" : (schema.declared[id]?.component.name ?? `component ${id}`)));
}

function byId(parts: Parts): Map<number, string> {
  const digests = new Map<number, string>();
  for (let at = 0; at + 2 < parts.length; at += 3) digests.set(parts[at]!, `${parts[at + 1]} ${parts[at + 2]}`);
  return digests;
}

function digestOf(digests: Map<number, Digest>, id: number): Digest {
  let digest = digests.get(id);
  if (digest === undefined) {
    digest = { low: 0, high: 0 };
    digests.set(id, digest);
  }
  return digest;
}

function idOf(schema: SchemaSet, table: Table, component: Table["columns"][number]["component"]): number {
  if (table.kind === "region") return STRUCTURE;
  const id = schema.find(component);
  return id < 0 ? STRUCTURE : id;
}
