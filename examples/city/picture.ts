import { type Colour, drawText, Image, mixColours, type Picture, textSize } from "../../src/raster.ts";
import type { CityMap } from "./map.ts";

/** Longer side of the map in the picture, in pixels: small maps are enlarged, large ones reduced. */
const SIDE = 1024;
const MARGIN = 16;
/** Dots of a line of text above what hangs below it. */
const LETTER_HEIGHT = 7;

/**
 * Adds `count` agents at positions in cells to `counts`, one number a cell. Agents outside the map are left out.
 * Call it for each chunk of agents.
 */
export function countAgents(
  counts: Uint32Array,
  map: CityMap,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const column = Math.floor(x[i]!);
    const row = Math.floor(y[i]!);
    if (column >= 0 && column < map.width && row >= 0 && row < map.height) counts[row * map.width + column]!++;
  }
}

/**
 * Agents on the map: streets grey, what cannot be walked on nearly black, agents from violet over orange to light
 * yellow on a logarithmic scale, with `title` above and a legend below. `counts` has one number a cell.
 */
export function densityPicture(map: CityMap, counts: ArrayLike<number>, title: string): Picture {
  const { width, height, streets, agents } = reduce(map, counts, SIDE);
  const scale = Math.max(1, Math.floor(SIDE / Math.max(width, height)));
  const dot = width * scale >= 480 ? 2 : 1;
  const band = LETTER_HEIGHT * dot + 2 * MARGIN;
  const image = new Image(Math.max(width * scale, 240) + 2 * MARGIN, height * scale + 2 * band, GROUND);
  const most = agents.reduce((a, b) => Math.max(a, b), 1);
  eachCell({ width, height, streets, agents }, (x, y, colour) =>
    image.fill(MARGIN + x * scale, band + y * scale, scale, scale, colour),
  );
  drawText(image, MARGIN, MARGIN, title, { scale: dot, colour: TEXT });
  legend(image, band + height * scale + MARGIN, dot, most);
  return image;
}

/** The same with neither title nor legend, one pixel for some cells, at most `side` pixels wide and high. */
export function densityThumbnail(map: CityMap, counts: ArrayLike<number>, side: number): Picture {
  const { width, height, streets, agents } = reduce(map, counts, side);
  const image = new Image(width, height, BLOCK);
  eachCell({ width, height, streets, agents }, (x, y, colour) => image.fill(x, y, 1, 1, colour));
  return image;
}

function legend(image: Image, top: number, dot: number, most: number): void {
  const size = LETTER_HEIGHT * dot;
  let left = MARGIN;
  const write = (text: string): void => {
    drawText(image, left, top, text, { scale: dot, colour: TEXT });
    left += textSize(text, dot).width + 3 * dot;
  };
  write("agents per cell:  0");
  image.fill(left, top, size, size, STREET);
  left += size + 8 * dot;
  write("1");
  const label = ` ${most}`;
  const wide = Math.max(20, Math.min(260, image.width - MARGIN - left - textSize(label, dot).width));
  for (let x = 0; x < wide; x++) image.fill(left + x, top, 1, size, ramp(x / (wide - 1)));
  left += wide;
  write(label);
}

const GROUND = 0x0d0f14;
const BLOCK = 0x13161d;
const STREET = 0x363d4a;
const TEXT = 0xdee2e9;
/** From few agents to many; lightness rises evenly, so that it also reads without colours. */
const RAMP: readonly Colour[] = [0x683c8c, 0xa03880, 0xd4485c, 0xf47638, 0xfcb63e, 0xfdf6b2];

/** Colour of a share from 0 to 1. */
function ramp(share: number): Colour {
  const place = Math.max(0, Math.min(1, share)) * (RAMP.length - 1);
  const index = Math.min(Math.floor(place), RAMP.length - 2);
  return mixColours(RAMP[index]!, RAMP[index + 1]!, place - index);
}

/** Cells, or what several of them were reduced to. */
interface Cells {
  readonly width: number;
  readonly height: number;
  /** 1 where one can walk. */
  readonly streets: Uint8Array;
  readonly agents: Float64Array;
}

/** Colours by the logarithm of the agents in a cell. */
function eachCell(
  { width, height, streets, agents }: Cells,
  draw: (x: number, y: number, colour: Colour) => void,
): void {
  const shades = Math.max(1, Math.log2(agents.reduce((a, b) => Math.max(a, b), 1)));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const count = agents[y * width + x]!;
      draw(x, y, count > 0 ? ramp(Math.log2(count) / shades) : streets[y * width + x] === 1 ? STREET : BLOCK);
    }
  }
}

/** Maps wider or higher than `side`: some cells become one, with all their agents, walkable if one of them is. */
function reduce(map: CityMap, counts: ArrayLike<number>, side: number): Cells {
  const by = Math.max(1, Math.max(map.width, map.height) / side);
  const width = Math.max(1, Math.floor(map.width / by));
  const height = Math.max(1, Math.floor(map.height / by));
  const streets = new Uint8Array(width * height);
  const agents = new Float64Array(width * height);
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++) {
      const to = Math.floor((y * height) / map.height) * width + Math.floor((x * width) / map.width);
      streets[to]! |= map.cells[y * map.width + x]!;
      agents[to]! += counts[y * map.width + x]!;
    }
  }
  return { width, height, streets, agents };
}
