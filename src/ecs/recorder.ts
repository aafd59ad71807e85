import type { Commands } from "./commands.ts";
import type { Core } from "./core.ts";
import { readElement } from "./element.ts";
import type { Entity } from "./entities.ts";
import { op } from "./op.ts";
import type { Item } from "./operations.ts";
import type { Table } from "./table.ts";
import { type Checked, isList } from "./value.ts";

/** Notes, for each change that operations make, the command that takes it back; with the values from before. */
export class Recorder {
  /** In the order of the changes: to be turned around before use. */
  readonly inverse: Commands;
  readonly #core: Core;

  constructor(inverse: Commands) {
    this.inverse = inverse;
    this.#core = inverse.core;
  }

  spawned(entity: Entity): void {
    this.inverse.begin(op.despawn, entity);
  }

  despawning(entity: Entity, table: Table): void {
    this.inverse.revive(
      entity,
      table.components.map((id) => this.#item(entity, table, id)),
    );
  }

  added(entity: Entity, id: number): void {
    this.inverse.begin(op.remove, entity, id);
  }

  removing(entity: Entity, table: Table, id: number): void {
    this.inverse.putAdd(entity, this.#item(entity, table, id));
  }

  setting(entity: Entity, table: Table, id: number): void {
    this.inverse.putSet(entity, this.#item(entity, table, id));
  }

  linked(id: number, source: Entity, target: Entity): void {
    this.inverse.begin(op.unrelate, source, id, target);
  }

  unlinking(id: number, source: Entity, target: Entity, links: Table, row: number): void {
    const values = links.columns.length > 1 ? rowValues(this.#core, links, 1, row) : undefined;
    this.inverse.putRelate(source, target, { id, values });
  }

  settingResource(id: number, table: Table): void {
    this.inverse.putSetResource({ id, values: rowValues(this.#core, table, 0, 0) });
  }

  #item(entity: Entity, table: Table, id: number): Item {
    const c = table.columnOf[id]!;
    return { id, values: c < 0 ? undefined : rowValues(this.#core, table, c, this.#core.entities.row(entity)) };
  }
}

/** The values of one row in the form in which commands carry them. */
function rowValues(core: Core, table: Table, c: number, row: number): Checked[] {
  const column = table.columns[c]!;
  const k = row >> table.shift;
  const i = row & ((1 << table.shift) - 1);
  const layout = table.layout(column, k);
  const block = table.blockOf(column, k) * 64;
  return column.component.columns.map((spec, n) => {
    const one = (at: number): number | string => {
      const value = readElement(core.arena.memory, spec.code, block + layout.offsets[n]!, at);
      return spec.kind === "str" ? core.strings.text(value) : value;
    };
    const list = isList(column.component, spec);
    return list ? Array.from({ length: spec.lanes }, (_, lane) => one(i * spec.lanes + lane)) : one(i);
  });
}
