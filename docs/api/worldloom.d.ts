// Generated from the definition of the API in src/script/api. Do not edit.

declare module "worldloom:script/types@0.1.0" {
  /** Its number in this world; negative for one that this call has spawned. 0 is none. */
  export type Entity = number;
  /** A value as JSON. */
  export type Json = string;
  export interface Vec3 {
    x: number;
    y: number;
    z: number;
  }
  /** A rotation of length 1. */
  export interface Quat extends Vec3 {
    w: number;
  }
  /** What a ray found. */
  export interface Hit {
    entity: Entity;
    distance: number;
    point: Vec3;
    /** Away from the surface, of length 1. */
    normal: Vec3;
  }
}

declare module "worldloom:script/batch@0.1.0" {
  /** The row for whose entity the functions of the API are called from now on, from 0. */
  export function row(row: number): void;
}

/**
 * Where entities are, how they are turned, and how large: relative to their parent if they have one. x is right,
 * y is up, forward is -z.
 */
declare module "worldloom:script/transform@0.1.0" {
  import type { Entity, Quat, Vec3 } from "worldloom:script/types@0.1.0";
  /**
   * Where an entity is.
   * @param entity Whose; left out, the script's own.
   */
  export function position(entity?: Entity): Vec3;
  /**
   * Puts an entity somewhere.
   * @param position Where.
   * @param entity Whose; left out, the script's own.
   */
  export function setPosition(position: Vec3, entity?: Entity): void;
  /**
   * Moves an entity along the axes of its parent.
   * @param by How far.
   * @param entity Whose; left out, the script's own.
   */
  export function move(by: Vec3, entity?: Entity): void;
  /**
   * How an entity is turned.
   * @param entity Whose; left out, the script's own.
   */
  export function rotation(entity?: Entity): Quat;
  /**
   * Turns an entity; the rotation is brought to length 1.
   * @param rotation Not of length 0.
   * @param entity Whose; left out, the script's own.
   */
  export function setRotation(rotation: Quat, entity?: Entity): void;
  /**
   * Turns an entity about an axis of its parent, by the right hand, after its rotation so far.
   * @param axis Of any length but 0.
   * @param angle In radians.
   * @param entity Whose; left out, the script's own.
   */
  export function rotate(axis: Vec3, angle: number, entity?: Entity): void;
  /**
   * How large an entity is along its axes.
   * @param entity Whose; left out, the script's own.
   */
  export function scale(entity?: Entity): Vec3;
  /**
   * Makes an entity larger or smaller.
   * @param scale For each axis.
   * @param entity Whose; left out, the script's own.
   */
  export function setScale(scale: Vec3, entity?: Entity): void;
  /**
   * The direction in which an entity looks, of length 1.
   * @param entity Whose; left out, the script's own.
   */
  export function forward(entity?: Entity): Vec3;
  /**
   * The direction to the right of an entity, of length 1.
   * @param entity Whose; left out, the script's own.
   */
  export function right(entity?: Entity): Vec3;
  /**
   * The direction above an entity, of length 1.
   * @param entity Whose; left out, the script's own.
   */
  export function up(entity?: Entity): Vec3;
  /**
   * Turns an entity so that it looks at a point. Does nothing at the point itself.
   * @param target The point.
   * @param up What is above; left out, y.
   * @param entity Whose; left out, the script's own.
   */
  export function lookAt(target: Vec3, up?: Vec3, entity?: Entity): void;
  /**
   * How far another entity is away.
   * Needs the capability world.
   * @param other The other one.
   * @param entity Whose; left out, the script's own.
   */
  export function distance(other: Entity, entity?: Entity): number;
}

/**
 * Other entities. Lists of entities are in ascending order where nothing else is said.
 */
declare module "worldloom:script/world@0.1.0" {
  import type { Entity, Hit, Json, Vec3 } from "worldloom:script/types@0.1.0";
  /**
   * Makes an entity from a prefab. It exists when the scripts of this tick have run; until then its number is
   * negative, good for this call alone.
   * Needs the capability spawn.
   * @param prefab Name of the prefab.
   * @param components Fields that differ from the prefab's, by component: `{ Position = { x = 1 } }`.
   */
  export function spawn(prefab: string, components?: Json): Entity;
  /**
   * Ends an entity when the scripts of this tick have run.
   * Needs the capability spawn.
   * @param entity Which; left out, the script's own.
   */
  export function despawn(entity?: Entity): void;
  /**
   * Whether an entity exists.
   * @param entity Which; 0, which is none, does not exist.
   */
  export function isAlive(entity: Entity): boolean;
  /**
   * The entity of that name.
   * Needs the capability world.
   * @param name Its name.
   */
  export function find(name: string): Entity | undefined;
  /**
   * Entities with a tag, or any component.
   * Needs the capability world.
   * @param tag Name of the tag.
   * @param count At most so many; left out, 1000.
   */
  export function tagged(tag: string, count?: bigint): Int32Array;
  /**
   * Entities that have all of some components.
   * Needs the capability world.
   * @param components Names, at least one.
   * @param count At most so many; left out, 1000.
   */
  export function having(components: string[], count?: bigint): Int32Array;
  /**
   * Entities within a distance of a point, nearest first; as of the first such question in the run of a
   * script in a tick, before the call that asks.
   * Needs the capability world.
   * @param position The point.
   * @param radius The distance.
   * @param count At most so many; left out, 1000.
   */
  export function near(position: Vec3, radius: number, count?: bigint): Int32Array;
  /**
   * The nearest other entity, with a component if one is named.
   * Needs the capability world.
   * @param position The point.
   * @param radius How far away it may be.
   * @param component What it must have.
   */
  export function nearest(position: Vec3, radius: number, component?: string): Entity | undefined;
  /**
   * What the script's own entity would see in a direction: the first collider on the way that is not its own.
   * Triggers are left out.
   * Needs the capability world.
   * @param origin Where it starts.
   * @param direction Of any length but 0.
   * @param length How far it goes.
   */
  export function ray(origin: Vec3, direction: Vec3, length: number): Hit | undefined;
}

/**
 * Components of entities by name. Values are checked against the fields. Other entities than the script's own
 * need capabilities: to read `world`, to write `write`.
 */
declare module "worldloom:script/component@0.1.0" {
  import type { Entity, Json } from "worldloom:script/types@0.1.0";
  /**
   * Whether an entity has a component.
   * @param entity Whose.
   * @param component Name of the component.
   */
  export function has(entity: Entity, component: string): boolean;
  /**
   * A copy of the fields of a component; nothing where the entity lacks it.
   * @param entity Whose.
   * @param component Name of the component.
   */
  export function get(entity: Entity, component: string): Json | undefined;
  /**
   * Writes some fields of a component at once. The entity must have it.
   * @param entity Whose.
   * @param component Name of the component.
   * @param fields The fields to write.
   */
  export function set(entity: Entity, component: string, fields: Json): void;
  /**
   * Gives an entity a component when the scripts of this tick have run; where it has it then, the fields are
   * set.
   * @param entity Whose.
   * @param component Name of the component.
   * @param fields Fields that differ from the defaults.
   */
  export function add(entity: Entity, component: string, fields?: Json): void;
  /**
   * Takes a component from an entity when the scripts of this tick have run.
   * @param entity Whose.
   * @param component Name of the component.
   */
  export function remove(entity: Entity, component: string): void;
}

/**
 * What came from outside for this tick.
 */
declare module "worldloom:script/input@0.1.0" {
  import type { Json } from "worldloom:script/types@0.1.0";
  /**
   * The inputs of a type, as tables of their fields, in the order in which they came.
   * @param input Name of the type of input.
   */
  export function all(input: string): Json;
  /**
   * The last input of a type.
   * @param input Name of the type of input.
   */
  export function last(input: string): Json | undefined;
  /**
   * How many inputs of a type came.
   * @param input Name of the type of input.
   */
  export function count(input: string): bigint;
  /**
   * The last input of a type whose field has the script's own entity as its value.
   * @param input Name of the type of input.
   * @param field Name of the field.
   */
  export function mine(input: string, field: string): Json | undefined;
}

/**
 * The built-in kinematic world: entities with KinematicBody move, entities with Collider touch. Who hears
 * Collision gets what touched anew.
 */
declare module "worldloom:script/physics@0.1.0" {
  import type { Entity, Hit, Vec3 } from "worldloom:script/types@0.1.0";
  /**
   * Pushes a body during the next step of the physics.
   * Needs the capability physics.
   * @param force In newtons.
   * @param entity Whose; left out, the script's own.
   */
  export function applyForce(force: Vec3, entity?: Entity): void;
  /**
   * Changes the velocity of a body at once, by the impulse over its mass. A body of mass 0 stays as it is.
   * Needs the capability physics.
   * @param impulse In newton seconds.
   * @param entity Whose; left out, the script's own.
   */
  export function applyImpulse(impulse: Vec3, entity?: Entity): void;
  /**
   * The velocity of a body.
   * Needs the capability physics.
   * @param entity Whose; left out, the script's own.
   */
  export function velocity(entity?: Entity): Vec3;
  /**
   * Sets the velocity of a body.
   * Needs the capability physics.
   * @param velocity In metres a second.
   * @param entity Whose; left out, the script's own.
   */
  export function setVelocity(velocity: Vec3, entity?: Entity): void;
  /**
   * The first collider on the way, triggers and the script's own included where they are on a layer of the
   * mask; as of the first such question in the run of a script in a tick, before the call that asks.
   * Needs the capability physics.
   * @param origin Where it starts.
   * @param direction Of any length but 0.
   * @param length How far it goes.
   * @param mask Bits of the layers that count; left out, all.
   */
  export function ray(origin: Vec3, direction: Vec3, length: number, mask?: bigint): Hit | undefined;
  /**
   * Entities whose colliders touch a sphere, ascending.
   * Needs the capability physics.
   * @param center Its centre.
   * @param radius Its radius.
   * @param mask Bits of the layers that count; left out, all.
   * @param count At most so many; left out, 1000.
   */
  export function overlapSphere(center: Vec3, radius: number, mask?: bigint, count?: bigint): Int32Array;
  /**
   * Entities whose colliders touch a box along the axes, ascending.
   * Needs the capability physics.
   * @param center Its centre.
   * @param half Half of its sides, each at least 0.
   * @param mask Bits of the layers that count; left out, all.
   * @param count At most so many; left out, 1000.
   */
  export function overlapBox(center: Vec3, half: Vec3, mask?: bigint, count?: bigint): Int32Array;
  /**
   * Entities that were in touch in the last step of the physics, ascending.
   * Needs the capability physics.
   * @param entity Whose; left out, the script's own.
   */
  export function touching(entity?: Entity): Int32Array;
}

/**
 * Sounds, as events of the type Sound for the host.
 */
declare module "worldloom:script/audio@0.1.0" {
  import type { Vec3 } from "worldloom:script/types@0.1.0";
  /**
   * Plays a sound once, from a position or, left out, from where the script's own entity is. Returns its
   * handle.
   * Needs the capability events.
   * @param sound Its name, as the host knows it.
   * @param volume 1 is as recorded.
   * @param pitch Factor of the speed: 1 is as recorded.
   * @param position Where it comes from.
   */
  export function play(sound: string, volume?: number, pitch?: number, position?: Vec3): bigint;
  /**
   * Ends a sound.
   * Needs the capability events.
   * @param handle What `play` gave.
   */
  export function stop(handle: bigint): void;
  /**
   * Makes a sound louder or softer.
   * Needs the capability events.
   * @param handle What `play` gave.
   * @param volume 1 is as recorded.
   */
  export function volume(handle: bigint, volume: number): void;
  /**
   * Makes a sound higher or lower.
   * Needs the capability events.
   * @param handle What `play` gave.
   * @param pitch Factor of the speed: 1 is as recorded.
   */
  export function pitch(handle: bigint, pitch: number): void;
  /**
   * Has a sound come from somewhere else.
   * Needs the capability events.
   * @param handle What `play` gave.
   * @param position Where.
   */
  export function position(handle: bigint, position: Vec3): void;
}

/**
 * The time of the world. There is no other clock.
 */
declare module "worldloom:script/time@0.1.0" {
  /**
   * Seconds of one tick.
   */
  export function delta(): number;
  /**
   * The number of the tick that runs.
   */
  export function tick(): bigint;
  /**
   * Seconds since tick 0.
   */
  export function total(): number;
}

/**
 * Random numbers that depend on the world's seed, the tick, the script, the entity and the number of the draw
 * alone: the same in every run.
 */
declare module "worldloom:script/random@0.1.0" {
  import type { Json, Vec3 } from "worldloom:script/types@0.1.0";
  /**
   * A number from low up to, but without, high.
   * @param low Left out, 0.
   * @param high Left out, 1.
   */
  export function float(low?: number, high?: number): number;
  /**
   * An integer from low to high, both included.
   * @param low The least.
   * @param high The greatest.
   */
  export function integer(low: bigint, high: bigint): bigint;
  /**
   * True with a probability.
   * @param probability 0 is never, 1 is always.
   */
  export function chance(probability: number): boolean;
  /**
   * One element of a list; nothing where it is empty.
   * @param list The elements.
   */
  export function pick(list: Json): Json | undefined;
  /**
   * The elements of a list in a random order.
   * @param list The elements.
   */
  export function shuffle(list: Json): Json;
  /**
   * A vector of length 1 in any direction.
   */
  export function direction(): Vec3;
}

/**
 * Events of the world. A script hears those that it names in `hears`, through onEvent.
 */
declare module "worldloom:script/events@0.1.0" {
  import type { Json } from "worldloom:script/types@0.1.0";
  /**
   * Emits an event when the scripts of this tick have run.
   * Needs the capability events.
   * @param event Name of the type of event.
   * @param fields Fields that differ from the defaults.
   */
  export function emit(event: string, fields?: Json): void;
  /**
   * The last events of a type that are alive, as tables of their fields and `tick`, oldest first.
   * Needs the capability world.
   * @param event Name of the type of event.
   * @param count At most so many; left out, 1000.
   */
  export function recent(event: string, count?: bigint): Json;
}

/**
 * Messages for people. What a call wrote before it failed stays.
 */
declare module "worldloom:script/log@0.1.0" {
  /**
   * Writes a message of the level debug.
   * Needs the capability log.
   * @param text The message.
   */
  export function debug(text: string): void;
  /**
   * Writes a message of the level info.
   * Needs the capability log.
   * @param text The message.
   */
  export function info(text: string): void;
  /**
   * Writes a message of the level warn.
   * Needs the capability log.
   * @param text The message.
   */
  export function warn(text: string): void;
  /**
   * Writes a message of the level error.
   * Needs the capability log.
   * @param text The message.
   */
  export function error(text: string): void;
}

/**
 * The fields that the script declares for each of its entities. They are kept in saves.
 */
declare module "worldloom:script/state@0.1.0" {
  import type { Json } from "worldloom:script/types@0.1.0";
  /**
   * The value of a field.
   * @param field Name of the field.
   */
  export function get(field: string): Json;
  /**
   * Sets a field.
   * @param field Name of the field.
   * @param value Of the type of the field.
   */
  export function set(field: string, value: Json): void;
  /**
   * All fields, as a table.
   */
  export function all(): Json;
}

/**
 * What happens later. Scripts in Lua can wait, too: see `Tasks.wait`, `Tasks.waitFor`, `Tasks.start`.
 */
declare module "worldloom:script/tasks@0.1.0" {
  /**
   * Calls a function of the script, by name, after some ticks; not if the entity or its script ends before.
   * Returns the number of the task.
   * @param ticks 1 is the next tick.
   * @param name Name of the function; it gets self.
   */
  export function after(ticks: bigint, name: string): bigint;
  /**
   * Takes a call back that `after` asked for. False if it has been made or is none of this script and entity.
   * @param task What `after` gave.
   */
  export function cancelAfter(task: bigint): boolean;
}

/**
 * Texts by the numbers that columns hold, for guests in WebAssembly. Everywhere else texts are given and taken
 * as they are.
 */
declare module "worldloom:script/text@0.1.0" {
  /**
   * The text of an id that a column holds.
   * Needs the capability world.
   * @param id The id; 0 is the empty text.
   */
  export function get(id: bigint): string;
  /**
   * The id of a text, to be written to a column. One that is new to the world stays in it if the call
   * succeeds.
   * @param text The text.
   */
  export function id(text: string): bigint;
}
