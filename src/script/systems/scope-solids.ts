import type { Core } from "../../ecs/core.ts";
import type { Filter, Hit, Place, Vec3 } from "../scope.ts";
import { Collider, shape } from "./physics-components.ts";
import { rayHit, type Solid, touchOf } from "./physics-shape.ts";
import { type CellRow, readFields, type Texts } from "./scope-cells.ts";
import { eachPlaced } from "./scope-lookup.ts";

interface Placed extends Solid {
  readonly entity: number;
  readonly layer: number;
  readonly trigger: boolean;
}

/** All colliders as they were when it was made, by entity. */
export class Solids {
  readonly #all: Placed[] = [];

  constructor(core: Core, place: Place, texts: Texts) {
    const id = core.schema.named(Collider.name);
    eachPlaced(
      core,
      place,
      (entity, x, y, z, table, row) => {
        const cell: CellRow = { table, column: table.columnOf[id]!, row };
        const fields = readFields(core, cell, texts) as unknown as {
          shape: number;
          radius: number;
          half: Vec3;
          layer: number;
          trigger: boolean;
        };
        const box = fields.shape === shape.box;
        const size = box ? fields.half : { x: fields.radius, y: fields.radius, z: fields.radius };
        const { layer, trigger } = fields;
        this.#all.push({
          entity,
          x,
          y,
          z,
          box,
          rx: Math.max(0, size.x),
          ry: Math.max(0, size.y),
          rz: Math.max(0, size.z),
          layer,
          trigger,
        });
      },
      [id],
    );
    this.#all.sort((a, b) => a.entity - b.entity);
  }

  /** The nearest on the way; of equal ones the lowest. */
  ray(origin: Vec3, direction: Vec3, length: number, filter: Filter): Hit | undefined {
    let found: Hit | undefined;
    for (const one of this.#all) {
      if (!passes(one, filter)) continue;
      const hit = rayHit(one, origin, direction, length);
      if (hit !== undefined && (found === undefined || hit.distance < found.distance))
        found = { entity: one.entity, ...hit };
    }
    return found;
  }

  overlap(center: Vec3, size: number | Vec3, filter: Filter, count: number): number[] {
    const box = typeof size !== "number";
    const half = box ? size : { x: size, y: size, z: size };
    const solid: Solid = { box, x: center.x, y: center.y, z: center.z, rx: half.x, ry: half.y, rz: half.z };
    const found: number[] = [];
    for (const one of this.#all) {
      if (found.length >= count) break;
      if (passes(one, filter) && touchOf(solid, one) !== undefined) found.push(one.entity);
    }
    return found;
  }
}

function passes({ entity, layer, trigger }: Placed, filter: Filter): boolean {
  return (layer & filter.mask) !== 0 && entity !== filter.except && (filter.triggers || !trigger);
}
