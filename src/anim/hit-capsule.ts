/** Rounding may not decide that a ray passes. */
const NEARLY = 1 + 1e-9;

/**
 * How far along a ray (`direction` is one long) the capsule around the segment begins: 0 if the ray begins inside,
 * Infinity if it misses. `normal` gets the direction out of the capsule there.
 */
export function rayCapsule(
  origin: Float64Array,
  direction: Float64Array,
  from: Float64Array,
  to: Float64Array,
  radius: number,
  normal: Float64Array,
): number {
  if (passes(origin, direction, from, to, radius)) return Infinity;
  let length2 = 0;
  let along = 0;
  let start = 0;
  for (let c = 0; c < 3; c++) {
    const side = to[c]! - from[c]!;
    length2 += side * side;
    along += side * direction[c]!;
    start += side * (origin[c]! - from[c]!);
  }
  if (distance2(origin, from, to, length2 > 0 ? clamp(start / length2) : 0) <= radius * radius) {
    for (let c = 0; c < 3; c++) normal[c] = -direction[c]!;
    return 0;
  }
  let best = Infinity;
  let part = 0;
  if (length2 > 0) {
    // Across the axis the ray is o + t d; the tube is where that is `radius` long.
    let dd = 0;
    let od = 0;
    let oo = 0;
    for (let c = 0; c < 3; c++) {
      const side = to[c]! - from[c]!;
      const d = direction[c]! - (side * along) / length2;
      const o = origin[c]! - from[c]! - (side * start) / length2;
      dd += d * d;
      od += o * d;
      oo += o * o;
    }
    const root = od * od - dd * (oo - radius * radius);
    if (root >= 0 && dd > 1e-20) {
      const t = (-od - Math.sqrt(root)) / dd;
      const place = (start + along * t) / length2;
      if (t >= 0 && place >= 0 && place <= 1) {
        best = t;
        part = place;
      }
    }
  }
  const first = raySphere(origin, direction, from, radius);
  if (first < best) {
    best = first;
    part = 0;
  }
  const last = raySphere(origin, direction, to, radius);
  if (last < best) {
    best = last;
    part = 1;
  }
  if (best === Infinity) return best;
  for (let c = 0; c < 3; c++) {
    const axis = from[c]! + (to[c]! - from[c]!) * part;
    normal[c] = (origin[c]! + direction[c]! * best - axis) / (radius > 0 ? radius : 1);
  }
  return best;
}

/** Whether a ray, made a line, passes the sphere around the capsule: most do, and it is soon known. */
function passes(
  origin: Float64Array,
  direction: Float64Array,
  from: Float64Array,
  to: Float64Array,
  radius: number,
): boolean {
  const x = (from[0]! + to[0]!) / 2;
  const y = (from[1]! + to[1]!) / 2;
  const z = (from[2]! + to[2]!) / 2;
  const half = Math.sqrt((to[0]! - x) * (to[0]! - x) + (to[1]! - y) * (to[1]! - y) + (to[2]! - z) * (to[2]! - z));
  const ox = x - origin[0]!;
  const oy = y - origin[1]!;
  const oz = z - origin[2]!;
  const along = ox * direction[0]! + oy * direction[1]! + oz * direction[2]!;
  const sx = ox - direction[0]! * along;
  const sy = oy - direction[1]! * along;
  const sz = oz - direction[2]! * along;
  const reach = (half + radius) * NEARLY;
  return sx * sx + sy * sy + sz * sz > reach * reach;
}

/** Where a ray that begins outside enters a sphere, or Infinity. */
function raySphere(origin: Float64Array, direction: Float64Array, centre: Float64Array, radius: number): number {
  let od = 0;
  let oo = 0;
  for (let c = 0; c < 3; c++) {
    const o = origin[c]! - centre[c]!;
    od += o * direction[c]!;
    oo += o * o;
  }
  const root = od * od - (oo - radius * radius);
  if (!(root >= 0)) return Infinity;
  const t = -od - Math.sqrt(root);
  return t >= 0 ? t : Infinity;
}

/** Square of the distance from a point to the place `part` of the way along the segment. */
function distance2(point: Float64Array, from: Float64Array, to: Float64Array, part: number): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    const d = point[c]! - (from[c]! + (to[c]! - from[c]!) * part);
    sum += d * d;
  }
  return sum;
}

function clamp(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}
