import { badArgument, expectOptions } from "../../core/argument.ts";
import type { Component } from "../../ecs/component.ts";
import { type System, type SystemContext, system } from "../../ecs/system.ts";
import { type Term, without, write } from "../../ecs/term.ts";
import type { World } from "../../ecs/world.ts";
import { DEFAULT_PLACE, type PlaceOptions, placeOf } from "./component-place.ts";
import { Bodies, PLACE_MAX, type PlaceColumns, SPEED_MAX, within } from "./physics-bodies.ts";
import { Collider, Collision, Contact, KinematicBody, PhysicsWorld, Separation } from "./physics-components.ts";
import { type Meeting, meetings } from "./physics-pairs.ts";
import { part, pushApart } from "./physics-solve.ts";

export interface PhysicsOptions {
  /** Seconds of a tick. Default 1 / 60. */
  readonly delta?: number;
  /** Where entities are. Default: the world's `Transform`. */
  readonly place?: PlaceOptions;
  /** How often the velocities of what touches are brought in line, 1 to 64. Default 8. */
  readonly iterations?: number;
  /** For a schedule. */
  readonly phase?: string;
}

/** What a world with physics needs to be made with, besides the component for the place. */
export const physicsTypes = {
  components: [Collider, KinematicBody] as unknown as readonly Component[],
  resources: [PhysicsWorld],
  events: [Collision, Separation, Contact],
} as const;

/**
 * A system that moves every KinematicBody (semi-implicit Euler), finds the colliders that touch, pushes them apart and tells
 * of Collision, Separation and Contact. Shapes are along the axes of the world: rotations and scales do not count. What
 * comes of it depends on the world alone, to the bit: pairs are taken in the order of their entities. Throws `bad-argument`.
 */
export function physicsSystem(options: PhysicsOptions = {}): System {
  expectOptions(options, "options");
  const { delta = 1 / 60, place = DEFAULT_PLACE, iterations = 8 } = options;
  if (!(delta > 0 && delta < Infinity)) throw badArgument("delta", delta, "seconds above 0");
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > 64)
    throw badArgument("iterations", iterations, "an integer from 1 to 64");
  const { position } = placeOf(place);
  const { component } = place;
  const columnsOf = (chunk: Record<string, unknown>): PlaceColumns => {
    const columns = chunk[component.key] as Record<string, PlaceColumns>;
    return position === "" ? (columns as unknown as PlaceColumns) : columns[position]!;
  };
  return system("physics", {
    doc: "Moves bodies and lets colliders touch.",
    queries: {
      moving: [write(component), write(KinematicBody)],
      solid: [write(component), write(KinematicBody), Collider],
      fixed: [component, Collider, without(KinematicBody)],
    } as Record<string, readonly Term[]>,
    sets: [PhysicsWorld],
    gets: [PhysicsWorld],
    emits: [Collision, Separation, Contact],
    hears: [Contact],
    ...(options.phase === undefined ? {} : { phase: options.phase }),
    run: (context) => {
      const { world, queries } = context;
      const { gravity } = world.resource(PhysicsWorld);
      world.setResource(PhysicsWorld, { step: context.tick });
      for (const chunk of queries["moving"]!.chunks())
        integrate(chunk as unknown as MovingChunk, columnsOf(chunk as never), gravity, delta);
      const bodies = new Bodies();
      for (const chunk of queries["solid"]!.chunks()) bodies.take(chunk as never, columnsOf(chunk as never));
      for (const chunk of queries["fixed"]!.chunks()) bodies.take(chunk as never, columnsOf(chunk as never));
      bodies.sort();
      const met = meetings(bodies);
      const impulses = pushApart(bodies, met, iterations);
      part(bodies, met);
      let first = 0;
      for (const chunk of queries["solid"]!.chunks())
        first = bodies.give(chunk as never, columnsOf(chunk as never), first);
      tell(context, bodies, met, impulses);
    },
  }) as unknown as System;
}

interface MovingChunk {
  readonly count: number;
  readonly kinematicBody: Record<"velocity" | "force", Record<"x" | "y" | "z", Float32Array>> &
    Record<"mass" | "drag" | "gravity", Float32Array>;
}

/** Velocities first, then positions with the new velocities; every stored value is rounded to an f32. */
function integrate(
  { count, kinematicBody }: MovingChunk,
  place: PlaceColumns,
  pull: { readonly x: number; readonly y: number; readonly z: number },
  delta: number,
): void {
  const { velocity, force, mass, drag, gravity } = kinematicBody;
  for (const axis of ["x", "y", "z"] as const) {
    const [v, f, p, g] = [velocity[axis], force[axis], place[axis], pull[axis]];
    if (p === undefined) continue;
    for (let i = 0; i < count; i++) {
      const m = mass[i]!;
      let speed = v[i]!;
      if (m > 0) speed = (speed + (f[i]! / m + gravity[i]! * g) * delta) / (1 + Math.max(0, drag[i]!) * delta);
      v[i] = within(speed, -SPEED_MAX, SPEED_MAX);
      f[i] = 0;
      p[i] = within(p[i]! + v[i]! * delta, -PLACE_MAX, PLACE_MAX);
    }
  }
}

/** Contacts of this step, and what is new or over against those of the step before. */
function tell(context: SystemContext, bodies: Bodies, met: readonly Meeting[], impulses: Float64Array): void {
  const { world, commands } = context;
  const before = contactsOf(world);
  // More events than a world may have would end the tick.
  const room = Math.floor(world.core.limits.events / 2) - 1;
  met.slice(0, room).forEach((meeting, m) => {
    const [a, b] = [bodies.entities[meeting.a]!, bodies.entities[meeting.b]!];
    commands.emit(Contact, { a, b });
    if (before.delete(keyOf(a, b))) return;
    const { point, normal, trigger } = meeting;
    commands.emit(Collision, { a, b, point, normal, impulse: impulses[m]!, trigger });
  });
  for (const [a, b] of before.values()) commands.emit(Separation, { a, b });
}

/** The contacts of the tick before, in their order. */
function contactsOf(world: World): Map<string, readonly [number, number]> {
  return new Map(world.events(Contact).map(({ a, b }) => [keyOf(a, b), [a, b]]));
}

function keyOf(a: number, b: number): string {
  return `${a} ${b}`;
}
