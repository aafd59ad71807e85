import { WorldloomError } from "../core/errors.ts";
import type { Component, Row, Schema } from "./component.ts";
import type { Access } from "./context.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import { type EventType, type Happened, type InputType, read } from "./event.ts";
import { get, has, readRow, resourceTable } from "./operations.ts";
import type { Resource } from "./resource.ts";

/**
 * Reads of a body that runs chunk by chunk: by entity, of what its system declared in `reads`, `gets` and `hears`.
 * What the system writes cannot be read so: another thread may be writing it.
 */
export class Reader {
  readonly #core: Core;
  readonly #access: Access;

  constructor(core: Core, access: Access) {
    this.#core = core;
    this.#access = access;
  }

  /** The values of a component, as a new object; undefined where the entity lacks it. Throws `entity-stale`, `undeclared-access`. */
  get<S extends Schema>(entity: Entity, component: Component<string, S>): Row<S> | undefined {
    const id = this.#core.schema.idOf(component as Component);
    const { reads, writes } = this.#access;
    this.#expect(reads.has(id) && !writes.has(id), component.name, "reads, and not write it");
    return get(this.#core, entity, component as Component) as Row<S> | undefined;
  }
  /** Whether an entity that exists has a component. Throws `entity-stale`. */
  has(entity: Entity, component: Component): boolean {
    return has(this.#core, entity, component);
  }
  isAlive(entity: Entity): boolean {
    return this.#core.entities.isAlive(entity);
  }
  /** The values of a resource in `gets`, as a new object. Throws `undeclared-access`. */
  resource<S extends Schema>(resource: Resource<string, S>): Row<S> {
    const id = this.#core.schema.idOfPart(resource, "resource");
    this.#expect(this.#access.gets.has(id), resource.name, "gets");
    return readRow(this.#core, resourceTable(this.#core, id), 0, 0) as Row<S>;
  }
  /** The events of a type in `hears` that are alive, oldest first. Throws `undeclared-access`. */
  events<S extends Schema>(event: EventType<string, S>): readonly Happened<S>[] {
    const id = this.#core.schema.idOfPart(event, "event");
    this.#expect(this.#access.hears.has(id), event.name, "hears");
    return read(this.#core, id) as Happened<S>[];
  }
  /** The inputs of a type for this tick, in the order in which they came. */
  inputs<S extends Schema>(input: InputType<string, S>): readonly Happened<S>[] {
    return read(this.#core, this.#core.schema.idOfPart(input, "input")) as Happened<S>[];
  }
  /** The entity of that name, or 0. */
  find(name: string): Entity {
    return this.#core.names.find(name);
  }
  /** The text of an id in a `str` column. */
  string(id: number): string {
    return this.#core.strings.text(id);
  }

  #expect(declared: boolean, name: string, where: string): void {
    if (declared) return;
    throw new WorldloomError(
      "undeclared-access",
      `System ${this.#access.system} may not read ${name} here; declare it in its ${where}.`,
      { system: this.#access.system, component: name },
    );
  }
}
