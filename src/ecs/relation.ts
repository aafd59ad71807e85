import { badArgument, expectFlags, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { type Component, type ComponentOptions, checkName, component, type Schema } from "./component.ts";
import type { Entities, Entity } from "./entities.ts";
import { entity, type Scalar } from "./field.ts";
import type { Table } from "./table.ts";

export interface RelationOptions extends ComponentOptions {
  /** At most one target a source (default). Otherwise any number, each pair with its own fields. */
  readonly exclusive?: boolean;
  /** What the end of a target does to its sources: they lose the pair (default), or are despawned with it. */
  readonly onTargetDespawn?: "remove" | "despawn";
  /** Refuse pairs that would make an entity its own ancestor. Only for exclusive relations. Default: false. */
  readonly acyclic?: boolean;
}

const KNOWN: Known<RelationOptions> = {
  exclusive: true,
  onTargetDespawn: true,
  acyclic: true,
  doc: true,
  category: true,
};

/** A kind of pair (source, target) of entities. An exclusive one is a component with the field `target`. */
export interface Relation<Name extends string = string, S extends Schema = Schema> extends Component<Name, S> {
  readonly relation: Required<Pick<RelationOptions, "exclusive" | "onTargetDespawn" | "acyclic">>;
}

/** Declares an exclusive relation; `schema` are fields of each pair besides `target`. Throws `bad-schema`, `bad-argument`. */
export function relation<const Name extends string, const S extends Schema = Record<never, never>>(
  name: Name,
  schema: S = {} as S,
  options: RelationOptions = {},
): Relation<Name, S & { readonly target: Scalar<"entity"> }> {
  checkName(name, "relation");
  const of = `options of relation ${name}`;
  expectOptions(options, of, KNOWN);
  expectFlags(options, ["exclusive", "acyclic"], of);
  const { exclusive = true, onTargetDespawn = "remove", acyclic = false, ...described } = options;
  if (onTargetDespawn !== "remove" && onTargetDespawn !== "despawn")
    throw badArgument(`onTargetDespawn of ${of}`, onTargetDespawn, '"remove" or "despawn"');
  if (typeof schema !== "object" || schema === null) component(name, schema);
  if ("target" in schema || "source" in schema) {
    throw new WorldloomError("bad-schema", `Relation ${name} cannot declare source or target: it has them.`, { name });
  }
  if (acyclic && !exclusive) {
    throw new WorldloomError("bad-schema", `Relation ${name} must be exclusive to be acyclic.`, { name });
  }
  const declared = component(name, exclusive ? { target: entity, ...schema } : schema, described);
  const rules = { exclusive, onTargetDespawn, acyclic };
  return { ...declared, relation: rules } as unknown as Relation<Name, S & { readonly target: Scalar<"entity"> }>;
}

/** The hierarchy: a child has one parent and is despawned with it. */
export const ChildOf = relation(
  "ChildOf",
  {},
  { onTargetDespawn: "despawn", acyclic: true, doc: "The parent of an entity." },
);

export function isRelation(component: Component): component is Relation {
  return (component as Partial<Relation>).relation !== undefined;
}

const NO_SOURCES = new Int32Array(0);

/** Who points at whom, by target: a cache over the tables that hold a relation, rebuilt when they changed at once. */
export class ReverseIndex {
  readonly #sources = new Map<Entity, Set<Entity>>();
  readonly #sorted = new Map<Entity, Int32Array>();

  clear(): void {
    this.#sources.clear();
    this.#sorted.clear();
  }

  add(source: Entity, target: Entity): void {
    const known = this.#sources.get(target);
    if (known === undefined) this.#sources.set(target, new Set([source]));
    else known.add(source);
    this.#sorted.delete(target);
  }

  remove(source: Entity, target: Entity): void {
    const known = this.#sources.get(target);
    if (known === undefined) return;
    known.delete(source);
    if (known.size === 0) this.#sources.delete(target);
    this.#sorted.delete(target);
  }

  /** Whether a target has sources. */
  has(target: Entity): boolean {
    return this.#sources.has(target);
  }

  /** The sources of a target, ascending. Do not keep or change it. */
  of(target: Entity): Int32Array {
    const sorted = this.#sorted.get(target);
    if (sorted !== undefined) return sorted;
    const known = this.#sources.get(target);
    if (known === undefined) return NO_SOURCES;
    const made = Int32Array.from(known).sort();
    this.#sorted.set(target, made);
    return made;
  }
}

/** The row of each pair of a links table, by source and target. */
export class LinkRows {
  readonly #rows = new Map<Entity, Map<Entity, number>>();

  clear(): void {
    this.#rows.clear();
  }

  set(source: Entity, target: Entity, row: number): void {
    const known = this.#rows.get(source);
    if (known === undefined) this.#rows.set(source, new Map([[target, row]]));
    else known.set(target, row);
  }

  delete(source: Entity, target: Entity): void {
    const known = this.#rows.get(source);
    known?.delete(target);
    if (known?.size === 0) this.#rows.delete(source);
  }

  row(source: Entity, target: Entity): number {
    return this.#rows.get(source)?.get(target) ?? -1;
  }

  /** The targets of a source, ascending. */
  targets(source: Entity): Entity[] {
    return Array.from(this.#rows.get(source)?.keys() ?? []).sort((a, b) => a - b);
  }
}

/**
 * Throws `hierarchy-cycle` when `target` is `source` or has it among its ancestors, or when these go round in a circle: those
 * of entities that came at once are looked at one by one when all have their targets.
 */
export function checkAcyclic(
  entities: Entities,
  tables: readonly Table[],
  id: number,
  source: Entity,
  target: Entity,
): void {
  let left = entities.slots.rows;
  for (let at = target; at !== 0; at = targetIn(entities, tables, id, at)) {
    if (at !== source && left-- > 0) continue;
    throw new WorldloomError(
      "hierarchy-cycle",
      `Entity ${target} is ${source === target ? "the same as" : "below"} ${source}; it cannot also be above it.`,
      {
        source,
        target,
      },
    );
  }
}

/** The target of an exclusive relation, or 0. */
export function targetIn(entities: Entities, tables: readonly Table[], id: number, source: Entity): Entity {
  const number = entities.tableNumber(source);
  if (number < 0) return 0;
  const table = tables[number]!;
  const c = table.columnOf[id];
  if (c === undefined) return 0;
  const row = entities.row(source);
  const block = table.blockOf(table.columns[c]!, row >> table.shift);
  return table.arena.memory.i32[(block << 4) + (row & ((1 << table.shift) - 1))]!;
}
