import { shape } from "./physics-components.ts";
import type { Solid } from "./physics-shape.ts";

/** Bounds that keep numbers finite, in metres and seconds. */
export const PLACE_MAX = 1e9;
export const SPEED_MAX = 1e6;
const SIZE_MAX = 1e6;
const FRICTION_MAX = 10;

/** Columns of positions; z is missing where there are two axes. */
export interface PlaceColumns {
  readonly x: Float32Array | Float64Array;
  readonly y: Float32Array | Float64Array;
  readonly z?: Float32Array | Float64Array;
}

type Axes = Record<"x" | "y" | "z", Float32Array>;

export interface SolidChunk {
  readonly count: number;
  readonly entities: Int32Array;
  readonly collider: Record<"radius" | "bounce" | "friction", Float32Array> &
    Record<"layer" | "mask", Uint32Array> &
    Record<"shape" | "trigger", Uint8Array> & { readonly half: Axes };
  readonly kinematicBody?: { readonly velocity: Axes; readonly mass: Float32Array };
}

/** A collider, and how it moves; positions and velocities are f32 once given back. */
export interface Body extends Solid {
  readonly entity: number;
  x: number;
  y: number;
  z: number;
  vx: number;
  vy: number;
  vz: number;
  /** 1 / mass; 0 where nothing moves it. */
  readonly inverse: number;
  readonly layer: number;
  readonly mask: number;
  readonly trigger: boolean;
  readonly bounce: number;
  readonly friction: number;
}

/** All colliders of a world in the order of their entities. */
export class Bodies {
  /** In the order in which they were taken, for {@link give}. */
  readonly taken: Body[] = [];
  all: readonly Body[] = [];
  /** Entities by place in `all`. */
  entities: readonly number[] = [];

  take(chunk: SolidChunk, place: PlaceColumns): void {
    const { count, entities, collider, kinematicBody } = chunk;
    for (let i = 0; i < count; i++) {
      const box = collider.shape[i] === shape.box;
      const mass = kinematicBody?.mass[i] ?? 0;
      this.taken.push({
        entity: entities[i]!,
        x: place.x[i]!,
        y: place.y[i]!,
        z: place.z?.[i] ?? 0,
        vx: kinematicBody?.velocity.x[i] ?? 0,
        vy: kinematicBody?.velocity.y[i] ?? 0,
        vz: kinematicBody?.velocity.z[i] ?? 0,
        box,
        rx: within(box ? collider.half.x[i]! : collider.radius[i]!, 0, SIZE_MAX),
        ry: within(box ? collider.half.y[i]! : collider.radius[i]!, 0, SIZE_MAX),
        rz: within(box ? collider.half.z[i]! : collider.radius[i]!, 0, SIZE_MAX),
        inverse: mass > 0 ? 1 / mass : 0,
        layer: collider.layer[i]!,
        mask: collider.mask[i]!,
        trigger: collider.trigger[i] !== 0,
        bounce: within(collider.bounce[i]!, 0, 1),
        friction: within(collider.friction[i]!, 0, FRICTION_MAX),
      });
    }
  }

  /** To be called when all are taken. */
  sort(): void {
    this.all = [...this.taken].sort((a, b) => a.entity - b.entity);
    this.entities = this.all.map(({ entity }) => entity);
  }

  /** Writes a chunk back of which the first row was taken as number `first`; returns the number of the row behind its last. */
  give({ count, kinematicBody }: SolidChunk, place: PlaceColumns, first: number): number {
    const { velocity } = kinematicBody!;
    for (let i = 0; i < count; i++) {
      const body = this.taken[first + i]!;
      place.x[i] = within(body.x, -PLACE_MAX, PLACE_MAX);
      place.y[i] = within(body.y, -PLACE_MAX, PLACE_MAX);
      if (place.z !== undefined) place.z[i] = within(body.z, -PLACE_MAX, PLACE_MAX);
      velocity.x[i] = within(body.vx, -SPEED_MAX, SPEED_MAX);
      velocity.y[i] = within(body.vy, -SPEED_MAX, SPEED_MAX);
      velocity.z[i] = within(body.vz, -SPEED_MAX, SPEED_MAX);
    }
    return first + count;
  }
}

/** A number brought between bounds; the lower one for NaN. */
export function within(value: number, least: number, most: number): number {
  return value > most ? most : value >= least ? value : least;
}
