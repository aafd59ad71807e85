import { WorldloomError } from "../core/errors.ts";
import { multiplyAffine, transformPoint } from "./affine.ts";
import { rayCapsule } from "./hit-capsule.ts";
import type { HitShapes } from "./hit-shapes.ts";
import type { ModelPoses } from "./matrices.ts";

/** A ray, or with a distance a segment, in the world. */
export interface Ray {
  readonly origin: ArrayLike<number>;
  /** Of any length but 0. */
  readonly direction: ArrayLike<number>;
  /** Metres; without end unless given. */
  readonly distance?: number;
}

/** What a ray hits first. Objects of it may be used again. */
export interface Hit {
  character: number;
  joint: number;
  /** Metres along the ray; 0 if it begins inside. */
  distance: number;
  /** In the world. */
  readonly point: Float64Array;
  /** Out of the capsule, one long; against the ray if it begins inside. */
  readonly normal: Float64Array;
}

export function emptyHit(): Hit {
  return { character: -1, joint: -1, distance: Infinity, point: new Float64Array(3), normal: new Float64Array(3) };
}

/** Characters with one skeleton that rays can hit: spheres around whole characters first, then capsules around their bones. */
export class HitTargets {
  readonly shapes: HitShapes;
  readonly models: ModelPoses;
  /** Characters tested against their capsules by the last ray. */
  tested = 0;
  #capacity = 0;
  /** 16 for each character: world matrix, centre, radius (below 0: not there). */
  #rows = new Float64Array(0);
  /** Who comes first among equals, for each character. */
  #orders = new Float64Array(0);
  #count = 0;
  readonly #matrix = new Float64Array(12);
  readonly #from = new Float64Array(3);
  readonly #to = new Float64Array(3);
  readonly #direction = new Float64Array(3);
  readonly #normal = new Float64Array(3);
  readonly #box = new Float64Array(7);

  constructor(shapes: HitShapes, models: ModelPoses) {
    if (models.skeleton !== shapes.skeleton)
      throw new WorldloomError(
        "bad-argument",
        `The shapes are those of skeleton "${shapes.skeleton.name}", the poses of "${models.skeleton.name}".`,
        { shapes: shapes.skeleton.name, models: models.skeleton.name },
      );
    this.shapes = shapes;
    this.models = models;
  }

  /**
   * Says that `character` of the poses is at `world` (12 numbers), posed as its matrices are now. To be said again when either
   * changes. Of characters that a ray hits at the same distance it hits the one with the lowest `order`: numbers of characters say
   * nothing where they depend on who was there before, as those of the poses of a world do.
   */
  place(character: number, world: ArrayLike<number>, order: number = character): void {
    if (character >= this.#capacity) this.#reserve(character + 1);
    this.#count = Math.max(this.#count, character + 1);
    const row = character * 16;
    for (let i = 0; i < 12; i++) this.#rows[row + i] = world[i]!;
    this.#orders[character] = order;
    this.#bound(row, this.models.offset(character) >>> 2);
  }

  /** Has rays pass through `character` until it is placed again. */
  remove(character: number): void {
    if (character < this.#count) this.#rows[character * 16 + 15] = -1;
  }

  /** What `ray` hits first: `hit`, filled in, or undefined. Among equals the lowest order, then the first capsule. */
  raycast(ray: Ray, hit: Hit = emptyHit()): Hit | undefined {
    const { origin } = ray;
    const direction = this.#direction;
    const size = Math.sqrt(square(ray.direction[0]!) + square(ray.direction[1]!) + square(ray.direction[2]!));
    if (!(size > 0)) throw new WorldloomError("bad-argument", "A ray has no direction.", {});
    for (let c = 0; c < 3; c++) direction[c] = ray.direction[c]! / size;
    hit.distance = ray.distance ?? Infinity;
    hit.character = -1;
    this.tested = 0;
    const [x, y, z] = [origin[0]!, origin[1]!, origin[2]!];
    const [dx, dy, dz] = [direction[0]!, direction[1]!, direction[2]!];
    const rows = this.#rows;
    for (let character = 0, row = 12; character < this.#count; character++, row += 16) {
      const radius = rows[row + 3]!;
      const cx = rows[row]! - x;
      const cy = rows[row + 1]! - y;
      const cz = rows[row + 2]! - z;
      // The place on the ray that is nearest to the middle of the sphere, which is not there if its radius is below 0.
      const along = cx * dx + cy * dy + cz * dz;
      const nearest = along < 0 ? 0 : along > hit.distance ? hit.distance : along;
      const square = cx * cx + cy * cy + cz * cz - 2 * nearest * along + nearest * nearest;
      if (!(radius >= 0) || square > radius * radius * SLACK) continue;
      this.tested++;
      this.#test(character, origin, hit);
    }
    if (hit.character < 0) return undefined;
    for (let c = 0; c < 3; c++) hit.point[c] = origin[c]! + direction[c]! * hit.distance;
    return hit;
  }

  #test(character: number, origin: ArrayLike<number>, hit: Hit): void {
    const { joints, capsules } = this.shapes;
    const { f32 } = this.models.arena.memory;
    const models = this.models.offset(character) >>> 2;
    for (let i = 0; i < joints.length; i++) {
      multiplyAffine(this.#matrix, this.#rows, f32, 0, character * 16, models + joints[i]! * 12);
      for (let c = 0; c < 3; c++) {
        this.#from[c] = capsules[i * 7 + c]!;
        this.#to[c] = capsules[i * 7 + 3 + c]!;
      }
      transformPoint(this.#from, this.#matrix, this.#from);
      transformPoint(this.#to, this.#matrix, this.#to);
      const radius = capsules[i * 7 + 6]! * Math.sqrt(stretch2(this.#matrix));
      const distance = rayCapsule(origin, this.#direction, this.#from, this.#to, radius, this.#normal);
      if (!(distance <= hit.distance) || distance === Infinity) continue;
      if (distance === hit.distance && hit.character >= 0 && !this.#isBefore(character, hit.character)) continue;
      hit.distance = distance;
      hit.character = character;
      hit.joint = joints[i]!;
      hit.normal.set(this.#normal);
    }
  }

  #isBefore(character: number, other: number): boolean {
    return this.#orders[character]! < this.#orders[other]!;
  }

  /** The sphere around the box of all joints, as wide as their capsules reach. */
  #bound(row: number, models: number): void {
    const { f32 } = this.models.arena.memory;
    const box = this.#box;
    boxOf(box, f32, models, this.shapes.skeleton.count);
    let diagonal2 = 0;
    for (let c = 0; c < 3; c++) {
      this.#from[c] = (box[c]! + box[3 + c]!) / 2;
      diagonal2 += square((box[3 + c]! - box[c]!) / 2);
    }
    const rows = this.#rows;
    for (let i = 0; i < 12; i++) this.#matrix[i] = rows[row + i]!;
    transformPoint(this.#from, this.#matrix, this.#from);
    for (let c = 0; c < 3; c++) rows[row + 12 + c] = this.#from[c]!;
    const reach = this.shapes.reach * Math.sqrt(box[6]!);
    rows[row + 15] = (Math.sqrt(diagonal2) + reach) * Math.sqrt(stretch2(this.#matrix));
  }

  #reserve(capacity: number): void {
    const next = Math.max(capacity, 2 * this.#capacity, 16);
    const rows = new Float64Array(next * 16);
    rows.set(this.#rows);
    for (let i = this.#capacity; i < next; i++) rows[i * 16 + 15] = -1;
    this.#rows = rows;
    const orders = new Float64Array(next);
    orders.set(this.#orders);
    this.#orders = orders;
    this.#capacity = next;
  }
}

/** The box of the places of `count` matrices (lowest x y z, highest x y z), and the square of the most that any stretches. */
function boxOf(box: Float64Array, f32: Float32Array, first: number, count: number): void {
  let lowX = Infinity;
  let lowY = Infinity;
  let lowZ = Infinity;
  let highX = -Infinity;
  let highY = -Infinity;
  let highZ = -Infinity;
  let most = 0;
  for (let at = first; at < first + count * 12; at += 12) {
    const a = f32[at]!;
    const b = f32[at + 1]!;
    const c = f32[at + 2]!;
    const x = f32[at + 3]!;
    const d = f32[at + 4]!;
    const e = f32[at + 5]!;
    const f = f32[at + 6]!;
    const y = f32[at + 7]!;
    const g = f32[at + 8]!;
    const h = f32[at + 9]!;
    const i = f32[at + 10]!;
    const z = f32[at + 11]!;
    if (x < lowX) lowX = x;
    if (x > highX) highX = x;
    if (y < lowY) lowY = y;
    if (y > highY) highY = y;
    if (z < lowZ) lowZ = z;
    if (z > highZ) highZ = z;
    // As in stretch2.
    const xy = Math.abs(a * b + d * e + g * h);
    const xz = Math.abs(a * c + d * f + g * i);
    const yz = Math.abs(b * c + e * f + h * i);
    const sx = a * a + d * d + g * g + xy + xz;
    const sy = b * b + e * e + h * h + xy + yz;
    const sz = c * c + f * f + i * i + xz + yz;
    if (sx > most) most = sx;
    if (sy > most) most = sy;
    if (sz > most) most = sz;
  }
  box[0] = lowX;
  box[1] = lowY;
  box[2] = lowZ;
  box[3] = highX;
  box[4] = highY;
  box[5] = highZ;
  box[6] = most;
}

/**
 * At least the square of the most that a matrix stretches anything, exactly that without shear: no eigenvalue of M^T M is above
 * the largest sum of absolute values in a row of it.
 */
function stretch2(m: Float64Array): number {
  stretched.set(m);
  boxOf(one, stretched, 0, 1);
  return one[6]!;
}

const stretched = new Float32Array(12);
const one = new Float64Array(7);

function square(x: number): number {
  return x * x;
}
