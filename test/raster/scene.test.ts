import { describe, expect, test } from "vitest";
import { type CameraOptions, camera, frameBox, Image, SCENE_SIDE_MAX, Scene3d } from "../../src/raster.ts";
import { ball, drawn, pictureHash } from "./picture.ts";

const refused = expect.objectContaining({ code: "bad-argument" });
const eye = [0, 0, 5];
const target = [0, 0, 0];

describe("a camera", () => {
  test("puts its target in the middle, x to the right and y up", () => {
    const scene = new Scene3d(new Image(200, 100), camera({ eye, target, fieldOfView: 90 }));
    // 5 away and 90 degrees high: 10 units are 100 pixels.
    expect(scene.placeOf(target)).toMatchObject({ x: 100, y: expect.closeTo(50, 9) });
    expect(scene.placeOf([1, 2, 0])).toMatchObject({ x: expect.closeTo(110, 9), y: expect.closeTo(30, 9) });
    expect(scene.placeOf([0, 0, 6])).toBeUndefined();
    expect(scene.placeOf([0, 0, 1])!.depth).toBeGreaterThan(scene.placeOf([0, 0, 0])!.depth);
    expect(scene.placeOf([Number.NaN, 0, 0])).toBeUndefined();
  });

  test("without perspective sizes do not depend on distance", () => {
    const scene = new Scene3d(new Image(200, 100), camera({ eye, target, height: 10 }));
    for (const z of [-100, 0, 4]) expect(scene.placeOf([1, 2, z])).toMatchObject({ x: 110, y: 30 });
    expect(scene.placeOf([0, 0, 1])!.depth).toBeGreaterThan(scene.placeOf([0, 0, 0])!.depth);
  });

  test.for<[string, Partial<CameraOptions>]>([
    ["at its target", { eye: target }],
    ["along its up", { up: [0, 0, 1] }],
    ["nowhere", { eye: [0, Number.NaN, 1] }],
    ["of two numbers", { eye: [0, 1] }],
    ["too narrow", { fieldOfView: 0 }],
    ["too wide", { fieldOfView: 180 }],
    ["without near", { near: 0 }],
    ["of no height", { height: 0 }],
  ])("%s is refused", ([, options]) => {
    expect(() => camera({ eye, target, ...options })).toThrow(refused);
  });

  test.for([0, 30, 90, 200])(
    "that frames a box from %d degrees has its corners in the picture, and not much more",
    (angle) => {
      for (const [width, height] of [
        [300, 100],
        [100, 300],
      ] as const) {
        const scene = new Scene3d(
          new Image(width, height),
          frameBox([-1, 0, -2], [1, 4, 3], { width, height, angle, margin: 1 }),
        );
        const places = Array.from(
          { length: 8 },
          (_, i) => scene.placeOf([i & 1 ? 1 : -1, i & 2 ? 4 : 0, i & 4 ? 3 : -2])!,
        );
        const reach = Math.max(
          ...places.flatMap(({ x, y }) => [Math.abs(2 * x - width) / width, Math.abs(2 * y - height) / height]),
        );
        expect(reach).toBeCloseTo(1, 9);
      }
    },
  );

  test("frames a single point, and no box that is none", () => {
    expect(frameBox([1, 1, 1], [1, 1, 1], { width: 10, height: 10 }).distance).toBeCloseTo(1, 12);
    expect(() => frameBox([0, 0, 0], [Infinity, 0, 0], { width: 10, height: 10 })).toThrow(refused);
  });
});

describe("lines and dots", () => {
  const scene = (): Scene3d => new Scene3d(new Image(32, 32), camera({ eye, target, height: 32 }));

  test("a thin line has one pixel in each column", () => {
    const one = scene();
    one.drawLines({ positions: [-10, -2, 0, 10, 3, 0] });
    const columns = Array.from({ length: 20 }, (_, x) => {
      let count = 0;
      for (let y = 0; y < 32; y++) if (one.image.rgba[4 * (32 * y + x + 6)]! > 0) count++;
      return count;
    });
    expect(columns.every((count) => count === 1 || count === 2)).toBe(true);
  });

  test("thickness is in pixels, however far", () => {
    const one = scene();
    one.drawLines({ positions: [-100, 0, -50, 100, 0, 3], thickness: 4 });
    expect(drawn(one.image)).toBe(4 * 32);
  });

  test("are in front of the surface that they lie on, and behind what is nearer", () => {
    const one = scene();
    const square = Float32Array.of(-16, -16, 0, 16, -16, 0, 16, 16, 0, -16, -16, 0, 16, 16, 0, -16, 16, 0);
    one.drawMesh({ positions: square, colour: 0, lit: false });
    one.drawLines({ positions: [-16, 0, 0, 16, 0, 0], thickness: 2 });
    one.drawDots({ positions: [0, 8, 0], size: 6 });
    const before = drawn(one.image);
    expect(before).toBeGreaterThan(64 + 20);
    one.drawLines({ positions: [-16, 4, -1, 16, 4, -1] });
    one.drawDots({ positions: [0, -8, -1] });
    expect(drawn(one.image)).toBe(before);
  });

  test("bad ones are refused", () => {
    const one = scene();
    for (const bad of [
      { positions: [0, 0, 0, 1] },
      { positions: [0, 0, 0] },
      { positions: [0, 0, 0, 1, 1, 1], indices: [0, 2] },
      { positions: [0, 0, 0, 1, 1, 1], thickness: 0 },
      { positions: [0, 0, 0, 1, 1, 1], thickness: 65 },
      { positions: [0, 0, 0, 1, 1, 1], matrix: [1] },
    ]) {
      expect(() => one.drawLines(bad)).toThrow(refused);
    }
    expect(() => one.drawDots({ positions: [0, 0, 0], size: Number.NaN })).toThrow(refused);
    const matrices = new Array<number>(24).fill(0);
    expect(() => one.drawSkeleton({ matrices, parents: [-1] })).toThrow(refused);
    expect(() => one.drawSkeleton({ matrices, parents: [-1, 2] })).toThrow(refused);
    expect(drawn(one.image)).toBe(0);
  });
});

test("a scene is not too large", () => {
  expect(() => new Scene3d(new Image(SCENE_SIDE_MAX + 1, 1), camera({ eye, target }))).toThrow(refused);
});

/** A picture with everything in it. */
function everything(options: Partial<CameraOptions>): Image {
  const image = new Image(160, 120, 0x202830);
  const scene = new Scene3d(image, camera({ eye: [2, 3, 6], target: [0, 0.5, 0], ...options }));
  scene.drawMesh(ball(24));
  scene.drawMesh({ ...ball(8), colour: 0xd08050, matrix: [0.5, 0, 0, 1.5, 0, 0.8, 0.1, 0.5, 0, 0, 0.5, 0] });
  const { positions, indices } = ball(12);
  const colours = Uint8Array.from(positions, (value) => 127 + 127 * value);
  scene.drawMesh({ positions, indices, colours, matrix: [1, 0, 0, -1.7, 0, 1, 0, 0.3, 0, 0, 1, 0.5] });
  scene.drawBox([-1, -1, -1], [1, 1, 1], { colour: 0xf0e060, thickness: 2 });
  scene.drawSkeleton({
    matrices: [0, 1, 2].flatMap((joint) => [1, 0, 0, joint - 1, 0, 1, 0, (joint % 2) * 0.7, 0, 0, 1, 1.5]),
    parents: [-1, 0, 1],
  });
  scene.drawLabel([0, 1.2, 0], "A label", { background: 0 });
  return image;
}

test.for([
  ["with perspective", {}, "perspective"],
  ["without", { height: 5 }, "parallel"],
  ["from close by", { eye: [-0.6, 0.9, 2.6], near: 1.2 }, "close"],
] as const)("everything %s has the same pixels on every machine", ([, options, name]) => {
  expect(pictureHash(everything(options))).toBe(HASHES[name]);
});

const HASHES = { perspective: "f8d4e471", parallel: "c968298b", close: "1bf6ac31" };
