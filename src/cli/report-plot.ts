import { histogram, roundStep, type Summary } from "./statistics.ts";
import { formatCount, formatMs } from "./text.ts";

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 58;
const RIGHT = 104;
const TOP = 14;
const BOTTOM = 34;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;

/**
 * Time of every tick as an SVG, with lines at p50 and p95. With more ticks than pixels each column of pixels
 * reaches from the least to the greatest of its ticks, so that no spike is lost.
 */
export function tickPlot(tickMs: ArrayLike<number>, firstTick: number, { p50, p95, max }: Summary): string {
  const { step, end } = axis(max);
  const count = tickMs.length;
  const x = (index: number): number => LEFT + (PLOT_WIDTH * (index + 0.5)) / Math.max(1, count);
  const y = (ms: number): number => TOP + PLOT_HEIGHT * (1 - ms / end);
  let path = "";
  if (count <= PLOT_WIDTH) {
    for (let i = 0; i < count; i++) path += `${i === 0 ? "M" : "L"}${fixed(x(i))} ${fixed(y(tickMs[i]!))}`;
  } else {
    for (let column = 0; column < PLOT_WIDTH; column++) {
      const from = Math.floor((column * count) / PLOT_WIDTH);
      const to = Math.floor(((column + 1) * count) / PLOT_WIDTH);
      let [least, most] = [tickMs[from]!, tickMs[from]!];
      for (let i = from; i < to; i++) {
        least = Math.min(least, tickMs[i]!);
        most = Math.max(most, tickMs[i]!);
      }
      path += `${column === 0 ? "M" : "L"}${fixed(LEFT + column + 0.5)} ${fixed(y(least))}V${fixed(y(most))}`;
    }
  }
  const marks = [
    mark("p50", p50, y(p50)),
    // Labels that would cover each other are moved apart.
    mark("p95", p95, y(p95), Math.min(y(p95), y(p50) - 14)),
  ].join("");
  const ticks = ticksAlong(count, firstTick, x);
  return svg(
    `Time of each tick in milliseconds`,
    `${gridLines(step, end, y)}${ticks}<path class="line" d="${path}"/>${marks}`,
  );
}

/** How many ticks took how long, up to the 99th percentile; the rest is counted at the right end. */
export function tickHistogram(tickMs: ArrayLike<number>, { min, p99, max }: Summary): string {
  const bins = histogram(tickMs, 40, min, Math.min(max, p99 * 1.1));
  const { step, end } = axis(bins.counts.reduce((a, b) => Math.max(a, b), 1));
  const y = (count: number): number => TOP + PLOT_HEIGHT * (1 - count / end);
  const wide = PLOT_WIDTH / bins.counts.length;
  const bars = bins.counts.map((count, index) => {
    if (count === 0) return "";
    const [from, to] = [bins.from + bins.step * index, bins.from + bins.step * (index + 1)];
    const title = `${formatMs(from)} to ${formatMs(to)} ms: ${formatCount(count)} ticks`;
    return `<rect class="bar" x="${fixed(LEFT + index * wide + 0.5)}" y="${fixed(y(count))}" width="${fixed(Math.max(1, wide - 1))}" height="${fixed(TOP + PLOT_HEIGHT - y(count))}"><title>${title}</title></rect>`;
  });
  const every = Math.max(1, Math.ceil(bins.counts.length / 10));
  const labels = bins.counts.map((_, index) =>
    index % every === 0
      ? label(LEFT + index * wide, HEIGHT - 14, formatMark(bins.from + bins.step * index, bins.step), "middle")
      : "",
  );
  const above =
    bins.above === 0
      ? ""
      : label(WIDTH - RIGHT + 8, TOP + PLOT_HEIGHT - 4, `+${formatCount(bins.above)} slower`, "start");
  const unit = label(WIDTH - RIGHT + 8, HEIGHT - 14, "ms", "start");
  return svg(
    "Number of ticks by their time",
    `${gridLines(step, end, y)}${bars.join("")}${labels.join("")}${above}${unit}`,
  );
}

/** Round marks from 0 to the first that is at least `most`. */
function axis(most: number): { step: number; end: number } {
  const step = roundStep((most > 0 ? most : 1) / 5);
  return { step, end: step * Math.max(1, Math.ceil(most / step)) };
}

function gridLines(step: number, end: number, y: (value: number) => number): string {
  let lines = "";
  for (let i = 0; i * step <= end * 1.0001; i++) {
    const at = fixed(y(i * step));
    lines += `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>${label(LEFT - 8, Number(at) + 4, formatMark(i * step, step), "end")}`;
  }
  return lines;
}

/** With the digits that multiples of `step`, a round number, need. */
function formatMark(value: number, step: number): string {
  let digits = 0;
  for (let unit = step; unit < 0.999 && digits < 9; unit *= 10) digits++;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function ticksAlong(count: number, first: number, x: (index: number) => number): string {
  const step = roundStep(Math.max(8, count) / 8);
  let labels = "";
  for (let tick = Math.ceil(first / step) * step; tick < first + count; tick += step)
    labels += label(x(tick - first), HEIGHT - 14, formatCount(tick), "middle");
  return `${labels}${label(WIDTH - RIGHT + 8, HEIGHT - 14, "tick", "start")}`;
}

function mark(name: string, ms: number, y: number, labelY = y): string {
  return `<path class="mark ${name}" d="M${LEFT} ${fixed(y)}H${WIDTH - RIGHT}"/><text class="${name}" x="${WIDTH - RIGHT + 8}" y="${fixed(labelY + 4)}">${name} ${formatMs(ms)}</text>`;
}

function label(x: number, y: number, text: string, anchor: string): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${text}</text>`;
}

function svg(title: string, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${content}</svg>`;
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
