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
  #count = 0;
  readonly #matrix = new Float64Array(12);
  readonly #from = new Float64Array(3);
  readonly #to = new Float64Array(3);
  readonly #direction = new Float64Array(3);
  readonly #normal = new Float64Array(3);

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

  /** Says that `character` of the poses is at `world` (12 numbers), posed as its matrices are now. To be said again when either changes. */
  place(character: number, world: ArrayLike<number>): void {
    if (character >= this.#capacity) this.#reserve(character + 1);
    this.#count = Math.max(this.#count, character + 1);
    const row = character * 16;
    for (let i = 0; i < 12; i++) this.#rows[row + i] = world[i]!;
    this.#bound(row, this.models.offset(character) >>> 2);
  }

  /** Has rays pass through `character` until it is placed again. */
  remove(character: number): void {
    if (character < this.#count) this.#rows[character * 16 + 15] = -1;
  }

  /** What `ray` hits first: `hit`, filled in, or undefined. Among equals the lowest character, then the first capsule. */
  raycast(ray: Ray, hit: Hit = emptyHit()): Hit | undefined {
    const { origin } = ray;
    const direction = this.#direction;
    const size = Math.sqrt(square(ray.direction[0]!) + square(ray.direction[1]!) + square(ray.direction[2]!));
    if (!(size > 0)) throw new WorldloomError("bad-argument", "A ray has no direction.", {});
    for (let c = 0; c < 3; c++) direction[c] = ray.direction[c]! / size;
    hit.distance = ray.distance ?? Infinity;
    hit.character = -1;
    this.tested = 0;
    for (let character = 0, row = 0; character < this.#count; character++, row += 16) {
      if (this.#misses(row, origin, hit.distance)) continue;
      this.tested++;
      this.#test(character, origin, hit);
    }
    if (hit.character < 0) return undefined;
    for (let c = 0; c < 3; c++) hit.point[c] = origin[c]! + direction[c]! * hit.distance;
    return hit;
  }

  /** Whether the sphere of the row lies beside the ray, behind it, or beyond `distance`. */
  #misses(row: number, origin: ArrayLike<number>, distance: number): boolean {
    const rows = this.#rows;
    const radius = rows[row + 15]!;
    if (!(radius >= 0)) return true;
    const x = rows[row + 12]! - origin[0]!;
    const y = rows[row + 13]! - origin[1]!;
    const z = rows[row + 14]! - origin[2]!;
    const along = x * this.#direction[0]! + y * this.#direction[1]! + z * this.#direction[2]!;
    const nearest = along < 0 ? 0 : along > distance ? distance : along;
    const dx = x - this.#direction[0]! * nearest;
    const dy = y - this.#direction[1]! * nearest;
    const dz = z - this.#direction[2]! * nearest;
    return dx * dx + dy * dy + dz * dz > radius * radius;
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
      const radius = capsules[i * 7 + 6]! * scaleOf(this.#matrix, 0);
      const distance = rayCapsule(origin, this.#direction, this.#from, this.#to, radius, this.#normal);
      const nearer = hit.character < 0 ? distance <= hit.distance : distance < hit.distance;
      if (!nearer || distance === Infinity) continue;
      hit.distance = distance;
      hit.character = character;
      hit.joint = joints[i]!;
      hit.normal.set(this.#normal);
    }
  }

  /** The sphere around the box of all joints, as wide as their capsules reach. */
  #bound(row: number, models: number): void {
    const { f32 } = this.models.arena.memory;
    const rows = this.#rows;
    const count = this.shapes.skeleton.count;
    let scale2 = 0;
    let reach = 0;
    for (let c = 0; c < 3; c++) {
      let low = Infinity;
      let high = -Infinity;
      for (let joint = 0, at = models + 4 * c + 3; joint < count; joint++, at += 12) {
        const x = f32[at]!;
        if (x < low) low = x;
        if (x > high) high = x;
      }
      this.#from[c] = (low + high) / 2;
      reach += square((high - low) / 2);
    }
    for (let joint = 0, at = models; joint < count; joint++, at += 12) scale2 = Math.max(scale2, scale2Of(f32, at));
    transformPoint(this.#from, rows, this.#from, row);
    for (let c = 0; c < 3; c++) rows[row + 12 + c] = this.#from[c]!;
    rows[row + 15] = (Math.sqrt(reach) + this.shapes.reach * Math.sqrt(scale2)) * scaleOf(rows, row);
  }

  #reserve(capacity: number): void {
    const next = Math.max(capacity, 2 * this.#capacity, 16);
    const rows = new Float64Array(next * 16);
    rows.set(this.#rows);
    for (let i = this.#capacity; i < next; i++) rows[i * 16 + 15] = -1;
    this.#rows = rows;
    this.#capacity = next;
  }
}

/** At least the most that the matrix at `at` stretches anything: exactly that without shear. */
function scaleOf(matrix: ArrayLike<number>, at: number): number {
  return Math.sqrt(scale2Of(matrix, at));
}

/** Its square: no eigenvalue of M^T M is above the largest sum of absolute values in a row of it. */
function scale2Of(m: ArrayLike<number>, at: number): number {
  const xy = Math.abs(m[at]! * m[at + 1]! + m[at + 4]! * m[at + 5]! + m[at + 8]! * m[at + 9]!);
  const xz = Math.abs(m[at]! * m[at + 2]! + m[at + 4]! * m[at + 6]! + m[at + 8]! * m[at + 10]!);
  const yz = Math.abs(m[at + 1]! * m[at + 2]! + m[at + 5]! * m[at + 6]! + m[at + 9]! * m[at + 10]!);
  const x = square(m[at]!) + square(m[at + 4]!) + square(m[at + 8]!) + xy + xz;
  const y = square(m[at + 1]!) + square(m[at + 5]!) + square(m[at + 9]!) + xy + yz;
  const z = square(m[at + 2]!) + square(m[at + 6]!) + square(m[at + 10]!) + xz + yz;
  return Math.max(x, y, z);
}

function square(x: number): number {
  return x * x;
}
