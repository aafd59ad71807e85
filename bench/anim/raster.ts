import { frameBox, Image, Scene3d } from "../../src/raster.ts";
import type { Side } from "../pairs.ts";
import type { Workload } from "../workload.ts";

const SIDE = 512;
/** Quads along and around a ball: 20,808 triangles. */
const RINGS = 102;
const TRIANGLES = 2 * RINGS * RINGS;
const RADIUS = 200;
/** A picture in 3.5 ms. */
const NANOSECONDS_MAX = 3.5e6 / TRIANGLES;

/** A ball of radius 1 around the origin. */
function ball(): { readonly positions: Float32Array; readonly indices: Uint32Array } {
  const positions: number[] = [];
  const indices: number[] = [];
  for (let ring = 0; ring <= RINGS; ring++) {
    const rise = (ring / RINGS - 0.5) * Math.PI;
    for (let step = 0; step <= RINGS; step++) {
      const turn = (step / RINGS) * 2 * Math.PI;
      positions.push(Math.cos(rise) * Math.sin(turn), Math.sin(rise), Math.cos(rise) * Math.cos(turn));
    }
  }
  for (let ring = 0; ring < RINGS; ring++) {
    for (let step = 0; step < RINGS; step++) {
      const at = ring * (RINGS + 1) + step;
      indices.push(at, at + 1, at + RINGS + 1, at + 1, at + RINGS + 2, at + RINGS + 1);
    }
  }
  return { positions: Float32Array.from(positions), indices: Uint32Array.from(indices) };
}

/** Clears a picture and draws the ball, lit smoothly, front and back. */
function ours(): Side {
  const { positions, indices } = ball();
  const image = new Image(SIDE, SIDE);
  const half = SIDE / (2 * RADIUS);
  const view = frameBox([-half, -half, 0], [half, half, 0], {
    width: SIDE,
    height: SIDE,
    angle: 0,
    elevation: 0,
    margin: 1,
  });
  const scene = new Scene3d(image, view);
  return {
    run() {
      scene.clear(0);
      scene.drawMesh({ positions, normals: positions, indices, colour: 0xffffff });
      return TRIANGLES;
    },
    checksum: () => coverage(image),
  };
}

/** The same as the obvious loops: each pixel of each triangle's bounding box, in f64. */
function boundingBoxes(): Side {
  const { positions, indices } = ball();
  const image = new Image(SIDE, SIDE);
  const depth = new Float32Array(SIDE * SIDE);
  // Perspective as the camera has it: 30 degrees high, near enough that the picture is as high as the box.
  const distance = SIDE / (2 * RADIUS) / Math.tan(Math.PI / 12);
  return {
    run() {
      image.clear(0);
      depth.fill(0);
      const corner = (vertex: number) => {
        const [x, y, z] = positions.subarray(3 * vertex) as unknown as readonly [number, number, number];
        const scale = (RADIUS * distance) / (distance - z);
        const light = (-2 * x + 3 * y + 6 * z) / 7;
        return {
          x: SIDE / 2 + x * scale,
          y: SIDE / 2 - y * scale,
          depth: 1 / (distance - z),
          light: 0.5 + 0.5 * light,
        };
      };
      for (let at = 0; at < indices.length; at += 3) {
        const [a, b, c] = [corner(indices[at]!), corner(indices[at + 1]!), corner(indices[at + 2]!)];
        const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
        const right = Math.max(a.x, b.x, c.x);
        const bottom = Math.max(a.y, b.y, c.y);
        for (let y = Math.floor(Math.min(a.y, b.y, c.y)); y <= bottom; y++) {
          for (let x = Math.floor(Math.min(a.x, b.x, c.x)); x <= right; x++) {
            const [px, py] = [x + 0.5, y + 0.5];
            const u = ((c.x - b.x) * (py - b.y) - (c.y - b.y) * (px - b.x)) / area;
            const v = ((a.x - c.x) * (py - c.y) - (a.y - c.y) * (px - c.x)) / area;
            const w = 1 - u - v;
            const pixel = y * SIDE + x;
            const nearness = u * a.depth + v * b.depth + w * c.depth;
            if (!(u >= 0 && v >= 0 && w >= 0 && nearness > depth[pixel]!)) continue;
            depth[pixel] = nearness;
            const level = 36 + 218 * (u * a.light + v * b.light + w * c.light) ** 2;
            for (let channel = 0; channel < 3; channel++) image.rgba[4 * pixel + channel] = level;
          }
        }
      }
      return TRIANGLES;
    },
    checksum: () => coverage(image),
  };
}

/** Thousands of pixels that were drawn: places are rounded on our side, so single ones at the rim differ. */
function coverage({ rgba }: Image): number {
  let count = 0;
  for (let at = 0; at < rgba.length; at += 4) if (rgba[at]! > 0) count++;
  return Math.round(count / 1000);
}

export const rasterWorkloads: readonly Workload[] = [
  {
    name: "debug picture, 512 x 512, 20,808 triangles",
    item: "triangle",
    peers: ["bounding boxes"],
    target: { text: `<= 3.5 ms a picture`, met: (row) => row.ours <= NANOSECONDS_MAX },
    pair: async () => ({ ours: ours(), peer: boundingBoxes(), work: TRIANGLES }),
  },
];
