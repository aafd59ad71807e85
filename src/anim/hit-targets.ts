import { badArgument, expectInstance, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { transformPoint } from "./affine.ts";
import { rayCapsule } from "./hit-capsule.ts";
import { HitShapes } from "./hit-shapes.ts";
import { ModelPoses } from "./matrices.ts";

/** A ray, or with a distance a segment, in the world. */
export interface Ray {
  readonly origin: ArrayLike<number>;
  /** Of any length but 0. */
  readonly direction: ArrayLike<number>;
  /** Metres; without end unless given. */
  readonly distance?: number;
}

const KNOWN: Known<Ray> = { origin: true, direction: true, distance: true };

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
  /** Of the ray at hand: where it enters spheres, and whose. */
  #near = new Float64Array(0);
  #found = new Int32Array(0);
  readonly #origin = new Float64Array(3);
  readonly #from = new Float64Array(3);
  readonly #to = new Float64Array(3);
  readonly #direction = new Float64Array(3);
  readonly #normal = new Float64Array(3);
  readonly #box = new Float64Array(7);

  constructor(shapes: HitShapes, models: ModelPoses) {
    expectInstance(shapes, HitShapes, "shapes", "HitShapes");
    expectInstance(models, ModelPoses, "models", "ModelPoses");
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
    if (!(world?.length === 12))
      throw new WorldloomError("bad-argument", "A character is placed by a matrix of 12 numbers.", { character });
    for (let i = 0; i < 12; i++) if (typeof world[i] !== "number") throw badArgument("world", world, "12 numbers");
    if (typeof order !== "number") throw badArgument("order", order, "a number");
    const models = this.models.offset(character) >>> 2;
    if (character >= this.#capacity) this.#reserve(character + 1);
    this.#count = Math.max(this.#count, character + 1);
    const row = character * 16;
    for (let i = 0; i < 12; i++) this.#rows[row + i] = world[i]!;
    this.#orders[character] = order;
    this.#bound(row, models);
  }

  /** Has rays pass through `character` until it is placed again. */
  remove(character: number): void {
    if (typeof character !== "number") throw badArgument("character", character, "a number");
    if (character < this.#count) this.#rows[character * 16 + 15] = -1;
  }

  /** What `ray` hits first: `hit`, filled in, or undefined. Among equals the lowest order, then the first capsule. */
  raycast(ray: Ray, hit: Hit = emptyHit()): Hit | undefined {
    checkRay(ray);
    if (!(hit?.point instanceof Float64Array && hit.normal instanceof Float64Array))
      throw badArgument("hit", hit, "what emptyHit() gives");
    const { origin } = ray;
    const direction = this.#direction;
    directionOf(direction, ray.direction);
    hit.distance = ray.distance ?? Infinity;
    hit.character = -1;
    this.tested = 0;
    for (let c = 0; c < 3; c++) this.#origin[c] = origin[c]!;
    const count = this.#findSpheres(hit.distance);
    for (let i = 0; i < count && this.#near[i]! <= hit.distance; i++, this.tested++) this.#test(this.#found[i]!, hit);
    if (hit.character < 0) return undefined;
    for (let c = 0; c < 3; c++) hit.point[c] = origin[c]! + direction[c]! * hit.distance;
    return hit;
  }

  /** Characters whose spheres the ray enters within `distance`, the nearest first. */
  #findSpheres(distance: number): number {
    const [x = 0, y = 0, z = 0] = this.#origin;
    const [dx = 0, dy = 0, dz = 0] = this.#direction;
    const rows = this.#rows;
    let found = 0;
    for (let character = 0, row = 12; character < this.#count; character++, row += 16) {
      const radius = rows[row + 3]!;
      const cx = rows[row]! - x;
      const cy = rows[row + 1]! - y;
      const cz = rows[row + 2]! - z;
      // From the place on the line that is nearest to the middle of the sphere.
      const along = cx * dx + cy * dy + cz * dz;
      const sx = cx - dx * along;
      const sy = cy - dy * along;
      const sz = cz - dz * along;
      const inside = radius * radius - (sx * sx + sy * sy + sz * sz);
      if (!(inside >= 0 && radius >= 0)) continue;
      const half = Math.sqrt(inside);
      const near = along > half ? along - half : 0;
      if (along + half < 0 || near > distance) continue;
      let at = found++;
      for (; at > 0 && this.#near[at - 1]! > near; at--) {
        this.#near[at] = this.#near[at - 1]!;
        this.#found[at] = this.#found[at - 1]!;
      }
      this.#near[at] = near;
      this.#found[at] = character;
    }
    return found;
  }

  #test(character: number, hit: Hit): void {
    const { joints, capsules } = this.shapes;
    const { f32 } = this.models.arena.memory;
    const models = this.models.offset(character) >>> 2;
    const row = character * 16;
    for (let i = 0; i < 12; i++) this.#matrix[i] = this.#rows[row + i]!;
    const stretch = stretch2(this.#matrix);
    for (let i = 0, capsule = 0; i < joints.length; i++, capsule += 7) {
      const at = models + joints[i]! * 12;
      carry(this.#from, capsules, capsule, f32, at, this.#matrix);
      carry(this.#to, capsules, capsule + 3, f32, at, this.#matrix);
      const radius = capsules[capsule + 6]! * Math.sqrt(stretch * modelStretch2(f32, at));
      const distance = rayCapsule(this.#origin, this.#direction, this.#from, this.#to, radius, this.#normal);
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
    this.#near = new Float64Array(next);
    this.#found = new Int32Array(next);
    const orders = new Float64Array(next);
    orders.set(this.#orders);
    this.#orders = orders;
    this.#capacity = next;
  }
}

/** For each ray: nothing is made. */
function checkRay(ray: Ray): void {
  expectOptions(ray, "ray", KNOWN);
  const { origin, direction, distance } = ray;
  if (!isPoint(origin)) throw badArgument("ray.origin", origin, "three numbers");
  if (!isPoint(direction)) throw badArgument("ray.direction", direction, "three numbers");
  if (distance !== undefined && typeof distance !== "number") throw badArgument("ray.distance", distance, "a number");
}

function isPoint(v: ArrayLike<number>): boolean {
  if (typeof v !== "object" || v === null) return false;
  return typeof v[0] === "number" && typeof v[1] === "number" && typeof v[2] === "number";
}

/** `out` = the direction, one long; where squares would be too large or too small for f64, of a shorter or longer one. */
function directionOf(out: Float64Array, direction: ArrayLike<number>): void {
  let scale = 1;
  let size = Math.sqrt(square(direction[0]!) + square(direction[1]!) + square(direction[2]!));
  if (!(size > 1e-150 && size < 1e150)) {
    scale = Math.max(Math.abs(direction[0]!), Math.abs(direction[1]!), Math.abs(direction[2]!));
    if (!(scale > 0 && scale < Infinity))
      throw new WorldloomError("bad-argument", "A ray has no direction; give three finite numbers, not all 0.", {});
    size = Math.sqrt(square(direction[0]! / scale) + square(direction[1]! / scale) + square(direction[2]! / scale));
  }
  for (let c = 0; c < 3; c++) out[c] = direction[c]! / scale / size;
}

/** The box of the places of `count` matrices (lowest x y z, highest x y z; what is not a number is left out), and the square of the most that any stretches. */
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
    lowX = x < lowX ? x : lowX;
    highX = x > highX ? x : highX;
    lowY = y < lowY ? y : lowY;
    highY = y > highY ? y : highY;
    lowZ = z < lowZ ? z : lowZ;
    highZ = z > highZ ? z : highZ;
    const stretch = stretchOf(a, b, c, d, e, f, g, h, i);
    most = stretch > most ? stretch : most;
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
 * At least the square of the most that a matrix M (three rows of three) stretches anything, exactly that without shear: no
 * eigenvalue of M^T M is above the largest sum of absolute values in a row of it.
 */
function stretchOf(
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
  i: number,
): number {
  const xy = Math.abs(a * b + d * e + g * h);
  const xz = Math.abs(a * c + d * f + g * i);
  const yz = Math.abs(b * c + e * f + h * i);
  const x = a * a + d * d + g * g + xy + xz;
  const y = b * b + e * e + h * h + xy + yz;
  const z = c * c + f * f + i * i + xz + yz;
  return Math.max(x, y, z);
}

function stretch2(m: Float64Array): number {
  return stretchOf(m[0]!, m[1]!, m[2]!, m[4]!, m[5]!, m[6]!, m[8]!, m[9]!, m[10]!);
}

function modelStretch2(m: Float32Array, at: number): number {
  return stretchOf(
    m[at]!,
    m[at + 1]!,
    m[at + 2]!,
    m[at + 4]!,
    m[at + 5]!,
    m[at + 6]!,
    m[at + 8]!,
    m[at + 9]!,
    m[at + 10]!,
  );
}

/** `out` = world * model * point, by arrays of one kind each: this is most of the time of a ray. */
function carry(
  out: Float64Array,
  points: Float64Array,
  point: number,
  models: Float32Array,
  at: number,
  world: Float64Array,
): void {
  const a = points[point]!;
  const b = points[point + 1]!;
  const c = points[point + 2]!;
  const x = models[at]! * a + models[at + 1]! * b + models[at + 2]! * c + models[at + 3]!;
  const y = models[at + 4]! * a + models[at + 5]! * b + models[at + 6]! * c + models[at + 7]!;
  const z = models[at + 8]! * a + models[at + 9]! * b + models[at + 10]! * c + models[at + 11]!;
  out[0] = world[0]! * x + world[1]! * y + world[2]! * z + world[3]!;
  out[1] = world[4]! * x + world[5]! * y + world[6]! * z + world[7]!;
  out[2] = world[8]! * x + world[9]! * y + world[10]! * z + world[11]!;
}

function square(x: number): number {
  return x * x;
}
