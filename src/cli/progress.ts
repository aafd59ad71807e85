import { formatCount } from "./text.ts";

export interface ProgressOptions {
  /** What is counted to the end: `ticks`. */
  readonly unit: string;
  readonly total: number;
  /** Milliseconds of any steady clock. */
  readonly now: () => number;
  /** Standard error, or what stands in for it in a test. */
  readonly stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
}

export interface Progress {
  /** Cheap enough for every tick: it draws ten times a second at most. */
  update(done: number): void;
  /** Removes the bar. */
  end(): void;
}

const BAR_MS = 100;
const LINE_MS = 10_000;

/** A bar on a terminal; anywhere else a plain line every ten seconds. */
export function progress({ unit, total, now, stream }: ProgressOptions): Progress {
  const started = now();
  const everyMs = stream.isTTY ? BAR_MS : LINE_MS;
  let shownMs = stream.isTTY ? Number.NEGATIVE_INFINITY : started;
  let drawn = false;
  return {
    update(done) {
      const time = now();
      if (time - shownMs < everyMs) return;
      shownMs = time;
      const rate = time > started ? (done * 1000) / (time - started) : 0;
      const left = rate > 0 ? `${formatCount(Math.ceil((total - done) / rate))} s left` : "";
      const text = `${Math.floor((100 * done) / Math.max(1, total))} %  ${formatCount(done)} of ${formatCount(total)} ${unit}  ${formatCount(Math.round(rate))}/s  ${left}`;
      if (!stream.isTTY) {
        stream.write(`${text.trimEnd()}\n`);
        return;
      }
      const columns = stream.columns || 80; // 0 where the terminal does not know
      const cells = Math.max(0, Math.min(40, columns - text.length - 4));
      const full = Math.round((cells * done) / Math.max(1, total));
      const bar = cells < 8 ? "" : `${"█".repeat(full)}${"░".repeat(cells - full)}  `;
      stream.write(`\r\x1b[K${(bar + text).slice(0, Math.max(1, columns - 1))}`);
      drawn = true;
    },
    end() {
      if (drawn) stream.write("\r\x1b[K");
      drawn = false;
    },
  };
}
