import type { Entity } from "./host.ts";
import type { ScriptValue } from "./value.ts";

/** The fields of a component as scripts see them: vectors are `{ x, y, z, w }`, arrays are lists. */
export type Fields = Readonly<Record<string, ScriptValue>>;

/** A point or direction. */
export interface Vec3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** What a sphere found. */
export interface Near {
  readonly entity: Entity;
  readonly distance: number;
}

/** What a ray found. */
export interface Hit extends Near {
  readonly point: Vec3;
  /** Away from the surface, of length 1. */
  readonly normal: Vec3;
}

/** Where the position, rotation and scale of entities are kept: a component, and its fields by name. */
export interface Place {
  readonly component: string;
  /** The field of two or three axes; empty where the component itself has the fields x, y and perhaps z. */
  readonly position: string;
  /** The field of four axes; left out where entities have no rotation. */
  readonly rotation?: string;
  readonly scale?: string;
  /** Axes of the position: with 2, z is 0 and nobody can change it. */
  readonly axes: 2 | 3;
}

/** What a ray or overlap looks at. */
export interface Filter {
  /** Bits of the layers. */
  readonly mask: number;
  readonly triggers: boolean;
  /** Entity that is left out; 0 for none. */
  readonly except: Entity;
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
  readonly place: Place;

  /** The next random number in [0, 1): depends on seed, tick, script, entity and the number of the draw alone. */
  random(): number;

  isAlive(entity: Entity): boolean;
  has(entity: Entity, component: string): boolean;
  /** Undefined where the entity lacks it. `State` is that of the script. With `only`, that field alone. */
  get(entity: Entity, component: string, only?: string): Fields | undefined;
  /** Writes the given fields at once; the script reads its own writes. */
  set(entity: Entity, component: string, fields: Fields): undefined;
  add(entity: Entity, component: string, fields: Fields | undefined): undefined;
  remove(entity: Entity, component: string): undefined;
  /** Asks for an entity from a prefab; it exists after the system. Returns a ticket: a negative number, valid in this call. */
  spawn(prefab: string, components: Readonly<Record<string, Fields>>): number;
  despawn(entity: Entity): undefined;

  /** The entity of that name, or 0. */
  find(name: string): Entity;
  /** Entities that have all of the components, ascending, at most `count`. */
  withComponents(components: readonly string[], count: number): readonly Entity[];
  /** Entities with a position at most `radius` away, nearest first, at most `count`; as before the first call of the run that asks. */
  near(x: number, y: number, z: number, radius: number, count: number): readonly Near[];
  /** The first collider on the way, as before the first call of the run that asks. The direction need not have length 1. */
  ray(origin: Vec3, direction: Vec3, length: number, filter: Filter): Hit | undefined;
  /** Entities whose colliders touch a sphere, or a box of these half extents, ascending, at most `count`. */
  overlap(center: Vec3, size: number | Vec3, filter: Filter, count: number): readonly Entity[];
  /** Entities that the physics of the tick before found in touch with one, ascending. */
  touching(entity: Entity): readonly Entity[];

  /** A number that was not given before in this world, unless a tick asks for more than 2^20. */
  nextNumber(): number;
  emit(event: string, fields: Fields): undefined;
  /** Events of a type that are alive, oldest first. */
  events(event: string): readonly Fields[];
  /** Values of the inputs of a type in this tick. */
  inputs(input: string): readonly Fields[];
  /** The text of an id in a `str` column, those of this call included. Throws `bad-argument` where there is none. */
  text(id: number): string;
  /** The id of a text. One that is new to the world gets the id that it will have if the call succeeds. */
  intern(text: string): number;
  log(level: string, text: string): undefined;
  /** Has a function of this instance called in so many ticks. Returns the number of the task. */
  after(ticks: number, name: string): number;
  /** False if it is no task of this script and entity that waits. */
  cancel(task: number): boolean;
}
