import { type Batch, type Lighting, PARTS } from "./batch.ts";

/** What is drawn to. */
export interface Target {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
  readonly rgba: Uint8Array;
  /** One a pixel: larger is nearer, -Infinity where nothing is. */
  readonly depth: Float32Array;
}

const HALF = PARTS / 2;
/** Light of what is not lit. */
const FULL = 255;

/**
 * Fills the triangles of a batch, front and back, each pixel whose centre is inside and nearer than what is there.
 *
 * A pixel's centre is inside where three edge functions are not negative. They are whole numbers: places are in parts of a
 * pixel, which makes products below 2^44. Centres on an edge count as inside if it is the upper or a left one, so that
 * triangles side by side share no pixel and leave none out: the functions are moved by a half for that. So where a row begins and
 * ends is a quotient that is never a whole number, and that rounding moves by less than a hundredth of the way to the next one.
 *
 * `ramp` is the colour of all triangles at each level of light; without one the vertices have theirs, in `batch.tints`.
 */
export function fillTriangles(target: Target, batch: Batch, lighting: Lighting, ramp: Uint32Array | undefined): void {
  const { width, height, pixels, rgba, depth } = target;
  const { xs, ys, zs, lights, tints, corners, faces, triangles } = batch;
  const flat = lighting === "flat";
  const smooth = lighting === "smooth";
  for (let t = 0; t < triangles; t++) {
    const a = corners[3 * t]!;
    let b = corners[3 * t + 1]!;
    let c = corners[3 * t + 2]!;
    const x0 = xs[a]!;
    const y0 = ys[a]!;
    let x1 = xs[b]!;
    let y1 = ys[b]!;
    let x2 = xs[c]!;
    let y2 = ys[c]!;

    // Pixels whose centres may be inside.
    let left = x0 < x1 ? x0 : x1;
    let right = x0 < x1 ? x1 : x0;
    left = ((left < x2 ? left : x2) + HALF - 1) >> 8;
    right = ((right > x2 ? right : x2) - HALF) >> 8;
    let top = y0 < y1 ? y0 : y1;
    let bottom = y0 < y1 ? y1 : y0;
    top = ((top < y2 ? top : y2) + HALF - 1) >> 8;
    bottom = ((bottom > y2 ? bottom : y2) - HALF) >> 8;
    if (left < 0) left = 0;
    if (top < 0) top = 0;
    if (right >= width) right = width - 1;
    if (bottom >= height) bottom = height - 1;
    if (left > right || top > bottom) continue;

    let area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    if (area === 0) continue;
    // y points down: the front goes round to the left.
    const side = area < 0 ? 0.5 : -0.5;
    if (area < 0) {
      area = -area;
      const [vertex, x, y] = [b, x1, y1];
      b = c;
      x1 = x2;
      y1 = y2;
      c = vertex;
      x2 = x;
      y2 = y;
    }

    const right0 = y0 - y1;
    const right1 = y1 - y2;
    const right2 = y2 - y0;
    const down0 = x1 - x0;
    const down1 = x2 - x1;
    const down2 = x0 - x2;
    const px = left * PARTS + HALF;
    const py = top * PARTS + HALF;
    const row0 = down0 * (py - y0) + right0 * (px - x0) + share(right0, down0);
    const row1 = down1 * (py - y1) + right1 * (px - x1) + share(right1, down1);
    const row2 = down2 * (py - y2) + right2 * (px - x2) + share(right2, down2);

    // One edge is alone on its side of the triangle, two are on the other.
    const aloneLeft = (right0 > 0 ? 1 : 0) + (right1 > 0 ? 1 : 0) + (right2 > 0 ? 1 : 0) === 1;
    let alone = row0;
    let other = row1;
    let third = row2;
    let aloneRight = right0;
    let otherRight = right1;
    let thirdRight = right2;
    let aloneDown = down0;
    let otherDown = down1;
    let thirdDown = down2;
    if (aloneLeft ? right1 > 0 : right1 < 0) {
      alone = row1;
      other = row0;
      aloneRight = right1;
      otherRight = right0;
      aloneDown = down1;
      otherDown = down0;
    } else if (aloneLeft ? right2 > 0 : right2 < 0) {
      alone = row2;
      third = row0;
      aloneRight = right2;
      thirdRight = right0;
      aloneDown = down2;
      thirdDown = down0;
    }
    aloneRight = 1 / (Math.abs(aloneRight) * PARTS);
    otherRight = 1 / (Math.abs(otherRight) * PARTS);
    thirdRight = 1 / (Math.abs(thirdRight) * PARTS);
    aloneDown *= PARTS;
    otherDown *= PARTS;
    thirdDown *= PARTS;

    // Planes through the corners: depth and light by place.
    const scale = 1 / area;
    const z0 = zs[a]!;
    const z1 = zs[b]! - z0;
    const z2 = zs[c]! - z0;
    const zRight = (z2 * right0 + z1 * right2) * scale;
    const zDown = (z2 * down0 + z1 * down2) * scale;
    let zRow = z0 + zRight * (px - x0) + zDown * (py - y0);
    const zStep = zRight * PARTS;
    let level0 = FULL;
    let lRight = 0;
    let lDown = 0;
    if (smooth) {
      level0 = levelOf(lights[a]! * side);
      const l1 = levelOf(lights[b]! * side) - level0;
      const l2 = levelOf(lights[c]! * side) - level0;
      lRight = (l2 * right0 + l1 * right2) * scale;
      lDown = (l2 * down0 + l1 * down2) * scale;
    } else if (flat) level0 = levelOf(faces[t]! * side);
    let lRow = level0 + lRight * (px - x0) + lDown * (py - y0);
    const lStep = lRight * PARTS;
    if (ramp === undefined) {
      for (let channel = 0; channel < 3; channel++) {
        const c0 = tints[3 * a + channel]!;
        const c1 = tints[3 * b + channel]! - c0;
        const c2 = tints[3 * c + channel]! - c0;
        const cRight = (c2 * right0 + c1 * right2) * scale;
        const cDown = (c2 * down0 + c1 * down2) * scale;
        planes[3 * channel] = c0 + cRight * (px - x0) + cDown * (py - y0);
        planes[3 * channel + 1] = cRight * PARTS;
        planes[3 * channel + 2] = cDown * PARTS;
      }
    }

    const most = right - left;
    for (let y = top; y <= bottom; y++) {
      const aloneAt = Math.floor(alone * aloneRight);
      const otherAt = other * otherRight;
      const thirdAt = third * thirdRight;
      const othersAt = Math.floor(otherAt < thirdAt ? otherAt : thirdAt);
      let from = aloneLeft ? -aloneAt : -othersAt;
      let to = aloneLeft ? othersAt : aloneAt;
      if (from < 0) from = 0;
      if (to > most) to = most;
      if (from <= to) {
        let z = zRow + zStep * from;
        let l = lRow + lStep * from;
        const first = y * width + left;
        const end = first + to;
        for (let pixel = (first + from) | 0; pixel <= end; pixel++) {
          if (z > depth[pixel]!) {
            depth[pixel] = z;
            if (ramp !== undefined) pixels[pixel] = ramp[l & 255]!;
            else paint(rgba, 4 * pixel, pixel - first, y - top, l);
          }
          z += zStep;
          l += lStep;
        }
      }
      alone += aloneDown;
      other += otherDown;
      third += thirdDown;
      zRow += zDown * PARTS;
      lRow += lDown * PARTS;
    }
  }
}

/** Red, green and blue of a triangle: at its first pixel, and what they change by to the right and downwards. */
const planes = new Float64Array(9);

function paint(rgba: Uint8Array, at: number, right: number, down: number, level: number): void {
  const share = level / FULL;
  rgba[at] = (planes[0]! + planes[1]! * right + planes[2]! * down) * share + 0.5;
  rgba[at + 1] = (planes[3]! + planes[4]! * right + planes[5]! * down) * share + 0.5;
  rgba[at + 2] = (planes[6]! + planes[7]! * right + planes[8]! * down) * share + 0.5;
  rgba[at + 3] = 255;
}

/** What an edge function gets so that it is above 0 inside, and on the edge if that belongs to the triangle. */
function share(right: number, down: number): number {
  return right > 0 || (right === 0 && down > 0) ? 0.5 : -0.5;
}

/** Level of light, 36 to 254, by half the cosine between light and normal: also what looks away has some shape. */
function levelOf(halfCosine: number): number {
  const share = 0.5 + halfCosine;
  return 36 + 218 * share * share;
}
