import { describe, expect, test } from "vitest";
import {
  contactSheet,
  drawText,
  encodeJpeg,
  encodePng,
  IMAGE_SIDE_MAX,
  Image,
  mixColours,
  textSize,
} from "../../src/raster.ts";
import { drawn } from "./picture.ts";

/** What is used of pngjs, which brings no types. */
interface Pngjs {
  readonly PNG: {
    readonly sync: { read(bytes: Buffer): { readonly width: number; readonly height: number; readonly data: Buffer } };
  };
}
const pngjs = "pngjs";
const { PNG }: Pngjs = await import(pngjs);

const refused = expect.objectContaining({ code: "bad-argument" });

describe("an image", () => {
  test.for([
    [0, 1],
    [1, IMAGE_SIDE_MAX + 1],
    [1.5, 2],
    [Number.NaN, 2],
    [IMAGE_SIDE_MAX, IMAGE_SIDE_MAX],
  ] as const)("is not %d x %d", ([width, height]) => {
    expect(() => new Image(width, height)).toThrow(refused);
  });

  test.for([-1, 0x1000000, 1.5, Number.NaN])("has no colour %d", (colour) => {
    expect(() => new Image(1, 1, colour)).toThrow(refused);
    expect(() => new Image(1, 1).fill(0, 0, 1, 1, colour)).toThrow(refused);
  });

  test("is filled inside its edges alone", () => {
    const image = new Image(4, 3);
    image.fill(-5, 1, 7, 99, 0xffffff);
    image.fill(3, -2, 1, 3, 0x00ff00);
    image.fill(9, 9, 3, 3, 0xff0000);
    image.fill(1, 1, -3, 2, 0xff0000);
    image.fill(Number.NaN, 0, 4, 4, 0xff0000);
    const rows = [0, 1, 2].map((y) => [0, 1, 2, 3].map((x) => image.rgba[4 * (4 * y + x) + 1]! / 255).join(""));
    expect(rows).toEqual(["0001", "1100", "1100"]);
  });

  test("mixes colours to whole numbers", () => {
    const image = new Image(1, 1, 0x204060);
    image.blend(0, 0, 0xffffff, 51);
    expect([...image.rgba]).toEqual([77, 102, 128, 255]);
    image.clear(0, 0);
    image.blend(0, 0, 0x123456, 100);
    expect([...image.rgba]).toEqual([0x12, 0x34, 0x56, 100]);
    image.blend(0, 0, 0xffffff, 0);
    expect([...image.rgba]).toEqual([0x12, 0x34, 0x56, 100]);
    for (const [x, y] of [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, Number.NaN],
    ] as const)
      image.blend(x, y, 0xffffff);
    expect([...image.rgba]).toEqual([0x12, 0x34, 0x56, 100]);
    expect(mixColours(0x000000, 0xff8040, 0.5)).toBe(0x804020);
  });

  test("is shrunk to averages", () => {
    const image = new Image(4, 2);
    image.fill(0, 0, 1, 1, 0xffffff);
    image.fill(2, 0, 2, 2, 0x306090);
    const small = image.shrink(2);
    expect([small.width, small.height, ...small.rgba]).toEqual([2, 1, 64, 64, 64, 255, 0x30, 0x60, 0x90, 255]);
    expect(() => image.shrink(3)).toThrow(refused);
    expect(() => image.shrink(0)).toThrow(refused);
  });
});

describe("text", () => {
  test("has a glyph for each printable character, all different", () => {
    const seen = new Set<string>();
    for (let code = 32; code < 127; code++) {
      const image = new Image(6, 8);
      drawText(image, 0, 0, String.fromCharCode(code));
      seen.add(image.pixels.join(","));
      expect(drawn(image) > 0).toBe(code !== 32);
    }
    expect(seen.size).toBe(95);
  });

  test("is drawn dot by dot", () => {
    const image = new Image(12, 8);
    drawText(image, 0, 0, "Ag");
    const rows = Array.from({ length: 8 }, (_, y) =>
      Array.from({ length: 11 }, (_, x) => (image.rgba[4 * (12 * y + x)]! > 0 ? "#" : ".")).join(""),
    );
    expect(rows).toEqual([
      ".###.......",
      "#...#......",
      "#...#..####",
      "#####.#...#",
      "#...#.#...#",
      "#...#..####",
      "#...#.....#",
      ".......###.",
    ]);
  });

  test("says how large it is", () => {
    expect(textSize("abc")).toEqual({ width: 17, height: 8 });
    expect(textSize("a\nabcd", 3)).toEqual({ width: 69, height: 54 });
    expect(textSize("")).toEqual({ width: 0, height: 8 });
    expect(() => textSize("a", 0.5)).toThrow(refused);
  });

  test("stands left, in the middle or right, on a plate, and may leave the image", () => {
    for (const [align, left] of [
      ["left", 10],
      ["centre", 5],
      ["right", -1],
    ] as const) {
      const image = new Image(30, 12, 0x123456);
      drawText(image, 10, 2, "||", { align, colour: 0xffffff });
      const first = Array.from({ length: 30 }, (_, x) => image.rgba[4 * (2 * 30 + x)]).indexOf(255);
      expect(first).toBe(left + 2);
    }
    const image = new Image(5, 5);
    drawText(image, -3, -4, "\u00e4#", { background: 0x0000ff, scale: 2 });
    expect(drawn(image)).toBe(25);
  });
});

describe("PNG", () => {
  const noise = new Image(37, 23);
  noise.rgba.forEach((_, i) => {
    noise.rgba[i] = i % 4 === 3 ? 255 : Math.imul(i, 2_654_435_761) >>> 24;
  });
  const slope = new Image(64, 48);
  for (let x = 0; x < 64; x++) for (let y = 0; y < 48; y++) slope.fill(x, y, 1, 1, x * 0x040000 + y * 0x0005 + (x ^ y));
  const clear = new Image(5, 4);
  clear.clear(0x336699, 40);

  test.for([
    ["noise", noise],
    ["a slope", slope],
    ["transparent", clear],
    ["one pixel", new Image(1, 1, 0xabcdef)],
  ] as const)("%s comes back", ([, image]) => {
    const read = PNG.sync.read(Buffer.from(encodePng(image)));
    expect([read.width, read.height]).toEqual([image.width, image.height]);
    expect(read.data.equals(image.rgba)).toBe(true);
  });

  test("filters make slopes small", () => {
    expect(encodePng(slope).length).toBeLessThan(slope.rgba.length / 10);
  });

  test("refuses what is no picture", () => {
    expect(() => encodePng({ width: 2, height: 2, rgba: new Uint8Array(15) })).toThrow(refused);
    expect(() => encodePng({ width: 0, height: 2, rgba: new Uint8Array(0) })).toThrow(refused);
  });
});

describe("JPEG", () => {
  const image = new Image(32, 32, 0x4080c0);

  test("is written by sharp", async ({ skip }) => {
    const jpeg = await encodeJpeg(image).catch((error) => {
      if (error.code === "peer-missing") skip("sharp is not installed");
      throw error;
    });
    expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    const large = await encodeJpeg(Object.assign(new Image(32, 32), { rgba: noisy() }), { quality: 95 });
    const small = await encodeJpeg(Object.assign(new Image(32, 32), { rgba: noisy() }), { quality: 10 });
    expect(small.length).toBeLessThan(large.length);
  });

  test("says how to get sharp", async () => {
    const missing = encodeJpeg(image, {}, () => Promise.reject(new Error("not found")));
    await expect(missing).rejects.toThrow(expect.objectContaining({ code: "peer-missing" }));
    await expect(missing).rejects.toThrow(/npm install sharp/);
  });

  test.for([0, 101, 50.5, Number.NaN])("has no quality %d", async (quality) => {
    await expect(encodeJpeg(image, { quality })).rejects.toThrow(refused);
  });
});

function noisy(): Uint8Array {
  return Uint8Array.from({ length: 4 * 32 * 32 }, (_, i) => (i % 4 === 3 ? 255 : Math.imul(i, 2_654_435_761) >>> 24));
}

describe("a contact sheet", () => {
  test("has its pictures in rows, each with a line", () => {
    const pictures = [0xff0000, 0x00ff00, 0x0000ff].map((colour) => new Image(20, 10, colour));
    const sheet = contactSheet(pictures, { columns: 2, gap: 3, labels: ["a", "b", "c"], background: 0 });
    expect([sheet.width, sheet.height]).toEqual([3 + 2 * 23, 3 + 2 * (10 + 12 + 3)]);
    const at = (x: number, y: number) => [
      ...sheet.rgba.subarray(4 * (y * sheet.width + x), 4 * (y * sheet.width + x) + 3),
    ];
    expect([at(3, 3), at(26, 3), at(3, 28), at(26, 28)]).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [0, 0, 0],
    ]);
    expect([at(2, 2), at(23, 3)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("is about square by itself, and takes pictures of different sizes", () => {
    const pictures = Array.from({ length: 5 }, (_, i) => new Image(10 + i, 10));
    const sheet = contactSheet(pictures, { gap: 0 });
    expect([sheet.width, sheet.height]).toEqual([42, 20]);
  });

  test("refuses what it cannot be", () => {
    expect(() => contactSheet([])).toThrow(refused);
    expect(() => contactSheet([new Image(1, 1)], { columns: 0 })).toThrow(refused);
    expect(() => contactSheet([new Image(1, 1)], { gap: -1 })).toThrow(refused);
  });
});
