import { randomBelow, streamOf, WorldloomError } from "../../src/index.ts";
import type { CityMap } from "./map.ts";

/** The cells (`y * width + x`, ascending) of the largest area in which one can walk from every cell to every other. */
export function largestArea(map: CityMap): Uint32Array {
  const { width, height, cells } = map;
  const area = new Int32Array(width * height).fill(-1);
  const queue = new Uint32Array(width * height);
  let [best, bestSize] = [-1, 0];
  for (let start = 0; start < cells.length; start++) {
    if (cells[start] !== 1 || area[start] !== -1) continue;
    let end = 0;
    queue[end++] = start;
    area[start] = start;
    const visit = (cell: number): void => {
      if (cells[cell] !== 1 || area[cell] !== -1) return;
      area[cell] = start;
      queue[end++] = cell;
    };
    for (let head = 0; head < end; head++) {
      const cell = queue[head]!;
      const x = cell % width;
      if (x > 0) visit(cell - 1);
      if (x < width - 1) visit(cell + 1);
      if (cell >= width) visit(cell - width);
      if (cell < width * (height - 1)) visit(cell + width);
    }
    if (end > bestSize) [best, bestSize] = [start, end];
  }
  if (bestSize === 0)
    throw new WorldloomError("bad-map", `${map.name} has no passable cell; agents need streets.`, { map: map.name });
  const found = new Uint32Array(bestSize);
  let count = 0;
  for (let cell = 0; cell < area.length; cell++) if (area[cell] === best) found[count++] = cell;
  return found;
}

/** `count` cells of an area, chosen by `seed`. */
export function chooseGoals(area: Uint32Array, count: number, seed: number): number[] {
  const stream = streamOf("goals");
  return Array.from({ length: count }, (_, i) => area[randomBelow(area.length, seed, stream, 0, i)]!);
}
