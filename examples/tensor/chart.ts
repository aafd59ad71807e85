/** A line or a cloud of points, and what it is called. */
export interface Series {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly points?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 16;
const TOP = 56;
const BOTTOM = 48;
const COLOURS = ["#0f62fe", "#da1e28", "#198038", "#8a3ffc", "#b28600"];

/** The text of an SVG picture, 720 by 420, with axes, ticks and a legend. Numbers that are not finite are left out. */
export function chart(series: readonly Series[], { title, xLabel, yLabel }: ChartOptions): string {
  const [x, y] = [rangeOf(series.map((one) => one.x)), rangeOf(series.map((one) => one.y))];
  const atX = (value: number): number => LEFT + ((value - x.low) / (x.high - x.low)) * (WIDTH - LEFT - RIGHT);
  const atY = (value: number): number =>
    HEIGHT - BOTTOM - ((value - y.low) / (y.high - y.low)) * (HEIGHT - TOP - BOTTOM);
  const lines = [
    ...x.ticks.map((tick) => line(atX(tick), TOP, atX(tick), HEIGHT - BOTTOM)),
    ...y.ticks.map((tick) => line(LEFT, atY(tick), WIDTH - RIGHT, atY(tick))),
    ...x.ticks.map((tick) => text(atX(tick), HEIGHT - BOTTOM + 16, "middle", shown(tick))),
    ...y.ticks.map((tick) => text(LEFT - 8, atY(tick) + 4, "end", shown(tick))),
    text(WIDTH / 2, 20, "middle", title, ' font-size="15"'),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "middle", xLabel),
    text(14, TOP - 12, "start", yLabel),
  ];
  for (const [i, one] of series.entries()) {
    const colour = COLOURS[i % COLOURS.length]!;
    const places = placesOf(one, atX, atY);
    if (one.points)
      lines.push(...places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="2" fill="${colour}" opacity="0.5"/>`));
    else lines.push(`<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    const legend = LEFT + 130 + i * 130;
    lines.push(`<rect x="${legend}" y="${TOP - 21}" width="10" height="10" fill="${colour}"/>`);
    lines.push(text(legend + 16, TOP - 12, "start", one.name));
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`;
  return `${head}\n<rect width="100%" height="100%" fill="#fff"/>\n${lines.join("\n")}\n</svg>\n`;
}

/** Pixels with one decimal of the points that are finite. */
function placesOf({ x, y }: Series, atX: (v: number) => number, atY: (v: number) => number): [string, string][] {
  return Array.from(x, (value, i): [number, number] => [value, y[i]!])
    .filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py))
    .map(([px, py]) => [atX(px).toFixed(1), atY(py).toFixed(1)]);
}

/** From the smallest to the largest number, both moved out to round ones, and four to eight round ones between them. */
function rangeOf(lists: readonly ArrayLike<number>[]): { low: number; high: number; ticks: number[] } {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      if (!Number.isFinite(list[i])) continue;
      low = Math.min(low, list[i]!);
      high = Math.max(high, list[i]!);
    }
  }
  if (low > high) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  let unit = 1;
  while (unit > (high - low) / 4) unit /= 10;
  while (unit * 10 <= (high - low) / 4) unit *= 10;
  const step = [5, 2, 1].map((factor) => factor * unit).find((one) => one <= (high - low) / 4)!;
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { low: first * step, high: last * step, ticks };
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((place) => place.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="#ddd"/>`;
}

function text(x: number, y: number, anchor: string, words: string, more = ""): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${more}>${safe}</text>`;
}
