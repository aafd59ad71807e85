import { ENTRY_WORDS } from "../../ecs/column.ts";
import type { Core } from "../../ecs/core.ts";
import { readElement } from "../../ecs/element.ts";
import type { Filter, Hit, Place, Vec3 } from "../scope.ts";
import { Collider, shape } from "./physics-components.ts";
import { rayHit, type Solid, touchOf } from "./physics-shape.ts";
import { eachPlaced } from "./scope-lookup.ts";

interface Placed extends Solid {
  readonly entity: number;
  readonly layer: number;
  readonly trigger: boolean;
  /** Of the sphere around it. */
  readonly reach: number;
}

const codes = Collider.columns.map(({ code }) => code);
/** Columns of a collider. */
const at = {
  shape: placeOf("shape"),
  radius: placeOf("radius"),
  x: placeOf("half.x"),
  y: placeOf("half.y"),
  z: placeOf("half.z"),
  layer: placeOf("layer"),
  trigger: placeOf("trigger"),
};

/** All colliders as they were when it was made, by entity. */
export class Solids {
  readonly #all: Placed[] = [];

  constructor(core: Core, place: Place) {
    const { memory } = core.arena;
    const id = core.schema.named(Collider.name);
    eachPlaced(
      core,
      place,
      (entity, x, y, z, table, row) => {
        const column = table.columns[table.columnOf[id]!]!;
        const k = row >> table.shift;
        const i = row & ((1 << table.shift) - 1);
        const start = memory.i32[column.base + k * ENTRY_WORDS]! * 64;
        const { offsets } = table.layout(column, k);
        const read = (n: number): number => readElement(memory, codes[n]!, start + offsets[n]!, i);
        const box = read(at.shape) === shape.box;
        const radius = read(at.radius);
        const size = box ? { x: read(at.x), y: read(at.y), z: read(at.z) } : { x: radius, y: radius, z: radius };
        const [layer, trigger] = [read(at.layer), read(at.trigger) !== 0];
        const [rx, ry, rz] = [Math.max(0, size.x), Math.max(0, size.y), Math.max(0, size.z)];
        const reach = box ? Math.sqrt(rx * rx + ry * ry + rz * rz) : rx;
        this.#all.push({ entity, x, y, z, box, rx, ry, rz, layer, trigger, reach });
      },
      [id],
    );
    this.#all.sort((a, b) => a.entity - b.entity);
  }

  get count(): number {
    return this.#all.length;
  }

  /** The nearest on the way; of equal ones the lowest. */
  ray(origin: Vec3, direction: Vec3, length: number, filter: Filter): Hit | undefined {
    let found: Hit | undefined;
    for (const one of this.#all) {
      if (!passes(one, filter) || isPast(one, origin, direction, length)) continue;
      const hit = rayHit(one, origin, direction, length);
      if (hit !== undefined && (found === undefined || hit.distance < found.distance))
        found = { entity: one.entity, ...hit };
    }
    return found;
  }

  overlap(center: Vec3, size: number | Vec3, filter: Filter, count: number): number[] {
    const box = typeof size !== "number";
    const half = box ? size : { x: size, y: size, z: size };
    const reach = box ? Math.sqrt(half.x * half.x + half.y * half.y + half.z * half.z) : size;
    const solid: Solid = { box, x: center.x, y: center.y, z: center.z, rx: half.x, ry: half.y, rz: half.z };
    const found: number[] = [];
    for (const one of this.#all) {
      if (found.length >= count) break;
      const [x, y, z] = [one.x - center.x, one.y - center.y, one.z - center.z];
      const most = (reach + one.reach) * 1.001;
      if (x * x + y * y + z * z > most * most) continue;
      if (passes(one, filter) && touchOf(solid, one) !== undefined) found.push(one.entity);
    }
    return found;
  }
}

function placeOf(path: string): number {
  return Collider.columns.findIndex((column) => column.path === path);
}

function passes({ entity, layer, trigger }: Placed, filter: Filter): boolean {
  return (layer & filter.mask) !== 0 && entity !== filter.except && (filter.triggers || !trigger);
}

/** Whether a ray goes past the sphere around a collider, with some room for rounding. */
function isPast({ x, y, z, reach }: Placed, origin: Vec3, direction: Vec3, length: number): boolean {
  const [dx, dy, dz] = [x - origin.x, y - origin.y, z - origin.z];
  const way = dx * direction.x + dy * direction.y + dz * direction.z;
  const at = way < 0 ? 0 : way > length ? length : way;
  const [px, py, pz] = [dx - direction.x * at, dy - direction.y * at, dz - direction.z * at];
  const most = reach * 1.001 + 1e-6;
  return px * px + py * py + pz * pz > most * most;
}
