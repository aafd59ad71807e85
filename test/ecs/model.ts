import {
  array,
  bool,
  ChildOf,
  component,
  type Entity,
  f32,
  f64,
  i32,
  relation,
  str,
  u8,
  u16,
  vec2,
} from "../../src/index.ts";

export const Position = component("Position", { x: f32, y: f32({ default: 1.5 }) });
export const Health = component("Health", { value: i32({ default: 100 }) });
export const Title = component("Title", { text: str({ default: "nobody" }) });
export const Flags = component("Flags", { on: bool, level: u8 });
export const Grid = component("Grid", { cells: array(u16, 5), at: vec2(f64) });
export const Frozen = component("Frozen");
/** Exclusive, with a field; the source outlives its target. */
export const Holds = relation("Holds", { amount: u8 });
/** Any number of targets. */
export const Likes = relation("Likes", { weight: f32({ default: 0.5 }) }, { exclusive: false });
/** Any number of targets; a source ends with any of them, cycles allowed. */
export const Needs = relation("Needs", {}, { exclusive: false, onTargetDespawn: "despawn" });
/** Exclusive; a source ends with its target, cycles allowed. */
export const Follows = relation("Follows", {}, { onTargetDespawn: "despawn" });
export { ChildOf };

export const plain = [Position, Health, Title, Flags, Grid, Frozen] as const;
export const exclusive = [ChildOf, Holds, Follows] as const;
export const many = [Likes, Needs] as const;
export const components = [...plain, ...exclusive, ...many];

export type Values = Readonly<Record<string, unknown>>;

const DEFAULTS: Readonly<Record<string, Values>> = {
  Position: { x: 0, y: 1.5 },
  Health: { value: 100 },
  Title: { text: "nobody" },
  Flags: { on: false, level: 0 },
  Grid: { cells: [0, 0, 0, 0, 0], at: { x: 0, y: 0 } },
  Frozen: {},
  ChildOf: { target: 0 },
  Holds: { target: 0, amount: 0 },
  Follows: { target: 0 },
  Likes: { weight: 0.5 },
  Needs: {},
};
const CASCADES = new Set(["ChildOf", "Follows", "Needs"]);

/** What a world should do, in maps: the specification of the operations on entities. */
export class NaiveWorld {
  readonly indexBits: number;
  /** Generation of each index that was ever used; 0 when retired. */
  generations: number[] = [];
  free = new Set<number>();
  alive = new Map<Entity, Map<string, Values>>();
  /** `relation -> source -> target -> fields`, of relations with many targets. */
  pairs = new Map<string, Map<Entity, Map<Entity, Values>>>(many.map(({ name }) => [name, new Map()]));

  constructor(indexBits: number) {
    this.indexBits = indexBits;
  }

  copy(): NaiveWorld {
    const made = new NaiveWorld(this.indexBits);
    made.generations = [...this.generations];
    made.free = new Set(this.free);
    for (const [entity, parts] of this.alive) made.alive.set(entity, new Map(parts));
    for (const [name, sources] of this.pairs) {
      made.pairs.set(name, new Map([...sources].map(([source, targets]) => [source, new Map(targets)])));
    }
    return made;
  }

  spawn(items: readonly (readonly [string, Values])[]): Entity {
    let index = this.generations.length;
    for (const free of this.free) if (free < index) index = free;
    if (index === this.generations.length) this.generations.push(1);
    this.free.delete(index);
    const entity = this.generations[index]! * 2 ** this.indexBits + index;
    this.alive.set(entity, new Map());
    for (const [name, values] of items) this.add(entity, name, values);
    return entity;
  }

  despawn(entity: Entity): void {
    const ending = new Set([entity]);
    for (const end of ending)
      for (const name of CASCADES) for (const source of this.sources(name, end)) ending.add(source);
    for (const end of ending) this.#end(end);
  }

  add(entity: Entity, name: string, values: Values = {}): void {
    const parts = this.alive.get(entity)!;
    parts.set(name, merged(parts.get(name) ?? DEFAULTS[name]!, values));
  }

  remove(entity: Entity, name: string): boolean {
    return this.alive.get(entity)!.delete(name);
  }

  link(name: string, source: Entity, target: Entity, values: Values = {}): void {
    const sources = this.pairs.get(name)!;
    const targets = sources.get(source) ?? new Map<Entity, Values>();
    targets.set(target, merged(targets.get(target) ?? DEFAULTS[name]!, values));
    sources.set(source, targets);
  }

  unlink(name: string, source: Entity, target: Entity): boolean {
    return this.pairs.get(name)!.get(source)?.delete(target) ?? false;
  }

  targets(name: string, source: Entity): Entity[] {
    const linked = this.pairs.get(name);
    if (linked !== undefined) return [...(linked.get(source)?.keys() ?? [])].sort((a, b) => a - b);
    const target = this.alive.get(source)?.get(name)?.["target"] as Entity | undefined;
    return target === undefined || target === 0 ? [] : [target];
  }

  sources(name: string, target: Entity): Entity[] {
    const linked = this.pairs.get(name);
    const found = linked === undefined ? [...this.alive.keys()] : [...linked.keys()];
    return found.filter((source) => this.targets(name, source).includes(target)).sort((a, b) => a - b);
  }

  /** Whether `entity` is `other` or above it. */
  above(entity: Entity, other: Entity): boolean {
    for (let at: Entity | undefined = other; at !== undefined; at = this.targets("ChildOf", at)[0])
      if (at === entity) return true;
    return false;
  }

  #end(entity: Entity): void {
    for (const { name } of exclusive) for (const source of this.sources(name, entity)) this.remove(source, name);
    for (const targets of this.pairs.values()) {
      targets.delete(entity);
      for (const others of targets.values()) others.delete(entity);
    }
    this.alive.delete(entity);
    const index = entity % 2 ** this.indexBits;
    const generation = this.generations[index]! + 1;
    const retired = generation >= 2 ** (31 - this.indexBits);
    this.generations[index] = retired ? 0 : generation;
    if (!retired) this.free.add(index);
  }
}

function merged(before: Values, values: Values): Values {
  const made: Record<string, unknown> = { ...before };
  for (const [field, value] of Object.entries(values)) {
    if (field === "at") made[field] = { ...(before[field] as object), ...(value as object) };
    else made[field] = value;
  }
  return made;
}
