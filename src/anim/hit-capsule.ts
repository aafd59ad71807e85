/**
 * How far along a ray (`direction` is one long) the capsule around the segment begins: 0 if the ray begins inside,
 * Infinity if it misses. `normal` gets the direction out of the capsule there.
 */
export function rayCapsule(
  origin: ArrayLike<number>,
  direction: ArrayLike<number>,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  radius: number,
  normal: Float64Array,
): number {
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

/** Where a ray that begins outside enters a sphere, or Infinity. */
function raySphere(
  origin: ArrayLike<number>,
  direction: ArrayLike<number>,
  centre: ArrayLike<number>,
  radius: number,
): number {
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
function distance2(point: ArrayLike<number>, from: ArrayLike<number>, to: ArrayLike<number>, part: number): number {
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
