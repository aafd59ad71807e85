import { assemble } from "./assembly.ts";
import type { Memory } from "./memory.ts";
import { type RowDespawn, rowDespawn } from "./row-despawn.ts";
import { type RowMove, rowMove } from "./row-move.ts";
import type { RowPlaces } from "./row-parts.ts";
import { type RowSpawn, rowSpawn } from "./row-spawn.ts";
import { wasm } from "./wasm.ts";

/** Changes of single rows of plain words, in WebAssembly: small jobs for which a crossing to Rust would take too long. */
export interface RowRoutines {
  readonly move: RowMove;
  readonly spawn: RowSpawn;
  readonly despawn: RowDespawn;
}

const modules = new Map<string, object>();
const routines = new WeakMap<Memory, Map<string, RowRoutines>>();

/** The functions for the stores over `memory` that have their things in these places. */
export function rowRoutines(memory: Memory, places: RowPlaces): RowRoutines {
  const { indexBits, shift, slots, free } = places;
  // All else is the same for every store.
  const key = `${indexBits} ${shift} ${slots} ${free}`;
  const known = routines.get(memory) ?? new Map<string, RowRoutines>();
  routines.set(memory, known);
  let made = known.get(key);
  if (made === undefined) {
    const { pagesMax, shared } = memory;
    const moduleKey = `${key} ${pagesMax} ${shared}`;
    const module =
      modules.get(moduleKey) ??
      new wasm.Module(assemble([rowMove(places), rowSpawn(places), rowDespawn(places)], pagesMax, shared));
    modules.set(moduleKey, module);
    made = new wasm.Instance(module, { m: { m: memory.wasm } }).exports as unknown as RowRoutines;
    known.set(key, made);
  }
  return made;
}
