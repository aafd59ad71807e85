import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { camera, Image, Scene3d, type Triangles } from "../../src/raster.ts";
import { ball, drawn, pictureHash } from "./picture.ts";

/** One unit is one pixel, (0, 0) is the upper left corner, y points down. */
function flatScene(width: number, height: number): Scene3d {
  const target = [width / 2, -height / 2, 0];
  return new Scene3d(
    new Image(width, height),
    camera({ eye: [target[0]!, target[1]!, 1000], target, height, near: 0 }),
  );
}

/** How often each pixel is drawn, with triangles one by one. */
function counts(width: number, height: number, triangles: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(width * height).fill(0);
  const scene = flatScene(width, height);
  for (const [a, b, c, d, e, f] of triangles as [number, number, number, number, number, number][]) {
    scene.clear(0);
    scene.drawMesh({ positions: Float32Array.of(a, -b, 0, c, -d, 0, e, -f, 0), colour: 0xffffff, lit: false });
    scene.image.pixels.forEach((_, i) => {
      if (scene.image.rgba[4 * i]! > 0) sums[i]!++;
    });
  }
  return sums;
}

describe("which pixels a triangle has", () => {
  // A pixel belongs to whoever has its centre; of edges through centres, upper and left ones count.
  test.for<[name: string, corners: number[], rows: string[]]>([
    ["a square's upper left half", [0, 0, 4, 0, 0, 4], ["###.", "##..", "#...", "...."]],
    ["and lower right half", [4, 0, 4, 4, 0, 4], ["...#", "..##", ".###", "####"]],
    ["turned the other way", [4, 0, 0, 4, 4, 4], ["...#", "..##", ".###", "####"]],
    ["edges on centres: upper and left", [0.5, 0.5, 3.5, 0.5, 0.5, 3.5], ["###.", "##..", "#...", "...."]],
    ["edges on centres: lower and right", [0.5, 3.5, 3.5, 3.5, 3.5, 0.5], ["....", "..#.", ".##.", "...."]],
    ["too thin for any centre", [0, 0.6, 4, 0.6, 4, 0.9], ["....", "....", "....", "...."]],
    ["no area", [0, 0, 2, 2, 4, 4], ["....", "....", "....", "...."]],
    ["around the whole picture", [-9, -9, 30, -9, -9, 30], ["####", "####", "####", "####"]],
    ["larger than can be counted", [-1e30, -1e30, 1e30, -1e30, 0, 1e30], ["####", "####", "####", "####"]],
    ["no number", [0, Number.NaN, 4, 0, 0, 4], ["....", "....", "....", "...."]],
    ["endless", [0, 0, Infinity, 0, 0, 4], ["....", "....", "....", "...."]],
  ])("%s", ([, corners, rows]) => {
    const found = counts(4, 4, [corners]);
    expect(
      rows.map((_, y) =>
        found
          .slice(4 * y, 4 * y + 4)
          .map((n) => (n ? "#" : "."))
          .join(""),
      ),
    ).toEqual(rows);
  });

  test("triangles side by side cover each pixel once", () => {
    const place = fc.integer({ min: -64, max: 16 * 24 + 64 }).map((part) => part / 16);
    const point = fc.tuple(place, place);
    fc.assert(
      fc.property(point, point, point, point, (a, b, c, d) => {
        // Triangles around the hub `d` of a triangle `a b c` sum up to it, or count outside it twice with both signs.
        const of = (...points: (readonly number[])[]): number[] =>
          counts(24, 24, [points.flat()]).map((n) => n * Math.sign(areaOf(points)));
        const whole = of(a, b, c);
        const parts = [of(a, b, d), of(b, c, d), of(c, a, d)];
        expect(whole.map((_, i) => parts[0]![i]! + parts[1]![i]! + parts[2]![i]! + 0)).toEqual(whole.map((n) => n + 0));
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  test("as the definition says, however large the triangle", () => {
    const part = fc.oneof(
      fc.integer({ min: -100, max: 24 * 256 + 100 }),
      fc.integer({ min: 0, max: 24 }).map((pixel) => 256 * pixel + 128),
      fc.integer({ min: -2048 * 256, max: (24 + 2048) * 256 }),
    );
    const point = fc.tuple(part, part);
    fc.assert(
      fc.property(point, point, point, (a, b, c) => {
        const found = counts(24, 24, [[...a, ...b, ...c].map((value) => value / 256)]);
        expect(found).toEqual(defined(24, 24, a, b, c));
      }),
      { seed: 3, numRuns: 600 },
    );
  });

  test("a large fan leaves no gap and overlaps nowhere", () => {
    const [side, hub] = [64, [31.3, 29.7]];
    const rim = Array.from({ length: 64 }, (_, i) => {
      const along = (i % 16) * 4;
      return [
        [along, 0],
        [side, along],
        [side - along, side],
        [0, side - along],
      ][i >> 4]!;
    });
    const fan = rim.map((from, i) => [...hub, ...from, ...rim[(i + 1) % 64]!]);
    expect(counts(side, side, fan)).toEqual(new Array(side * side).fill(1));
  });
});

function areaOf([a, b, c]: (readonly number[])[]): number {
  return (b![0]! - a![0]!) * (c![1]! - a![1]!) - (c![0]! - a![0]!) * (b![1]! - a![1]!);
}

/** 1 for each pixel whose centre is inside a triangle of places in 1/256 pixels, by edge functions in whole numbers. */
function defined(width: number, height: number, ...corners: (readonly [number, number])[]): number[] {
  const [a, b, c] = areaOf(corners) < 0 ? [corners[0]!, corners[2]!, corners[1]!] : (corners as [Place, Place, Place]);
  const inside = ([x0, y0]: Place, [x1, y1]: Place, x: number, y: number): boolean => {
    const side = BigInt(x1 - x0) * BigInt(y - y0) - BigInt(y1 - y0) * BigInt(x - x0);
    return side > 0n || (side === 0n && (y1 < y0 || (y1 === y0 && x1 > x0)));
  };
  return Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [256 * (i % width) + 128, 256 * Math.floor(i / width) + 128];
    return areaOf(corners) !== 0 && inside(a, b, x, y) && inside(b, c, x, y) && inside(c, a, x, y) ? 1 : 0;
  });
}

type Place = readonly [number, number];

describe("depth", () => {
  const near = Float32Array.of(0, 0, 1, 9, 0, 1, 0, -9, 1);
  const far = Float32Array.of(0, 0, -1, 9, 0, -1, 0, -9, -1);

  test("what is nearer is seen, in whatever order", () => {
    for (const order of [
      [near, far],
      [far, near],
    ]) {
      const scene = flatScene(4, 4);
      for (const positions of order) {
        scene.drawMesh({ positions, colour: positions === near ? 0xff0000 : 0x00ff00, lit: false });
      }
      expect([...scene.image.rgba.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
    }
  });

  test("after clearDepth everything is in front", () => {
    const scene = flatScene(4, 4);
    scene.drawMesh({ positions: near, colour: 0xff0000, lit: false });
    scene.clearDepth();
    scene.drawMesh({ positions: far, colour: 0x00ff00, lit: false });
    expect([...scene.image.rgba.subarray(0, 4)]).toEqual([0, 255, 0, 255]);
  });

  test("triangles that pass through one another meet where they are equally far", () => {
    const scene = flatScene(16, 16);
    scene.drawMesh({ positions: Float32Array.of(0, 20, 0, 0, -40, 0, 40, -8, 0), colour: 0xff0000, lit: false });
    scene.drawMesh({ positions: Float32Array.of(0, 20, -8, 0, -40, -8, 40, -8, 32), colour: 0x00ff00, lit: false });
    const row = Array.from({ length: 16 }, (_, x) => (scene.image.rgba[4 * (8 * 16 + x)]! > 0 ? "r" : "g")).join("");
    expect(row).toBe("rrrrrrrrgggggggg");
  });
});

describe("clipping", () => {
  test("a floor under the camera reaches the lower edge and ends at the horizon", () => {
    const image = new Image(32, 32);
    const scene = new Scene3d(image, camera({ eye: [0, 1, 0], target: [0, 1, -1], fieldOfView: 60 }));
    const positions = Float32Array.of(-1e4, 0, 1e4, 1e4, 0, 1e4, 1e4, 0, -1e4, -1e4, 0, -1e4);
    scene.drawMesh({ positions, indices: Uint16Array.of(0, 1, 2, 0, 2, 3), colour: 0xffffff, lit: false });
    expect(drawn(image)).toBe(16 * 32);
    expect(image.rgba[4 * 32 * 31]).toBe(255);
    expect(image.rgba[4 * 32 * 15]).toBe(0);
  });

  test("nothing behind the camera is drawn", () => {
    const image = new Image(32, 32);
    const scene = new Scene3d(image, camera({ eye: [0, 0, 0], target: [0, 0, -1] }));
    scene.drawMesh({ positions: Float32Array.of(-1, -1, 1, 1, -1, 1, 0, 1, 1) });
    scene.drawLines({ positions: [-1, 0, 1, 1, 0, 1] });
    scene.drawDots({ positions: [0, 0, 1] });
    scene.drawLabel([0, 0, 1], "behind");
    expect(drawn(image)).toBe(0);
  });
});

test("whatever the numbers, nothing is written outside the image, and equal calls draw equal pixels", () => {
  const number = fc.oneof(
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.double(),
    fc.constantFrom(0, -0, 1e38, -1e38, 1e-38, Infinity, -Infinity, Number.NaN),
  );
  const points = fc.array(number, { minLength: 18, maxLength: 18 });
  const matrix = fc.option(fc.array(number, { minLength: 12, maxLength: 12 }), { nil: undefined });
  fc.assert(
    fc.property(points, points, matrix, fc.boolean(), (places, directions, matrix, isFlat) => {
      const draw = (): Image => {
        const image = new Image(24, 16, 0x102030);
        const view = camera({ eye: [1, 2, 4], target: [0, 0, 0], ...(isFlat ? { height: 4 } : {}) });
        // The image's memory is a part of more: what is written beside it is seen.
        const around = new Uint8Array(3 * image.rgba.length).fill(0xa5);
        const rgba = around.subarray(image.rgba.length, 2 * image.rgba.length);
        const pixels = new Uint32Array(around.buffer, rgba.byteOffset, 24 * 16);
        const scene = new Scene3d(
          Object.assign(Object.create(Image.prototype), { width: 24, height: 16, rgba, pixels }),
          view,
        );
        const [positions, normals] = [Float32Array.from(places), Float32Array.from(directions)];
        scene.drawMesh({ positions, normals, matrix });
        scene.drawMesh({ positions, matrix, colours: new Uint8Array(18).fill(99) });
        scene.drawLines({ positions, thickness: 3, matrix });
        scene.drawDots({ positions, size: 9, matrix });
        scene.drawBox(places.slice(0, 3), places.slice(3, 6), { matrix });
        scene.drawSkeleton({ matrices: [...places, ...directions].slice(0, 36), parents: [-1, 0, 1], matrix });
        expect(around.subarray(0, image.rgba.length).every((byte) => byte === 0xa5)).toBe(true);
        expect(around.subarray(2 * image.rgba.length).every((byte) => byte === 0xa5)).toBe(true);
        image.rgba.set(rgba);
        return image;
      };
      expect(pictureHash(draw())).toBe(pictureHash(draw()));
    }),
    { seed: 11, numRuns: 400 },
  );
});

test("bad meshes are refused before anything is drawn", () => {
  const scene = flatScene(8, 8);
  const positions = Float32Array.of(0, 0, 0, 9, 0, 0, 0, -9, 0);
  const bad = [
    { positions: positions.subarray(1) },
    { positions, normals: positions.subarray(3) },
    { positions, colours: new Uint8Array(12) },
    { positions, indices: Uint16Array.of(0, 1, 3) },
    { positions, indices: Uint16Array.of(0, 1) },
    { positions, matrix: [1, 0, 0, 0] },
    { positions, colour: 1.5 },
    { positions, colour: 0x1000000 },
  ];
  for (const mesh of bad) {
    expect(() => scene.drawMesh(mesh)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  }
  expect(drawn(scene.image)).toBe(0);
});

test("light follows normals, whichever way round and whatever the scale", () => {
  const view = camera({ eye: [0, 0, 5], target: [0, 0, 0] });
  const meshes: Triangles[] = [
    ball(12),
    { ...ball(12), matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] },
    { ...ball(12), normals: ball(12).positions.map((value) => value * 8) },
  ];
  const hashes = meshes.map((mesh) => {
    const image = new Image(48, 48);
    new Scene3d(image, view).drawMesh(mesh);
    return pictureHash(image);
  });
  expect(new Set(hashes).size).toBe(1);
});
