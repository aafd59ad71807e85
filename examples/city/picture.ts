import type { Picture } from "../../src/index.ts";
import { eachDot, LETTER_HEIGHT, textWidth } from "./letters.ts";
import type { CityMap } from "./map.ts";

/** Longer side of the map in the picture, in pixels: small maps are enlarged, large ones reduced. */
const SIDE = 1024;
const MARGIN = 16;

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
  const canvas = new Canvas(Math.max(width * scale, 240) + 2 * MARGIN, height * scale + 2 * band, [13, 15, 20]);
  const most = agents.reduce((a, b) => Math.max(a, b), 1);
  eachCell({ width, height, streets, agents }, (x, y, colour) =>
    canvas.fill(MARGIN + x * scale, band + y * scale, scale, scale, colour),
  );
  canvas.text(title, MARGIN, MARGIN, dot, TEXT);
  legend(canvas, band + height * scale + MARGIN, dot, most);
  return canvas;
}

/** The same with neither title nor legend, one pixel for some cells, at most `side` pixels wide and high. */
export function densityThumbnail(map: CityMap, counts: ArrayLike<number>, side: number): Picture {
  const { width, height, streets, agents } = reduce(map, counts, side);
  const canvas = new Canvas(width, height, BLOCK);
  eachCell({ width, height, streets, agents }, (x, y, colour) => canvas.fill(x, y, 1, 1, colour));
  return canvas;
}

function legend(canvas: Canvas, top: number, dot: number, most: number): void {
  const size = LETTER_HEIGHT * dot;
  let left = MARGIN;
  const write = (text: string): void => {
    canvas.text(text, left, top, dot, TEXT);
    left += textWidth(text) * dot + 3 * dot;
  };
  write("agents per cell:  0");
  canvas.fill(left, top, size, size, STREET);
  left += size + 8 * dot;
  write("1");
  const label = ` ${most}`;
  const wide = Math.max(20, Math.min(260, canvas.width - MARGIN - left - textWidth(label) * dot));
  for (let x = 0; x < wide; x++) canvas.fill(left + x, top, 1, size, ramp(x / (wide - 1)));
  left += wide;
  write(label);
}

type Colour = readonly [number, number, number];
const BLOCK: Colour = [19, 22, 29];
const STREET: Colour = [54, 61, 74];
const TEXT: Colour = [222, 226, 233];
/** From few agents to many; lightness rises evenly, so that it also reads without colours. */
const RAMP: readonly Colour[] = [
  [104, 60, 140],
  [160, 56, 128],
  [212, 72, 92],
  [244, 118, 56],
  [252, 182, 62],
  [253, 246, 178],
];

/** Colour of a share from 0 to 1. */
function ramp(share: number): Colour {
  const place = Math.max(0, Math.min(1, share)) * (RAMP.length - 1);
  const index = Math.min(Math.floor(place), RAMP.length - 2);
  const [from, to] = [RAMP[index]!, RAMP[index + 1]!];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
  return [mix(0), mix(1), mix(2)];
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

class Canvas implements Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.rgba = new Uint8Array(4 * width * height);
    this.fill(0, 0, width, height, background);
  }

  /** A rectangle; what lies outside is left out. */
  fill(left: number, top: number, width: number, height: number, [red, green, blue]: Colour): void {
    const right = Math.min(this.width, left + width);
    for (let y = Math.max(0, top); y < Math.min(this.height, top + height); y++) {
      for (let x = Math.max(0, left), at = 4 * (y * this.width + x); x < right; x++, at += 4) {
        this.rgba[at] = red;
        this.rgba[at + 1] = green;
        this.rgba[at + 2] = blue;
        this.rgba[at + 3] = 255;
      }
    }
  }

  text(text: string, left: number, top: number, dot: number, colour: Colour): void {
    eachDot(text, (x, y) => this.fill(left + x * dot, top + y * dot, dot, dot, colour));
  }
}
