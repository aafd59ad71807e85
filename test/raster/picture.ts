import type { Image, Triangles } from "../../src/raster.ts";

/** FNV-1a of the bytes of a picture, 32 bits in hexadecimal. */
export function pictureHash({ rgba }: { readonly rgba: Uint8Array }): string {
  let hash = 0x811c9dc5;
  for (const byte of rgba) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Pixels that are not black. */
export function drawn(image: Image): number {
  return image.pixels.reduce(
    (count, _, i) => count + (image.rgba.subarray(4 * i, 4 * i + 3).some((c) => c > 0) ? 1 : 0),
    0,
  );
}

/** A ball of radius 1 with `rings` squared quads; the sines are those of arithmetic alone. */
export function ball(rings: number): Triangles {
  const positions: number[] = [];
  const indices: number[] = [];
  for (let ring = 0; ring <= rings; ring++) {
    for (let step = 0; step <= rings; step++) {
      // Rational points of a circle: no transcendental function is needed.
      const [x, z] = circle((4 * step) / rings);
      const [across, y] = circle((2 * ring) / rings - 1);
      positions.push(x * across, y, z * across);
    }
  }
  for (let ring = 0; ring < rings; ring++) {
    for (let step = 0; step < rings; step++) {
      const at = ring * (rings + 1) + step;
      indices.push(at, at + rings + 1, at + 1, at + 1, at + rings + 1, at + rings + 2);
    }
  }
  const places = Float32Array.from(positions);
  return { positions: places, normals: places, indices: Uint32Array.from(indices) };
}

/** A point of the unit circle: `turn` is in quarters, and 0 is (1, 0). */
function circle(turn: number): [number, number] {
  const quarter = Math.floor(turn);
  const t = turn - quarter;
  const [x, y] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  const turned = [
    [x, y],
    [-y, x],
    [-x, -y],
    [y, -x],
  ] as [number, number][];
  return turned[((quarter % 4) + 4) % 4]!;
}
