import type { Component } from "../../ecs/component.ts";
import type { Core } from "../../ecs/core.ts";
import { read } from "../../ecs/event.ts";
import { readRow, resourceTable } from "../../ecs/operations.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Filter, Hit, Near, Place, Vec3 } from "../scope.ts";
import { PhysicsWorld } from "./physics-components.ts";
import { Lookup } from "./scope-lookup.ts";
import { Solids } from "./scope-solids.ts";

/** Where entities are, as of the first question of a run. */
export class Sight {
  readonly #core: Core;
  readonly #place: Place;
  #lookup: Lookup | undefined;
  #solids: Solids | undefined;
  /** Whether the call that is going on was the first to ask: what it wrote before is in the answers. */
  #fresh = false;

  constructor(core: Core, place: Place) {
    this.#core = core;
    this.#place = place;
  }

  /** A run begins. */
  forget(): void {
    this.#lookup = undefined;
    this.#solids = undefined;
    this.#fresh = false;
  }

  /** A call begins. */
  begin(): void {
    this.#fresh = false;
  }

  /** The call is taken back: nobody shall see what it wrote. */
  rewind(): void {
    if (this.#fresh) this.forget();
  }

  near(x: number, y: number, z: number, radius: number, count: number): readonly Near[] {
    if (this.#lookup === undefined) {
      this.#fresh = true;
      this.#lookup = new Lookup(this.#core, this.#place, radius);
    }
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
    const found = new Int32Array(tables.reduce((sum, { rows }) => sum + rows, 0));
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
    if (this.#solids !== undefined) return this.#solids;
    this.#fresh = true;
    this.#solids = new Solids(this.#core, this.#place);
    return this.#solids;
  }
}
