import type { System } from "../ecs/system.ts";
import { conditionsOf, touchesOf } from "./explain.ts";
import { layOut, type Point } from "./graph-layout.ts";
import type { Schedule } from "./schedule.ts";

/** Pixels. Letters are of a fixed width, so that boxes fit without a look at fonts. */
const LETTER = 7.25;
const TITLE_LETTER = 7.85;
const SMALL_LETTER = 6.05;
const LINE = 15;
const PADDING = 10;
const MARGIN = 20;
const TITLE = 30;
const STAGE_LINE = 24;
/** Longest line in a box, in letters; the whole text is shown where the pointer rests. */
const LETTERS_MAX = 40;

/** A picture of a schedule: a band for each phase, a column for each stage. It needs no other file. */
export function toSvg(schedule: Schedule): string {
  let stage = 0;
  const bands = schedule.phases.map((phase) => {
    const stages = schedule.stages.filter(([system]) => schedule.phaseOf(system!) === phase);
    const band = bandOf(schedule, phase, stages, stage);
    stage += stages.length;
    return band;
  });
  const width = Math.max(...bands.map((band) => band.width));
  let y = MARGIN;
  const parts = bands.map(({ height, content }) => {
    const at = y;
    y += height + MARGIN;
    return `<g transform="translate(${MARGIN} ${fixed(at)})"><rect class="phase" width="${fixed(width)}" height="${fixed(height)}" rx="10"/>${content}</g>`;
  });
  const size = [width + 2 * MARGIN, y].map(fixed);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(" ")}">
<title>${escapeXml(`Schedule of ${schedule.systems.length} systems`)}</title>
<style>${STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
<rect class="page" width="100%" height="100%"/>
${parts.join("\n")}
</svg>
`;
}

/** What is drawn of one phase, and the room that it takes. */
interface Band {
  readonly width: number;
  readonly height: number;
  readonly content: string;
}

function bandOf(schedule: Schedule, phase: string, stages: readonly (readonly System[])[], firstStage: number): Band {
  const systems = stages.flat();
  const number = new Map(systems.map((system, s) => [system, s]));
  const edges = schedule.edges.filter(({ from }) => number.has(from));
  const { columns, routes, corners, width, height } = layOut(
    stages.flatMap((stage, column) => stage.map((system) => ({ column, ...sizeOf(system) }))),
    edges.map(({ from, to }) => ({ from: number.get(from)!, to: number.get(to)! })),
  );
  const title = text(PADDING, 20, `phase ${phase}`, "title");
  const inner = [
    ...columns.map((column, c) => text(column.x + column.width / 2, -8, `stage ${firstStage + c + 1}`, "stage")),
    ...edges.map(({ from, to, reasons }, e) =>
      arrow(routes[e]!, `${from.name} before ${to.name}: ${reasons.join("; ")}`),
    ),
    ...systems.map((system, s) => box(system, corners[s]!)),
  ];
  return {
    width: Math.max(width, `phase ${phase}`.length * TITLE_LETTER) + 2 * PADDING,
    height: stages.length === 0 ? TITLE : TITLE + STAGE_LINE + height + 2 * PADDING,
    content: `${title}<g transform="translate(${PADDING} ${TITLE + STAGE_LINE})">${inner.join("\n")}</g>`,
  };
}

function linesOf(system: System): string[] {
  return [...touchesOf(system).split("; "), ...conditionsOf(system).split("; ")]
    .filter((line) => line !== "")
    .map((line) => (line.length > LETTERS_MAX ? `${line.slice(0, LETTERS_MAX - 1)}…` : line));
}

function sizeOf(system: System): { width: number; height: number } {
  const lines = linesOf(system);
  const width = Math.max(system.name.length * LETTER, ...lines.map(({ length }) => length * SMALL_LETTER));
  return { width: width + 2 * PADDING, height: (lines.length + 1) * LINE + 2 * PADDING - 4 };
}

function box(system: System, { x, y }: Point): string {
  const { width, height } = sizeOf(system);
  const about = [system.name, system.doc ?? "", touchesOf(system), conditionsOf(system)].filter((line) => line !== "");
  return [
    `<g transform="translate(${fixed(x)} ${fixed(y)})"><title>${escapeXml(about.join("\n"))}</title>`,
    `<rect class="system" width="${fixed(width)}" height="${fixed(height)}" rx="6"/>`,
    text(PADDING, PADDING + 10, system.name, "name"),
    ...linesOf(system).map((line, i) => text(PADDING, PADDING + 10 + (i + 1) * LINE, line, "line")),
    "</g>",
  ].join("");
}

/** Curves from column to column, straight lines through them. */
function arrow(route: readonly Point[], about: string): string {
  const path = route.map(({ x, y }, i) => {
    const before = route[i - 1];
    if (before === undefined) return `M${fixed(x)} ${fixed(y)}`;
    if (i % 2 === 0) return `L${fixed(x)} ${fixed(y)}`;
    const middle = fixed((before.x + x) / 2);
    return `C${middle} ${fixed(before.y)} ${middle} ${fixed(y)} ${fixed(x)} ${fixed(y)}`;
  });
  return `<path class="arrow" d="${path.join("")}" marker-end="url(#tip)"><title>${escapeXml(about)}</title></path>`;
}

function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${fixed(x)}" y="${fixed(y)}">${escapeXml(content)}</text>`;
}

/** At most one digit behind the point. */
function fixed(length: number): string {
  return String(Math.round(length * 10) / 10);
}

/** Characters that XML does not allow become question marks. */
function escapeXml(content: string): string {
  return content.replace(/[&<>"']|[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, (character) =>
    character in ENTITIES ? ENTITIES[character]! : "?",
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const STYLE = `
.page{fill:#fff}.phase{fill:#f4f5f7;stroke:#e2e5ea}.system{fill:#fff;stroke:#3465c4}
text{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1c2128}
.title{font-size:13px;font-weight:600}.stage{font-size:11px;fill:#5d6673;text-anchor:middle}
.name{font-size:12px;font-weight:600}.line{font-size:10px;fill:#5d6673}
.arrow{fill:none;stroke:#7a8594;stroke-width:1.4}.arrow:hover{stroke:#c2541d;stroke-width:2.5}.tip{fill:#7a8594}
@media (prefers-color-scheme:dark){.page{fill:#101217}.phase{fill:#191c23;stroke:#2b303a}.system{fill:#101217;stroke:#7aa5ff}
text{fill:#dfe3ea}.stage,.line{fill:#98a1b0}}
`;
