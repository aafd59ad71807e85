import { tickHistogram, tickPlot } from "./report-plot.ts";
import { summarise } from "./statistics.ts";
import { formatCount, formatMs } from "./text.ts";

export interface Report {
  readonly title: string;
  /** What was run: shown under the title. */
  readonly subtitle: string;
  /** Figures in the order of the table. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Milliseconds of each tick. */
  readonly tickMs: ArrayLike<number>;
  /** Number of the first of them. */
  readonly firstTick: number;
  /** Milliseconds in each system, over all ticks. */
  readonly systemMs: Readonly<Record<string, number>>;
  readonly picture: { readonly png: Uint8Array; readonly width: number; readonly caption: string } | undefined;
}

/** One HTML page that needs no other file and no network: figures, plots, picture. */
export function htmlReport(report: Report): string {
  const summary = summarise(report.tickMs);
  const { picture } = report;
  const figure =
    picture === undefined
      ? ""
      : `<section><h2>${escapeHtml(picture.caption)}</h2>
<img alt="${escapeHtml(picture.caption)}" style="width:min(100%,${picture.width}px)" src="data:image/png;base64,${Buffer.from(picture.png).toString("base64")}"></section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.title)}</title><style>${STYLE}</style></head><body><main>
<header><h1>${escapeHtml(report.title)}</h1><p>${escapeHtml(report.subtitle)}</p></header>
<section class="cards">${cards([
    ["ticks per second", formatCount(Math.round(summary.mean > 0 ? 1000 / summary.mean : 0))],
    ["p50", `${formatMs(summary.p50)} ms`],
    ["p95", `${formatMs(summary.p95)} ms`],
    ["p99", `${formatMs(summary.p99)} ms`],
    ["max", `${formatMs(summary.max)} ms`],
  ])}</section>
<section><h2>Time of every tick (ms)</h2>${tickPlot(report.tickMs, report.firstTick, summary)}</section>
<section><h2>Ticks by their time</h2>${tickHistogram(report.tickMs, summary)}</section>
<div class="columns"><section><h2>Systems</h2>${systemTable(report.systemMs, summary.count, summary.total)}</section>
<section><h2>Run</h2><table><tbody>${report.facts.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join("")}</tbody></table></section></div>
${figure}
</main></body></html>
`;
}

function cards(figures: readonly (readonly [string, string])[]): string {
  return figures.map(([name, value]) => `<div><b>${value}</b><span>${name}</span></div>`).join("");
}

function systemTable(systemMs: Readonly<Record<string, number>>, ticks: number, totalMs: number): string {
  const rows = Object.entries(systemMs).map(([name, ms]) => {
    const share = totalMs > 0 ? (100 * ms) / totalMs : 0;
    return `<tr><th>${escapeHtml(name)}</th><td>${formatMs(ms / Math.max(1, ticks))}</td><td>${share.toFixed(1)} %</td>
<td class="share"><i style="width:${Math.min(100, share).toFixed(1)}%"></i></td></tr>`;
  });
  return `<table><thead><tr><th>system</th><td>ms per tick</td><td>share</td><td></td></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const STYLE = `
:root{color-scheme:light dark;--page:light-dark(#f4f5f7,#101217);--card:light-dark(#fff,#191c23);--text:light-dark(#1c2128,#dfe3ea);
--soft:light-dark(#5d6673,#98a1b0);--rule:light-dark(#e2e5ea,#2b303a);--line:light-dark(#3465c4,#7aa5ff);--p50:light-dark(#1b8352,#58cf95);--p95:light-dark(#c2541d,#ff9d61)}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1060px;margin:0 auto;padding:32px 20px 64px}header p{margin:0 0 20px;color:var(--soft)}
h1{margin:0;font-size:26px;letter-spacing:-.01em}h2{margin:0 0 10px;font-size:15px;font-weight:600}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;margin:0 0 16px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;padding:16px 20px}
.cards b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.cards span{color:var(--soft);font-size:13px}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:0 16px}
table{border-collapse:collapse;width:100%}th,td{padding:5px 8px 5px 0;border-bottom:1px solid var(--rule);text-align:left;font-weight:400}
td{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}thead th,thead td{color:var(--soft);font-size:13px}
tbody tr:last-child>*{border-bottom:0}.share{width:30%;padding-right:0}.share i{display:block;height:8px;border-radius:4px;background:var(--line)}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.grid{stroke:var(--rule);fill:none}.line{stroke:var(--line);fill:none;stroke-width:1.25;stroke-linejoin:round}.bar{fill:var(--line)}
.mark{fill:none;stroke-width:1.75;stroke-dasharray:6 4}.mark.p50{stroke:var(--p50)}.mark.p95{stroke:var(--p95)}
svg text.p50{fill:var(--p50)}svg text.p95{fill:var(--p95)}img{display:block;image-rendering:pixelated;border-radius:6px}
`;
