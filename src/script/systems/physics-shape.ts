import type { Hit, Vec3 } from "../scope.ts";

/** A sphere of radius `rx`, or a box of half extents `rx`, `ry`, `rz` along the axes. */
export interface Solid {
  readonly box: boolean;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly rx: number;
  readonly ry: number;
  readonly rz: number;
}

/** How two solids touch: `normal` of length 1 from the first to the second, `depth` at least 0. */
export interface Touch {
  readonly normal: Vec3;
  readonly depth: number;
  readonly point: Vec3;
}

/** Undefined where they are apart. What just touches does not touch. */
export function touchOf(a: Solid, b: Solid): Touch | undefined {
  if (a.box && b.box) return boxes(a, b);
  if (!a.box && !b.box) return spheres(a, b);
  if (!a.box) return sphereAndBox(a, b);
  const touch = sphereAndBox(b, a);
  return touch && { ...touch, normal: negative(touch.normal) };
}

/** Where a ray, `direction` of length 1, meets a solid within `length`; a start inside meets it at once. */
export function rayHit(solid: Solid, origin: Vec3, direction: Vec3, length: number): Omit<Hit, "entity"> | undefined {
  return solid.box ? rayOfBox(solid, origin, direction, length) : rayOfSphere(solid, origin, direction, length);
}

function spheres(a: Solid, b: Solid): Touch | undefined {
  const [x, y, z] = [b.x - a.x, b.y - a.y, b.z - a.z];
  const square = x * x + y * y + z * z;
  const reach = a.rx + b.rx;
  if (!(square < reach * reach)) return undefined;
  const distance = Math.sqrt(square);
  const normal = distance > 0 ? { x: x / distance, y: y / distance, z: z / distance } : { x: 0, y: 1, z: 0 };
  const depth = reach - distance;
  return { normal, depth, point: along(a, normal, a.rx - depth / 2) };
}

/** The axis on which they overlap least; of equal ones x, then y. */
function boxes(a: Solid, b: Solid): Touch | undefined {
  const dx = a.rx + b.rx - Math.abs(b.x - a.x);
  const dy = a.ry + b.ry - Math.abs(b.y - a.y);
  const dz = a.rz + b.rz - Math.abs(b.z - a.z);
  if (!(dx > 0 && dy > 0 && dz > 0)) return undefined;
  const point = {
    x: middle(a.x, a.rx, b.x, b.rx),
    y: middle(a.y, a.ry, b.y, b.ry),
    z: middle(a.z, a.rz, b.z, b.rz),
  };
  if (dx <= dy && dx <= dz) return { normal: { x: b.x < a.x ? -1 : 1, y: 0, z: 0 }, depth: dx, point };
  if (dy <= dz) return { normal: { x: 0, y: b.y < a.y ? -1 : 1, z: 0 }, depth: dy, point };
  return { normal: { x: 0, y: 0, z: b.z < a.z ? -1 : 1 }, depth: dz, point };
}

/** The normal is from the sphere to the box. */
function sphereAndBox(sphere: Solid, box: Solid): Touch | undefined {
  const point = {
    x: clamped(sphere.x, box.x - box.rx, box.x + box.rx),
    y: clamped(sphere.y, box.y - box.ry, box.y + box.ry),
    z: clamped(sphere.z, box.z - box.rz, box.z + box.rz),
  };
  const [x, y, z] = [point.x - sphere.x, point.y - sphere.y, point.z - sphere.z];
  const square = x * x + y * y + z * z;
  if (!(square < sphere.rx * sphere.rx)) return undefined;
  // A centre inside goes out as a box of the sphere's size would.
  if (square === 0) return boxes({ ...sphere, box: true, ry: sphere.rx, rz: sphere.rx }, box);
  const distance = Math.sqrt(square);
  return { normal: { x: x / distance, y: y / distance, z: z / distance }, depth: sphere.rx - distance, point };
}

function rayOfSphere(s: Solid, o: Vec3, d: Vec3, length: number): Omit<Hit, "entity"> | undefined {
  const [x, y, z] = [o.x - s.x, o.y - s.y, o.z - s.z];
  const outside = x * x + y * y + z * z - s.rx * s.rx;
  if (outside <= 0) return inside(o, d);
  const half = x * d.x + y * d.y + z * d.z;
  const root = half * half - outside;
  if (half >= 0 || !(root >= 0)) return undefined;
  const distance = -half - Math.sqrt(root);
  if (!(distance <= length) || s.rx === 0) return undefined;
  const point = along(o, d, distance);
  return {
    distance,
    point,
    normal: { x: (point.x - s.x) / s.rx, y: (point.y - s.y) / s.rx, z: (point.z - s.z) / s.rx },
  };
}

function rayOfBox(b: Solid, o: Vec3, d: Vec3, length: number): Omit<Hit, "entity"> | undefined {
  let [near, far] = [-Infinity, Infinity];
  let normal: Vec3 = negative(d);
  const slab = (from: number, way: number, low: number, high: number, axis: Vec3): boolean => {
    if (way === 0) return from >= low && from <= high;
    const [first, second] = way > 0 ? [low, high] : [high, low];
    const enters = (first - from) / way;
    if (enters > near) {
      near = enters;
      normal = way > 0 ? negative(axis) : axis;
    }
    far = Math.min(far, (second - from) / way);
    return true;
  };
  const crosses =
    slab(o.x, d.x, b.x - b.rx, b.x + b.rx, { x: 1, y: 0, z: 0 }) &&
    slab(o.y, d.y, b.y - b.ry, b.y + b.ry, { x: 0, y: 1, z: 0 }) &&
    slab(o.z, d.z, b.z - b.rz, b.z + b.rz, { x: 0, y: 0, z: 1 });
  if (!crosses || !(near <= far) || far < 0 || !(near <= length)) return undefined;
  return near <= 0 ? inside(o, d) : { distance: near, point: along(o, d, near), normal };
}

function inside(origin: Vec3, direction: Vec3): Omit<Hit, "entity"> {
  return { distance: 0, point: { x: origin.x, y: origin.y, z: origin.z }, normal: negative(direction) };
}

function along({ x, y, z }: Vec3, direction: Vec3, distance: number): Vec3 {
  return { x: x + direction.x * distance, y: y + direction.y * distance, z: z + direction.z * distance };
}

/** Without zeros of two signs. */
function negative({ x, y, z }: Vec3): Vec3 {
  return { x: 0 - x, y: 0 - y, z: 0 - z };
}

function clamped(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** The middle of what two intervals have in common. */
function middle(a: number, ra: number, b: number, rb: number): number {
  return (Math.max(a - ra, b - rb) + Math.min(a + ra, b + rb)) / 2;
}
