import type { Component } from "../../ecs/component.ts";
import type { Core } from "../../ecs/core.ts";
import { read } from "../../ecs/event.ts";
import { readRow, resourceTable } from "../../ecs/operations.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Filter, Hit, Near, Place, Vec3 } from "../scope.ts";
import type { UndoLog } from "../undo.ts";
import { PhysicsWorld } from "./physics-components.ts";
import { Lookup } from "./scope-lookup.ts";
import { Solids } from "./scope-solids.ts";

/** Where entities are: as they were before the call that first asked in a run. */
export class Sight {
  readonly #core: Core;
  readonly #place: Place;
  readonly #undo: UndoLog;
  /** Told before a question is answered of how many entities it looks at. */
  readonly #charge: (entities: number) => void;
  #lookup: Lookup | undefined;
  #solids: Solids | undefined;

  constructor(core: Core, place: Place, undo: UndoLog, charge: (entities: number) => void) {
    this.#core = core;
    this.#place = place;
    this.#undo = undo;
    this.#charge = charge;
  }

  /** A run begins. */
  forget(): void {
    this.#lookup = undefined;
    this.#solids = undefined;
  }

  near(x: number, y: number, z: number, radius: number, count: number): readonly Near[] {
    this.#lookup ??= this.#before(() => new Lookup(this.#core, this.#place, radius));
    this.#charge(this.#lookup.cost(x, y, z, radius));
    return this.#lookup.near(x, y, z, radius, count);
  }

  ray(origin: Vec3, direction: Vec3, length: number, filter: Filter): Hit | undefined {
    return this.#bodies().ray(origin, direction, length, filter);
  }

  overlap(center: Vec3, size: number | Vec3, filter: Filter, count: number): readonly Entity[] {
    return this.#bodies().overlap(center, size, filter, count);
  }

  /** Entities that have all of the components, ascending. */
  having(ids: readonly number[], count: number): readonly Entity[] {
    const { i32 } = this.#core.arena.memory;
    const tables = this.#core.store.tables.filter(
      ({ kind, columnOf }) => kind === "archetype" && ids.every((id) => columnOf[id] !== undefined),
    );
    const total = tables.reduce((sum, { rows }) => sum + rows, 0);
    this.#charge(total);
    const found = new Int32Array(total);
    let filled = 0;
    for (const table of tables) {
      for (let k = 0; k < table.usedChunks; k++) {
        const first = table.blockOf(table.columns[0]!, k) << 4;
        found.set(i32.subarray(first, first + table.rowsOf(k)), filled);
        filled += table.rowsOf(k);
      }
    }
    return Array.from(found.sort().subarray(0, count));
  }

  /** The other entities in the contacts, of that event id, of the last step of the physics. */
  touching(entity: Entity, contacts: number): readonly Entity[] {
    const physics = this.#core.schema.find(PhysicsWorld.component as unknown as Component);
    if (physics < 0) throw new ScriptError(`This world has no ${PhysicsWorld.name}`);
    this.#charge(this.#core.store.find("event", [contacts])?.rows ?? 0);
    const { step } = readRow(this.#core, resourceTable(this.#core, physics), 0, 0);
    const found: number[] = [];
    for (const { a, b, tick } of read(this.#core, contacts) as unknown as { a: Entity; b: Entity; tick: number }[]) {
      if (tick !== step) continue;
      if (a === entity) found.push(b);
      else if (b === entity) found.push(a);
    }
    return found.sort((a, b) => a - b);
  }

  #bodies(): Solids {
    this.#solids ??= this.#before(() => new Solids(this.#core, this.#place));
    this.#charge(this.#solids.count);
    return this.#solids;
  }

  /** What a function finds in the world as it was before this call. */
  #before<T>(look: () => T): T {
    const { u8 } = this.#core.arena.memory;
    this.#undo.exchange(u8, false);
    try {
      return look();
    } finally {
      this.#undo.exchange(u8, true);
    }
  }
}
