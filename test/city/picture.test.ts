import { expect, test } from "vitest";
import { parseMap } from "../../examples/city/map.ts";
import { countAgents, densityPicture, densityThumbnail } from "../../examples/city/picture.ts";

const map = parseMap(Buffer.from("type octile\nheight 2\nwidth 2\nmap\n..\n.@\n"));

test("counts agents by cell and leaves out those elsewhere", () => {
  const counts = new Uint32Array(4);
  countAgents(counts, map, [0.5, 0.9, 1, -0.1, 2, Number.NaN], [0, 0.5, 0.5, 0, 0, 0], 6);
  expect([...counts]).toEqual([2, 1, 0, 0]);
});

test("cells without agents, with one and with most of them differ; more agents are lighter", () => {
  const picture = densityPicture(map, [100, 1, 0, 0], "title");
  expect(picture.rgba.length).toBe(4 * picture.width * picture.height);
  // The map is enlarged to 1,024 pixels a side, below a band with the title.
  const at = (x: number, y: number): number[] => {
    const pixel = 4 * ((46 + y) * picture.width + 16 + x);
    return [...picture.rgba.slice(pixel, pixel + 3)];
  };
  const light = [at(10, 10), at(600, 10), at(10, 600), at(600, 600)].map(
    ([red, green, blue]) => 3 * red! + 6 * green! + blue!,
  );
  expect(light[0]).toBeGreaterThan(light[1]!);
  expect(light[1]).toBeGreaterThan(light[2]!);
  expect(light[2]).toBeGreaterThan(light[3]!);
});

test.each([
  [1, 1],
  [3000, 7],
  [5, 2500],
])("a map of %i x %i fits into the picture", (width, height) => {
  const text = `type octile\nheight ${height}\nwidth ${width}\nmap\n${`${".".repeat(width)}\n`.repeat(height)}`;
  const { width: w, height: h } = densityPicture(parseMap(Buffer.from(text)), new Uint32Array(width * height), "");
  expect(Math.max(w, h)).toBeLessThan(1200);
  expect(w).toBeGreaterThan(200);
});

test.each([
  [1, 1, 72, 1, 1],
  [96, 48, 72, 72, 36],
  [5, 2500, 72, 1, 72],
])("a map of %i x %i has a thumbnail with all its agents in sight", (width, height, side, w, h) => {
  const text = `type octile\nheight ${height}\nwidth ${width}\nmap\n${`${".".repeat(width)}\n`.repeat(height)}`;
  const parsed = parseMap(Buffer.from(text));
  const counts = new Uint32Array(width * height);
  const empty = densityThumbnail(parsed, counts, side);
  expect([empty.width, empty.height]).toEqual([w, h]);
  counts[width * height - 1] = 3;
  expect(densityThumbnail(parsed, counts, side).rgba.slice(-4)).not.toEqual(empty.rgba.slice(-4));
});
