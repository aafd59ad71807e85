import type { Entity } from "./host.ts";
import type { ScriptValue } from "./value.ts";

/** The fields of a component as scripts see them: vectors are `{ x, y, z, w }`, arrays are lists. */
export type Fields = Readonly<Record<string, ScriptValue>>;

/** What a sphere, ray or overlap found. */
export interface Hit {
  readonly entity: Entity;
  readonly distance: number;
}

/**
 * What functions of the API do to the world, for one call of one script. Everything is taken back if the call fails.
 * Methods throw {@link ScriptError} for what scripts can get wrong, {@link ScriptStop} past a budget.
 */
export interface HostScope {
  readonly entity: Entity;
  readonly tick: number;
  /** Seconds. */
  readonly delta: number;
  readonly seed: number;

  /** The next random number of this call in [0, 1): depends on seed, tick, script, entity and the number of the draw alone. */
  random(): number;

  isAlive(entity: Entity): boolean;
  has(entity: Entity, component: string): boolean;
  /** Undefined where the entity lacks it. */
  get(entity: Entity, component: string): Fields | undefined;
  /** Writes the given fields at once; the script reads its own writes. */
  set(entity: Entity, component: string, fields: Fields): void;
  add(entity: Entity, component: string, fields: Fields | undefined): void;
  remove(entity: Entity, component: string): void;
  /** Asks for an entity from a prefab; it exists after the system. Returns a ticket: a negative number, valid in this call. */
  spawn(prefab: string, components: Readonly<Record<string, Fields>>): number;
  despawn(entity: Entity): void;

  /** The entity of that name, or 0. */
  find(name: string): Entity;
  /** Entities that have all of the components, ascending, at most `count`. */
  withComponents(components: readonly string[], count: number): readonly Entity[];
  /** Entities with a position at most `radius` away, nearest first, at most `count`. */
  near(x: number, y: number, z: number, radius: number, count: number): readonly Hit[];

  emit(event: string, fields: Fields): void;
  /** Values of the inputs of a type in this tick. */
  inputs(input: string): readonly Fields[];
  log(level: string, text: string): void;
}
